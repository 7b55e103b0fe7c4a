"""Tool calls that the plugin in an engine asks about before they run.

A call becomes one permission request, decided by rules or by people as any other; the plugin holds the call
until then, and asks once more at the moment it lets go. What the engine itself asks about the same call
afterwards is answered by that verdict (`gate_use`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from engines.enums import SessionState
from engines.models import Chat, Engine, Subagent
from engines.queries import find_place
from events.actors import ActorKind, Subject
from events.changes import Change, changes
from events.errors import Conflict
from events.text import make_storable
from governance.domain.close import TIMED_OUT_MESSAGE, close_request
from governance.domain.gate import actor_of, find_late_alarm, lift_alarm, show_call_id, touch
from governance.domain.gate_content import (
    SELF_CONTAINED,
    Asked,
    build_content,
    hash_arguments,
    will_engine_ask,
)
from governance.domain.requests import CUT, fit_content, insert_sealed
from governance.enums import CloseReason, GateCallState, RequestSource, RequestState
from governance.models import GateCall, GatePresence, PermissionRequest

BLOCKED = "This chat is blocked after an incident; nothing of it may run. Stop and tell the user."
UNSTORABLE = "The call holds characters that can't be stored, so nobody can judge it."
NOT_ALLOWED = "Denied by a reviewer."
OVER = "The agent's turn had ended before this call was allowed; it was not run."
CLOSED = "This call was not allowed: {reason}."


class Word(StrEnum):
    """What the plugin is told: the tool fails, the engine asks by itself, wait, or run."""

    DENY = "deny"
    PASS = "pass"  # noqa: S105 - no password: the call passes
    HOLD = "hold"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class GateAnswer:
    call: GateCall
    word: Word
    message: str = ""


def ask_gate(*, engine: Engine, asked: Asked, now: datetime) -> GateAnswer:
    """Take a call in; the same call again gets its row's answer. Raises Conflict in a race with itself."""
    known = GateCall.objects.filter(engine=engine, key=asked.key).select_related("request").first()
    if known is not None:
        return answer_of(known)
    with changes(actor_of(engine)) as change:
        presence = touch(engine, asked.process, asked.directory, now)
        if presence.process not in {"", asked.process}:
            end_calls_of_others(change, engine, asked.process, now)
        late = find_late_alarm(engine=engine, session_id=asked.session_id, call_id=asked.call_id)
        if late is not None:
            lift_alarm(change, engine, late)
        presence.refresh_from_db()
        return take_in(change, engine, asked, presence, now)


def take_in(
    change: Change, engine: Engine, asked: Asked, presence: GatePresence, now: datetime
) -> GateAnswer:
    chat, subagent = find_place(engine.pk, asked.session_id)
    if not asked.is_storable:
        return refuse(change, engine, asked, UNSTORABLE, now)
    if chat is not None and chat.blocked_at is not None:
        return refuse(change, engine, asked, BLOCKED, now)
    agent = asked.agent or (subagent.agent if subagent else chat.agent if chat else "")
    agents = presence.rules or {}
    if asked.tool in SELF_CONTAINED or will_engine_ask(asked, agents.get(agent)):
        call = insert_call(engine, asked, GateCallState.PASSED, now)
        return GateAnswer(call, Word.PASS)
    request = insert_request(change, engine, asked, agent, chat, subagent, now)
    return follow_request(engine, asked, request, now)


def refuse(change: Change, engine: Engine, asked: Asked, message: str, now: datetime) -> GateAnswer:
    call = insert_call(engine, asked, GateCallState.REFUSED, now, message=message)
    change.audit("gate_call.refuse", Subject("gate_call", call.pk), after={"reason": message})
    return GateAnswer(call, Word.DENY, message)


def insert_request(
    change: Change,
    engine: Engine,
    asked: Asked,
    agent: str,
    chat: Chat | None,
    subagent: Subagent | None,
    now: datetime,
) -> PermissionRequest:
    content, notes = build_content(asked, agent=agent)
    content, was_cut = fit_content(content)
    request = PermissionRequest(
        team_id=engine.team_id,
        source=RequestSource.GATE,
        engine=engine,
        chat=chat,
        subagent=subagent,
        session_id=asked.session_id[:64],
        tool_call_id=show_call_id(asked.call_id),
        requester_kind=ActorKind.ENGINE,
        requester_id=engine.pk,
        requester_label=engine.name,
        idempotency_key=asked.key,
        created_at=now,
        expires_at=now + timedelta(seconds=engine.request_timeout_s),
    )
    if not insert_sealed(change, request, content, notes=[*notes, *[CUT] * was_cut]):
        raise Conflict("This call is being asked about at this moment; ask again.")
    request.refresh_from_db()
    return request


def follow_request(engine: Engine, asked: Asked, request: PermissionRequest, now: datetime) -> GateAnswer:
    """The row of a call whose request may have been decided by a rule already."""
    if request.state == RequestState.APPROVED:
        call = insert_call(engine, asked, GateCallState.RELEASED, now, request=request)
    elif request.is_pending:
        call = insert_call(engine, asked, GateCallState.HELD, now, request=request)
    else:
        message = explain_refusal(request)
        call = insert_call(engine, asked, GateCallState.REFUSED, now, request=request, message=message)
    return answer_of(call)


