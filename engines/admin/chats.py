"""Chats: what was said, as the engine tells it, and the delegations below it. Members only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin.base import PortalModelAdmin
from accounts.admin.display import format_moment, render_age, render_code, render_pill
from accounts.principal import Principal
from engines.admin.states import describe_chat
from engines.admin.trees import Branch, grow_tree
from engines.models import Chat, Message, Subagent
from engines.policies import can_see_chat
from engines.queries import list_chats
from events.text import make_visible, make_visible_lines

# The newest messages; the whole conversation stays in the engine.
SHOWN_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class Said:
    """One message as text: nothing in it is rendered, an agent's words are its claim."""

    role: str
    who: str
    at: datetime
    status: str
    texts: list[str]
    tools: list[tuple[str, str]]


@admin.register(Chat)
class ChatAdmin(PortalModelAdmin):
    subject_kind = "chat"
    change_form_template = "admin/engines/chat/change_form.html"
    empty_text = "No chat yet. Sessions of your engines appear here by themselves."
    list_display = ("label", "pill", "engine_name", "agent_name", "preview_text", "active")
    ordering = ("-last_active", "-id")
    sortable_by = ()
    search_fields = ("title",)
    search_help_text = "Words of the title, or a session's id"
    list_description = (
        "Every root session of an engine, whoever started it. Titles and messages are for members."
    )
    fieldsets = (
        (None, {"fields": ("pill", "turn", "engine_name", "agent_name", "user_name")}),
        ("Session", {"fields": ("session_code", "directory_code", "active", "created")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[Chat]:
        return list_chats(principal).prefetch_related("engine", "user")

    def can_see(self, principal: Principal, obj: Chat) -> bool:
        return can_see_chat(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return bool(principal.team_ids)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(Q(title__icontains=term) | Q(ai_engine_session_id=term) | Q(pk=term)), False

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="chat")
    def label(self, chat: Chat) -> str:
        return make_visible(str(chat))

    @admin.display(description="state")
    def pill(self, chat: Chat) -> SafeString:
        return render_pill(describe_chat(chat))

    @admin.display(description="engine")
    def engine_name(self, chat: Chat) -> str:
        return chat.engine.name

    @admin.display(description="agent")
    def agent_name(self, chat: Chat) -> str:
        return chat.agent or "–"

    @admin.display(description="last words")
    def preview_text(self, chat: Chat) -> str:
        return make_visible(chat.preview) or "–"

    @admin.display(description="active")
    def active(self, chat: Chat) -> SafeString:
        return render_age(chat.last_active)

    @admin.display(description="user")
    def user_name(self, chat: Chat) -> str:
        return str(chat.user) if chat.user else "nobody here: adopted from the engine"

    @admin.display(description="session")
    def session_code(self, chat: Chat) -> SafeString:
        return render_code(chat.ai_engine_session_id)

    @admin.display(description="directory")
    def directory_code(self, chat: Chat) -> SafeString:
        return render_code(chat.directory or "–")

    @admin.display(description="created")
    def created(self, chat: Chat) -> str:
        return format_moment(chat.created_at)

    # The chat's page ------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: Chat) -> dict[str, Any]:
        newest = list(obj.messages.order_by("-created", "-id")[: SHOWN_MESSAGES + 1])
        return {
            "said": [read_message(message) for message in reversed(newest[:SHOWN_MESSAGES])],
            "has_older": len(newest) > SHOWN_MESSAGES,
            "branches": grow_chat_tree(obj),
        }


def grow_chat_tree(chat: Chat) -> list[Branch]:
    return grow_tree(list(Subagent.objects.filter(chat=chat).order_by("first_seen_at", "id")))


def read_message(message: Message) -> Said:
    texts = [
        make_visible_lines(str(part.get("text", ""))) for part in message.parts if part.get("type") == "text"
    ]
    tools = [
        (make_visible(str(part.get("tool", ""))), str(part.get("status", "")))
        for part in message.parts
        if part.get("type") == "tool"
    ]
    status = message.get_engine_message_status_display() or message.get_user_message_status_display()
    return Said(
        role=message.role,
        who="Agent" if message.role == "assistant" else message.get_role_display().capitalize(),
        at=message.created,
        status="" if status in {"completed", "delivered"} else status,
        texts=[text for text in texts if text.strip()],
        tools=tools,
    )
