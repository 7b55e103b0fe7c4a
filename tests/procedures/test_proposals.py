"""Proposals are written, revised, submitted and decided; who wrote one never decides it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team, User
from accounts.principal import Principal
from events.actors import Door
from events.errors import Conflict, DomainError, Invalid, NotFound, Refused, TooLarge
from events.models import AuditEntry, Event
from procedures.domain.proposals import (
    create_proposal,
    request_changes,
    revise_proposal,
    submit_proposal,
    withdraw_proposal,
)
from procedures.drafts import MAX_CONTENT_BYTES, ProposalDraft
from procedures.models import Proposal, ProposalRevision, Sop, SopVersion
from procedures.queries import get_proposal, list_proposals
from reviews.domain.voting import approve_review, reject_review
from reviews.models import Review
from tests.factories import (
    make_owner,
    make_principal,
    make_service,
    make_team,
    make_token,
    make_user,
)
from tests.procedures.making import CONTENT, approve, make_draft, make_sop, make_sop_proposal, make_submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR, name="Ada")


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, name="Grace")


def act_with(user: User, *scopes: str) -> Principal:
    """As with a token of these scopes."""
    make_token(user, *scopes)
    return Principal(user, Door.API, ApiToken.objects.get(user=user))


def revise(user: User, proposal: Proposal, **values: Any) -> Proposal:
    draft = make_draft(proposal.slug, **{"content": f"{CONTENT}\nMore.\n", **values})
    revised = revise_proposal(
        principal=make_principal(user),
        proposal_id=proposal.pk,
        draft=draft,
        expected_number=proposal.number,
    )
    return revised.proposal


def state_of(proposal: Proposal) -> str:
    return Proposal.objects.get(pk=proposal.pk).state


def code_of(error: pytest.ExceptionInfo[Any]) -> str:
    found: DomainError = error.value
    return found.code


# From a draft to a procedure -----------------------------------------------------------------------------


def test_an_approved_proposal_is_one_sealed_version(team: Team, editor: User, approver: User) -> None:
    proposal = make_submitted(team, editor, slug="deploy-web", name="Deploy the web")
    sop = approve(proposal, approver)
    version = SopVersion.objects.get(proposal=proposal)
    assert (proposal.state, sop.state, sop.slug, sop.version) == ("approved", "live", "deploy-web", 1)
    assert (version.sop, version.number, version.content, version.name) == (sop, 1, CONTENT, "Deploy the web")
    assert [person["id"] for person in version.approvers] == [approver.pk]


def test_the_log_tells_the_way_and_never_the_text(team: Team, editor: User, approver: User) -> None:
    proposal = make_submitted(team, editor, content=f"{CONTENT}\nOnly the team knows this.\n")
    sop = approve(proposal, approver)
    subjects = [proposal.pk, sop.pk]
    verbs = AuditEntry.objects.filter(subject_id__in=subjects).order_by("n").values_list("verb", flat=True)
    assert list(verbs) == ["proposal.create", "proposal.submit", "sop.seal", "proposal.approve"]
    kinds = Event.objects.filter(subject_id__in=subjects).order_by("seq").values_list("kind", "topic")
    assert list(kinds) == [
        ("proposal.created", "sops"),
        ("proposal.submitted", "sops"),
        ("sop.sealed", "sops"),
        ("proposal.approved", "sops"),
    ]
    told = [*AuditEntry.objects.values_list("text", flat=True)]
    told += [str(words) for words in Event.objects.values_list("words", flat=True)]
    assert not [text for text in told if "Only the team" in text]


def test_a_rejected_proposal_has_ended(team: Team, editor: User, approver: User) -> None:
    proposal = make_submitted(team, editor)
    review = Review.objects.get(pk=proposal.review_id)
    reject_review(
        principal=make_principal(approver),
        review_id=review.pk,
        fingerprint=review.content_hash,
        reason="We do it otherwise.",
    )
    assert (state_of(proposal), Sop.objects.count()) == ("rejected", 0)
    with pytest.raises(Conflict) as refusal:
        submit_proposal(principal=make_principal(editor), proposal_id=proposal.pk)
    assert code_of(refusal) == "already_decided"


def test_requested_changes_are_no_rejection(team: Team, editor: User, approver: User) -> None:
    proposal = make_submitted(team, editor)
    review = Review.objects.get(pk=proposal.review_id)
    request_changes(
        principal=make_principal(approver),
        proposal_id=proposal.pk,
        fingerprint=review.content_hash,
        reason="Say who is asked.",
    )
    review.refresh_from_db()
    assert (state_of(proposal), review.state) == ("changes_requested", "withdrawn")
    revise(editor, Proposal.objects.get(pk=proposal.pk))
    again = submit_proposal(principal=make_principal(editor), proposal_id=proposal.pk)
    assert again.review_id != review.pk
    assert approve(again, approver).version == 1


def test_changes_are_requested_of_what_was_shown(team: Team, editor: User, approver: User) -> None:
    proposal = make_submitted(team, editor)
    shown = Review.objects.get(pk=proposal.review_id).content_hash
    revise(editor, proposal)
    with pytest.raises(Conflict) as refusal:
        request_changes(
            principal=make_principal(approver), proposal_id=proposal.pk, fingerprint=shown, reason="Why?"
        )
    assert (code_of(refusal), state_of(proposal)) == ("stale_fingerprint", "submitted")


def test_a_withdrawn_proposal_takes_its_review_along(team: Team, editor: User, approver: User) -> None:
    proposal = make_submitted(team, editor)
    withdraw_proposal(principal=make_principal(editor), proposal_id=proposal.pk)
    assert (state_of(proposal), Review.objects.get(pk=proposal.review_id).state) == ("withdrawn", "withdrawn")
    with pytest.raises(Refused):
        withdraw_proposal(principal=make_principal(approver), proposal_id=make_sop_proposal(team, editor).pk)


def test_a_second_editor_gets_a_conflict(team: Team, editor: User) -> None:
    proposal = make_sop_proposal(team, editor)
    revise(editor, proposal)
    with pytest.raises(Conflict) as refusal:
        revise(make_user(team, Role.EDITOR), proposal)
    assert (code_of(refusal), ProposalRevision.objects.filter(proposal=proposal).count()) == (
        "stale_revision",
        2,
    )


def test_saying_the_same_again_writes_nothing(team: Team, editor: User) -> None:
    proposal = make_sop_proposal(team, editor, slug="same")
    draft = make_draft("same")
    again = revise_proposal(
        principal=make_principal(editor), proposal_id=proposal.pk, draft=draft, expected_number=1
    )
    assert (again.is_changed, ProposalRevision.objects.count()) == (False, 1)


def test_an_expired_review_makes_it_a_draft_again(team: Team, editor: User) -> None:
    from events.actors import CLOCK_ACTOR
    from events.changes import changes
    from reviews.domain.reviews import end_review
    from reviews.enums import ReviewState

    make_user(team)
    proposal = make_submitted(team, editor)
    with changes(CLOCK_ACTOR) as change:
        review = Review.objects.get(pk=proposal.review_id)
        end_review(change, review, state=ReviewState.EXPIRED, reason="Nobody decided it in time.")
    assert state_of(proposal) == "draft"


# Four eyes -----------------------------------------------------------------------------------------------


def vote(user: User, proposal: Proposal, **values: Any) -> None:
    review = Review.objects.get(pk=proposal.review_id)
    approve_review(
        principal=make_principal(user),
        review_id=review.pk,
        **{"fingerprint": review.content_hash, **values},
    )


@pytest.mark.parametrize("who", ["author", "owner who wrote it", "earlier author", "submitter"])
def test_nobody_approves_what_they_wrote(who: str, team: Team) -> None:
    make_user(team)
    is_owner = who == "owner who wrote it"
    person = make_user(team, Role.ADMIN, is_superuser=is_owner)
    if who == "earlier author":
        proposal = make_sop_proposal(team, person)
        proposal = revise(make_user(team, Role.EDITOR), proposal)
        other = make_user(team, Role.EDITOR)
        proposal = submit_proposal(principal=make_principal(other), proposal_id=proposal.pk)
    elif who == "submitter":
        proposal = make_sop_proposal(team)
        proposal = submit_proposal(principal=make_principal(person), proposal_id=proposal.pk)
    else:
        proposal = make_submitted(team, person)
    with pytest.raises(Refused):
        vote(person, proposal)
    assert (state_of(proposal), SopVersion.objects.count()) == ("submitted", 0)


def test_a_superuser_who_is_no_member_has_no_vote(team: Team, editor: User, approver: User) -> None:
    proposal = make_submitted(team, editor)
    with pytest.raises(Refused):
        vote(make_owner(), proposal)
    assert state_of(proposal) == "submitted"


def test_nobody_approves_what_their_service_account_wrote(team: Team, approver: User) -> None:
    person = make_user(team, Role.ADMIN)
    service = make_service(person, team)
    draft = make_draft()
    agent = act_with(service, Scope.PROCEDURES_WRITE)
    proposal = create_proposal(principal=agent, team=team, draft=draft)
    proposal = submit_proposal(principal=agent, proposal_id=proposal.pk)
    assert (proposal.authored_by, proposal.author_id, proposal.door) == ("agent", service.pk, "api")
    with pytest.raises(Refused):
        vote(person, proposal)
    assert approve(proposal, approver).version == 1


def test_a_service_account_never_approves(team: Team, editor: User, approver: User) -> None:
    proposal = make_submitted(team, editor)
    service = make_service(make_user(team), team)
    for principal in (make_principal(service), act_with(service, *Scope.for_services())):
        review = Review.objects.get(pk=proposal.review_id)
        with pytest.raises((Refused, NotFound)):
            approve_review(principal=principal, review_id=review.pk, fingerprint=review.content_hash)
        with pytest.raises((Refused, NotFound)):
            request_changes(
                principal=principal,
                proposal_id=proposal.pk,
                fingerprint=review.content_hash,
                reason="Please.",
            )
    assert state_of(proposal) == "submitted"


def test_a_token_never_approves_or_sends_back(team: Team, editor: User, approver: User) -> None:
    proposal = make_submitted(team, editor)
    principal = act_with(approver, *Scope.values)
    review = Review.objects.get(pk=proposal.review_id)
    with pytest.raises(Refused):
        approve_review(principal=principal, review_id=review.pk, fingerprint=review.content_hash)
    with pytest.raises(Refused):
        request_changes(
            principal=principal, proposal_id=proposal.pk, fingerprint=review.content_hash, reason="No."
        )
    assert state_of(proposal) == "submitted"


def test_one_person_does_not_count_twice(team: Team, editor: User, approver: User) -> None:
    from reviews.domain.policies import change_policy

    second = make_user(team)
    change_policy(principal=make_principal(make_owner()), team=team, kind="sop_proposal", approvals_needed=2)
    proposal = make_submitted(team, editor)
    vote(approver, proposal)
    with pytest.raises(Conflict) as refusal:
        vote(approver, proposal)
    assert (code_of(refusal), state_of(proposal)) == ("already_voted", "submitted")
    version = approve(proposal, second).versions.get()
    assert [person["id"] for person in version.approvers] == [approver.pk, second.pk]


def test_a_delegate_neither_votes_twice_nor_for_an_author(team: Team, editor: User, approver: User) -> None:
    from reviews.domain.delegations import Window, create_delegation

    now = timezone.now()
    author, delegate = make_user(team, Role.ADMIN), make_user(team, Role.EDITOR)
    for holder in (author, approver):
        create_delegation(
            principal=make_principal(holder),
            team=team,
            delegate=delegate,
            window=Window(now, now + timedelta(days=1)),
            reason="Away.",
        )
    own = make_submitted(team, delegate)
    with pytest.raises(Refused):
        vote(delegate, own)
    theirs = make_submitted(team, author)
    vote(delegate, theirs)
    sealed = SopVersion.objects.get(proposal=theirs)
    assert [(person["id"], person["for"]) for person in sealed.approvers] == [(delegate.pk, approver.pk)]


def test_nobody_eligible_is_said_when_it_is_submitted(team: Team, editor: User) -> None:
    with pytest.raises(Conflict) as refusal:
        make_submitted(team, editor)
    assert (code_of(refusal), Proposal.objects.get().state, Review.objects.count()) == (
        "unsatisfiable",
        "draft",
        0,
    )


def test_a_revision_makes_the_votes_stale(team: Team, editor: User, approver: User) -> None:
    from reviews.domain.policies import change_policy

    second = make_user(team)
    change_policy(principal=make_principal(make_owner()), team=team, kind="sop_proposal", approvals_needed=2)
    proposal = make_submitted(team, editor)
    shown = Review.objects.get(pk=proposal.review_id).content_hash
    vote(approver, proposal)
    proposal = revise(editor, proposal)
    with pytest.raises(Conflict) as refusal:
        vote(second, proposal, fingerprint=shown)
    assert code_of(refusal) == "stale_fingerprint"
    vote(second, proposal)
    assert (state_of(proposal), Review.objects.get(pk=proposal.review_id).approvals) == ("submitted", 1)


def test_whoever_revises_what_is_submitted_loses_their_vote(team: Team, editor: User, approver: User) -> None:
    second = make_user(team)
    proposal = revise(second, make_submitted(team, editor))
    with pytest.raises(Refused):
        vote(second, proposal)
    assert approve(proposal, approver).version == 1


def test_what_is_live_moving_on_makes_an_approval_a_conflict(
    team: Team, editor: User, approver: User
) -> None:
    sop = make_sop(team, approver)
    first = make_submitted(team, editor, slug=sop.slug, supersedes_id=sop.pk, content=f"{CONTENT}\nA.\n")
    second = make_submitted(team, editor, slug=sop.slug, supersedes_id=sop.pk, content=f"{CONTENT}\nB.\n")
    approve(first, approver)
    with pytest.raises(Conflict) as refusal:
        vote(approver, second)
    assert (code_of(refusal), state_of(second)) == ("base_moved", "submitted")
    # Saved again, unchanged, it is put up against what is live now.
    again = revise_proposal(
        principal=make_principal(editor),
        proposal_id=second.pk,
        draft=make_draft(sop.slug, supersedes_id=sop.pk, content=f"{CONTENT}\nB.\n"),
        expected_number=1,
    )
    assert again.is_changed is False
    assert approve(second, approver).version == 3


# What agents and liars try -------------------------------------------------------------------------------


def test_no_door_creates_a_decided_proposal(team: Team, editor: User) -> None:
    proposal = make_sop_proposal(team, editor)
    values = {
        field.attname: getattr(proposal, field.attname)
        for field in Proposal._meta.concrete_fields
        if field.attname != "id"
    }
    for state in ("submitted", "approved"):
        with pytest.raises(DatabaseError), transaction.atomic():
            Proposal.objects.create(**{**values, "state": state, "ended_at": timezone.now()})
    assert Proposal.objects.count() == 1


@pytest.mark.parametrize("column", ["authored_by", "author_id", "author_kind", "team_id", "slug"])
def test_whose_a_proposal_is_never_changes(column: str, team: Team, editor: User) -> None:
    proposal = make_sop_proposal(team, editor)
    value = make_team().pk if column == "team_id" else "other"
    with pytest.raises(DatabaseError), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(**{column: value})


def test_a_draft_has_no_author_to_claim(team: Team) -> None:
    names = set(ProposalDraft.__dataclass_fields__)
    assert not {name for name in names if "author" in name or name in {"state", "team", "source"}}


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "../../etc/passwd",
        "a/b",
        "a\\b",
        ".",
        "..",
        "-a",
        "a-",
        "a--b",
        "A",
        "a b",
        "a.md",
        "a\n",
        "a\0",
        "ä",
        "a" * 65,
    ],
)
def test_a_slug_is_a_plain_folder_name(slug: str, team: Team, editor: User) -> None:
    with pytest.raises(Invalid) as refusal:
        create_proposal(
            principal=make_principal(editor), team=team, draft=replace(make_draft("ok"), slug=slug)
        )
    assert (refusal.value.facts["field"], Proposal.objects.count()) == ("slug", 0)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"name": ""}, Invalid),
        ({"name": "two\nlines"}, Invalid),
        ({"name": "turned \u202e round"}, Invalid),
        ({"name": "n" * 121}, Invalid),
        ({"description": "d" * 1025}, Invalid),
        ({"area": "elsewhere"}, Invalid),
        ({"content": " \n"}, Invalid),
        ({"content": "a\0b"}, Invalid),
        ({"content": "x" * (MAX_CONTENT_BYTES + 1)}, TooLarge),
        ({"effective_from": datetime(2030, 1, 1)}, Invalid),  # noqa: DTZ001 - without a zone is the point
        ({"supersedes_id": "0" * 15}, Invalid),
    ],
    ids=[
        "no name",
        "name of two lines",
        "deceptive name",
        "long name",
        "long description",
        "unknown area",
        "empty",
        "NUL",
        "too long",
        "no time zone",
        "unknown procedure",
    ],
)
def test_wrong_fields_change_nothing(
    values: dict[str, Any], error: type[Exception], team: Team, editor: User
) -> None:
    with pytest.raises(error):
        make_sop_proposal(team, editor, **values)
    assert (Proposal.objects.count(), ProposalRevision.objects.count()) == (0, 0)


def test_another_teams_procedure_is_not_superseded(team: Team, editor: User) -> None:
    other = make_team()
    sop = make_sop(other, make_user(other))
    with pytest.raises(Invalid):
        make_sop_proposal(team, editor, supersedes_id=sop.pk)


def test_a_live_slug_must_be_superseded(team: Team, editor: User, approver: User) -> None:
    sop = make_sop(team, approver)
    with pytest.raises(Conflict) as refusal:
        make_submitted(team, editor, slug=sop.slug)
    assert code_of(refusal) == "sop_conflict"


def test_what_the_lint_finds_keeps_it_from_being_submitted(team: Team, editor: User, approver: User) -> None:
    with pytest.raises(Invalid) as refusal:
        make_submitted(team, editor, content="# Only a title\n")
    assert (code_of(refusal), refusal.value.facts["findings"]) == ("lint_failed", 2)


# Who sees and writes -------------------------------------------------------------------------------------


def test_only_the_team_writes(team: Team) -> None:
    strangers = [
        make_user(make_team(), Role.ADMIN),
        make_user(team, Role.VIEWER),
        make_owner(),
        make_service(make_user(team), make_team()),
    ]
    for stranger in strangers:
        with pytest.raises(Refused):
            make_sop_proposal(team, stranger)
    assert Proposal.objects.count() == 0


def test_a_token_needs_the_scope(team: Team, editor: User) -> None:
    reader = act_with(editor, Scope.PROCEDURES_READ)
    with pytest.raises(Refused):
        create_proposal(principal=reader, team=team, draft=make_draft())


def test_an_agent_sees_and_changes_its_own_alone(team: Team, editor: User) -> None:
    owner = make_user(team)
    agent = make_principal(make_service(owner, team))
    other = make_principal(make_service(owner, team))
    own = create_proposal(principal=agent, team=team, draft=make_draft())
    theirs = make_sop_proposal(team, editor)
    assert [row.pk for row in list_proposals(agent)] == [own.pk]
    assert list(list_proposals(other)) == []
    for hidden in (theirs.pk, "0" * 15, "../x"):
        with pytest.raises(NotFound):
            get_proposal(agent, hidden)
        with pytest.raises(NotFound):
            submit_proposal(principal=agent, proposal_id=hidden)


def test_another_team_sees_nothing(team: Team, editor: User) -> None:
    proposal = make_sop_proposal(team, editor)
    stranger = make_principal(make_user(make_team(), Role.ADMIN))
    assert list(list_proposals(stranger)) == []
    with pytest.raises(NotFound):
        revise_proposal(
            principal=stranger, proposal_id=proposal.pk, draft=make_draft(proposal.slug), expected_number=1
        )
