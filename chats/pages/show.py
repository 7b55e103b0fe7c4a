"""One chat: the conversation, what waits in it, and the form to send the next message with."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.admin.base import get_principal, name_page, refuse_method
from accounts.principal import Principal
from chats.domain.holds import is_at_work, is_out_of_reach
from chats.domain.turns import is_stoppable
from chats.enums import StopState
from chats.models import TurnStop
from chats.pages.asks import WrongAnswer
from chats.pages.choices import Choices, build_chat_choices
from chats.pages.conversation import build_conversation
from chats.pages.desk import get_chat, render
from chats.pages.keys import CHAT_KEYS
from chats.pages.looks import describe_turn
from chats.policies import (
    explain_not_changing,
    explain_not_sending,
    explain_not_stopping,
    explain_not_taking_over,
)
from engines.admin.states import describe_engine
from engines.admin.trees import grow_tree
from engines.models import Chat
from events.errors import NotFound
from events.masking import mask_secrets
from events.text import make_visible
from governance.admin.confirmations import read_typed


def answer_show(request: HttpRequest, chat_id: str) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return refuse_method(request, "GET", "HEAD")
    return render_chat(request, get_chat(request, chat_id))


def render_chat(
    request: HttpRequest, chat: Chat, *, wrong: WrongAnswer | None = None, status: int = 200
) -> HttpResponse:
    context = {**build_chat_page(request, chat, wrong=wrong), "door": ""}
    return render(request, "chats/show.html", context, status=status)


def build_chat_page(request: HttpRequest, chat: Chat, *, wrong: WrongAnswer | None = None) -> dict[str, Any]:
    """The template's context, for both doors."""
    principal = get_principal(request)
    # Before anything is read: what comes later was not on this page.
    read_at = timezone.now()
    try:
        view = build_conversation(principal, chat, before=request.GET.get("before", ""), wrong=wrong)
    except NotFound as error:
        raise Http404 from error
    branches = grow_tree(list(chat.subagents.order_by("first_seen_at", "id")))
    return {
        **name_page(request, reverse("chats:show", args=[chat.pk])),
        "title": make_visible(mask_secrets(chat.title)) or "New chat",
        "chat": chat,
        "read_at": read_at,
        "view": view,
        "is_newest": "before" not in request.GET,
        "older_url": f"?before={view.oldest_id}" if view.has_older else "",
        "pill": describe_turn(chat, len(view.open_cards), reader_id=principal.user.pk),
        "engine_pill": describe_engine(chat.engine),
        "branches": branches,
        "may_stop_tree": any(branch.is_open for branch in branches)
        and not explain_not_stopping(principal, chat),
        "keys": CHAT_KEYS,
        "typed": {"text": read_typed(request, "text")},
        **build_rights(principal, chat),
    }


def build_rights(principal: Principal, chat: Chat) -> dict[str, Any]:
    """What this person may do here, and why not."""
    why_not_sending = explain_not_sending(principal, chat)
    may_change = not explain_not_changing(principal, chat)
    is_working = is_at_work(chat)
    is_stopping = is_working and TurnStop.objects.filter(chat=chat, state__in=list(StopState.open())).exists()
    choices: Choices | None = None if why_not_sending else build_chat_choices(chat)
    return {
        "why_not_sending": why_not_sending or explain_end(chat),
        "may_change": may_change,
        "may_take_over": not explain_not_taking_over(principal, chat),
        "may_stop": may_change and not is_stopping and is_stoppable(chat),
        "is_working": is_working,
        "is_out_of_reach": is_out_of_reach(chat),
        "is_stopping": is_stopping,
        "choices": choices,
    }


def explain_end(chat: Chat) -> str:
    """Why nobody sends here any more; "" while one may."""
    if chat.engine.retired_at is not None:
        return "The engine of this chat is retired."
    if chat.blocked_at is not None:
        return (
            "This chat is blocked: somebody answered one of its requests past Countersign. Begin another one."
        )
    if chat.archived_at is not None:
        return "This chat is archived. Take it back to write in it."
    return ""
