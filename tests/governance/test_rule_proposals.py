"""Rules that approvals suggest: what is enough, what speaks against it, and what happens to a suggestion."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from engines.models import Engine
from events.errors import Conflict, NotFound, Refused
from events.models import AuditEntry, Event
from governance.domain.decide import approve_request, deny_request
from governance.domain.rule_proposals import (
    APPROVALS_NEEDED,
    LOOKED_BACK,
    accept_proposal,
    dismiss_proposal,
    look_everywhere,
    look_for_proposals,
)
from governance.enums import Confirmation, ProposalState
from governance.models import PermissionRequest, RuleProposal
from tests.factories import make_engine, make_principal, make_request, make_rule, make_team, make_user

pytestmark = pytest.mark.django_db

CONFIRMED = (Confirmation.HIGH_RISK, Confirmation.PAUSE)


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def person(team: Team) -> User:
    return make_user(team)


def decide(
    engine: Engine, person: User, command: str, *, deny: bool = False, **values: Any
) -> PermissionRequest:
    # One session each: a denial closes what else waits in its session.
    request = make_request(engine, command, session_id=f"ses_{timezone.now().timestamp()}", **values)
    principal = make_principal(person)
    if deny:
        deny_request(principal=principal, request_id=request.pk, fingerprint=request.fingerprint)
    else:
        approve_request(
            principal=principal, request_id=request.pk, fingerprint=request.fingerprint, confirmed=CONFIRMED
        )
    return request


def approve_often(engine: Engine, person: User, *commands: str, **values: Any) -> list[PermissionRequest]:
    return [decide(engine, person, command, **values) for command in commands]


def look(team: Team) -> list[tuple[str, bool, int, int]]:
    """(pattern, is exact, approvals, people) of what is open then."""
    look_for_proposals(team=team, now=timezone.now())
    rows = RuleProposal.objects.filter(team=team, state=ProposalState.OPEN).order_by("pattern")
    return [(row.pattern, row.is_strict, row.approvals, row.people) for row in rows]


def test_the_same_command_approved_often_enough_is_proposed_exactly(
    team: Team, engine: Engine, person: User
) -> None:
    requests = approve_often(engine, person, *["git status --short"] * (APPROVALS_NEEDED - 1))
    assert look(team) == []
    other = make_user(team)
    requests += approve_often(engine, other, "git status --short")
    assert look(team) == [("git status --short", True, APPROVALS_NEEDED, 2)]
    proposal = RuleProposal.objects.get()
    assert (proposal.permission, proposal.directory, proposal.agent) == ("bash", "/srv/demo", "")
    assert proposal.evidence == {
        "people": sorted([person.pk, other.pk]),
        "agents": [""],
        "requests": [request.pk for request in reversed(requests)],
    }
    decided = [PermissionRequest.objects.get(pk=request.pk).decided_at for request in requests]
    assert (proposal.first_at, proposal.last_at) == (decided[0], decided[-1])


def test_different_operands_go_one_rung_up_and_no_further(team: Team, engine: Engine, person: User) -> None:
    approve_often(engine, person, *[f"git log --oneline src/{name}.py" for name in "abcde"])
    assert look(team) == [("git log --oneline *", False, APPROVALS_NEEDED, 1)]


def test_what_a_narrow_rung_explains_counts_for_no_wider_one(
    team: Team, engine: Engine, person: User
) -> None:
    approve_often(engine, person, *["git log --oneline"] * APPROVALS_NEEDED, "git log -3", "git log --stat")
    assert [pattern for pattern, *_ in look(team)] == ["git log --oneline"]


def test_one_denial_of_the_shape_is_enough_against_it(team: Team, engine: Engine, person: User) -> None:
    approve_often(engine, person, *["git fetch"] * APPROVALS_NEEDED)
    assert len(look(team)) == 1
    decide(engine, person, "git fetch", deny=True)
    assert look(team) == []
    assert not RuleProposal.objects.exists()


def test_a_denial_elsewhere_on_the_ladder_leaves_the_narrow_rung(
    team: Team, engine: Engine, person: User
) -> None:
    approve_often(engine, person, *["git log --oneline"] * APPROVALS_NEEDED)
    decide(engine, person, "git log --all", deny=True)
    assert [pattern for pattern, *_ in look(team)] == ["git log --oneline"]


def test_projects_are_told_apart(team: Team, engine: Engine, person: User) -> None:
    approve_often(engine, person, *["git fetch"] * 3)
    approve_often(engine, person, *["git fetch"] * 3, directory="/srv/other")
    assert look(team) == []


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf build",
        "git status && git log",
        "git\u200b status",
        "curl -H 'Authorization: Bearer abcdef0123456789abcdef0123' https://example.org",
    ],
    ids=["high risk", "two commands", "findings", "a secret"],
)
def test_what_no_rule_should_stand_for_is_not_proposed(
    team: Team, engine: Engine, person: User, command: str
) -> None:
    approve_often(engine, person, *[command] * (APPROVALS_NEEDED + 1))
    assert look(team) == []


def test_what_a_rule_lets_through_by_now_is_not_proposed(team: Team, engine: Engine, person: User) -> None:
    approve_often(engine, person, *["git fetch"] * APPROVALS_NEEDED)
    make_rule(team, "git fetch", directory="/srv/demo")
    assert look(team) == []


def test_decisions_by_rules_and_by_other_teams_are_no_evidence(
    team: Team, engine: Engine, person: User
) -> None:
    other = make_team()
    approve_often(make_engine(other), make_user(other), *["git fetch"] * APPROVALS_NEEDED)
    approve_often(engine, person, *["git fetch"] * (APPROVALS_NEEDED - 1))
    assert (look(team), [pattern for pattern, *_ in look(other)]) == ([], ["git fetch"])


def test_old_decisions_are_no_evidence(team: Team, engine: Engine, person: User) -> None:
    with time_machine.travel(timezone.now() - LOOKED_BACK - timedelta(hours=1), tick=True):
        approve_often(engine, person, *["git fetch"] * APPROVALS_NEEDED)
    assert look(team) == []


def test_a_dismissed_one_stays_away_until_as_much_speaks_for_it_again(
    team: Team, engine: Engine, person: User
) -> None:
    approve_often(engine, person, *["git fetch"] * APPROVALS_NEEDED)
    look(team)
    proposal = RuleProposal.objects.get()
    dismiss_proposal(principal=make_principal(person), proposal_id=proposal.pk)
    approve_often(engine, person, *["git fetch"] * (APPROVALS_NEEDED - 1))
    assert look(team) == []
    approve_often(engine, person, "git fetch")
    assert look(team) == [("git fetch", True, 2 * APPROVALS_NEEDED, 1)]
    assert (RuleProposal.objects.get().pk, RuleProposal.objects.get().settled_by) == (proposal.pk, None)


def test_an_accepted_one_does_not_come_back(team: Team, engine: Engine, person: User) -> None:
    approve_often(engine, person, *["git fetch"] * APPROVALS_NEEDED)
    look(team)
    accepted = accept_proposal(
        principal=make_principal(person), proposal_id=RuleProposal.objects.get().pk, rule_id="r" * 15
    )
    approve_often(engine, person, *["git fetch"] * (APPROVALS_NEEDED + 1))
    assert (look(team), accepted.rule_id) == ([], "r" * 15)


def test_settling_is_audited_and_told_without_the_pattern(team: Team, engine: Engine, person: User) -> None:
    approve_often(engine, person, *["git fetch"] * APPROVALS_NEEDED)
    look(team)
    proposal = RuleProposal.objects.get()
    dismiss_proposal(principal=make_principal(person), proposal_id=proposal.pk)
    entry = AuditEntry.objects.get(subject_id=proposal.pk)
    assert (entry.verb, entry.actor_id) == ("rule_proposal.dismiss", person.pk)
    events = Event.objects.filter(subject_id=proposal.pk).order_by("seq")
    assert [(event.kind, event.audience) for event in events] == [
        ("rule_proposal.opened", f"team:{team.pk}"),
        ("rule_proposal.dismissed", f"team:{team.pk}"),
    ]
    assert "git" not in f"{entry.after} {[event.words for event in events]}"


def test_who_comes_second_hears_who_was_first(team: Team, engine: Engine, person: User) -> None:
    approve_often(engine, person, *["git fetch"] * APPROVALS_NEEDED)
    look(team)
    key = RuleProposal.objects.get().pk
    dismiss_proposal(principal=make_principal(person), proposal_id=key)
    with pytest.raises(Conflict, match=f"{person} dismissed it already"):
        accept_proposal(principal=make_principal(make_user(team)), proposal_id=key, rule_id="r" * 15)


def test_only_writers_of_the_teams_rules_settle_one(team: Team, engine: Engine, person: User) -> None:
    approve_often(engine, person, *["git fetch"] * APPROVALS_NEEDED)
    look(team)
    key = RuleProposal.objects.get().pk
    with pytest.raises(Refused):
        dismiss_proposal(principal=make_principal(make_user(team, Role.VIEWER)), proposal_id=key)
    with pytest.raises(NotFound):
        dismiss_proposal(principal=make_principal(make_user(make_team(), Role.ADMIN)), proposal_id=key)
    assert RuleProposal.objects.get().is_open


def test_without_a_new_decision_a_second_look_reads_nothing(team: Team, engine: Engine, person: User) -> None:
    approve_often(engine, person, *["git fetch"] * APPROVALS_NEEDED)
    look(team)
    with CaptureQueriesContext(connection) as queries:
        look_for_proposals(team=team, now=timezone.now())
    assert len(queries) == 3
    assert not any('"content"' in query["sql"] for query in queries)


def test_the_clock_looks_in_every_team_and_again_when_evidence_grows_old(
    team: Team, engine: Engine, person: User
) -> None:
    approve_often(engine, person, *["git fetch"] * APPROVALS_NEEDED)
    now = timezone.now()
    look_everywhere(now=now)
    assert RuleProposal.objects.filter(team=team).count() == 1
    look_everywhere(now=now + LOOKED_BACK)
    assert not RuleProposal.objects.exists()
