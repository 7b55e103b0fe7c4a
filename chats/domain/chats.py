"""Chats are begun, described, put away and taken over. Every door comes through here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from chats.domain.announce import announce_chat, subject_of
from chats.enums import PromptState
from chats.models import ChatRead, OutgoingMessage
from chats.policies import (
    explain_not_changing,
    explain_not_creating,
    explain_not_taking_over,
    find_chat_user,
    is_left_alone,
)
from chats.queries import find_chat, list_folders
from engines.enums import SessionState
from engines.models import Chat, Engine
from events.changes import changes, lock_rows
from events.errors import Conflict, Invalid, Refused
from events.text import read_line, read_lines

MAX_TITLE = 300
MAX_DESCRIPTION = 2000
MAX_TAGS = 20
MAX_TAG = 40
TAG = re.compile(r"\w[\w./-]*")


def create_chat(
    *,
    principal: Principal,
    team: Team,
    engine: Engine,
    title: str = "",
    agent: str = "",
    directory: str = "",
    description: str = "",
    tags: Sequence[str] = (),
) -> Chat:
    """A chat of the principal's, or of who answers for the service account.

    Its session is made with the first message. `directory` "" takes the engine's first folder.
    Raises Refused, Invalid or Conflict.
    """
    values: dict[str, Any] = {
        "title": read_line(title, field="title", max_length=MAX_TITLE),
        "agent": read_line(agent, field="agent", max_length=80),
        "description": read_lines(description, field="description", max_length=MAX_DESCRIPTION),
        "tags": read_tags(tags),
    }
    with changes(principal.actor) as change:
        refuse(explain_not_creating(principal, team.pk), "team", team.pk)
        if engine.team_id != team.pk:
            raise Invalid("engine: the team has no such engine.", field="engine")
        if engine.retired_at is not None or team.retired_at is not None:
            raise Conflict("The engine is retired.", code="retired")
        values["directory"] = choose_folder(engine, directory)
        chat = Chat.objects.create(
            engine=engine,
            team=team,
            user=find_chat_user(principal),
            session_state=SessionState.UNKNOWN,
            **values,
        )
        after = {"engine": engine.pk, "user": chat.user_id, "directory": chat.directory, "agent": chat.agent}
        change.audit("chat.create", subject_of(chat), after=after)
        announce_chat(change, chat, "created")
    return chat


def choose_folder(engine: Engine, directory: str) -> str:
    """Raises Invalid for a folder that is none of the engine's."""
    directory = directory.strip()
    folders = list_folders(engine)
    if not directory and not folders:
        raise Invalid("directory: no folder is set at the engine; ask its admins.", field="directory")
    if directory and directory not in folders:
        raise Invalid("directory: this is no folder that is set at the engine.", field="directory")
    return directory or folders[0]


def read_tags(tags: Sequence[str]) -> list[str]:
    """Lower case, each once, by name. Raises Invalid."""
    read = {read_line(str(tag), field="tags", max_length=MAX_TAG).lower() for tag in tags}
    read.discard("")
    if len(read) > MAX_TAGS:
        raise Invalid(f"tags: at most {MAX_TAGS}.", field="tags")
    for tag in sorted(read):
        if not TAG.fullmatch(tag):
            sentence = "tags: each is one word of letters, digits and . _ / -, and begins with no mark."
            raise Invalid(sentence, field="tags")
    return sorted(read)


