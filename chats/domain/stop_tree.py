"""The kill switch: an agent and everybody it delegated to are stopped, and what they ask is closed.

What is to be stopped is marked in one transaction; whoever works for the source of each delegation carries it
out, and again until it has ended.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts.principal import Principal
from chats.domain.chats import hold_chat, refuse
from chats.domain.turns import is_stoppable, stop_turn
from chats.policies import explain_not_stopping
from engines.domain.sessions import announce_subagent
from engines.enums import SubagentStatus
from engines.models import Chat, Subagent
from engines.queries import list_subagents
from events.actors import Subject
from events.changes import Change, changes
from events.errors import Conflict, NotFound
from governance.domain.close import close_dead_requests
from governance.domain.question_endings import close_dead_questions
from governance.enums import CloseReason
from governance.models import PermissionRequest, Question

WHY = "A person stopped the agents."


@dataclass(frozen=True, slots=True)
class StoppedTree:
    """How much was stopped: whether a chat's own turn, how many delegations, what they had asked."""

    has_turn: bool
    delegations: int
    requests: int
    questions: int


def stop_chat_tree(*, principal: Principal, chat_id: str) -> StoppedTree:
    """A chat's turn, and every delegation of the chat.

    Raises NotFound, Refused, or Conflict when nothing is open.
    """
    with changes(principal.actor) as change:
        chat = hold_chat(principal, chat_id)
        refuse(explain_not_stopping(principal, chat), "chat", chat.pk)
        rows = list(Subagent.objects.filter(chat=chat).select_related("instance", "cao_server"))
        has_turn = is_stoppable(chat)
        if has_turn:
            stop_turn(principal=principal, chat_id=chat_id)
        return stop_rows(change, principal, rows, Subject("chat", chat.pk), chat=chat, has_turn=has_turn)


def stop_delegation(*, principal: Principal, subagent_id: str) -> StoppedTree:
    """A delegation and everything below it. Raises NotFound, Refused, or Conflict when nothing is open."""
    with changes(principal.actor) as change:
        top = list_subagents(principal).filter(pk=subagent_id).select_related("chat").first()
        if top is None:
            raise NotFound("There is no such delegation.")
        refuse(explain_not_stopping(principal, top), "subagent", top.pk)
        return stop_rows(change, principal, list_below(top), Subject("subagent", top.pk))


def list_below(top: Subagent) -> list[Subagent]:
    """A delegation and all that follow from it, level by level."""
    root_id = top.root_id or top.pk
    rows = Subagent.objects.filter(Q(pk=top.pk) | Q(root_id=root_id)).order_by("first_seen_at", "pk")
    found: list[Subagent] = []
    children: dict[str | None, list[Subagent]] = defaultdict(list)
    for row in rows.select_related("instance", "cao_server"):
        if row.pk == top.pk:
            found.append(row)
        else:
            children[row.parent_id].append(row)
    for row in found:
        found += children.pop(row.pk, [])
    return found


def stop_rows(
    change: Change,
    principal: Principal,
    rows: list[Subagent],
    subject: Subject,
    *,
    chat: Chat | None = None,
    has_turn: bool = False,
) -> StoppedTree:
    now = timezone.now()
    stopped = [row for row in rows if mark(change, row, now)]
    asked = select_asked(rows, chat)
    requests = PermissionRequest.objects.filter(asked)
    reason = CloseReason.SESSION_ABORTED
    closed = close_dead_requests(rows=requests, reason=reason, now=now, why=WHY, actor=principal.actor)
    questions = Question.objects.filter(asked)
    dropped = close_dead_questions(rows=questions, reason=reason, now=now, why=WHY, actor=principal.actor)
    if not (stopped or closed or dropped or has_turn):
        raise Conflict("Nothing of it is at work, and nothing of it waits.", code="not_working")
    tree = StoppedTree(has_turn, len(stopped), closed, dropped)
    change.audit(
        f"{subject.kind}.stop_tree",
        subject,
        after={"delegations": tree.delegations, "requests": tree.requests, "questions": tree.questions},
    )
    return tree


def select_asked(rows: list[Subagent], chat: Chat | None) -> Q:
    """What agents of the tree asked through their engine; who asks through the API is none of it."""
    whose = Q(subagent__in=[row.pk for row in rows])
    return (whose | Q(chat=chat) if chat is not None else whose) & Q(engine__isnull=False)


def mark(change: Change, row: Subagent, now: datetime) -> bool:
    """An order to stop; a CAO worker that has ended its task may still be there, so it gets one too."""
    is_over = row.status in SubagentStatus.ended()
    rows = Subagent.objects.filter(pk=row.pk, stop_asked_at=None)
    if is_over and row.cao_server_id is None:
        return False
    if not rows.update(stop_asked_at=now, stop_attempts=0, stop_error=""):
        return False
    row.stop_asked_at = now
    if is_over:
        return False
    change.audit("subagent.stop", Subject("subagent", row.pk), after={"status": row.status})
    announce_subagent(change, row)
    return True
