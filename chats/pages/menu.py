"""The menu beside the pages of chats: the chats themselves, and the way to everything else."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.admin.base import get_principal, refuse_method
from accounts.admin.display import Pill
from accounts.principal import Principal
from chats.pages.looks import describe_turn
from chats.policies import explain_not_creating
from chats.queries import list_chats
from engines.models import Chat
from events.masking import mask_secrets
from events.text import make_visible

MENU_CHATS = 30


@dataclass(frozen=True, slots=True)
class ChatRow:
    """One chat in the list or the menu."""

    chat: Chat
    title: str
    preview: str
    pill: Pill
    is_unread: bool
    waiting: int
    queued: int


@dataclass(frozen=True, slots=True)
class ChatMenu:
    rows: list[ChatRow]
    may_create: bool
    is_more: bool


def answer_menu(request: HttpRequest) -> HttpResponse:
    """The menu alone: pages that stay open read it again. `here` is the chat that they show."""
    if request.method not in {"GET", "HEAD"}:
        return refuse_method(request, "GET", "HEAD")
    context = {
        "chat_menu": build_menu(request),
        "chat": {"pk": request.GET.get("here", "")},
        "title": "Menu",
        **admin.site.each_context(request),
    }
    return TemplateResponse(request, "chats/menu_only.html", context)


def build_row(chat: Chat, reader_id: str) -> ChatRow:
    """`chat` as `list_chats` gives it."""
    waiting = int(getattr(chat, "waiting", 0))
    return ChatRow(
        chat=chat,
        title=make_visible(mask_secrets(chat.title)) or "New chat",
        preview=make_visible(mask_secrets(chat.preview)),
        pill=describe_turn(chat, waiting, reader_id=reader_id),
        is_unread=bool(getattr(chat, "is_unread", False)),
        waiting=waiting,
        queued=int(getattr(chat, "waiting_prompts", 0)),
    )


def build_menu(request: HttpRequest) -> ChatMenu:
    """The chats that were active last: one's own, or, without any, the teams'."""
    principal = get_principal(request)
    order = ("-last_active", "-pk")
    rows = list_chats(principal, is_archived=False, is_mine=True).order_by(*order)
    found = list(rows[: MENU_CHATS + 1])
    if not found:
        found = list(list_chats(principal, is_archived=False).order_by(*order)[: MENU_CHATS + 1])
    return ChatMenu(
        rows=[build_row(chat, principal.user.pk) for chat in found[:MENU_CHATS]],
        may_create=may_create(principal),
        is_more=len(found) > MENU_CHATS,
    )


def may_create(principal: Principal) -> bool:
    return any(not explain_not_creating(principal, team_id) for team_id in principal.roles)
