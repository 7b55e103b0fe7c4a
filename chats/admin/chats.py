"""Chats for operators: every session of the teams' engines, and the same conversation as under /chats/."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin.base import PortalModelAdmin, get_principal
from accounts.admin.display import format_moment, render_age, render_code, render_pill
from accounts.principal import Principal
from chats.admin.filters import ShownFilter, TagFilter, TurnFilter
from chats.pages.desk import ADMIN
from chats.pages.looks import describe_turn
from chats.pages.show import build_chat_page
from chats.queries import find_chat, list_chats
from engines.admin.states import describe_chat
from engines.models import Chat
from engines.policies import can_see_chat
from events.masking import mask_secrets
from events.text import make_visible


@admin.register(Chat)
class ChatAdmin(PortalModelAdmin):
    subject_kind = "chat"
    list_name = "Every chat"
    change_form_template = "admin/engines/chat/change_form.html"
    empty_text = "No chat yet. Sessions of your engines appear here by themselves."
    list_display = ("label", "turn_pill", "user_name", "engine_name", "agent_name", "preview_text", "active")
    list_filter = (ShownFilter, TurnFilter, TagFilter)
    ordering = ("-last_active", "-id")
    sortable_by = ()
    search_fields = ("title",)
    search_help_text = "Words of the title, the description or the last words, or a session's id"
    list_description = (
        "Every root session of an engine, whoever started it. Titles and messages are for members."
    )
    fieldsets = (
        (None, {"fields": ("pill", "turn", "engine_name", "agent_name", "user_name")}),
        ("Session", {"fields": ("session_code", "directory_code", "active", "created")}),
        ("What people say of it", {"fields": ("tag_words", "about", "archived")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[Chat]:
        return list_chats(principal)

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
        words = Q(title__icontains=term) | Q(description__icontains=term) | Q(preview__icontains=term)
        return queryset.filter(words | Q(ai_engine_session_id=term) | Q(pk=term)), False

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="chat")
    def label(self, chat: Chat) -> str:
        return make_visible(mask_secrets(str(chat)))

    @admin.display(description="turn")
    def turn_pill(self, chat: Chat) -> SafeString:
        return render_pill(describe_turn(chat, int(getattr(chat, "waiting", 0)), reader_id=""))

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
        return make_visible(mask_secrets(chat.preview)) or "–"

    @admin.display(description="active")
    def active(self, chat: Chat) -> SafeString:
        return render_age(chat.last_active)

    @admin.display(description="user")
    def user_name(self, chat: Chat) -> str:
        return str(chat.user) if chat.user else "nobody here"

    @admin.display(description="tags")
    def tag_words(self, chat: Chat) -> str:
        return ", ".join(map(make_visible, chat.tags)) or "–"

    @admin.display(description="about")
    def about(self, chat: Chat) -> str:
        return make_visible(mask_secrets(chat.description)) or "–"

    @admin.display(description="archived")
    def archived(self, chat: Chat) -> str:
        return format_moment(chat.archived_at) if chat.archived_at else "no"

    @admin.display(description="session")
    def session_code(self, chat: Chat) -> SafeString:
        return render_code(chat.ai_engine_session_id or "none yet")

    @admin.display(description="directory")
    def directory_code(self, chat: Chat) -> SafeString:
        return render_code(chat.directory or "–")

    @admin.display(description="created")
    def created(self, chat: Chat) -> str:
        return format_moment(chat.created_at)

    # The chat's page ------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: Chat) -> dict[str, Any]:
        """The conversation as under /chats/: the same cards, forms and rules. Its forms lead back here."""
        chat = find_chat(get_principal(request), obj.pk)
        return {**build_chat_page(request, chat), "door": ADMIN}
