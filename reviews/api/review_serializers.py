"""What a review looks like from outside, and what one may send about it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import ActorSerializer, NamedSerializer, ReadSerializer, Text, WriteSerializer
from accounts.principal import Principal
from events.actors import ActorKind
from reviews.domain.comments import MAX_COMMENT_LENGTH
from reviews.domain.reviews import MAX_REASON_LENGTH, describe_end
from reviews.enums import ApproverRole, ReviewState, Verdict
from reviews.models import Review, ReviewComment, Vote
from reviews.policies import can_read_content
from reviews.registry import Fact, find_spec, label_kind
from reviews.seats import Voter


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom reviews are described, with what was looked up for all of them at once."""

    voter: Voter
    votes: dict[str, list[Vote]] = field(default_factory=dict)

    @classmethod
    def of(cls, principal: Principal, reviews: list[Review]) -> Viewer:
        votes: dict[str, list[Vote]] = defaultdict(list)
        ids = [review.pk for review in reviews]
        for vote in Vote.objects.filter(subject_kind="review", subject_id__in=ids).order_by("at", "id"):
            votes[vote.subject_id].append(vote)
        return cls(Voter(principal, timezone.now()), votes)

    @property
    def principal(self) -> Principal:
        return self.voter.principal

    def find_my_vote(self, review: Review) -> Vote | None:
        """Their vote on the present revision."""
        mine = self.principal.user.pk
        votes = self.votes.get(review.pk, [])
        return next(
            (vote for vote in votes if (vote.voter_id, vote.revision) == (mine, review.revision)), None
        )

    def explain(self, review: Review) -> str:
        """Why this viewer can't review it now; "" when they can."""
        if not review.is_open:
            return describe_end(review)
        if review.is_expired(self.voter.now):
            return "The time for this review has run out."
        if self.find_my_vote(review):
            return "You have voted on this already."
        return self.voter.explain(review)


class AboutSerializer(ReadSerializer):
    """What a review is about."""

    kind = serializers.CharField()
    id = serializers.CharField()


class ReviewVoteSerializer(ReadSerializer):
    """One vote. Those on an earlier revision are stale: they stay in the record and count no more."""

    voter = serializers.SerializerMethodField()
    on_behalf_of = serializers.SerializerMethodField()
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reason = serializers.CharField()
    revision = serializers.IntegerField()
    fingerprint = serializers.CharField()
    at = serializers.DateTimeField()

    @extend_schema_field(ActorSerializer)
    def get_voter(self, vote: Vote) -> dict[str, str]:
        return {"kind": ActorKind.USER, "id": vote.voter_id, "label": vote.voter_label}

    @extend_schema_field(ActorSerializer(allow_null=True))
    def get_on_behalf_of(self, vote: Vote) -> dict[str, str] | None:
        """Whose seat a delegate took."""
        if not vote.on_behalf_of_id:
            return None
        return {"kind": ActorKind.USER, "id": vote.on_behalf_of_id, "label": vote.on_behalf_of_label}


class FactSerializer(ReadSerializer):
    """What its kind says about it."""

    name = serializers.CharField()
    text = serializers.CharField()
    note = serializers.CharField()


