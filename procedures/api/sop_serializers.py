"""What standing operating procedures look like from outside, with their seals."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import ActorSerializer, NamedSerializer, ReadSerializer, Text, WriteSerializer
from procedures.domain.seals import explain_broken_seal
from procedures.enums import Area, SopState
from procedures.models import Sop, SopVersion


class SopSerializer(ReadSerializer):
    """A procedure as lists show it."""

    # Context: `readable`, the ids of the teams whose members the caller is.

    id = serializers.CharField()
    team = NamedSerializer()
    slug = serializers.CharField()
    name = serializers.CharField()
    area = serializers.ChoiceField(choices=Area.choices)
    state = serializers.ChoiceField(choices=SopState.choices)
    version = serializers.IntegerField(help_text="The number of the latest one.")
    review_by = serializers.DateField(allow_null=True)
    superseded_by = NamedSerializer(allow_null=True)
    superseded_from = serializers.DateTimeField(allow_null=True, help_text="It holds until then.")
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoked_by = serializers.SerializerMethodField()
    revoked_reason = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()

    def may_read(self, sop: Sop) -> bool:
        return sop.team_id in self.context["readable"]

    @extend_schema_field(ActorSerializer(allow_null=True))
    def get_revoked_by(self, sop: Sop) -> dict[str, str] | None:
        if not sop.revoked_by_id:
            return None
        return {"kind": sop.revoked_by_kind, "id": sop.revoked_by_id, "label": sop.revoked_by_label}

    def get_revoked_reason(self, sop: Sop) -> str:
        """Empty for owners outside the team."""
        return sop.revoked_reason if self.may_read(sop) else ""


class SopVersionRowSerializer(ReadSerializer):
    """One sealed version, without its text."""

    number = serializers.IntegerField()
    name = serializers.CharField()
    content_hash = serializers.CharField(help_text="SHA-256, hex, of the text in UTF-8.")
    proposal = serializers.CharField(source="proposal_id")
    revision = serializers.IntegerField(help_text="The proposal's revision that was approved.")
    sealed_at = serializers.DateTimeField()
    effective_from = serializers.DateTimeField()
    review_by = serializers.DateField(allow_null=True)
    key_id = serializers.CharField()
    signature = serializers.CharField(help_text="Ed25519, base64; `verify/` says over what.")


class SopVersionSerializer(SopVersionRowSerializer):
    """What was approved, word for word. Do not follow it unless `seal_problem` is empty."""

    description = serializers.CharField()
    area = serializers.ChoiceField(choices=Area.choices)
    content = serializers.CharField(help_text="Markdown.")
    approvers = serializers.SerializerMethodField()
    seal_problem = serializers.SerializerMethodField()

    @extend_schema_field(
        {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}}
    )
    def get_approvers(self, version: SopVersion) -> list[dict[str, str]]:
        """`id` and `at` of each, and `for`: whom they stood in for."""
        return list(version.approvers)

    def get_seal_problem(self, version: SopVersion) -> str:
        return explain_broken_seal(version)


class SopDetailSerializer(SopSerializer):
    """One procedure with one version of its text."""

    # Context: also `sealed`, the version, and `holding`, the number of the one that holds now or None.

    holding = serializers.SerializerMethodField()
    sealed = serializers.SerializerMethodField()

    @extend_schema_field({"type": ["integer", "null"]})
    def get_holding(self, _sop: Sop) -> int | None:
        """The version that holds now; null when none does, yet or any more."""
        holding: int | None = self.context["holding"]
        return holding

    @extend_schema_field(SopVersionSerializer)
    def get_sealed(self, _sop: Sop) -> Any:
        return SopVersionSerializer.show(self.context["sealed"])


class SealSerializer(ReadSerializer):
    """Whether a version is what was approved, and what is needed to check that elsewhere.

    The signature is over `sealed_text` in UTF-8, in which `content_hash` stands for the text.
    """

    slug = serializers.CharField()
    version = serializers.IntegerField()
    is_whole = serializers.BooleanField()
    problem = serializers.CharField(help_text="Why it is not; empty when it is.")
    content_hash = serializers.CharField()
    sealed_text = serializers.CharField()
    signature = serializers.CharField()
    key_id = serializers.CharField()
    public_key = serializers.CharField(help_text="Base64 of 32 bytes.")
    algorithm = serializers.CharField()


class SealKeySerializer(ReadSerializer):
    """The public half of a key that seals, or has sealed, procedures."""

    key_id = serializers.CharField()
    public_key = serializers.CharField(help_text="Base64 of 32 bytes.")
    is_current = serializers.BooleanField(help_text="What is sealed now is sealed with it.")
    algorithm = serializers.SerializerMethodField()

    def get_algorithm(self, _key: Any) -> str:
        return "Ed25519"


class SealKeysSerializer(ReadSerializer):
    """Every key, oldest first."""

    keys = SealKeySerializer(many=True)


class RevocationSerializer(WriteSerializer):
    """`reason`: for everybody who relied on it."""

    reason = Text(max_length=4000)
