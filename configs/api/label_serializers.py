"""Labels, differences of versions, and change requests."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import ActorSerializer, NamedSerializer, ReadSerializer, Text, WriteSerializer
from configs.api.object_serializers import note, number, show_author
from configs.differences import FieldDifference
from configs.domain.labels import MAX_MOVES
from configs.enums import ConfigKind
from configs.models import ConfigLabel, LabelChange
from configs.models.label import MAX_LABEL_LENGTH
from reviews.enums import ReviewState
from reviews.models import Review


class LabelSerializer(ReadSerializer):
    """A label, and the version it stands on. `draft` is not among them: it is the latest version, always."""

    # Context: `protected`, the labels that only move with somebody else's approval.

    name = serializers.CharField()
    version = serializers.IntegerField(source="number")
    is_protected = serializers.SerializerMethodField()
    moved_by = serializers.SerializerMethodField()
    moved_at = serializers.DateTimeField()

    def get_is_protected(self, label: ConfigLabel) -> bool:
        """It only moves with somebody else's approval."""
        return label.name in self.context["protected"]

    @extend_schema_field(ActorSerializer)
    def get_moved_by(self, label: ConfigLabel) -> dict[str, str]:
        return show_author(label, "moved_by")


class LabelOutcomeSerializer(ReadSerializer):
    """What became of a move: labels moved, or it waits for somebody else's approval."""

    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the serializer's own
    moved = serializers.IntegerField(help_text="How many labels stand elsewhere now.")
    change_request = serializers.CharField(
        allow_null=True, help_text="The id of the review that it waits for; null: nothing waits."
    )


class FieldDifferenceSerializer(ReadSerializer):
    """One field that differs, as lines that begin with `-`, `+` or a blank; `…` stands for equal ones."""

    field = serializers.CharField()
    unified = serializers.SerializerMethodField()

    def get_unified(self, difference: FieldDifference) -> str:
        return "\n".join(difference.unified)


class VersionDifferenceSerializer(ReadSerializer):
    """What lies between two versions; no field when they say the same."""

    from_version = serializers.IntegerField(allow_null=True, help_text="Null: nothing, before the first.")
    to_version = serializers.IntegerField()
    fields_changed = FieldDifferenceSerializer(many=True)


class LabelMoveSerializer(WriteSerializer):
    """Where a label shall stand."""

    label = Text(max_length=MAX_LABEL_LENGTH)  # type: ignore[assignment]  # a field, not the serializer's own
    version = number(allow_null=True, help_text="Null takes the label away.")
    expected_version = number(
        allow_null=True, required=False, help_text="Where you saw it; if it is elsewhere, 409."
    )
    reason = note()


class OneMoveSerializer(WriteSerializer):
    """One thing whose label moves."""

    kind = serializers.ChoiceField(choices=ConfigKind.choices)
    object_id = Text(max_length=15)
    version = number(allow_null=True, help_text="Null takes the label away.")
    expected_version = number(allow_null=True, required=False)


class MovesSerializer(WriteSerializer):
    """One label, moved on many things of one team, all or none."""

    label = Text(max_length=MAX_LABEL_LENGTH)  # type: ignore[assignment]  # a field, not the serializer's own
    moves = serializers.ListField(child=OneMoveSerializer(), min_length=1, max_length=MAX_MOVES)
    reason = note()


class MoveSerializer(ReadSerializer):
    """One move of a change request; the hashes are of the versions' contents."""

    kind = serializers.ChoiceField(choices=ConfigKind.choices)
    object_id = serializers.CharField()
    name = serializers.CharField()
    from_version = serializers.IntegerField(allow_null=True)
    from_hash = serializers.CharField(allow_null=True)
    to_version = serializers.IntegerField(allow_null=True)
    to_hash = serializers.CharField(allow_null=True)


class ChangeRequestSerializer(ReadSerializer):
    """A move of a protected label that waits, or waited, for somebody else. Its id is that of its review."""

    id = serializers.CharField(source="review_id")
    state = serializers.ChoiceField(choices=ReviewState.choices, source="review.state")
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the serializer's own
    team = NamedSerializer(allow_null=True, help_text="Null: it is about what is everybody's.")
    title = serializers.CharField(source="review.title")
    reason = serializers.SerializerMethodField()
    moves = serializers.SerializerMethodField()
    requested_by = serializers.SerializerMethodField()
    decided_by = serializers.SerializerMethodField()
    decision_reason = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(source="review.decided_at", allow_null=True)

    def may_read(self, review: Review) -> bool:
        """What people wrote to each other is for them, as with every review."""
        principal = self.context["view"].principal
        return review.team_id in principal.team_ids and not principal.user.is_service

    def get_reason(self, wanted: LabelChange) -> str:
        """Empty for service accounts and owners outside the team that reviews it."""
        review = wanted.review
        return review.reason if review and self.may_read(review) else ""

    def get_decision_reason(self, wanted: LabelChange) -> str:
        review = wanted.review
        return review.decision_reason if review and self.may_read(review) else ""

    @extend_schema_field(MoveSerializer(many=True))
    def get_moves(self, wanted: LabelChange) -> list[dict[str, Any]]:
        names = {"from": "from_version", "to": "to_version"}
        return [{names.get(name, name): value for name, value in move.items()} for move in wanted.moves]

    @extend_schema_field(ActorSerializer)
    def get_requested_by(self, wanted: LabelChange) -> dict[str, str]:
        return show_author(wanted.review, "requested_by")

    @extend_schema_field(ActorSerializer(allow_null=True))
    def get_decided_by(self, wanted: LabelChange) -> dict[str, str] | None:
        review = wanted.review
        return show_author(review, "decided_by") if review and review.decided_by_id else None
