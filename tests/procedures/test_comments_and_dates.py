"""Line comments, revoking, and reminders of review dates."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from events.errors import Conflict, DomainError, Invalid, NotFound, Refused
from events.models import Event
from procedures.domain.comments import comment_on_proposal, resolve_comment
from procedures.domain.reminders import is_any_sop_due, remind_of_sops
from procedures.domain.sops import revoke_sop
from procedures.models import ProposalComment, Sop
from tests.factories import make_owner, make_principal, make_service, make_team, make_user
from tests.procedures.making import make_next_version, make_sop, make_sop_proposal

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team)


def test_a_comment_stands_on_a_line_until_it_is_settled(team: Team, approver: User) -> None:
    proposal = make_sop_proposal(team)
    principal = make_principal(approver)
    comment = comment_on_proposal(principal=principal, proposal_id=proposal.pk, text="Why?", line=3)
    resolve_comment(principal=principal, proposal_id=proposal.pk, comment_id=comment.pk)
    stored = ProposalComment.objects.get()
    assert (stored.line, stored.revision.number, stored.resolved_by) == (3, 1, approver)
    with pytest.raises(Conflict):
        resolve_comment(principal=principal, proposal_id=proposal.pk, comment_id=comment.pk)


@pytest.mark.parametrize("line", [0, -1, 12, 10**6])
def test_a_comment_stands_on_no_line_that_is_not_there(line: int, team: Team, approver: User) -> None:
    proposal = make_sop_proposal(team)
    with pytest.raises(Invalid):
        comment_on_proposal(
            principal=make_principal(approver), proposal_id=proposal.pk, text="Why?", line=line
        )
    assert ProposalComment.objects.count() == 0


def test_only_people_of_the_team_comment(team: Team, approver: User) -> None:
    proposal = make_sop_proposal(team)
    others: list[tuple[User, type[DomainError]]] = [
        (make_user(make_team()), NotFound),
        (make_owner(), Refused),
        (make_service(approver, team), NotFound),
    ]
    for user, error in others:
        with pytest.raises(error):
            comment_on_proposal(principal=make_principal(user), proposal_id=proposal.pk, text="Hello")
    assert ProposalComment.objects.count() == 0


def test_a_comment_of_another_proposal_is_not_found(team: Team, approver: User) -> None:
    principal = make_principal(approver)
    one, two = make_sop_proposal(team), make_sop_proposal(team)
    comment = comment_on_proposal(principal=principal, proposal_id=one.pk, text="Why?")
    with pytest.raises(NotFound):
        resolve_comment(principal=principal, proposal_id=two.pk, comment_id=comment.pk)


def test_only_who_decides_in_the_team_revokes(team: Team, approver: User) -> None:
    sop = make_sop(team, approver)
    others: list[tuple[User, type[DomainError]]] = [
        (make_user(team, Role.EDITOR), Refused),
        (make_user(team, Role.VIEWER), Refused),
        (make_owner(), Refused),
        (make_service(approver, team), Refused),
        (make_user(make_team(), Role.ADMIN), NotFound),
    ]
    for user, error in others:
        with pytest.raises(error):
            revoke_sop(principal=make_principal(user), sop_id=sop.pk, reason="Because.")
    with pytest.raises(Invalid):
        revoke_sop(principal=make_principal(approver), sop_id=sop.pk, reason=" ")
    assert Sop.objects.get().state == "live"
    revoke_sop(principal=make_principal(approver), sop_id=sop.pk, reason="Because.")
    with pytest.raises(Conflict) as refusal:
        revoke_sop(principal=make_principal(approver), sop_id=sop.pk, reason="Again.")
    assert refusal.value.message == f"{approver} revoked it already."


def at_noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=timezone.get_default_timezone())


def test_a_review_date_is_told_twice_and_anew_for_a_new_version(team: Team, approver: User) -> None:
    due = (timezone.now() + timedelta(days=60)).date()
    sop = make_sop(team, approver, review_by=due)
    days = [due - timedelta(days=number) for number in (15, 14, 13, 0, -1)]
    told = []
    for day in days:
        assert is_any_sop_due(now=at_noon(day)) is (remind_of_sops(now=at_noon(day)) == 1)
        told.append(Event.objects.filter(kind="sop.review_due").count())
    assert told == [0, 1, 1, 2, 2]
    words = Event.objects.filter(kind="sop.review_due").order_by("seq").values_list("words", flat=True)
    assert [item["when"] for item in words] == ["soon", "due"]
    make_next_version(sop, approver, review_by=due + timedelta(days=60))
    assert remind_of_sops(now=at_noon(due + timedelta(days=50))) == 1


def test_a_revoked_procedure_is_not_reminded_of(team: Team, approver: User) -> None:
    due = (timezone.now() + timedelta(days=5)).date()
    sop = make_sop(team, approver, review_by=due)
    revoke_sop(principal=make_principal(approver), sop_id=sop.pk, reason="Because.")
    assert remind_of_sops(now=at_noon(due)) == 0
