"""Reads of chats, their conversations and what waits to be sent. Members of the chat's team alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import connection
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
)
from django.db.models.functions import Cast, Coalesce

from accounts.principal import Principal
from chats.domain.holds import leave_out_held
from chats.enums import PromptState
from chats.models import ChatRead, OutgoingMessage
from engines import queries as engine_queries
from engines.models import Chat, Engine, Message, Subagent
from engines.policies import can_see_chat
from events.errors import NotFound
from events.identifiers import is_record_id
from governance.enums import QuestionState, RequestState
from governance.models import PermissionRequest, Question

Asked = TypeVar("Asked", PermissionRequest, Question)

MAX_MESSAGES = 200
MAX_SUBAGENTS = 500
MAX_ASKED = 500
MAX_FOLDERS = 100


def list_chats(
    principal: Principal,
    *,
    text: str = "",
    tag: str = "",
    is_unread: bool | None = None,
    is_archived: bool | None = None,
    is_mine: bool = False,
) -> QuerySet[Chat]:
    """Newest activity first; what is None is not filtered by.

    Adds `is_unread`, `waiting_prompts` (not yet delivered) and `waiting` (open requests and questions).
    """
    chats = engine_queries.list_chats(principal).select_related("team", "engine", "user")
    chats = chats.defer("engine__password", "engine__control_token").annotate(
        is_unread=ExpressionWrapper(unread_by(principal), output_field=BooleanField()),
        waiting_prompts=count_rows(OutgoingMessage.objects.filter(state__in=list(PromptState.open()))),
        waiting=count_rows(PermissionRequest.objects.filter(state=RequestState.PENDING))
        + count_rows(Question.objects.filter(state=QuestionState.OPEN)),
    )
    if text.strip():
        chats = filter_by_text(chats, text)
    if tag:
        chats = filter_by_tag(chats, tag)
    if is_unread is not None:
        unread = unread_by(principal)
        chats = chats.filter(unread if is_unread else ~unread)
    if is_archived is not None:
        chats = chats.filter(archived_at__isnull=not is_archived)
    if is_mine:
        chats = chats.filter(user_id=principal.user.pk)
    return chats


def unread_by(principal: Principal) -> Q:
    """An agent has said something since this user last looked."""
    seen = ChatRead.objects.filter(chat=OuterRef("pk"), user_id=principal.user.pk)
    is_seen = Exists(seen.filter(read_at__gte=OuterRef("last_reply_at")))
    return Q(~is_seen, last_reply_at__isnull=False)


def count_rows(
    rows: QuerySet[OutgoingMessage] | QuerySet[PermissionRequest] | QuerySet[Question],
) -> Coalesce:
    """How many of them belong to the chat."""
    counted = rows.filter(chat=OuterRef("pk")).order_by().values("chat").annotate(rows=Count("pk"))
    return Coalesce(Subquery(counted.values("rows"), output_field=IntegerField()), 0)


def filter_by_text(chats: QuerySet[Chat], text: str) -> QuerySet[Chat]:
    """Words of the title, the description or the last words; or an id, the chat's or its session's."""
    text = text.strip()
    found = Q(title__icontains=text) | Q(description__icontains=text) | Q(preview__icontains=text)
    return chats.filter(found | Q(ai_engine_session_id=text) | Q(pk=text))


def filter_by_tag(chats: QuerySet[Chat], tag: str) -> QuerySet[Chat]:
    # SQLite can't look into a JSON list, and keeps what is not ASCII escaped; a tag holds no quotes.
    written = json.dumps(tag.lower(), ensure_ascii=connection.vendor == "sqlite")
    return chats.annotate(tags_text=Cast("tags", TextField())).filter(tags_text__contains=written)


def list_tags(principal: Principal) -> list[str]:
    """Every tag of the chats that are not archived, by name."""
    rows = engine_queries.list_chats(principal).filter(archived_at=None).exclude(tags=[])
    return sorted({tag for tags in rows.order_by().values_list("tags", flat=True) for tag in tags})


def find_chat(principal: Principal, chat_id: str) -> Chat:
    """With what `list_chats` adds. Raises NotFound, alike for what this principal may not see."""
    chat = list_chats(principal).filter(pk=chat_id).first() if is_record_id(chat_id) else None
    if chat is None or not can_see_chat(principal, chat):
        raise NotFound("There is no such chat.")
    return chat


def list_messages(principal: Principal) -> QuerySet[Message]:
    """Of every chat this principal sees, with how those from here are on their way (`outgoing`)."""
    rows = Message.objects.filter(chat__team_id__in=principal.team_ids)
    return rows.select_related("chat", "outgoing")


def find_message(principal: Principal, message_id: str) -> Message:
    """Raises NotFound, alike for what this principal may not see."""
    message = list_messages(principal).filter(pk=message_id).first() if is_record_id(message_id) else None
    if message is None:
        raise NotFound("There is no such message.")
    return message


def list_queue(chat: Chat) -> QuerySet[OutgoingMessage]:
    """What is not delivered yet, in the order in which it goes."""
    rows = OutgoingMessage.objects.filter(chat=chat, state__in=list(PromptState.open()))
    return rows.select_related("message", "chat").order_by("position")


def list_folders(engine: Engine) -> list[str]:
    """The folders in which chats may be begun on an engine: those set at it, then those its chats are in."""
    used = Chat.objects.filter(engine=engine).exclude(directory="").order_by("-last_active", "-pk")
    return list(dict.fromkeys([*engine.directories, *used.values_list("directory", flat=True)]))[:MAX_FOLDERS]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A stretch of a chat, oldest first; what is not delivered stands in `queue`, not among the messages.

    `requests` and `questions` are those that are open, that belong to these messages, or that subagents asked
    meanwhile; without their content.
    """

    messages: list[Message]
    has_older: bool
    queue: list[OutgoingMessage]
    requests: list[PermissionRequest]
    questions: list[Question]
    subagents: list[Subagent]


