"""The kill switch: everything below stops, what waits is closed, and nobody else's work is touched."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team
from accounts.principal import Principal
from chats.domain.stop_tree import StoppedTree, stop_chat_tree, stop_delegation
from chats.models import TurnStop
from engines.domain.delegations import DelegationFacts, record_delegations
from engines.domain.sessions import record_session_state
from engines.enums import SubagentKind as Kind, SubagentStatus as Status
from engines.models import Chat, Engine, Subagent
from events.actors import RELAY_ACTOR
from events.errors import Conflict, NotFound, Refused
from events.models import AuditEntry
from governance.domain.decide import approve_request
from governance.models import EngineReply, PermissionRequest, Question
from tests.factories import (
    make_cao_server,
    make_engine,
    make_principal,
    make_question,
    make_request,
    make_service,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    """`ses_root` with `a` → `b` → `c` and `d` below it, all at work; and another chat with `x`."""
    engine = make_engine(team)
    for session, parent in {"ses_root": "", "a": "ses_root", "b": "a", "c": "b", "d": "ses_root"}.items():
        make_session(engine, session, parent_id=parent)
    make_session(engine, "ses_other")
    make_session(engine, "x", parent_id="ses_other")
    record_session_state(
        actor=RELAY_ACTOR, engine=engine, session_id="ses_root", state="busy", at=timezone.now()
    )
    return engine


@pytest.fixture
def admin(team: Team) -> Principal:
    return make_principal(make_user(team, Role.ADMIN))


def find(ref: str) -> Subagent:
    return Subagent.objects.get(source_ref=ref)


def list_stopped() -> list[str]:
    return sorted(Subagent.objects.filter(stop_asked_at__isnull=False).values_list("source_ref", flat=True))


def read_ends() -> dict[str, tuple[str, str]]:
    rows: list[Any] = [*PermissionRequest.objects.all(), *Question.objects.all()]
    return {row.session_id: (row.state, row.close_reason) for row in rows}


def test_a_chat_is_stopped_with_everything_below_it(engine: Engine, admin: Principal) -> None:
    make_request(engine, session_id="ses_root")
    make_request(engine, session_id="c")
    make_question(engine, session_id="b")
    make_request(engine, session_id="x")
    chat = Chat.objects.get(ai_engine_session_id="ses_root")
    assert stop_chat_tree(principal=admin, chat_id=chat.pk) == StoppedTree(
        has_turn=True, delegations=4, requests=2, questions=1
    )
    assert list_stopped() == ["a", "b", "c", "d"]
    assert list(TurnStop.objects.values_list("chat_id", "state")) == [(chat.pk, "queued")]
    assert read_ends() == {
        "ses_root": ("expired", "session_aborted"),
        "c": ("expired", "session_aborted"),
        "b": ("closed", "session_aborted"),
        "x": ("pending", ""),
    }
    assert sorted(EngineReply.objects.values_list("reply", "state")) == [("reject", "queued")] * 3


def test_a_delegation_is_stopped_without_those_beside_and_above_it(engine: Engine, admin: Principal) -> None:
    make_request(engine, session_id="c")
    make_request(engine, session_id="d")
    stopped = stop_delegation(principal=admin, subagent_id=find("b").pk)
    assert stopped == StoppedTree(has_turn=False, delegations=2, requests=1, questions=0)
    assert (list_stopped(), TurnStop.objects.count()) == (["b", "c"], 0)
    assert read_ends()["d"] == ("pending", "")


def test_an_approval_that_was_not_sent_yet_is_taken_back(engine: Engine, admin: Principal) -> None:
    request = make_request(engine, session_id="c")
    approve_request(principal=admin, request_id=request.pk, fingerprint=request.fingerprint)
    stop_delegation(principal=admin, subagent_id=find("b").pk)
    replies = EngineReply.objects.order_by("created_at", "pk").values_list("reply", "state")
    assert sorted(replies) == [("once", "orphaned"), ("reject", "queued")]


def test_who_stopped_it_is_on_record(engine: Engine, admin: Principal) -> None:
    make_request(engine, session_id="c")
    stop_delegation(principal=admin, subagent_id=find("b").pk)
    verbs = ["subagent.stop", "subagent.stop_tree", "permission_request.expired"]
    entries = AuditEntry.objects.filter(verb__in=verbs).order_by("n")
    assert [(entry.verb, entry.actor_id) for entry in entries] == [
        ("subagent.stop", admin.user.pk),
        ("subagent.stop", admin.user.pk),
        ("permission_request.expired", admin.user.pk),
        ("subagent.stop_tree", admin.user.pk),
    ]


def test_what_comes_up_below_one_that_is_being_stopped_is_stopped_too(
    engine: Engine, admin: Principal
) -> None:
    stop_delegation(principal=admin, subagent_id=find("b").pk)
    make_session(engine, "late", parent_id="c")
    make_session(engine, "beside", parent_id="d")
    assert list_stopped() == ["b", "c", "late"]


def test_an_ended_delegation_gets_no_order(engine: Engine, admin: Principal) -> None:
    Subagent.objects.filter(source_ref="c").update(status=Status.COMPLETED)
    stop_delegation(principal=admin, subagent_id=find("b").pk)
    assert list_stopped() == ["b"]


def test_nothing_to_stop_is_a_conflict(engine: Engine, admin: Principal) -> None:
    Subagent.objects.update(status=Status.COMPLETED)
    before = AuditEntry.objects.count()
    with pytest.raises(Conflict) as caught:
        stop_delegation(principal=admin, subagent_id=find("b").pk)
    assert (caught.value.code, AuditEntry.objects.count()) == ("not_working", before)


def test_stopped_twice_is_stopped_once(engine: Engine, admin: Principal) -> None:
    chat = Chat.objects.get(ai_engine_session_id="ses_root")
    stop_chat_tree(principal=admin, chat_id=chat.pk)
    assert stop_chat_tree(principal=admin, chat_id=chat.pk).delegations == 0
    assert TurnStop.objects.count() == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.APPROVER])
def test_only_the_chats_user_and_admins_stop_its_tree(engine: Engine, team: Team, role: Role) -> None:
    user = make_user(team, role)
    top, chat = find("a"), Chat.objects.get(ai_engine_session_id="ses_root")
    with pytest.raises(Refused):
        stop_delegation(principal=make_principal(user), subagent_id=top.pk)
    with pytest.raises(Refused):
        stop_chat_tree(principal=make_principal(user), chat_id=chat.pk)
    assert list_stopped() == []
    Chat.objects.filter(pk=chat.pk).update(user=user)
    if role == Role.VIEWER:
        with pytest.raises(Refused):
            stop_delegation(principal=make_principal(user), subagent_id=top.pk)
        return
    assert stop_delegation(principal=make_principal(user), subagent_id=top.pk).delegations == 3


def test_another_team_knows_nothing_of_it(engine: Engine) -> None:
    stranger = make_principal(make_user(make_team(), Role.ADMIN))
    with pytest.raises(NotFound):
        stop_delegation(principal=stranger, subagent_id=find("a").pk)
    with pytest.raises(NotFound):
        stop_chat_tree(principal=stranger, chat_id=Chat.objects.get(ai_engine_session_id="ses_root").pk)


# What belongs to no chat


@pytest.fixture
def supervisor(team: Team) -> Subagent:
    """A CAO terminal with an assignment that has ended its task and a handoff at work."""
    facts = [
        DelegationFacts(Kind.CAO_TERMINAL, "aaaaaaaa", status=Status.RUNNING),
        DelegationFacts(Kind.CAO_ASSIGN, "bbbbbbbb", "aaaaaaaa", status=Status.COMPLETED),
        DelegationFacts(Kind.CAO_HANDOFF, "cccccccc", "aaaaaaaa", status=Status.RUNNING),
    ]
    record_delegations(actor=RELAY_ACTOR, server=make_cao_server(team), facts=facts, now=timezone.now())
    return find("aaaaaaaa")


def test_a_worker_that_has_ended_its_task_is_removed_with_its_tree(
    supervisor: Subagent, admin: Principal
) -> None:
    assert stop_delegation(principal=admin, subagent_id=supervisor.pk).delegations == 2
    assert list_stopped() == ["aaaaaaaa", "bbbbbbbb", "cccccccc"]


@pytest.mark.parametrize(
    ("role", "may"), [(Role.VIEWER, False), (Role.EDITOR, False), (Role.APPROVER, True), (Role.ADMIN, True)]
)
def test_deciders_stop_what_belongs_to_no_chat(
    supervisor: Subagent, team: Team, role: Role, may: bool
) -> None:
    principal = make_principal(make_user(team, role))
    if may:
        assert stop_delegation(principal=principal, subagent_id=supervisor.pk).delegations == 2
        return
    with pytest.raises(Refused):
        stop_delegation(principal=principal, subagent_id=supervisor.pk)


def test_a_service_account_stops_nothing_that_belongs_to_no_chat(
    supervisor: Subagent, team: Team, admin: Principal
) -> None:
    service = make_service(admin.user, team)
    with pytest.raises(Refused):
        stop_delegation(principal=make_principal(service), subagent_id=supervisor.pk)


def test_what_its_source_calls_a_failure_of_a_stopped_worker_is_cancelled(
    supervisor: Subagent, admin: Principal
) -> None:
    stop_delegation(principal=admin, subagent_id=supervisor.pk)
    told = DelegationFacts(Kind.CAO_HANDOFF, "cccccccc", "aaaaaaaa", status=Status.FAILED, raw="error")
    assert supervisor.cao_server is not None
    record_delegations(actor=RELAY_ACTOR, server=supervisor.cao_server, facts=[told], now=timezone.now())
    assert (find("cccccccc").status, find("cccccccc").status_raw) == (Status.CANCELLED, "error")