def insert_call(
    engine: Engine,
    asked: Asked,
    state: GateCallState,
    now: datetime,
    *,
    request: PermissionRequest | None = None,
    message: str = "",
) -> GateCall:
    call = GateCall(
        engine=engine,
        request=request,
        key=asked.key,
        process=asked.process,
        directory=request.directory if request else make_storable(asked.directory, 1000),
        session_id=make_storable(asked.session_id, 64),
        call_id=show_call_id(asked.call_id),
        tool=make_storable(asked.tool, 120),
        permission=make_storable(asked.permission, 120),
        argument_hash=hash_arguments(asked.arguments),
        message=message,
        state=state,
        created_at=now,
        released_at=now if state == GateCallState.RELEASED else None,
        ended_at=now if state == GateCallState.REFUSED else None,
    )
    try:
        with transaction.atomic():
            call.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("This call is being asked about at this moment; ask again.") from error
    return call


def answer_of(call: GateCall) -> GateAnswer:
    """What the plugin is told of a call as it stands. `allow` of a held one still has to be taken."""
    request = call.request
    if call.state == GateCallState.PASSED:
        return GateAnswer(call, Word.PASS)
    if call.state == GateCallState.RELEASED:
        return GateAnswer(call, Word.ALLOW)
    if call.state == GateCallState.HELD and request is not None:
        if request.is_pending:
            return GateAnswer(call, Word.HOLD)
        if request.state == RequestState.APPROVED:
            return GateAnswer(call, Word.ALLOW)
        return GateAnswer(call, Word.DENY, explain_refusal(request))
    return GateAnswer(call, Word.DENY, call.message or OVER)


def explain_refusal(request: PermissionRequest) -> str:
    """For the agent: the reviewer's or the rule's words, never a rule's pattern."""
    if request.state == RequestState.DENIED:
        is_rule = request.decided_by_kind == ActorKind.RULE
        if request.decision_message:
            return request.decision_message if is_rule else f"{NOT_ALLOWED[:-1]}: {request.decision_message}"
        return NOT_ALLOWED
    if request.close_reason == CloseReason.TIMED_OUT:
        return TIMED_OUT_MESSAGE
    return CLOSED.format(reason=request.get_close_reason_display() or "it was closed")


def take_call(*, engine: Engine, call: GateCall, now: datetime) -> GateAnswer:
    """The plugin is about to let the call run: yes once, and only while its turn goes on."""
    with changes(actor_of(engine)) as change:
        current = GateCall.objects.select_related("request__chat", "request__subagent").get(pk=call.pk)
        answer = answer_of(current)
        if answer.word is not Word.ALLOW or current.state == GateCallState.RELEASED:
            return settle_refused(current, answer, now)
        why = explain_too_late(current)
        if why:
            end_call(change, current, CloseReason.SESSION_ENDED, now)
            return GateAnswer(current, Word.DENY, why)
        taken = GateCall.objects.filter(pk=current.pk, state=GateCallState.HELD).update(
            state=GateCallState.RELEASED, released_at=now
        )
        if not taken:
            return GateAnswer(current, Word.DENY, OVER)
        change.audit(
            "gate_call.release", Subject("gate_call", current.pk), after={"request": current.request_id}
        )
    return answer


def settle_refused(call: GateCall, answer: GateAnswer, now: datetime) -> GateAnswer:
    """A held call whose request was denied is over; what was said stays on its row."""
    if answer.word is Word.DENY:
        GateCall.objects.filter(pk=call.pk, state=GateCallState.HELD).update(
            state=GateCallState.REFUSED, message=answer.message, ended_at=now
        )
    return answer


def explain_too_late(call: GateCall) -> str:
    """What our own records say against letting a held call run; "" for nothing."""
    request = call.request
    chat = request.chat if request else None
    if chat is None:
        return ""
    if chat.blocked_at is not None:
        return BLOCKED
    is_aborted = chat.aborted_at is not None and chat.aborted_at >= call.created_at
    return OVER if is_aborted or chat.session_state == SessionState.DELETED else ""


def end_call(change: Change, call: GateCall, reason: CloseReason, now: datetime) -> bool:
    """It no longer waits in the engine, or has run: nothing may rest on it any more. False: it was over."""
    ended = (
        GateCall.objects.filter(pk=call.pk)
        .exclude(state__in=GateCallState.closed())
        .update(state=GateCallState.ENDED, ended_at=now)
    )
    if ended and call.request_id is not None and call.state == GateCallState.HELD:
        [request] = PermissionRequest.objects.filter(pk=call.request_id)
        if not close_request(change, request, state=RequestState.EXPIRED, reason=reason, now=now):
            change.audit("gate_call.not_taken", Subject("gate_call", call.pk), after={"reason": reason})
    return bool(ended)


def end_calls(*, engine: Engine, calls: list[GateCall], reason: CloseReason, now: datetime) -> int:
    with changes(actor_of(engine)) as change:
        return sum(end_call(change, call, reason, now) for call in calls)


def end_calls_of_others(change: Change, engine: Engine, process: str, now: datetime) -> None:
    """The engine runs as a new process: what the old one held is gone with it."""
    open_calls = list_open_calls(engine).exclude(process=process).order_by("pk")
    for call in open_calls:
        end_call(change, call, CloseReason.ENGINE_RESTARTED, now)


def list_open_calls(engine: Engine) -> QuerySet[GateCall]:
    return GateCall.objects.filter(engine=engine).exclude(state__in=GateCallState.closed())
