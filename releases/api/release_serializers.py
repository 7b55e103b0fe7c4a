"""Releases, what is being published, and drift, as they look from outside."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import (
    ActorSerializer,
    Flag,
    NamedSerializer,
    ReadSerializer,
    Text,
    WriteSerializer,
)
from configs.enums import ConfigKind
from releases.domain.build import Draft
from releases.enums import DriftState, PublicationState
from releases.models import Drift, Publication, Release
from releases.policies import explain_not_publishing

MAX_NOTE_LENGTH = 300


def show_actor(row: Any, prefix: str) -> dict[str, str]:
    return {name: getattr(row, f"{prefix}_{name}") for name in ("kind", "id", "label")}


class ReleaseSerializer(ReadSerializer):
    """A release as lists show it. Context: `principal`."""

    id = serializers.CharField()
    engine = NamedSerializer()
    number = serializers.IntegerField()
    content_hash = serializers.CharField(help_text="SHA-256, hex, over all files: the same files, the same.")
    engine_schema = serializers.CharField(help_text="The engine version whose schema it was checked with.")
    note = serializers.CharField()
    is_live = serializers.SerializerMethodField()
    created_by = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_is_live(self, release: Release) -> bool:
        """It went live last on its engine."""
        return bool(getattr(release, "live_id", "") == release.pk)

    @extend_schema_field(ActorSerializer)
    def get_created_by(self, release: Release) -> dict[str, str]:
        return show_actor(release, "created_by")


class ReleaseInputSerializer(ReadSerializer):
    """One version that it was rendered from."""

    kind = serializers.ChoiceField(choices=ConfigKind.choices)
    object_id = serializers.CharField()
    version = serializers.IntegerField()
    content_hash = serializers.CharField()


class FileRowSerializer(ReadSerializer):
    """A file, without its text."""

    path = serializers.CharField()
    size_bytes = serializers.IntegerField()


class ReleaseDetailSerializer(ReleaseSerializer):
    """One release, and what it is made of."""

    signature = serializers.CharField()
    key_id = serializers.CharField()
    cannot_publish_because = serializers.SerializerMethodField()
    files = serializers.SerializerMethodField()
    inputs = serializers.SerializerMethodField()
    defaults_version = serializers.SerializerMethodField()

    def get_cannot_publish_because(self, release: Release) -> str:
        """Empty when the caller may publish it."""
        return explain_not_publishing(self.context["principal"], release.engine)

    @extend_schema_field(FileRowSerializer(many=True))
    def get_files(self, release: Release) -> list[dict[str, Any]]:
        return [{"path": path, "size_bytes": len(text.encode())} for path, text in release.file_pairs]

    @extend_schema_field(ReleaseInputSerializer(many=True))
    def get_inputs(self, release: Release) -> list[dict[str, Any]]:
        names = ("kind", "object_id", "version", "content_hash")
        return [dict(zip(names, item, strict=True)) for item in release.inputs["objects"]]

    def get_defaults_version(self, release: Release) -> int:
        """Of the engine's own defaults; 0 when it has none."""
        return int(release.inputs["defaults"] or 0)


class FileSerializer(ReadSerializer):
    """A file, byte for byte as UTF-8."""

    path = serializers.CharField()
    text = serializers.CharField()


class ReleaseFilesSerializer(ReadSerializer):
    """Every file of a release, by path."""

    files = FileSerializer(many=True)


class FileDifferenceSerializer(ReadSerializer):
    """A file that differs."""

    path = serializers.CharField()
    status = serializers.ChoiceField(choices=["added", "removed", "changed"])
    unified = serializers.CharField(source="text")


class ReleaseDifferenceSerializer(ReadSerializer):
    """What publishing it on top of another one changes."""

    against = serializers.CharField(allow_null=True, help_text="The other release's id; null: nothing.")
    files = FileDifferenceSerializer(many=True)


class FoundProblemSerializer(ReadSerializer):
    """What is wrong, or worth knowing; an error keeps a release from being built."""

    severity = serializers.ChoiceField(choices=["error", "warning"])
    kind = serializers.CharField()
    object_id = serializers.CharField()
    field = serializers.CharField()
    sentence = serializers.CharField()


class DraftReleaseSerializer(ReadSerializer):
    """What a release built now would hold."""

    content_hash = serializers.SerializerMethodField()
    problems = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()

    # Context: `differences` against what is live.

    def get_content_hash(self, draft: Draft) -> str | None:
        """Null when nothing can be rendered."""
        return None if draft.errors else draft.content_hash

    @extend_schema_field(FoundProblemSerializer(many=True))
    def get_problems(self, draft: Draft) -> list[Any]:
        return [FoundProblemSerializer.show(problem) for problem in draft.problems]

    @extend_schema_field(FileDifferenceSerializer(many=True))
    def get_changes(self, draft: Draft) -> list[Any]:
        """Against what is live; empty when nothing can be rendered."""
        return [FileDifferenceSerializer.show(item) for item in self.context["differences"]]


class ReleaseNumberSerializer(ReadSerializer):
    id = serializers.CharField()
    number = serializers.IntegerField()


class PublicationSerializer(ReadSerializer):
    """One release on its way to its engine, or how that ended."""

    id = serializers.CharField()
    engine = NamedSerializer()
    release = ReleaseNumberSerializer()
    previous_release = ReleaseNumberSerializer(allow_null=True)
    state = serializers.ChoiceField(choices=PublicationState.choices)
    is_finished = serializers.BooleanField()
    is_forced = serializers.BooleanField()
    is_rollback = serializers.BooleanField()
    waits_for = serializers.CharField(help_text="What it waits for now, in words.")
    error = serializers.CharField(help_text="Why it ended otherwise than live.")
    requested_by = serializers.SerializerMethodField()
    step_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(ActorSerializer)
    def get_requested_by(self, publication: Publication) -> dict[str, str]:
        return show_actor(publication, "requested_by")


class DriftDifferenceSerializer(ReadSerializer):
    """One place where the engine is not as released."""

    path = serializers.CharField()
    expected = serializers.CharField()
    found = serializers.CharField()


class DriftSerializer(ReadSerializer):
    """What an engine runs, held against its live release."""

    engine = NamedSerializer()
    state = serializers.ChoiceField(choices=DriftState.choices)
    reason = serializers.CharField(help_text="Why it is not known.")
    differences = serializers.SerializerMethodField()
    checked_at = serializers.DateTimeField(allow_null=True)
    since = serializers.DateTimeField()

    @extend_schema_field(DriftDifferenceSerializer(many=True))
    def get_differences(self, drift: Drift) -> list[dict[str, Any]]:
        return [
            {name: str(item[name]) for name in ("path", "expected", "found")} for item in drift.differences
        ]


# What one may send ---------------------------------------------------------------------------------------


class BuildSerializer(WriteSerializer):
    """For which engine."""

    engine = Text(max_length=15)
    note = Text(max_length=MAX_NOTE_LENGTH, allow_blank=True, required=False)


class PublishSerializer(WriteSerializer):
    """Which release; `force` does not wait for sessions to end: their turns are aborted."""

    release = Text(max_length=15)
    force = Flag(required=False)


class RollbackSerializer(WriteSerializer):
    """Which engine goes back to what was live before."""

    engine = Text(max_length=15)
    force = Flag(required=False)


class NothingToSaySerializer(WriteSerializer):
    """An empty object, or no body at all."""