def read_conversation(chat: Chat, *, before: str = "", limit: int = 50) -> Conversation:
    """The newest `limit` messages, or those before the message with the id `before`; six queries at most.

    Raises NotFound for a `before` of another chat.
    """
    limit = max(1, min(limit, MAX_MESSAGES))
    rows = chat.messages.exclude(outgoing__state__in=list(PromptState.open())).select_related("outgoing")
    until = None
    if before:
        until = chat.messages.filter(pk=before).values_list("created", flat=True).first()
        if until is None:
            raise NotFound("There is no such message.")
        rows = rows.filter(Q(created__lt=until) | Q(created=until, pk__lt=before))
    newest = list(rows.order_by("-created", "-pk")[: limit + 1])
    messages = newest[:limit][::-1]
    asked = asked_during(messages, until)
    requests = PermissionRequest.objects.filter(Q(state=RequestState.PENDING) | asked, chat=chat)
    questions = Question.objects.filter(Q(state=QuestionState.OPEN) | asked, chat=chat)
    return Conversation(
        messages=messages,
        has_older=len(newest) > limit,
        queue=list(list_queue(chat)),
        requests=read_asked(requests),
        questions=read_asked(questions),
        subagents=list(chat.subagents.order_by("first_seen_at", "pk")[:MAX_SUBAGENTS]),
    )


def read_asked(rows: QuerySet[Asked]) -> list[Asked]:
    """Oldest first."""
    shown = rows.select_related("team", "chat", "subagent", "engine")
    shown = shown.defer("content", "engine__password", "engine__control_token")
    return list(shown.order_by("-created_at", "-pk")[:MAX_ASKED])[::-1]


def asked_during(messages: list[Message], until: datetime | None) -> Q:
    """Requests and questions of these messages' tool calls, and of subagents at work meanwhile."""
    said = [message.ai_engine_message_id for message in messages if message.ai_engine_message_id]
    asked = Q(tool_message_id__in=said)
    if messages:
        below = Q(subagent__isnull=False, created_at__gte=messages[0].created)
        asked |= below & Q(created_at__lt=until) if until else below
    return asked


@dataclass(frozen=True, slots=True)
class PromptTotals:
    """Of the whole deployment, for monitoring: prompts that have not ended, by state.

    `oldest_at`: since when the oldest one that nothing holds waits for its engine, None when none does.
    """

    open_prompts: dict[str, int]
    oldest_at: datetime | None


def read_prompt_totals(*, now: datetime) -> PromptTotals:
    rows = OutgoingMessage.objects.filter(state__in=list(PromptState.open())).order_by()
    found = rows.values_list("state").annotate(count=Count("pk"), sent_at=Min("sent_at"))
    counts = {state: (count, sent_at) for state, count, sent_at in found}
    due = leave_out_held(rows.filter(next_attempt_at__lte=now)).aggregate(at=Min("created_at"))
    in_flight = (sent_at for state, (_, sent_at) in counts.items() if state in PromptState.in_flight())
    moments = [moment for moment in (due["at"], *in_flight) if moment is not None]
    states = (PromptState.QUEUED, PromptState.SENDING, PromptState.SENT)
    return PromptTotals(
        {state.value: counts.get(state, (0, None))[0] for state in states}, min(moments, default=None)
    )
