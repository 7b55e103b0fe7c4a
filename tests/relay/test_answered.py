"""Whose answer it was that the engine reports."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from engines.models import Engine
from events.models import AuditEntry, Event
from governance.domain.answered import Answer, record_engine_reply
from governance.domain.close import close_unlisted_requests, reject_leftovers
from governance.domain.decide import approve_request, deny_request
from governance.domain.replies import claim_reply, orphan_reply, requeue_reply
from governance.enums import CloseReason, ReplyState, RequestState
from governance.models import EngineReply, PermissionRequest
from tests.factories import make_engine, make_principal, make_request, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def approver(team: Team) -> Principal:
    return make_principal(make_user(team))


def tell(engine: Engine, request: PermissionRequest, reply: str) -> Answer:
    return record_engine_reply(
        engine=engine, engine_request_id=request.engine_request_id, reply=reply, now=timezone.now()
    )


def approve(approver: Principal, request: PermissionRequest) -> EngineReply:
    approve_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    return EngineReply.objects.get(request=request)


def deny(approver: Principal, request: PermissionRequest, message: str = "") -> EngineReply:
    deny_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint, reason=message)
    return EngineReply.objects.get(request=request)


def claim(reply: EngineReply) -> EngineReply:
    assert claim_reply(reply=reply, epoch=1, now=timezone.now())
    return reply


def read_states(request: PermissionRequest) -> list[tuple[str, str]]:
    return list(EngineReply.objects.filter(request=request).values_list("reply", "state"))


def list_notices() -> list[str]:
    return list(Event.objects.filter(kind__startswith="notice.").values_list("kind", flat=True))


@pytest.mark.parametrize("word", ["once", "reject"])
def test_what_we_sent_is_confirmed(engine: Engine, approver: Principal, word: str) -> None:
    request = make_request(engine)
    claim(approve(approver, request) if word == "once" else deny(approver, request))
    assert tell(engine, request, word) is Answer.CONFIRMED
    assert read_states(request) == [(word, ReplyState.CONFIRMED)]
    assert tell(engine, request, word) is Answer.KNOWN
    assert list_notices() == []


def test_what_may_have_been_sent_before_is_ours(engine: Engine, approver: Principal) -> None:
    """A call timed out, the engine still listed the request, and then it took the first call after all."""
    request = make_request(engine)
    reply = claim(approve(approver, request))
    assert requeue_reply(reply=reply, error="no answer", now=timezone.now())
    assert tell(engine, request, "once") is Answer.CONFIRMED
    assert read_states(request) == [("once", ReplyState.CONFIRMED)]


def test_an_approval_that_was_never_sent_did_not_let_it_run(engine: Engine, approver: Principal) -> None:
    request = make_request(engine)
    approve(approver, request)
    assert tell(engine, request, "once") is Answer.INCIDENT
    assert read_states(request) == [("once", ReplyState.ORPHANED)]
    assert list_notices() == ["notice.incident"]


@pytest.mark.parametrize("word", ["once", "always"])
def test_a_pending_request_let_run_elsewhere_is_an_incident(engine: Engine, word: str) -> None:
    request = make_request(engine)
    assert tell(engine, request, word) is Answer.INCIDENT
    request.refresh_from_db()
    assert (request.state, request.close_reason) == (RequestState.CANCELLED, CloseReason.ANSWERED_ELSEWHERE)
    assert tell(engine, request, word) is Answer.KNOWN
    assert list_notices() == ["notice.incident"]


def test_a_denied_request_let_run_elsewhere_is_an_incident(engine: Engine, approver: Principal) -> None:
    request = make_request(engine)
    deny(approver, request)
    assert tell(engine, request, "once") is Answer.INCIDENT
    assert read_states(request) == [("reject", ReplyState.ORPHANED)]


def test_what_ran_after_it_was_given_up_is_told(engine: Engine, approver: Principal) -> None:
    """Ended rows never change, so the log says it."""
    request = make_request(engine)
    reply = claim(approve(approver, request))
    orphan_reply(reply=reply, why="outcome unknown", now=timezone.now())
    assert tell(engine, request, "once") is Answer.LATE
    assert read_states(request) == [("once", ReplyState.ORPHANED)]
    assert AuditEntry.objects.filter(verb="reply.ran_after_all", subject_id=request.pk).count() == 1
    assert list_notices() == ["notice.ran_after_all"]


def test_our_denial_closes_the_sessions_other_requests(engine: Engine, approver: Principal) -> None:
    first, second, third = make_request(engine), make_request(engine), make_request(engine)
    approve(approver, third)
    claim(deny(approver, first))
    assert [tell(engine, request, "reject") for request in (first, second, third)] == [
        Answer.CONFIRMED,
        Answer.SIBLING,
        Answer.SIBLING,
    ]
    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.state, second.close_reason, second.closed_by) == (
        RequestState.CANCELLED,
        CloseReason.SIBLING_DENIED,
        first,
    )
    assert third.state == RequestState.APPROVED
    assert read_states(third) == [("once", ReplyState.ORPHANED)]
    assert list_notices() == []


def test_an_old_denial_does_not_explain_a_new_reject(engine: Engine, approver: Principal) -> None:
    old = make_request(engine)
    claim(deny(approver, old))
    assert tell(engine, old, "reject") is Answer.CONFIRMED
    later = make_request(engine, now=timezone.now() + timedelta(minutes=5))
    assert tell(engine, later, "reject") is Answer.FOREIGN_REJECT
    later.refresh_from_db()
    assert (later.close_reason, later.closed_by) == (CloseReason.ANSWERED_ELSEWHERE, None)


@pytest.mark.parametrize(("message", "state"), [("", "confirmed"), ("Do it otherwise.", "orphaned")])
def test_a_denial_overtaken_by_another_says_whether_its_message_arrived(
    engine: Engine, approver: Principal, message: str, state: str
) -> None:
    first, second = make_request(engine), make_request(engine)
    deny(approver, second, message)
    claim(deny(approver, first))
    assert tell(engine, second, "reject") is Answer.CONFIRMED
    assert read_states(second) == [("reject", state)]


def test_a_reject_of_what_is_closed_is_no_news(engine: Engine) -> None:
    request = make_request(engine)
    expire(engine, request, timezone.now())
    assert tell(engine, request, "reject") is Answer.KNOWN
    assert list_notices() == []


def test_an_unknown_request_is_named_as_such(engine: Engine) -> None:
    assert (
        record_engine_reply(engine=engine, engine_request_id="per_x", reply="once", now=timezone.now())
        is Answer.NEVER_ASKED
    )


def expire(engine: Engine, request: PermissionRequest, now: datetime) -> None:
    """The engine dropped it."""
    closed = close_unlisted_requests(
        engine=engine,
        directory="/srv/demo",
        listed_ids=set(),
        seen_before=now,
        reason=CloseReason.ENGINE_DROPPED,
        now=now,
    )
    assert closed == 1
    request.refresh_from_db()


def test_only_what_was_seen_before_the_list_is_gone(engine: Engine) -> None:
    now = timezone.now()
    before, after = make_request(engine, now=now), make_request(engine, now=now + timedelta(seconds=2))
    expire(engine, before, now + timedelta(seconds=1))
    after.refresh_from_db()
    assert (before.state, after.state) == (RequestState.EXPIRED, RequestState.PENDING)


def test_a_directory_is_compared_as_it_is_stored(engine: Engine) -> None:
    now = timezone.now()
    request = make_request(engine, directory="/srv/tab\there", now=now)
    closed = close_unlisted_requests(
        engine=engine,
        directory="/srv/tab\there",
        listed_ids=set(),
        seen_before=now + timedelta(seconds=1),
        reason=CloseReason.ENGINE_DROPPED,
        now=now,
    )
    request.refresh_from_db()
    assert (closed, request.state) == (1, RequestState.EXPIRED)


def test_leftovers_are_rejected_once(engine: Engine, approver: Principal) -> None:
    """Closed before the list was fetched, with nothing under way: nobody may let it run later."""
    closed, pending, denied = make_request(engine), make_request(engine), make_request(engine)
    deny(approver, denied)
    PermissionRequest.objects.filter(pk=closed.pk).update(
        state=RequestState.EXPIRED, close_reason=CloseReason.ENGINE_DROPPED, decided_at=timezone.now()
    )
    listed = {request.engine_request_id for request in (closed, pending, denied)}
    before = timezone.now() - timedelta(minutes=1)
    assert reject_leftovers(engine=engine, listed_ids=listed, ended_before=before) == 0
    for expected in (1, 0):
        assert reject_leftovers(engine=engine, listed_ids=listed, ended_before=timezone.now()) == expected
    assert (read_states(closed), read_states(pending)) == ([("reject", ReplyState.QUEUED)], [])
