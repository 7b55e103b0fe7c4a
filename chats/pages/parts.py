"""The parts of a message as a page shows them: an agent's words are its claim, and never our HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.utils.safestring import SafeString

from accounts.admin.display import Pill, highlight_marks
from events.markdown import render_markdown
from events.masking import mask_secrets
from events.text import make_visible, make_visible_lines

# A page that is open reads itself again and again; most of its texts are those of the last time.
REMEMBERED_TEXTS = 512

TOOL_LOOKS = {
    "pending": Pill("about to run", "hourglass", "quiet"),
    "running": Pill("running", "spark", "info"),
    "completed": Pill("done", "check", "ok"),
    "error": Pill("failed", "cross", "bad"),
}
UNKNOWN_TOOL = Pill("not told yet", "dot", "quiet")


@dataclass(frozen=True, slots=True)
class PartView:
    """One part; `kind` names its template.

    `length` is that of a masked text, in UTF-16 units as the stream counts it: what lies beyond is new.
    """

    id: str
    kind: str
    html: SafeString | str = ""
    title: SafeString | str = ""
    note: SafeString | str = ""
    pill: Pill | None = None
    call_id: str = ""
    items: list[SafeString] = field(default_factory=list)
    length: int = 0
    # The session of a subagent that a tool call began.
    session_id: str = ""


@lru_cache(maxsize=REMEMBERED_TEXTS)
def render_agent_text(text: str) -> SafeString:
    return render_markdown(mask_secrets(text))


@lru_cache(maxsize=REMEMBERED_TEXTS)
def render_plain_text(text: str) -> SafeString:
    return highlight_marks(make_visible_lines(mask_secrets(text)))


def show_line(text: object) -> SafeString:
    return highlight_marks(make_visible(mask_secrets(str(text))))


def build_parts(parts: list[dict[str, Any]], *, is_agent: bool) -> list[PartView]:
    """Those that a reader sees: of an unknown kind, and without words, none."""
    found = (build_part(part, is_agent=is_agent) for part in parts)
    return [part for part in found if part is not None]


def build_part(part: dict[str, Any], *, is_agent: bool) -> PartView | None:
    build = BUILDERS.get(str(part.get("type")))
    return build(part, is_agent) if build else None


def build_text(part: dict[str, Any], is_agent: bool) -> PartView | None:
    text = str(part.get("text", ""))
    if not text.strip():
        return None
    html = render_agent_text(text) if is_agent else render_plain_text(text)
    kind = "text" if is_agent else "words"
    return PartView(read_id(part), kind, html=html, length=measure_text(text))


def build_reasoning(part: dict[str, Any], _: bool) -> PartView | None:
    text = str(part.get("text", ""))
    if not text.strip():
        return None
    return PartView(read_id(part), "reasoning", html=render_agent_text(text), length=measure_text(text))


def build_tool(part: dict[str, Any], _: bool) -> PartView:
    return PartView(
        read_id(part),
        "tool",
        title=show_line(part.get("tool", "")),
        note=show_line(part.get("title", "")),
        pill=TOOL_LOOKS.get(str(part.get("status")), UNKNOWN_TOOL),
        call_id=str(part.get("callID", "")),
        session_id=str(part.get("sessionID", "")),
    )


def build_file(part: dict[str, Any], _: bool) -> PartView:
    """Its name; what it holds stays in the engine."""
    name = show_line(part.get("filename", "")) or "a file"
    return PartView(read_id(part), "file", title=name, note=show_line(part.get("mime", "")))


def build_agent(part: dict[str, Any], _: bool) -> PartView:
    return PartView(read_id(part), "agent", title=show_line(part.get("name", "")))


def build_subtask(part: dict[str, Any], _: bool) -> PartView:
    return PartView(
        read_id(part),
        "subtask",
        title=show_line(part.get("description", "")) or "a task",
        note=show_line(part.get("agent", "")),
        session_id=str(part.get("sessionID", "")),
    )


def build_patch(part: dict[str, Any], _: bool) -> PartView | None:
    files = part.get("files")
    names = [show_line(name) for name in files] if isinstance(files, list) else []
    return PartView(read_id(part), "patch", items=names) if names else None


def build_notice(part: dict[str, Any], _: bool) -> PartView:
    return PartView(read_id(part), "notice", title=show_line(part.get("text", "")))


# Steps begin and end without a word that a reader misses.
BUILDERS = {
    "text": build_text,
    "reasoning": build_reasoning,
    "tool": build_tool,
    "file": build_file,
    "agent": build_agent,
    "subtask": build_subtask,
    "patch": build_patch,
    "notice": build_notice,
}


def read_id(part: dict[str, Any]) -> str:
    return str(part.get("id", ""))


@lru_cache(maxsize=REMEMBERED_TEXTS)
def measure_text(text: str) -> int:
    """How long it is, secrets masked, as JavaScript counts it."""
    return len(mask_secrets(text).encode("utf-16-le", "surrogatepass")) // 2
