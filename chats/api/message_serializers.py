"""What messages look like from outside, and what one may send; recognised secrets are masked."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import ActorSerializer, ReadSerializer, Text, WriteSerializer
from chats.domain.sending import MAX_TEXT
from chats.enums import PromptState
from chats.models import OutgoingMessage
from engines.enums import EngineMessageStatus, MessageRole, UserMessageStatus
from engines.models import Message
from events.masking import mask_secrets

PART_KINDS = ("text", "reasoning", "tool", "file", "agent", "step", "subtask", "patch", "notice")
# What of a part people or models have written, or tools have named.
WRITTEN = frozenset({"text", "title", "description", "filename", "files"})


class PartSerializer(ReadSerializer):
    """One part of a message; `type` says which of the other members there are.

    `text` and `reasoning` have `text`, and so has `notice`, a word of Countersign's own. `tool` has `tool`,
    `callID`, `status`, `title`, and `sessionID` where it delegates; `file` has `mime` and `filename`; `agent`
    has `name`; `step` has `phase`; `subtask` has `agent`, `description` and `sessionID`; `patch` has `files`.
    """

    id = serializers.CharField(help_text="The engine's; empty until a message of ours is on its way.")
    type = serializers.ChoiceField(choices=PART_KINDS)
    text = serializers.CharField(required=False)
    tool = serializers.CharField(required=False)
    callID = serializers.CharField(required=False)  # noqa: N815 - the engine's name
    status = serializers.CharField(required=False)
    title = serializers.CharField(required=False)
    sessionID = serializers.CharField(required=False)  # noqa: N815 - the engine's name
    mime = serializers.CharField(required=False)
    filename = serializers.CharField(required=False)
    name = serializers.CharField(required=False)
    phase = serializers.CharField(required=False)
    agent = serializers.CharField(required=False)
    description = serializers.CharField(required=False)
    files = serializers.ListField(child=serializers.CharField(), required=False)


class OutgoingSerializer(ReadSerializer):
    """How a message that was written here gets to the engine, and what was wished for it."""

    state = serializers.ChoiceField(choices=PromptState.choices)
    position = serializers.IntegerField(help_text="Its place in the chat's queue.")
    agent = serializers.CharField()
    provider = serializers.CharField()
    model = serializers.CharField()
    variant = serializers.CharField()
    sender = serializers.SerializerMethodField()
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField()
    last_error = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    accepted_at = serializers.DateTimeField(allow_null=True, help_text="The engine said that it has it.")
    delivered_at = serializers.DateTimeField(allow_null=True, help_text="The engine has taken it up.")
    ended_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(ActorSerializer)
    def get_sender(self, prompt: OutgoingMessage) -> dict[str, str]:
        return {"kind": prompt.sender_kind, "id": prompt.sender_id, "label": prompt.sender_label}

    def get_last_error(self, prompt: OutgoingMessage) -> str:
        return mask_secrets(prompt.last_error)


class MessageSerializer(ReadSerializer):
    """What was said. Tool inputs and outputs stay in the engine."""

    id = serializers.CharField()
    chat = serializers.CharField(source="chat_id")
    role = serializers.ChoiceField(choices=MessageRole.choices)
    ai_engine_message_id = serializers.CharField(allow_null=True)
    parent_id = serializers.CharField()
    user_message_status = serializers.ChoiceField(choices=UserMessageStatus.choices, allow_blank=True)
    engine_message_status = serializers.ChoiceField(choices=EngineMessageStatus.choices, allow_blank=True)
    parts = serializers.SerializerMethodField()
    outgoing = serializers.SerializerMethodField()
    created = serializers.DateTimeField()
    updated = serializers.DateTimeField()

    @extend_schema_field(PartSerializer(many=True))
    def get_parts(self, message: Message) -> list[dict[str, Any]]:
        return [mask_part(part) for part in message.parts]

    @extend_schema_field(OutgoingSerializer(allow_null=True))
    def get_outgoing(self, message: Message) -> Any:
        """Null for what was not written here."""
        return OutgoingSerializer.show(getattr(message, "outgoing", None))


class QueueSerializer(ReadSerializer):
    """What the engine does not have yet, in the order in which it goes."""

    waits_for = serializers.CharField(
        help_text="Why the first of them is not with the engine yet, for people; empty without any."
    )
    messages = MessageSerializer(many=True)


class MessageWishSerializer(WriteSerializer):
    """What to say, to which agent and model: the chat's own and the engine's choice when left out.

    `provider` and `model` go together.
    """

    text = Text(max_length=MAX_TEXT)
    agent = Text(max_length=80, allow_blank=True, required=False, default="")
    provider = Text(max_length=80, allow_blank=True, required=False, default="")
    model = Text(max_length=120, allow_blank=True, required=False, default="")
    variant = Text(max_length=80, allow_blank=True, required=False, default="")


def mask_part(part: dict[str, Any]) -> dict[str, Any]:
    return {name: mask_written(value) if name in WRITTEN else value for name, value in part.items()}


def mask_written(value: str | list[str]) -> str | list[str]:
    return [mask_secrets(item) for item in value] if isinstance(value, list) else mask_secrets(value)
