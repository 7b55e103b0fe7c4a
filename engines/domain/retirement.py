"""An engine is retired for good: nothing of it is answered any more; its history stays.

What is still open belongs to apps further right, which register how it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.principal import Principal
from engines.domain.registry import announce, subject_of
from engines.models import Engine
from engines.policies import can_manage_engine
from events.actors import Actor
from events.changes import changes
from events.errors import Conflict, Refused


@dataclass(frozen=True, slots=True)
class Ending:
    """How one app ends what an engine leaves open.

    `describe(engine)`: what people read before they retire it, "" for nothing. `end(actor, engine, now)`:
    runs inside the retiring transaction.
    """

    describe: Callable[[Engine], str]
    end: Callable[[Actor, Engine, datetime], None]


_endings: list[Ending] = []


def register_ending(ending: Ending) -> None:
    if ending not in _endings:
        _endings.append(ending)


def describe_retirement(engine: Engine) -> list[str]:
    """Sentences about what ends with it."""
    return [sentence for ending in _endings if (sentence := ending.describe(engine))]


def retire_engine_as(*, principal: Principal, engine: Engine) -> None:
    with changes(principal.actor):
        if not can_manage_engine(principal, engine):
            raise Refused("Only the team's admins and owners retire engines.")
        retire_engine(actor=principal.actor, engine=engine)


def retire_engine(*, actor: Actor, engine: Engine) -> None:
    """The caller has checked the actor's right to do so. Its relay lets go within a second or two."""
    now = timezone.now()
    with changes(actor) as change:
        rows = Engine.objects.filter(pk=engine.pk, retired_at=None)
        if not rows.update(retired_at=now, is_enabled=False):
            raise Conflict("The engine is retired already.")
        engine.retired_at, engine.is_enabled = now, False
        change.audit("engine.retire", subject_of(engine), before={"address": engine.address})
        for ending in _endings:
            ending.end(actor, engine, now)
        announce(change, engine, "engine.retired")
