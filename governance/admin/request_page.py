"""What the request page shows: the full content for who may read it, and how to decide."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.admin.base import get_principal
from accounts.admin.diff_lines import DiffView, build_diff
from accounts.admin.display import highlight_marks
from accounts.admin.opened import stamp_opened
from accounts.principal import Principal
from engines.policies import can_see_chat
from engines.queries import list_chain
from events.text import make_visible, make_visible_lines
from governance.admin.request_keys import REQUEST_KEYS
from governance.admin.rows import InboxRow, build_rows
from governance.admin.timeline import build_timeline
from governance.admin.together import build_together
from governance.admin.verdict_panel import build_verdict_panel
from governance.content import RequestContent, main_text
from governance.domain.reading import read_content
from governance.enums import Risk
from governance.models import PermissionRequest, Question
from governance.policies import can_read_full, explain_not_deciding, explain_not_editing_rules
from governance.risk import choose_confirmation_word, list_dangers


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A text shown whole, in mono; `size` says how much there is, so that nobody stops reading early."""

    title: str
    html: SafeString
    size: str


@dataclass(frozen=True, slots=True)
class FullContent:
    """The unmasked content, ready to be read."""

    command: TextBlock | None
    diff: DiffView | None
    blocks: list[TextBlock]
    patterns: list[SafeString]
    directory: SafeString
    tool: str


@dataclass(frozen=True, slots=True)
class Place:
    """One step from the chat down to who asks; `url` is "" where the reader may not go."""

    label: str
    note: str
    url: str


def build_page(request: HttpRequest, asked: PermissionRequest) -> dict[str, Any]:
    """The template's context for one request."""
    principal = get_principal(request)
    [row] = build_rows(principal, [asked])
    content = read_content(principal=principal, request=asked) if can_read_full(principal, asked) else None
    is_risky = row.may_decide and asked.is_sealed and asked.risk == Risk.HIGH
    return {
        "row": row,
        "asked": asked,
        "full": build_full(content) if content else None,
        "dangers": list_dangers(content) if content and asked.is_sealed else [],
        "confirmation_word": choose_confirmation_word(content) if content and is_risky else "",
        "verdict": build_verdict_panel(principal, asked, content) if content else None,
        "places": build_places(principal, asked),
        "moments": build_timeline(asked),
        "why_not": explain_standing(principal, row),
        "can_approve": row.may_decide and asked.is_sealed,
        "can_propose": can_propose(principal, asked),
        "opened": stamp_opened(subject_id=asked.pk, user_id=principal.user.pk),
        "keys": REQUEST_KEYS,
        **build_together(principal, asked),
    }


def can_propose(principal: Principal, asked: PermissionRequest) -> bool:
    """Whether its page leads to a rule made of it."""
    is_known = asked.is_sealed and asked.arguments_known and can_read_full(principal, asked)
    return is_known and not explain_not_editing_rules(principal, asked.team_id)


def explain_standing(principal: Principal, row: InboxRow) -> str:
    """Why there are no buttons; "" when there are."""
    if not row.request.is_pending:
        return ""
    if row.my_verdict:
        return "You have voted; it waits for others."
    return explain_not_deciding(principal, row.request)


def build_full(content: RequestContent) -> FullContent:
    command = content.command or ("" if content.diff else main_text(content))
    blocks = []
    if content.arguments:
        blocks.append(build_json("Arguments", content.arguments))
    if content.metadata:
        blocks.append(build_json("What the engine says of it", content.metadata))
    return FullContent(
        command=build_block("Command" if content.command else "Wanted", command) if command else None,
        diff=build_diff(content.diff) if content.diff else None,
        blocks=blocks,
        patterns=[highlight_marks(make_visible(pattern)) for pattern in content.patterns],
        directory=highlight_marks(make_visible(content.directory)),
        tool=make_visible(content.tool),
    )


def build_json(title: str, value: Any) -> TextBlock:
    return build_block(title, json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


def build_block(title: str, text: str) -> TextBlock:
    lines = text.count("\n") + 1
    size = f"{len(text):,} characters" if lines == 1 else f"{lines:,} lines, {len(text):,} characters"
    return TextBlock(title, highlight_marks(make_visible_lines(text)), size)


def build_places(principal: Principal, asked: PermissionRequest | Question) -> list[Place]:
    """Engine, chat, then each delegation down to who asks. Titles are content: members only."""
    places = []
    if asked.engine is not None:
        url = reverse("admin:engines_engine_change", args=[asked.engine.pk])
        places.append(Place(asked.engine.name, "engine", url))
    if asked.chat is not None:
        if not can_see_chat(principal, asked.chat):
            return [*places, Place("a chat of another team", "chat", "")]
        url = reverse("admin:engines_chat_change", args=[asked.chat.pk])
        places.append(
            Place(make_visible(str(asked.chat)), f"chat, agent {asked.chat.agent or 'unknown'}", url)
        )
    for subagent in list_chain(asked.subagent):
        url = reverse("admin:engines_subagent_change", args=[subagent.pk])
        note = f"subagent, level {subagent.depth}, agent {subagent.agent or 'unknown'}"
        places.append(Place(make_visible(str(subagent)), note, url))
    return places