class ReviewSerializer(ReadSerializer):
    """A review as lists show it."""

    # Context: `viewer`.

    id = serializers.CharField()
    state = serializers.ChoiceField(choices=ReviewState.choices)
    kind = serializers.CharField()
    kind_label = serializers.SerializerMethodField()
    about = serializers.SerializerMethodField()
    title = serializers.CharField()
    team = NamedSerializer()
    fingerprint = serializers.CharField(source="content_hash", help_text="What a decision has to carry.")
    revision = serializers.IntegerField(help_text="Raised by every change; votes on earlier ones are stale.")
    can_review = serializers.SerializerMethodField()
    cannot_review_because = serializers.SerializerMethodField()
    my_vote = serializers.SerializerMethodField()
    approvals = serializers.IntegerField()
    approvals_needed = serializers.IntegerField()
    approver_role = serializers.ChoiceField(choices=ApproverRole.choices)
    requested_by = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    revised_at = serializers.DateTimeField(allow_null=True)
    escalated_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.SerializerMethodField()
    decision_reason = serializers.SerializerMethodField()

    @property
    def viewer(self) -> Viewer:
        viewer: Viewer = self.context["viewer"]
        return viewer

    def may_read(self, review: Review) -> bool:
        return can_read_content(self.viewer.principal, review)

    def get_kind_label(self, review: Review) -> str:
        return label_kind(review.kind)

    @extend_schema_field(AboutSerializer)
    def get_about(self, review: Review) -> dict[str, str]:
        return {"kind": review.subject_kind, "id": review.subject_id}

    def get_can_review(self, review: Review) -> bool:
        """In a session of one's own; no token ever votes."""
        return not self.viewer.explain(review)

    def get_cannot_review_because(self, review: Review) -> str:
        return self.viewer.explain(review)

    @extend_schema_field(ReviewVoteSerializer(allow_null=True))
    def get_my_vote(self, review: Review) -> Any:
        """On the present revision."""
        return ReviewVoteSerializer.show(self.viewer.find_my_vote(review))

    @extend_schema_field(ActorSerializer)
    def get_requested_by(self, review: Review) -> dict[str, str]:
        return {
            "kind": review.requested_by_kind,
            "id": review.requested_by_id,
            "label": review.requested_by_label,
        }

    @extend_schema_field(ActorSerializer(allow_null=True))
    def get_decided_by(self, review: Review) -> dict[str, str] | None:
        if not review.decided_by_id:
            return None
        return {
            "kind": review.decided_by_kind,
            "id": review.decided_by_id,
            "label": review.decided_by_label,
        }

    def get_decision_reason(self, review: Review) -> str:
        """Empty for owners outside the team."""
        return review.decision_reason if self.may_read(review) else ""


class ReviewDetailSerializer(ReviewSerializer):
    """One review. Its content, reason, votes and facts are null or empty for owners outside the team."""

    reason = serializers.SerializerMethodField()
    content = serializers.SerializerMethodField()
    base = serializers.SerializerMethodField()
    votes = serializers.SerializerMethodField()
    facts = serializers.SerializerMethodField()

    def get_reason(self, review: Review) -> str:
        """Why it is wanted, in Markdown."""
        return review.reason if self.may_read(review) else ""

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": {}})
    def get_content(self, review: Review) -> Any:
        """What takes effect with the last approval."""
        return review.content if self.may_read(review) else None

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": {}})
    def get_base(self, review: Review) -> Any:
        """What was live when it was written; null when nothing was."""
        return review.base if self.may_read(review) else None

    @extend_schema_field(ReviewVoteSerializer(many=True))
    def get_votes(self, review: Review) -> list[Any]:
        """On every revision, oldest first."""
        votes = self.viewer.votes.get(review.pk, []) if self.may_read(review) else []
        return [ReviewVoteSerializer.show(vote) for vote in votes]

    @extend_schema_field(FactSerializer(many=True))
    def get_facts(self, review: Review) -> list[Any]:
        spec = find_spec(review.kind)
        facts: list[Fact] = []
        if spec is not None and spec.describe is not None and self.may_read(review):
            facts = spec.describe(review)
        return [FactSerializer.show(fact) for fact in facts]


class ReviewCommentSerializer(ReadSerializer):
    """What somebody said; `text` is Markdown as it was written."""

    id = serializers.CharField()
    author = serializers.SerializerMethodField()
    text = serializers.CharField()
    created_at = serializers.DateTimeField()

    @extend_schema_field(ActorSerializer)
    def get_author(self, comment: ReviewComment) -> dict[str, str]:
        return {"kind": ActorKind.USER, "id": comment.author_id, "label": str(comment.author)}


class ReviewCommentTextSerializer(WriteSerializer):
    """A comment to be made."""

    text = Text(max_length=MAX_COMMENT_LENGTH, help_text="Markdown.")


class ReviewRejectionSerializer(WriteSerializer):
    """`fingerprint` is the one that was shown; another one, or none, answers 409. Who asked reads why."""

    fingerprint = Text(max_length=64, allow_blank=True, required=False, default="")
    reason = Text(max_length=MAX_REASON_LENGTH)


class ReviewDecisionSerializer(ReviewRejectionSerializer):
    """`confirmation`: the word that approvers type when something was found (`confirmation_needed`)."""

    reason = Text(max_length=MAX_REASON_LENGTH, allow_blank=True, required=False, default="")
    confirmation = Text(max_length=200, allow_blank=True, required=False, default="")


class WithdrawalSerializer(WriteSerializer):
    """Why, if one likes."""

    reason = Text(max_length=MAX_REASON_LENGTH, allow_blank=True, required=False, default="")
