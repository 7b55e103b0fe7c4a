"""A request's whole life in any order of happenings: what must hold whatever comes when."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import QuerySet
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings as hypothesis_settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from events.actors import RELAY_ACTOR
from events.audit import verify_entry
from events.errors import Conflict
from events.models import AuditEntry, Event, LogHead
from governance.domain.answered import Answer, record_engine_reply
from governance.domain.close import (
    close_dead_requests,
    close_unlisted_requests,
    expire_overdue_requests,
    reject_leftovers,
)
from governance.domain.decide import approve_request, deny_request
from governance.domain.replies import (
    claim_reply,
    confirm_reply,
    fail_reply,
    list_due_replies,
    orphan_reply,
    record_accepted,
    requeue_reply,
)
from governance.domain.requests import AskedByEngine, record_engine_request, seal_request
from governance.enums import CloseReason, Reply, ReplyState, RequestState
from governance.models import EngineReply, PermissionRequest
from reviews.models import ReviewPolicy, Vote
from tests.factories import make_engine, make_principal, make_team, make_user

pytestmark = pytest.mark.django_db

SESSIONS = ["ses_a", "ses_b"]
DIRECTORY = "/srv/demo"
# The engine itself has said, or shown by its list, that nothing of it waits there any more.
KNOWN_GONE = {
    CloseReason.ENGINE_DROPPED,
    CloseReason.ENGINE_RESTARTED,
    CloseReason.SIBLING_DENIED,
    CloseReason.ANSWERED_ELSEWHERE,
}
_examples = itertools.count(1)


def read_rows(rows: QuerySet[Any]) -> dict[str, dict[str, Any]]:
    """{key: every column} of the rows."""
    return {row["id"]: dict(row) for row in rows.values()}


class RequestLife(RuleBasedStateMachine):
    """Everything that people, clock, relay and engine can do to the requests of one engine."""

    requests: Bundle[str] = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.travel = time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False)
        self.clock = self.travel.start()
        self.number = next(_examples)
        self.first_seq = LogHead.objects.get(pk=1).event_seq
        self.first_n = LogHead.objects.get(pk=1).audit_n
        self.ended: dict[str, dict[str, Any]] = {}
        self.ended_replies: dict[str, dict[str, Any]] = {}

    def teardown(self) -> None:
        self.travel.stop()
        entries = list(AuditEntry.objects.filter(n__gt=self.first_n).order_by("n"))
        assert [entry.n for entry in entries] == list(
            range(self.first_n + 1, self.first_n + 1 + len(entries))
        )
        for before, entry in itertools.pairwise(entries):
            assert verify_entry(entry, before.hash) == []

    @initialize(quorum=st.sampled_from([1, 1, 2, 3]))
    def begin(self, quorum: int) -> None:
        team = make_team()
        self.engine = make_engine(team)
        self.people = [make_principal(make_user(team)) for _ in range(3)]
        self.quorum = quorum
        if quorum > 1:
            ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=quorum)

    # What happens ----------------------------------------------------------------------------------

    @rule(target=requests, session=st.sampled_from(SESSIONS), is_sealed=st.booleans())
    def ask(self, session: str, is_sealed: bool) -> str:
        number = self.rows().count()
        request = self.record(f"per_{self.number}_{number}", session)
        if is_sealed:
            seal_request(actor=RELAY_ACTOR, request=request, arguments={"command": "ls"}, now=timezone.now())
        return request.pk

    @rule(key=requests)
    def ask_again(self, key: str) -> None:
        row = self.read(key)
        assert self.record(row.engine_request_id, row.session_id).pk == key

    @rule(key=requests, is_known=st.booleans())
    def seal(self, key: str, is_known: bool) -> None:
        before = self.read(key)
        after = seal_request(
            actor=RELAY_ACTOR,
            request=before,
            arguments={"command": "ls"} if is_known else None,
            now=timezone.now(),
        )
        if before.is_sealed or not before.is_pending:
            assert after.fingerprint == before.fingerprint
        else:
            # Content without arguments is what was shown before; with them it is another.
            assert (after.is_sealed, after.fingerprint != before.fingerprint) == (True, is_known)

    @rule(key=requests, person=st.integers(0, 2), is_shown=st.booleans(), approves=st.booleans())
    def decide(self, key: str, person: int, is_shown: bool, approves: bool) -> None:
        row = self.read(key)
        expected = self.predict(row, person, is_shown, approves)
        fingerprint = row.fingerprint if is_shown else "0" * 64
        act = approve_request if approves else deny_request
        try:
            outcome = act(principal=self.people[person], request_id=key, fingerprint=fingerprint)
            happened = "decided" if outcome.is_decided else "voted"
        except Conflict as conflict:
            happened = conflict.code
        assert happened == expected

    def predict(self, row: PermissionRequest, person: int, is_shown: bool, approves: bool) -> str:
        voters = set(Vote.objects.filter(subject_id=row.pk).values_list("voter_id", flat=True))
        if not row.is_pending:
            return "already_decided"
        if row.is_overdue(timezone.now()):
            return "expired"
        if not is_shown:
            return "stale_fingerprint"
        if approves and not row.is_sealed:
            return "unsealed"
        if self.people[person].user.pk in voters:
            return "already_voted"
        return "voted" if approves and len(voters) + 1 < self.quorum else "decided"

    @rule(seconds=st.sampled_from([1, 30, 1800, 4000]))
    def pass_time(self, seconds: int) -> None:
        self.clock.shift(timedelta(seconds=seconds))

    @rule()
    def expire(self) -> None:
        expire_overdue_requests(now=timezone.now())
        assert not self.rows().filter(state=RequestState.PENDING, expires_at__lte=timezone.now()).exists()

    @rule(session=st.sampled_from(SESSIONS), reason=st.sampled_from(["session_aborted", "session_deleted"]))
    def end_session(self, session: str, reason: str) -> None:
        now = timezone.now()
        rows = PermissionRequest.objects.filter(engine=self.engine, session_id=session, created_at__lt=now)
        close_dead_requests(rows=rows, reason=CloseReason(reason), now=now)
        old = self.rows().filter(session_id=session, created_at__lt=now)
        assert not old.filter(state=RequestState.PENDING).exists()
        assert not EngineReply.objects.filter(
            request__in=old, reply=Reply.ONCE, state=ReplyState.QUEUED
        ).exists()

    @rule(numbers=st.sets(st.integers(0, 12)))
    def read_list(self, numbers: set[int]) -> None:
        listed = {f"per_{self.number}_{number}" for number in numbers}
        now = timezone.now()
        close_unlisted_requests(
            engine=self.engine,
            directory=DIRECTORY,
            listed_ids=listed,
            seen_before=now,
            reason=CloseReason.ENGINE_DROPPED,
            now=now,
        )
        reject_leftovers(engine=self.engine, listed_ids=listed, ended_before=now)

    @rule(key=requests, reply=st.sampled_from(["once", "reject", "always"]))
    def engine_says_answered(self, key: str, reply: str) -> None:
        row = self.read(key)
        answer = record_engine_reply(
            engine=self.engine, engine_request_id=row.engine_request_id, reply=reply, now=timezone.now()
        )
        assert answer != Answer.NEVER_ASKED
        assert not self.read(key).is_pending

    @rule(
        key=requests,
        step=st.sampled_from(["claim", "claim", "accept", "requeue", "confirm", "orphan", "fail"]),
    )
    def work_on_a_reply(self, key: str, step: str) -> None:
        now = timezone.now()
        replies = EngineReply.objects.filter(request_id=key)
        reply = replies.filter(state__in=list(ReplyState.open())).first() or replies.first()
        if reply is None:
            return
        before = reply.state
        if step == "claim":
            assert claim_reply(reply=reply, epoch=1, now=now) is (before == ReplyState.QUEUED)
        elif step == "accept":
            record_accepted(reply=reply, now=now)
        elif step == "requeue":
            assert requeue_reply(reply=reply, error="down", now=now) is (before == ReplyState.SENT)
        elif step == "confirm":
            assert confirm_reply(reply=reply, now=now) is (before in ReplyState.open())
        elif step == "orphan":
            assert orphan_reply(reply=reply, why="gone", now=now) is (before in ReplyState.open())
        else:
            assert fail_reply(reply=reply, why="no\0\ud800", now=now) is (before in ReplyState.open())
        due = list_due_replies(engine_ids=[self.engine.pk], now=now)
        assert {row.state for row in due} <= {ReplyState.QUEUED}

    # What always holds -----------------------------------------------------------------------------

    @invariant()
    def ends_are_final(self) -> None:
        now_ended = read_rows(self.rows().exclude(state=RequestState.PENDING))
        assert {key: now_ended.get(key) for key in self.ended} == self.ended
        self.ended = now_ended
        replies = EngineReply.objects.filter(request__in=self.rows(), state__in=list(ReplyState.ended()))
        now_ended = read_rows(replies)
        assert {key: now_ended.get(key) for key in self.ended_replies} == self.ended_replies
        self.ended_replies = now_ended

    @invariant()
    def replies_follow_decisions(self) -> None:
        replies = EngineReply.objects.filter(engine=self.engine)
        open_of = Counter(row.request_id for row in replies if row.state in ReplyState.open())
        assert max(open_of.values(), default=0) <= 1
        approvals = Counter(row.request_id for row in replies if row.reply == Reply.ONCE)
        approved = set(self.rows().filter(state=RequestState.APPROVED).values_list("pk", flat=True))
        assert approvals == Counter(approved)

    @invariant()
    def nothing_refused_is_left_waiting_in_the_engine(self) -> None:
        refused = self.rows().exclude(state__in=[RequestState.PENDING, RequestState.APPROVED])
        for row in refused:
            rejected = row.replies.filter(reply=Reply.REJECT).exists()
            assert rejected or row.close_reason in KNOWN_GONE, (row.state, row.close_reason)

    @invariant()
    def approvals_are_votes(self) -> None:
        for row in self.rows():
            votes = Vote.objects.filter(subject_id=row.pk, verdict="approve", fingerprint=row.fingerprint)
            assert row.approvals == votes.count()
            assert (row.state == RequestState.APPROVED) is (row.approvals >= row.approvals_needed)

    @invariant()
    def every_step_is_one_entry_and_one_event(self) -> None:
        keys = list(self.rows().values_list("pk", flat=True))
        entries = Counter(AuditEntry.objects.filter(subject_id__in=keys).values_list("subject_id", "verb"))
        events = Counter(Event.objects.filter(subject_id__in=keys).values_list("subject_id", "kind"))
        verbs = {"approved": "approve", "denied": "deny"}
        for row in self.rows():
            ends = {
                state: (
                    entries[row.pk, f"permission_request.{verbs.get(state, state)}"],
                    events[row.pk, f"permission_request.{state}"],
                )
                for state in sorted(RequestState.closed())
            }
            assert ends == {state: (1, 1) if row.state == state else (0, 0) for state in ends}
            assert (
                entries[row.pk, "permission_request.ask"] == events[row.pk, "permission_request.created"] == 1
            )
            seals = entries[row.pk, "permission_request.seal"], events[row.pk, "permission_request.sealed"]
            assert seals == ((1, 1) if row.is_sealed else (0, 0))
            self.check_deliveries(row, entries, events)

    def check_deliveries(self, row: PermissionRequest, entries: Counter[Any], events: Counter[Any]) -> None:
        states = Counter(row.replies.values_list("state", flat=True))
        assert entries[row.pk, "reply.queue"] == sum(states.values())
        for state in ReplyState.ended():
            assert entries[row.pk, f"reply.{state}"] == states[state]
        moves = [
            "reply.queue",
            "reply.claim",
            "reply.queued",
            *(f"reply.{state}" for state in ReplyState.ended()),
        ]
        assert events[row.pk, "permission_request.delivery"] == sum(entries[row.pk, verb] for verb in moves)

    @invariant()
    def the_stream_has_no_gap(self) -> None:
        seqs = list(
            Event.objects.filter(seq__gt=self.first_seq).order_by("seq").values_list("seq", flat=True)
        )
        assert seqs == list(range(self.first_seq + 1, self.first_seq + 1 + len(seqs)))
        assert LogHead.objects.get(pk=1).event_seq == self.first_seq + len(seqs)

    # -----------------------------------------------------------------------------------------------

    def rows(self) -> QuerySet[PermissionRequest]:
        engine = getattr(self, "engine", None)
        return PermissionRequest.objects.filter(engine=engine) if engine else PermissionRequest.objects.none()

    def read(self, key: str) -> PermissionRequest:
        return PermissionRequest.objects.get(pk=key)

    def record(self, engine_request_id: str, session: str) -> PermissionRequest:
        asked = AskedByEngine(engine_request_id, session, "bash", ["ls"], DIRECTORY, {"command": "ls"})
        return record_engine_request(engine=self.engine, asked=asked, now=timezone.now())


@pytest.mark.slow
def test_a_request_lives_as_it_must_whatever_happens_when() -> None:
    run_state_machine_as_test(
        RequestLife,
        settings=hypothesis_settings(
            max_examples=max(10, hypothesis_settings().max_examples // 8),
            stateful_step_count=30,
            # Each example runs hundreds of transactions: making a failing one shorter would take an hour.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
