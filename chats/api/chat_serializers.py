"""What chats look like from outside, and what one may send about them; recognised secrets are masked."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.serializers import NamedSerializer, ReadSerializer, Text, WriteSerializer
from chats.domain.chats import MAX_DESCRIPTION, MAX_TAG, MAX_TAGS, MAX_TITLE
from engines.enums import EngineKind, SessionState, Turn
from engines.models import Chat
from events.masking import mask_secrets

MAX_AGENT_LENGTH = 80
MAX_DIRECTORY_LENGTH = 1000


class ChatUserSerializer(ReadSerializer):
    """Whose chat it is."""

    id = serializers.CharField()
    username = serializers.CharField()
    name = serializers.CharField()


class ChatSerializer(ReadSerializer):
    """One conversation: a root session of an engine, or one that begins with its first message."""

    id = serializers.CharField()
    title = serializers.SerializerMethodField()
    description = serializers.SerializerMethodField()
    tags = serializers.ListField(child=serializers.CharField())
    preview = serializers.SerializerMethodField()
    team = NamedSerializer()
    engine = NamedSerializer()
    engine_type = serializers.ChoiceField(choices=EngineKind.choices)
    ai_engine_session_id = serializers.CharField(
        allow_null=True, help_text="Null until its first message is on its way."
    )
    user = ChatUserSerializer(allow_null=True, help_text="Null when it was begun in the engine itself.")
    agent = serializers.CharField()
    directory = serializers.CharField()
    turn = serializers.ChoiceField(choices=Turn.choices)
    session_state = serializers.ChoiceField(choices=SessionState.choices)
    is_unread = serializers.BooleanField(help_text="An agent has said something since the caller last read.")
    waiting_prompts = serializers.IntegerField(help_text="Messages that the engine does not have yet.")
    waiting = serializers.IntegerField(help_text="Open permission requests and questions, of subagents too.")
    last_active = serializers.DateTimeField()
    last_reply_at = serializers.DateTimeField(allow_null=True, help_text="An agent's newest word.")
    aborted_at = serializers.DateTimeField(allow_null=True)
    blocked_at = serializers.DateTimeField(
        allow_null=True, help_text="Somebody answered one of its requests past Countersign."
    )
    archived = serializers.SerializerMethodField()
    created = serializers.DateTimeField(source="created_at")
    updated = serializers.DateTimeField(source="updated_at")

    def get_title(self, chat: Chat) -> str:
        return mask_secrets(chat.title)

    def get_description(self, chat: Chat) -> str:
        return mask_secrets(chat.description)

    def get_preview(self, chat: Chat) -> str:
        return mask_secrets(chat.preview)

    def get_archived(self, chat: Chat) -> bool:
        return chat.archived_at is not None


class TagsField(serializers.ListField):
    """Single words; they are kept in lower case, each once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=Text(max_length=MAX_TAG), max_length=MAX_TAGS, **options)


class ChatChangeSerializer(WriteSerializer):
    """What is left out stays."""

    title = Text(max_length=MAX_TITLE, allow_blank=True, required=False)
    description = Text(max_length=MAX_DESCRIPTION, allow_blank=True, required=False)
    tags = TagsField(required=False, help_text="Single words; they are kept in lower case.")


class ChatWishSerializer(WriteSerializer):
    """A new chat. Its session is made in the engine with its first message."""

    engine = Text(max_length=15)
    title = Text(max_length=MAX_TITLE, allow_blank=True, required=False, default="")
    agent = Text(
        max_length=MAX_AGENT_LENGTH,
        allow_blank=True,
        required=False,
        default="",
        help_text="Left out: the engine's own choice.",
    )
    directory = Text(
        max_length=MAX_DIRECTORY_LENGTH,
        allow_blank=True,
        required=False,
        default="",
        help_text="One of the engine's folders; left out: its first.",
    )
    description = Text(max_length=MAX_DESCRIPTION, allow_blank=True, required=False, default="")
    tags = TagsField(required=False, default=list)


class ChatNothingSerializer(WriteSerializer):
    """Nothing."""
