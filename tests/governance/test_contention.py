"""Many people at the same request at the same moment: exactly one end, whoever is first."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts.principal import Principal
from events.actors import RELAY_ACTOR, Door
from events.audit import verify_chain
from events.errors import Conflict
from events.models import AuditEntry, Event
from governance.domain.bulk import BulkResult, Chosen, approve_requests, deny_requests
from governance.domain.close import cancel_request, close_dead_requests, expire_overdue_requests
from governance.domain.decide import approve_request, deny_request
from governance.domain.replies import claim_reply, confirm_reply, orphan_reply
from governance.domain.requests import (
    AskedByEngine,
    Wish,
    create_request,
    record_engine_request,
    seal_request,
)
from governance.enums import CloseReason, Reply, ReplyState, RequestState
from governance.models import EngineReply, PermissionRequest
from reviews.models import ReviewPolicy, Vote
from tests.factories import make_engine, make_principal, make_request, make_team, make_user
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db(transaction=True)

DECIDERS = 8


def decide_all(principal: Principal, requests: list[PermissionRequest], seed: int) -> list[tuple[str, str]]:
    """Try to approve or deny every request; (request, state) of those that this person ended."""
    order = random.Random(seed)
    ended = []
    for request in order.sample(requests, len(requests)):
        act, state = order.choice([(approve_request, "approved"), (deny_request, "denied")])
        try:
            outcome = act(principal=principal, request_id=request.pk, fingerprint=request.fingerprint)
            ended += [(request.pk, state)] if outcome.is_decided else []
        except Conflict as conflict:
            ended += [] if conflict.code == "already_decided" else [(request.pk, conflict.code)]
    return ended


def test_no_decision_is_made_twice_and_none_is_lost() -> None:
    team = make_team()
    engine = make_engine(team)
    requests = [make_request(engine, f"ls {number}", session_id=f"ses_{number}") for number in range(25)]
    people = [make_principal(make_user(team)) for _ in range(DECIDERS)]
    results = run_together(
        [partial(decide_all, person, requests, seed) for seed, person in enumerate(people)]
    )
    ended = [pair for result in results for pair in result]
    states = dict(PermissionRequest.objects.values_list("pk", "state"))
    assert sorted(ended) == sorted(states.items())
    assert Vote.objects.count() == len(requests)
    replies = {row.request_id: row.reply for row in EngineReply.objects.all()}
    assert replies == {
        key: Reply.ONCE if state == RequestState.APPROVED else Reply.REJECT for key, state in states.items()
    }
    decided = AuditEntry.objects.filter(verb__in=["permission_request.approve", "permission_request.deny"])
    assert sorted(decided.values_list("subject_id", flat=True)) == sorted(states)
    assert verify_chain() == []


def test_simultaneous_votes_reach_a_quorum_of_two_exactly() -> None:
    team = make_team()
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
    engine = make_engine(team)
    requests = [make_request(engine, f"ls {number}", session_id=f"ses_{number}") for number in range(12)]
    people = [make_principal(make_user(team)) for _ in range(DECIDERS)]

    def approve_all(principal: Principal, seed: int) -> Counter[str]:
        results: Counter[str] = Counter()
        for request in random.Random(seed).sample(requests, len(requests)):
            for _ in range(2):  # the second time, one's own vote is in the way
                try:
                    outcome = approve_request(
                        principal=principal, request_id=request.pk, fingerprint=request.fingerprint
                    )
                    results["decided" if outcome.is_decided else "voted"] += 1
                except Conflict as conflict:
                    results[conflict.code] += 1
        return results

    counts: Counter[str] = Counter()
    for result in run_together([partial(approve_all, person, seed) for seed, person in enumerate(people)]):
        counts += result
    assert (counts["voted"], counts["decided"]) == (12, 12)
    assert set(PermissionRequest.objects.values_list("state", "approvals")) == {("approved", 2)}
    assert Vote.objects.count() == 24
    assert EngineReply.objects.count() == 12
    assert verify_chain() == []


def test_a_bulk_meets_single_decisions_and_other_bulks() -> None:
    """Two bulks and two people one by one: every request ends once, and each loss names the winner."""
    team = make_team()
    engine = make_engine(team)
    requests = [make_request(engine, f"ls {number}", session_id=f"ses_{number}") for number in range(15)]
    chosen = [Chosen(request.pk, request.fingerprint) for request in requests]
    people = [make_principal(make_user(team, name=f"Person {number}")) for number in range(4)]

    def approve_many() -> list[tuple[str, str]]:
        try:
            results = approve_requests(principal=people[0], chosen=chosen)
        except Conflict:
            return []  # somebody was first at one of them, so none was tried
        return tell(results, "approved")

    def deny_many() -> list[tuple[str, str]]:
        return tell(deny_requests(principal=people[1], chosen=chosen[::-1], reason="no"), "denied")

    def tell(results: list[BulkResult], state: str) -> list[tuple[str, str]]:
        lost = [result for result in results if not result.is_done]
        assert {result.code for result in lost} <= {"already_decided"}
        assert all(result.sentence.startswith("Person ") for result in lost)
        return [(result.request_id, state) for result in results if result.is_done]

    alone = [partial(decide_all, person, requests, seed) for seed, person in enumerate(people[2:])]
    results: list[list[tuple[str, str]]] = run_together([approve_many, deny_many, *alone])
    ended = [pair for result in results for pair in result]
    assert sorted(ended) == sorted(PermissionRequest.objects.values_list("pk", "state"))
    assert (Vote.objects.count(), EngineReply.objects.count()) == (15, 15)
    assert verify_chain() == []


def test_one_person_at_every_door_counts_once() -> None:
    """Admin, API and websocket at the same moment: the unique vote holds, and no approval is counted."""
    team = make_team()
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
    request = make_request(make_engine(team))
    user = make_user(team)

    def approve(door: str) -> str:
        try:
            approve_request(
                principal=Principal(user, door), request_id=request.pk, fingerprint=request.fingerprint
            )
        except Conflict as conflict:
            return conflict.code
        return "voted"

    results = run_together([partial(approve, door) for door in [Door.ADMIN, Door.API, Door.WEBSOCKET] * 2])
    request.refresh_from_db()
    assert Counter(results) == {"voted": 1, "already_voted": 5}
    assert (request.state, request.approvals, Vote.objects.count()) == (RequestState.PENDING, 1, 1)


def test_a_decision_meets_the_clock_the_relay_and_the_requester() -> None:
    """Approve, deny, expire and abort at once: one end, one reply in the outbox, no deadlock."""
    team = make_team()
    engine = make_engine(team)
    # Overdue for the clock that runs ahead, not for the deciders.
    ahead = timezone.now() + timedelta(hours=2)
    requests = [make_request(engine, f"ls {number}") for number in range(15)]
    people = [make_principal(make_user(team)) for _ in range(2)]

    def expire() -> list[tuple[str, str]]:
        for _ in range(3):
            expire_overdue_requests(now=ahead)
        return []

    def abort() -> list[tuple[str, str]]:
        rows = PermissionRequest.objects.filter(engine=engine, session_id="ses_1")
        close_dead_requests(rows=rows, reason=CloseReason.SESSION_ABORTED, now=timezone.now())
        return []

    calls: list[Callable[[], list[tuple[str, str]]]] = [expire, abort, partial(expire), partial(abort)]
    calls += [partial(decide_all, person, requests, seed) for seed, person in enumerate(people)]
    run_together(calls)
    for row in PermissionRequest.objects.all():
        assert row.state in RequestState.closed()
        ends = AuditEntry.objects.filter(subject_id=row.pk, before={"state": "pending"})
        assert ends.count() == 1
        events = Event.objects.filter(subject_id=row.pk, kind=f"permission_request.{row.state}")
        assert events.count() == 1
        open_replies = row.replies.filter(state__in=list(ReplyState.open()))
        assert open_replies.count() == 1
        if row.state != RequestState.APPROVED:
            assert [reply.reply for reply in row.replies.all()] == [Reply.REJECT]
    assert verify_chain() == []


def test_a_reply_is_claimed_once() -> None:
    team = make_team()
    request = make_request(make_engine(team))
    deny_request(
        principal=make_principal(make_user(team)), request_id=request.pk, fingerprint=request.fingerprint
    )
    reply = EngineReply.objects.get()

    def claim(epoch: int) -> bool:
        return claim_reply(reply=EngineReply.objects.get(pk=reply.pk), epoch=epoch, now=timezone.now())

    assert Counter(run_together([partial(claim, epoch) for epoch in range(DECIDERS)])) == {True: 1, False: 7}
    reply.refresh_from_db()
    assert (reply.state, reply.attempts) == (ReplyState.SENT, 1)

    def end(number: int) -> bool:
        row = EngineReply.objects.get(pk=reply.pk)
        if number % 2:
            return confirm_reply(reply=row, now=timezone.now())
        return orphan_reply(reply=row, why="gone", now=timezone.now())

    assert Counter(run_together([partial(end, number) for number in range(DECIDERS)])) == {True: 1, False: 7}


def test_the_same_request_told_many_times_at_once_is_one_row() -> None:
    engine = make_engine(make_team())
    asked = AskedByEngine("per_1", "ses_1", "bash", ["ls"], "/srv/demo", {"command": "ls"})

    def record() -> str:
        request = record_engine_request(engine=engine, asked=asked, now=timezone.now())
        seal_request(actor=RELAY_ACTOR, request=request, arguments={"command": "ls"}, now=timezone.now())
        return request.pk

    keys = run_together([record] * DECIDERS)
    row = PermissionRequest.objects.get()
    assert keys == [row.pk] * DECIDERS
    assert row.is_sealed
    kinds = Counter(Event.objects.filter(subject_id=row.pk).values_list("kind", flat=True))
    assert kinds == {"permission_request.created": 1, "permission_request.sealed": 1}


def test_the_same_wish_many_times_at_once_is_one_request() -> None:
    team = make_team()
    asker = make_user(team)

    def ask() -> tuple[str, bool]:
        wish = Wish(permission="deploy", arguments={"command": "make deploy"}, idempotency_key="key-1")
        request, is_new = create_request(principal=make_principal(asker), team=team, wish=wish)
        return request.pk, is_new

    results = run_together([ask] * DECIDERS)
    row = PermissionRequest.objects.get()
    assert Counter(results) == {(row.pk, True): 1, (row.pk, False): DECIDERS - 1}
    assert row.is_sealed


def test_withdrawing_meets_a_decision() -> None:
    team = make_team()
    asker, approver = make_principal(make_user(team)), make_principal(make_user(team))
    for _ in range(5):
        request, _ = create_request(principal=asker, team=team, wish=Wish(permission="deploy"))

        def act(is_asker: bool, request: PermissionRequest = request) -> str:
            try:
                if is_asker:
                    return cancel_request(principal=asker, request_id=request.pk).state
                return approve_request(
                    principal=approver, request_id=request.pk, fingerprint=request.fingerprint
                ).request.state
            except Conflict as conflict:
                return conflict.code

        results = run_together([partial(act, True), partial(act, False)])
        request.refresh_from_db()
        assert sorted(results) == sorted(["already_decided", request.state])
