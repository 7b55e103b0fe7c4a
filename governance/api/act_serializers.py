"""Claims, snoozes, comments and past decisions, as the API reads and shows them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import ActorSerializer, ReadSerializer, Text, WriteSerializer
from events.actors import ActorKind
from governance.domain.comments import MAX_COMMENT_LENGTH
from governance.enums import RequestState, SnoozeLength
from governance.models import PermissionRequest, RequestComment


class ClaimSerializer(WriteSerializer):
    """An empty object claims what nobody holds."""

    take_over_from = Text(
        max_length=15,
        allow_blank=True,
        required=False,
        default="",
        help_text="The id of `claimed_by`, to take it over from them knowingly.",
    )


class SnoozeWishSerializer(WriteSerializer):
    """For how long one does not want to see it."""

    length = serializers.ChoiceField(choices=SnoozeLength.choices)


class SnoozeSerializer(ReadSerializer):
    """Until when it is put off for the caller."""

    request = serializers.CharField(source="request_id")
    until = serializers.DateTimeField()


class CommentTextSerializer(WriteSerializer):
    """A comment to be made."""

    text = Text(max_length=MAX_COMMENT_LENGTH, help_text="Markdown.")


class CommentSerializer(ReadSerializer):
    """What somebody said; `text` is Markdown as it was written."""

    id = serializers.CharField()
    author = serializers.SerializerMethodField()
    text = serializers.CharField()
    created_at = serializers.DateTimeField()

    @extend_schema_field(ActorSerializer)
    def get_author(self, comment: RequestComment) -> dict[str, str]:
        return {"kind": ActorKind.USER, "id": comment.author_id, "label": str(comment.author)}


class PastDecisionSerializer(ReadSerializer):
    """A decision made before, masked as lists are."""

    id = serializers.CharField()
    state = serializers.ChoiceField(choices=RequestState.choices)
    summary = serializers.CharField()
    directory = serializers.CharField()
    agent = serializers.CharField()
    decided_at = serializers.DateTimeField()
    decided_by = serializers.SerializerMethodField()
    decision_message = serializers.CharField()

    @extend_schema_field(ActorSerializer)
    def get_decided_by(self, request: PermissionRequest) -> dict[str, str]:
        return {
            "kind": request.decided_by_kind,
            "id": request.decided_by_id,
            "label": request.decided_by_label,
        }


class SimilarSerializer(ReadSerializer):
    """What was decided before on the same words; the counts are of the newest `looked_at` requests."""

    near = serializers.SerializerMethodField()
    far = serializers.SerializerMethodField()
    approved = serializers.IntegerField()
    denied = serializers.IntegerField()
    looked_at = serializers.IntegerField()

    @extend_schema_field(PastDecisionSerializer(many=True))
    def get_near(self, similar: Any) -> list[Any]:
        return [PastDecisionSerializer.show(row) for row in similar.near]

    @extend_schema_field(PastDecisionSerializer(many=True))
    def get_far(self, similar: Any) -> list[Any]:
        return [PastDecisionSerializer.show(row) for row in similar.far]

    @staticmethod
    def empty() -> dict[str, Any]:
        return {"near": [], "far": [], "approved": 0, "denied": 0, "looked_at": 0}
