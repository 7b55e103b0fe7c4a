"""What a retired engine leaves unsent fails with that reason, so that its people are told."""

from __future__ import annotations

from datetime import datetime

from chats.domain.prompts import fail_prompt, list_prompts
from chats.domain.turns import fail_stop
from chats.enums import PromptState, StopState
from chats.models import TurnStop
from engines.domain.retirement import Ending
from engines.models import Engine
from events.actors import Actor
from events.changes import changes

NOT_SENT = "The engine was retired before this was sent."
NOT_CONFIRMED = "The engine was retired before it took this up; whether it arrived is not known."


def describe_unsent(engine: Engine) -> str:
    count = list_prompts().filter(chat__engine=engine, state__in=list(PromptState.open())).count()
    return f"{count} message{'s' if count > 1 else ''} will not be sent." if count else ""


def end_unsent(actor: Actor, engine: Engine, now: datetime) -> None:
    with changes(actor):
        prompts = list_prompts().filter(chat__engine=engine, state__in=list(PromptState.open()))
        for prompt in prompts.order_by("pk"):
            why = NOT_SENT if prompt.attempts == 0 else NOT_CONFIRMED
            fail_prompt(prompt=prompt, why=why, now=now, actor=actor)
        for stop in TurnStop.objects.filter(chat__engine=engine, state__in=list(StopState.open())):
            fail_stop(stop=stop, why=NOT_SENT, now=now, actor=actor)


UNSENT = Ending(describe_unsent, end_unsent)
