"""What the buttons and small forms of a chat do: each one domain call."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime

from accounts.admin.base import get_principal, refuse_method
from chats.domain.chats import archive_chat, change_chat, mark_read, take_over_chat, unarchive_chat
from chats.domain.sending import retry_message, send_message, withdraw_message
from chats.domain.stop_tree import stop_chat_tree
from chats.domain.turns import stop_turn
from chats.pages.choices import split_model
from chats.pages.desk import carry_out, get_chat
from engines.models import Chat
from governance.admin.confirmations import read_typed

Act = Callable[[HttpRequest, Chat], str]


def answer_act(request: HttpRequest, chat_id: str, act: str) -> HttpResponse:
    """One of `ACTS` on one visible chat."""
    if request.method != "POST":
        return refuse_method(request, "POST")
    chat = get_chat(request, chat_id)
    return carry_out(request, chat, lambda: ACTS[act](request, chat))


def answer_message_act(request: HttpRequest, chat_id: str, message_id: str, act: str) -> HttpResponse:
    """`withdraw` or `retry` of one message."""
    if request.method != "POST":
        return refuse_method(request, "POST")
    chat = get_chat(request, chat_id)
    verb = MESSAGE_ACTS[act]
    return carry_out(request, chat, lambda: verb(get_principal(request), message_id))


def send(request: HttpRequest, chat: Chat) -> str:
    provider, model = split_model(request.POST.get("model", ""))
    send_message(
        principal=get_principal(request),
        chat_id=chat.pk,
        text=read_typed(request, "text"),
        agent=request.POST.get("agent", ""),
        provider=provider,
        model=model,
        variant=request.POST.get("variant", ""),
    )
    return ""


def stop(request: HttpRequest, chat: Chat) -> str:
    stop_turn(principal=get_principal(request), chat_id=chat.pk)
    return "The agent is asked to stop."


def stop_tree(request: HttpRequest, chat: Chat) -> str:
    stopped = stop_chat_tree(principal=get_principal(request), chat_id=chat.pk)
    return f"Everything here is asked to stop: the chat and {stopped.delegations} delegation(s)."


def change(request: HttpRequest, chat: Chat) -> str:
    change_chat(
        principal=get_principal(request),
        chat_id=chat.pk,
        title=request.POST.get("title", ""),
        description=read_typed(request, "description"),
        tags=split_tags(request.POST.get("tags", "")),
    )
    return "Saved."


def split_tags(text: str) -> list[str]:
    """As people write them: words with commas or spaces between."""
    return [tag for tag in re.split(r"[,\s]+", text.strip()) if tag]


def archive(request: HttpRequest, chat: Chat) -> str:
    archive_chat(principal=get_principal(request), chat_id=chat.pk)
    return "Archived. It can be taken back at any time."


def unarchive(request: HttpRequest, chat: Chat) -> str:
    unarchive_chat(principal=get_principal(request), chat_id=chat.pk)
    return "It stands among the chats again."


def take_over(request: HttpRequest, chat: Chat) -> str:
    take_over_chat(principal=get_principal(request), chat_id=chat.pk)
    return "It is your chat now."


def read(request: HttpRequest, chat: Chat) -> str:
    mark_read(principal=get_principal(request), chat_id=chat.pk, at=read_moment(request.POST.get("at", "")))
    return ""


def read_moment(text: str) -> datetime | None:
    """When what was on the screen was read from the database; None for what is no such moment."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def withdraw(principal: Any, message_id: str) -> str:
    withdraw_message(principal=principal, message_id=message_id)
    return "Withdrawn: the agent never sees it."


def retry(principal: Any, message_id: str) -> str:
    retry_message(principal=principal, message_id=message_id)
    return ""


ACTS: dict[str, Act] = {
    "send": send,
    "stop": stop,
    "stop-tree": stop_tree,
    "change": change,
    "archive": archive,
    "unarchive": unarchive,
    "take-over": take_over,
    "read": read,
}
MESSAGE_ACTS: dict[str, Callable[[Any, str], str]] = {"withdraw": withdraw, "retry": retry}
