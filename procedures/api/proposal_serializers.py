"""What proposals look like from outside, and what one may send about them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import (
    ActorSerializer,
    Integer,
    Moment,
    NamedSerializer,
    ReadSerializer,
    Text,
    WriteSerializer,
)
from configs.api.label_serializers import FieldDifferenceSerializer
from events.actors import ActorKind
from procedures.domain.lints import lint_proposal
from procedures.drafts import MAX_CONTENT_BYTES
from procedures.enums import Area, AuthoredBy, ProposalState
from procedures.models import Proposal, ProposalComment, ProposalRevision
from procedures.models.sop import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, MAX_SLUG_LENGTH

MAX_NOTE_LENGTH = 4000
MAX_LINE = 2**31 - 1


def show_author(row: Any) -> dict[str, str]:
    return {"kind": row.author_kind, "id": row.author_id, "label": row.author_label}


class ProposalSerializer(ReadSerializer):
    """A proposal as lists show it."""

    # Context: `readable`, the ids of the teams whose members the caller is. Rows have `open_comments`.

    id = serializers.CharField()
    team = NamedSerializer()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.SerializerMethodField()
    area = serializers.ChoiceField(choices=Area.choices)
    state = serializers.ChoiceField(choices=ProposalState.choices)
    revision = serializers.IntegerField(source="number", help_text="The number of the latest one.")
    authored_by = serializers.ChoiceField(
        choices=AuthoredBy.choices, help_text="Told by who wrote it first, never by what was sent."
    )
    author = serializers.SerializerMethodField()
    supersedes = NamedSerializer(allow_null=True)
    review = serializers.CharField(
        source="review_id", allow_null=True, help_text="Where people decide it; null before it was submitted."
    )
    open_comments = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)

    def may_read(self, proposal: Proposal) -> bool:
        return proposal.team_id in self.context["readable"]

    def get_description(self, proposal: Proposal) -> str:
        """Empty for owners outside the team."""
        return proposal.description if self.may_read(proposal) else ""

    @extend_schema_field(ActorSerializer)
    def get_author(self, proposal: Proposal) -> dict[str, str]:
        return show_author(proposal)


class LintFindingSerializer(ReadSerializer):
    """What can be said before a person looks. An `error` keeps it from being submitted."""

    code = serializers.CharField()
    severity = serializers.CharField()
    sentence = serializers.CharField()
    line = serializers.IntegerField(allow_null=True, help_text="From 1; null: all of it.")


class RevisionRowSerializer(ReadSerializer):
    """That a proposal was saved."""

    number = serializers.IntegerField()
    name = serializers.CharField()
    content_hash = serializers.CharField()
    note = serializers.CharField()
    author = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    @extend_schema_field(ActorSerializer)
    def get_author(self, revision: ProposalRevision) -> dict[str, str]:
        return show_author(revision)


class RevisionSerializer(RevisionRowSerializer):
    """What a proposal said then. It never changes."""

    description = serializers.CharField()
    area = serializers.ChoiceField(choices=Area.choices)
    supersedes = NamedSerializer(allow_null=True)
    content = serializers.CharField()
    effective_from = serializers.DateTimeField(allow_null=True)
    review_by = serializers.DateField(allow_null=True)


class ProposalDetailSerializer(ProposalSerializer):
    """One proposal. `latest` is null and `findings` empty for owners outside the team."""

    # Context: also `latest`, the revision.

    source = serializers.CharField(  # type: ignore[assignment]  # a field, not the serializer's own
        help_text="The file it was imported from."
    )
    latest = serializers.SerializerMethodField()
    findings = serializers.SerializerMethodField()

    @extend_schema_field(RevisionSerializer(allow_null=True))
    def get_latest(self, proposal: Proposal) -> Any:
        return RevisionSerializer.show(self.context["latest"] if self.may_read(proposal) else None)

    @extend_schema_field(LintFindingSerializer(many=True))
    def get_findings(self, proposal: Proposal) -> list[Any]:
        """Errors first."""
        if not self.may_read(proposal):
            return []
        return [
            LintFindingSerializer.show(found) for found in lint_proposal(proposal, self.context["latest"])
        ]


class RevisionDifferenceSerializer(ReadSerializer):
    """What lies between two revisions, or between the live procedure and one; no field when they agree."""

    from_revision = serializers.IntegerField(allow_null=True, help_text="Null: not compared with a revision.")
    from_version = serializers.IntegerField(
        allow_null=True, help_text="The live procedure's version; null: not compared with one."
    )
    to_revision = serializers.IntegerField()
    fields_changed = FieldDifferenceSerializer(many=True)


class ProposalCommentSerializer(ReadSerializer):
    """What somebody said about a revision, or about one of its lines."""

    id = serializers.CharField()
    revision = serializers.IntegerField(source="revision.number")
    line = serializers.IntegerField(allow_null=True)
    text = serializers.CharField(help_text="Markdown.")
    author = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_by = serializers.SerializerMethodField()

    @extend_schema_field(ActorSerializer)
    def get_author(self, comment: ProposalComment) -> dict[str, str]:
        return {"kind": ActorKind.USER, "id": comment.author_id, "label": str(comment.author)}

    @extend_schema_field(ActorSerializer(allow_null=True))
    def get_resolved_by(self, comment: ProposalComment) -> dict[str, str] | None:
        person = comment.resolved_by
        return None if person is None else {"kind": ActorKind.USER, "id": person.pk, "label": str(person)}


class ProposalTextSerializer(WriteSerializer):
    """What a procedure shall say. Who wrote it is told by the token or session, and can't be said here."""

    name = Text(max_length=MAX_NAME_LENGTH)
    content = Text(max_length=MAX_CONTENT_BYTES, help_text="Markdown.")
    description = Text(
        max_length=MAX_DESCRIPTION_LENGTH,
        allow_blank=True,
        required=False,
        default="",
        help_text="What agents are shown of it before they read it.",
    )
    area = serializers.ChoiceField(choices=Area.choices, required=False, default=Area.GENERAL.value)
    supersedes = Text(
        max_length=15, required=False, allow_null=True, default=None, help_text="The id of a live procedure."
    )
    effective_from = Moment(
        required=False, allow_null=True, default=None, help_text="Null: as soon as it is approved."
    )
    review_by = serializers.DateField(required=False, allow_null=True, default=None)
    note = Text(max_length=MAX_NOTE_LENGTH, allow_blank=True, required=False, default="")


class ProposalWishSerializer(ProposalTextSerializer):
    """A new proposal, as a draft."""

    team = Text(required=False, max_length=15, help_text="Needed when the caller belongs to several teams.")
    slug = Text(max_length=MAX_SLUG_LENGTH, help_text="Small letters, digits, single hyphens between them.")


class SubmissionSerializer(WriteSerializer):
    """`reason`: for who reviews it."""

    reason = Text(max_length=MAX_NOTE_LENGTH, allow_blank=True, required=False, default="")


class ChangesWantedSerializer(WriteSerializer):
    """`fingerprint` is the review's, as it was shown; another one answers 409."""

    fingerprint = Text(max_length=64)
    reason = Text(max_length=MAX_NOTE_LENGTH)


class CommentWishSerializer(WriteSerializer):
    text = Text(max_length=20_000)
    line = Integer(min_value=1, max_value=MAX_LINE, required=False, allow_null=True, default=None)
    revision = Integer(
        min_value=1,
        max_value=MAX_LINE,
        required=False,
        allow_null=True,
        default=None,
        help_text="Null: the latest.",
    )


class CommentNameSerializer(WriteSerializer):
    comment = Text(max_length=15)
