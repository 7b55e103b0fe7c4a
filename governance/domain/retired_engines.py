"""What a retired engine leaves open is closed with that reason; a team is not retired while requests wait."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from accounts.models import Team
from engines.domain.retirement import Ending
from engines.models import Engine
from events.actors import CLOCK_ACTOR, Actor
from events.changes import changes
from governance.domain.close import close_request, pending_of
from governance.domain.question_endings import end_open_questions, list_open_of
from governance.domain.replies import orphan_reply
from governance.enums import CloseReason, QuestionState, ReplyState, RequestState
from governance.models import EngineReply, PermissionRequest, Question

# By then its relay has let go, and nothing confirms what was sent any more.
SETTLE_AFTER = timedelta(seconds=20)
NOT_SENT = "The engine was retired before this was sent."
NOT_CONFIRMED = "The engine was retired before it confirmed this; whether it arrived is not known."


def describe_open_requests(engine: Engine) -> str:
    waiting = pending_of(engine).count()
    questions = list_open_of(engine).count()
    unsent = EngineReply.objects.filter(engine=engine, state=ReplyState.QUEUED).count()
    parts = []
    if waiting:
        parts.append(f"{waiting} waiting request{'s' if waiting > 1 else ''} will be closed unanswered")
    if questions:
        parts.append(f"{questions} open question{'s' if questions > 1 else ''} will be closed unanswered")
    if unsent:
        parts.append(f"{unsent} decision{'s' if unsent > 1 else ''} will not be sent")
    return f"{join_words(parts)}." if parts else ""


def join_words(parts: list[str]) -> str:
    """As in "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def describe_pending(team: Team) -> str:
    """What keeps a team from being retired: what only its members could decide or answer."""
    requests = PermissionRequest.objects.filter(team=team, state=RequestState.PENDING).count()
    questions = Question.objects.filter(team=team, state=QuestionState.OPEN).count()
    named = ((requests, "waiting request"), (questions, "open question"))
    return join_words([f"{count} {name}{'s' if count > 1 else ''}" for count, name in named if count])


def end_open_requests(actor: Actor, engine: Engine, now: datetime) -> None:
    """Pending requests are cancelled, open questions closed, replies that wait to be sent orphaned."""
    with changes(actor) as change:
        for request in pending_of(engine):
            close_request(
                change, request, state=RequestState.CANCELLED, reason=CloseReason.ENGINE_RETIRED, now=now
            )
        end_open_questions(actor=actor, engine=engine, now=now)
        queued = EngineReply.objects.filter(engine=engine, state=ReplyState.QUEUED)
        orphan(queued.order_by("pk"), why=NOT_SENT, now=now, actor=actor)


def orphan(replies: Iterable[EngineReply], *, why: str, now: datetime, actor: Actor) -> None:
    for reply in replies:
        orphan_reply(reply=reply, why=why, now=now, actor=actor)


def settle_retired_engines(*, now: datetime) -> None:
    """What a relay wrote down in the moment of the retirement, and replies whose outcome nobody will hear."""
    retired = list(Engine.objects.filter(retired_at__isnull=False))
    ids = [engine.pk for engine in retired]
    if not ids:
        return
    late = PermissionRequest.objects.filter(engine__in=ids, state=RequestState.PENDING)
    asked_late = Question.objects.filter(engine__in=ids, state=QuestionState.OPEN)
    waiting = {*late.values_list("engine_id", flat=True), *asked_late.values_list("engine_id", flat=True)}
    for engine in retired:
        if engine.pk in waiting:
            end_open_requests(CLOCK_ACTOR, engine, now)
    replies = EngineReply.objects.filter(
        engine__in=ids, engine__retired_at__lt=now - SETTLE_AFTER, state__in=list(ReplyState.open())
    )
    orphan(replies.order_by("pk"), why=NOT_CONFIRMED, now=now, actor=CLOCK_ACTOR)


OPEN_REQUESTS = Ending(describe_open_requests, end_open_requests)
