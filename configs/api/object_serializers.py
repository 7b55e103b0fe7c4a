"""What configured things look like from outside, and what one may send about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import (
    ActorSerializer,
    Integer,
    NamedSerializer,
    ReadSerializer,
    Text,
    WriteSerializer,
)
from configs.api.content_serializers import (
    AgentContentSerializer,
    InstructionContentSerializer,
    ModelContentSerializer,
    PromptContentSerializer,
    ProviderContentSerializer,
    ToolRulesContentSerializer,
    write_plain,
)
from configs.domain.objects import MAX_NOTE_LENGTH
from configs.enums import AgentMode, ConfigKind, ModelStatus
from configs.models import Agent, Configured, ConfigVersion, Instruction, Prompt
from configs.policies import can_read_config
from events.actors import ActorKind

MAX_NUMBER = 2**31 - 1


def show_author(row: Any, prefix: str) -> dict[str, str]:
    """Of the three columns that say who did something."""
    return {
        "kind": getattr(row, f"{prefix}_kind"),
        "id": getattr(row, f"{prefix}_id"),
        "label": getattr(row, f"{prefix}_label"),
    }


class ObjectSerializer(ReadSerializer):
    """What every kind has. Context: `principal`, and `labels`, {object id: {label: number}}."""

    id = serializers.CharField()
    team = NamedSerializer(allow_null=True, help_text="Null: it is everybody's.")
    name = serializers.CharField()
    version = serializers.IntegerField(help_text="The number of the latest version, the draft.")
    labels = serializers.SerializerMethodField()
    created_by = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_labels(self, row: Configured) -> dict[str, int]:
        """The number of the version that each label stands on; `draft` stands on the latest, always."""
        labels: dict[str, int] = self.context["labels"][row.pk]
        return labels

    def may_read(self, row: Configured) -> bool:
        return can_read_config(self.context["principal"], row)

    @extend_schema_field(ActorSerializer)
    def get_created_by(self, row: Configured) -> dict[str, str]:
        user = row.created_by
        kind = ActorKind.SERVICE if user.is_service else ActorKind.USER
        return {"kind": kind, "id": user.pk, "label": str(user)}


class TaggedRow(ObjectSerializer):
    tags = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_tags(self, row: Prompt | Instruction) -> list[str]:
        """Empty for owners outside the team."""
        return row.tags if self.may_read(row) else []


class PromptRow(TaggedRow):
    """A prompt."""


class InstructionRow(TaggedRow):
    """An instruction file."""


class ProviderRow(ObjectSerializer):
    display_name = serializers.CharField()


class ModelRow(ObjectSerializer):
    provider = serializers.CharField()
    identifier = serializers.CharField()
    family = serializers.CharField()
    status = serializers.ChoiceField(choices=ModelStatus.choices)
    is_enabled = serializers.BooleanField()


class AgentRow(ObjectSerializer):
    description = serializers.SerializerMethodField()
    mode = serializers.ChoiceField(choices=AgentMode.choices)
    prompt_id = serializers.CharField(allow_null=True)
    model_id = serializers.CharField(allow_null=True)
    is_hidden = serializers.BooleanField()
    is_disabled = serializers.BooleanField()

    def get_description(self, row: Agent) -> str:
        """Empty for owners outside the team."""
        return row.description if self.may_read(row) else ""


class ToolRulesRow(ObjectSerializer):
    rule_count = serializers.IntegerField()


class VersionRowSerializer(ReadSerializer):
    """One version as lists show it."""

    number = serializers.IntegerField()
    content_hash = serializers.CharField(help_text="SHA-256, hex, over the content's RFC 8785 text.")
    note = serializers.CharField()
    author = serializers.SerializerMethodField()
    based_on = serializers.IntegerField(
        allow_null=True, help_text="The version its author had read, or restored."
    )
    created_at = serializers.DateTimeField()

    @extend_schema_field(ActorSerializer)
    def get_author(self, version: ConfigVersion) -> dict[str, str]:
        return show_author(version, "author")


class ConfigUseSerializer(ReadSerializer):
    """What uses it, in its latest version or in one that wears a label."""

    kind = serializers.ChoiceField(choices=ConfigKind.choices)
    id = serializers.CharField()
    name = serializers.CharField()
    team = NamedSerializer(allow_null=True)
    version = serializers.IntegerField()


class WhereUsedSerializer(ReadSerializer):
    """Where it is used."""

    uses = ConfigUseSerializer(many=True)
    others = serializers.IntegerField(help_text="Those of teams that the caller does not see.")


# What one may send ----------------------------------------------------------------------------------------


def number(**options: Any) -> Integer:
    return Integer(min_value=1, max_value=MAX_NUMBER, **options)


def whose() -> Text:
    return Text(
        max_length=15,
        allow_null=True,
        required=False,
        help_text="Needed when the caller writes for several teams; null: everybody's, for owners.",
    )


def note() -> Text:
    return Text(
        max_length=MAX_NOTE_LENGTH, allow_blank=True, required=False, help_text="Why; for its history."
    )


class RestoreVersionSerializer(WriteSerializer):
    """The older version whose content becomes the newest."""

    version = number()
    note = note()


class CopySerializer(WriteSerializer):
    """What the copy is called and whose it is."""

    name = Text(max_length=120, required=False, help_text="Left out: a free one is found.")
    team = whose()
    note = note()


class RetirementSerializer(WriteSerializer):
    """Why, if one likes."""

    reason = Text(max_length=MAX_NOTE_LENGTH, allow_blank=True, required=False)


class EmptyBodySerializer(WriteSerializer):
    """An empty object, or no body at all."""


# The same for every kind ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shapes:
    """The serializers of one kind."""

    row: Any
    detail: Any
    version: Any
    wish: Any
    change: Any


def build_shapes(
    noun: str, words: str, row: type[ObjectSerializer], content: type[WriteSerializer]
) -> Shapes:
    """`noun` begins the names in the schema; `words` is what people call the kind."""

    @extend_schema_field(content(allow_null=True))
    def get_content(self: Any, _row: Configured) -> Any:
        """What the latest version says; null for owners outside the team."""
        return self.context["content"]

    @extend_schema_field(content)
    def get_version_content(_self: Any, version: ConfigVersion) -> Any:
        return write_plain(version.content)

    detail = type(
        f"{noun}DetailSerializer",
        (row,),
        {
            "__module__": __name__,
            "__doc__": f"One {words}, with what its latest version says.",
            "content": serializers.SerializerMethodField(),
            "get_content": get_content,
        },
    )
    version = type(
        f"{noun}VersionSerializer",
        (VersionRowSerializer,),
        {
            "__module__": __name__,
            "__doc__": f"What a version of one {words} says.",
            "content": serializers.SerializerMethodField("get_version_content"),
            "get_version_content": get_version_content,
        },
    )
    change = type(
        f"{noun}ChangeSerializer",
        (WriteSerializer,),
        {
            "__module__": __name__,
            "__doc__": f"All that the {words} shall say.",
            "content": content(),
            "note": note(),
        },
    )
    wish = type(
        f"{noun}WishSerializer",
        (WriteSerializer,),
        {
            "__module__": __name__,
            "__doc__": f"A new {words}.",
            "team": whose(),
            "content": content(),
            "note": note(),
        },
    )
    named = type(
        f"{noun}Serializer", (row,), {"__module__": __name__, "__doc__": f"One {words} as lists show it."}
    )
    return Shapes(named, detail, version, wish, change)


PROMPT = build_shapes("Prompt", "prompt", PromptRow, PromptContentSerializer)
INSTRUCTION = build_shapes("Instruction", "instruction file", InstructionRow, InstructionContentSerializer)
PROVIDER = build_shapes("Provider", "provider", ProviderRow, ProviderContentSerializer)
MODEL = build_shapes("Model", "model", ModelRow, ModelContentSerializer)
AGENT = build_shapes("Agent", "agent", AgentRow, AgentContentSerializer)
TOOL_RULES = build_shapes("ToolRules", "list of rules", ToolRulesRow, ToolRulesContentSerializer)