def change_chat(
    *,
    principal: Principal,
    chat_id: str,
    title: str | None = None,
    description: str | None = None,
    tags: Sequence[str] | None = None,
) -> Chat:
    """What is None stays. Raises NotFound, Refused or Invalid."""
    values: dict[str, Any] = {}
    if title is not None:
        values["title"] = read_line(title, field="title", max_length=MAX_TITLE)
    if description is not None:
        values["description"] = read_lines(description, field="description", max_length=MAX_DESCRIPTION)
    if tags is not None:
        values["tags"] = read_tags(tags)
    with changes(principal.actor) as change:
        chat = hold_chat(principal, chat_id)
        refuse(explain_not_changing(principal, chat), "chat", chat.pk)
        fresh = {name: value for name, value in values.items() if value != getattr(chat, name)}
        if fresh:
            write(chat, **fresh)
            # Titles and descriptions are content; the record says that they changed.
            change.audit("chat.change", subject_of(chat), after={"fields": sorted(fresh)})
            announce_chat(change, chat, "changed")
    return chat


def archive_chat(*, principal: Principal, chat_id: str) -> Chat:
    """Put it away. Raises NotFound, Refused, or Conflict while something waits to be sent in it."""
    with changes(principal.actor) as change:
        chat = hold_chat(principal, chat_id)
        refuse(explain_not_changing(principal, chat), "chat", chat.pk)
        if chat.archived_at is not None:
            raise Conflict("It is archived already.", code="already")
        if OutgoingMessage.objects.filter(chat=chat, state__in=list(PromptState.open())).exists():
            raise Conflict(
                "Messages still wait to be sent in it: withdraw them first.", code="queue_not_empty"
            )
        write(chat, archived_at=timezone.now())
        change.audit("chat.archive", subject_of(chat))
        announce_chat(change, chat, "changed")
    return chat


def unarchive_chat(*, principal: Principal, chat_id: str) -> Chat:
    """Raises NotFound, Refused or Conflict."""
    with changes(principal.actor) as change:
        chat = hold_chat(principal, chat_id)
        refuse(explain_not_changing(principal, chat), "chat", chat.pk)
        if chat.archived_at is None:
            raise Conflict("It is not archived.", code="already")
        write(chat, archived_at=None)
        change.audit("chat.unarchive", subject_of(chat))
        announce_chat(change, chat, "changed")
    return chat


def take_over_chat(*, principal: Principal, chat_id: str) -> Chat:
    """Make a chat that is nobody's, or whose user has left, one's own; the first who does has it.

    Raises NotFound, Refused or Conflict.
    """
    with changes(principal.actor) as change:
        chat = hold_chat(principal, chat_id)
        if not is_left_alone(chat):
            raise Conflict("This chat has a user.", code="already")
        refuse(explain_not_taking_over(principal, chat), "chat", chat.pk)
        before = {"user": chat.user_id}
        write(chat, user=principal.user)
        change.audit("chat.take_over", subject_of(chat), before=before, after={"user": principal.user.pk})
        announce_chat(change, chat, "changed")
    return chat


def mark_read(*, principal: Principal, chat_id: str, at: datetime | None = None) -> None:
    """The principal has read the chat until `at`, now when it is None; a mark never goes back. No event.

    Raises NotFound.
    """
    now = timezone.now()
    read_at = min(at or now, now)
    chat = find_chat(principal, chat_id)
    with changes(principal.actor):
        row, is_new = ChatRead.objects.get_or_create(
            chat=chat, user=principal.user, defaults={"read_at": read_at}
        )
        if not is_new:
            ChatRead.objects.filter(pk=row.pk, read_at__lt=read_at).update(read_at=read_at)


def hold_chat(principal: Principal, chat_id: str) -> Chat:
    """As `find_chat`, the row held until the commit. Raises NotFound."""
    find_chat(principal, chat_id)
    lock_rows(Chat.objects.filter(pk=chat_id))
    return find_chat(principal, chat_id)


def write(chat: Chat, **values: Any) -> None:
    """On a row that is held."""
    values["updated_at"] = timezone.now()
    Chat.objects.filter(pk=chat.pk).update(**values)
    for name, value in values.items():
        setattr(chat, name, value)


def refuse(refusal: str, kind: str, row_id: str) -> None:
    if refusal:
        raise Refused(refusal, subject_kind=kind, subject_id=row_id)
