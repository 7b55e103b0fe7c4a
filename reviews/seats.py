"""Whose approval counts: a seat is one person's right to review one thing, used by them or by their delegate.

A vote uses up two things, the person who gives it and the seat they take, and nobody is counted twice as
either. Authors have no seat, and taking another's seat does not help them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q

from accounts.models import Membership, User
from accounts.principal import Principal
from events.actors import Door
from reviews.enums import ApproverRole, ReviewState, Verdict
from reviews.models import Delegation, Review, Vote
from reviews.policies import is_author
from reviews.registry import find_spec

# More open reviews than anybody reads in a day; older ones stand in the list all the same.
MAX_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Seat:
    """`delegation` is None for one's own."""

    holder: User
    delegation: Delegation | None = None


OWN_REQUEST = "Nobody reviews what they, or a service account they own, asked for or changed."


def explain_no_standing(principal: Principal, review: Review) -> str:
    """What speaks against this principal whoever's seat they would take; "" when nothing does."""
    user = principal.user
    if user.is_service:
        return "Service accounts never review."
    if not user.is_active:
        return "This user is retired."
    if principal.token is not None:
        return "API tokens never vote on reviews; log in for that."
    if review.team_id not in principal.team_ids:
        return "Only members of the review's team review it."
    if is_author(principal, review):
        return OWN_REQUEST
    spec = find_spec(review.kind)
    if spec is None:
        return "Countersign no longer knows this kind of review."
    return spec.may_vote(principal, review) if spec.may_vote else ""


def has_own_seat(principal: Principal, review: Review) -> bool:
    """By role, or as a backup once it is escalated. Standing is another question."""
    if principal.has_role(review.team_id, ApproverRole(review.approver_role).roles):
        return True
    is_backup = review.is_escalated and principal.user.pk in review.backup_ids
    return is_backup and review.team_id in principal.team_ids


def may_review(principal: Principal, review: Review) -> bool:
    """Whether this person may vote in their own right, as things are now."""
    return has_own_seat(principal, review) and not explain_no_standing(principal, review)


class Voter:
    """One principal, and whom they stand in for at one moment: read once for any number of reviews."""

    def __init__(self, principal: Principal, now: datetime) -> None:
        self.principal, self.now = principal, now

    @cached_property
    def held(self) -> list[tuple[Delegation, Principal]]:
        """The delegations that hold now, oldest first, each with its delegator."""
        rows = Delegation.objects.filter(
            delegate=self.principal.user, revoked_at=None, starts_at__lte=self.now, ends_at__gt=self.now
        )
        delegations = list(rows.select_related("delegator").order_by("created_at", "id"))
        people = {row.delegator_id: Principal(row.delegator, Door.TASK) for row in delegations}
        return [(row, people[row.delegator_id]) for row in delegations]

    def find_seat(self, review: Review, used: Iterable[Vote] = ()) -> Seat | None:
        """The seat they would take, their own first; None when there is none left to them.

        `used` are the votes that count so far: neither their voters' nor their holders' seats are free.
        """
        if explain_no_standing(self.principal, review):
            return None
        taken = {person for vote in used for person in (vote.voter_id, vote.seat_id)}
        if has_own_seat(self.principal, review):
            return None if self.principal.user.pk in taken else Seat(self.principal.user)
        for delegation, delegator in self.held:
            is_for_this = delegation.team_id == review.team_id and delegation.covers(review.kind)
            if is_for_this and delegation.delegator_id not in taken and may_review(delegator, review):
                return Seat(delegator.user, delegation)
        return None

    def explain(self, review: Review) -> str:
        """Why they may not review it; "" when they may. About rights, not about its state or votes."""
        refusal = explain_no_standing(self.principal, review)
        if refusal or self.find_seat(review) is not None:
            return refusal
        if review.approver_role == ApproverRole.ADMIN:
            return "Only admins of the team, and who stands in for one, review this."
        return "Only approvers of the team, and who stands in for one, review this."


def explain_not_voting(principal: Principal, review: Review, now: datetime) -> str:
    """As `Voter.explain`, for a single look."""
    return Voter(principal, now).explain(review)


def list_votes(review: Review) -> list[Vote]:
    """Every vote on any revision, oldest first."""
    subject = review.subject
    return list(Vote.objects.filter(subject_kind=subject.kind, subject_id=subject.id).order_by("at", "id"))


def list_counting_votes(review: Review) -> list[Vote]:
    """The approvals of this revision by people who may still give them.

    Whoever lost the role since has no say in a decision that is made now; a vote for somebody else counts no
    more once the delegation was revoked, but its mere end changes nothing.
    """
    votes = [
        vote
        for vote in list_votes(review)
        if vote.revision == review.revision and vote.verdict == Verdict.APPROVE
    ]
    people = User.objects.in_bulk({person for vote in votes for person in (vote.voter_id, vote.seat_id)})
    delegations = Delegation.objects.in_bulk({vote.delegation_id for vote in votes if vote.delegation_id})
    counting: list[Vote] = []
    used: set[str] = set()
    for vote in votes:
        voter, holder = people[vote.voter_id], people[vote.seat_id]
        if used & {voter.pk, holder.pk}:
            continue
        if may_review(Principal(holder, Door.TASK), review) and is_still_standing(
            voter, vote, review, delegations
        ):
            counting.append(vote)
            used |= {voter.pk, holder.pk}
    return counting


def is_still_standing(voter: User, vote: Vote, review: Review, delegations: dict[str, Delegation]) -> bool:
    """Whether who gave a vote may still stand in; always for one's own seat."""
    if not vote.delegation_id:
        return True
    if explain_no_standing(Principal(voter, Door.TASK), review):
        return False
    return delegations[vote.delegation_id].revoked_at is None


def list_waiting_for(voter: Voter) -> list[str]:
    """The ids of the open reviews that this person could vote on now and has not, newest first.

    Votes that count no more still take their seats here; the reviews stand among the open ones then.
    """
    is_current = Q(expires_at=None) | Q(expires_at__gt=voter.now)
    rows = Review.objects.filter(is_current, state=ReviewState.OPEN, team_id__in=voter.principal.team_ids)
    rows = rows.defer("content", "base", "reason")  # the many bytes of it, which no right depends on
    reviews = list(rows.order_by("-created_at", "-id")[:MAX_LOOKED_AT])
    votes: dict[tuple[str, int], list[Vote]] = defaultdict(list)
    for vote in Vote.objects.filter(subject_kind="review", subject_id__in=[row.pk for row in reviews]):
        votes[vote.subject_id, vote.revision].append(vote)
    return [row.pk for row in reviews if voter.find_seat(row, votes[row.pk, row.revision])]


def count_possible_approvers(review: Review) -> int:
    """How many people could approve it in their own right, backups included if they will be asked."""
    memberships = Membership.objects.filter(team_id=review.team_id, ended_at=None, user__is_active=True)
    roles = ApproverRole(review.approver_role).roles
    will_escalate = review.is_escalated or review.escalate_at is not None
    backups = set(review.backup_ids) if will_escalate else set()
    return sum(
        not explain_no_standing(Principal(membership.user, Door.TASK), review)
        for membership in memberships.select_related("user")
        if membership.role in roles or membership.user_id in backups
    )
