"""The parts of a message, as far as a conversation shows them: told in any order, any number of times.

Of a tool call its name, state and title are kept, of a file its name and kind. Inputs, outputs and contents
stay in the engine; what needs a decision is stored, encrypted, with its permission request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from events.canonical import canonical_json
from events.masking import mask_secrets
from events.text import make_storable

MAX_TEXT = 20_000
MAX_PARTS = 500
MAX_NAME = 200
MAX_FILES = 50

TOOL_STAGES = {"pending": 0, "running": 1, "completed": 2, "error": 2}

Part = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PartFacts:
    """One part as the engine tells it. `kind` is one of `SHAPES`; the other fields are those of its kind.

    `text` is the whole text so far; `child_session_id` is where a delegation goes on; `phase` is start or
    finish; `name` and `description` are an agent's name and what it was asked to do.
    """

    id: str
    message_id: str
    session_id: str
    kind: str
    text: str = ""
    tool: str = ""
    call_id: str = ""
    status: str = ""
    title: str = ""
    child_session_id: str = ""
    mime: str = ""
    filename: str = ""
    name: str = ""
    description: str = ""
    phase: str = ""
    files: tuple[str, ...] = ()


# Kind → what is kept of it: the member's name, and where it stands in the facts.
SHAPES: dict[str, dict[str, str]] = {
    "text": {"text": "text"},
    "reasoning": {"text": "text"},
    "tool": {"tool": "tool", "callID": "call_id", "status": "status", "title": "title"},
    "file": {"mime": "mime", "filename": "filename"},
    "agent": {"name": "name"},
    "step": {"phase": "phase"},
    "subtask": {"agent": "name", "description": "description", "sessionID": "child_session_id"},
    "patch": {"files": "files"},
}
# The engine's title of these calls is the whole command.
TITLED_BY_INPUT = frozenset({"bash"})
SPOKEN = frozenset({"text", "reasoning"})


def describe_part(facts: PartFacts) -> Part:
    """As it is stored. Raises KeyError for a kind that nobody shows."""
    part: Part = {"id": facts.id, "type": facts.kind}
    for name, source in SHAPES[facts.kind].items():
        value = getattr(facts, source)
        if isinstance(value, tuple):
            part[name] = [make_storable(item, MAX_NAME) for item in value[:MAX_FILES]]
        else:
            part[name] = make_storable(value, MAX_TEXT if name == "text" else MAX_NAME)
    if facts.kind == "tool":
        part["title"] = "" if facts.tool in TITLED_BY_INPUT else mask_secrets(part["title"])
        if facts.child_session_id:
            part["sessionID"] = make_storable(facts.child_session_id, MAX_NAME)
    return part


def make_notice(part_id: str, text: str) -> Part:
    """A word of ours in the conversation."""
    return {"id": part_id, "type": "notice", "text": make_storable(text, MAX_TEXT)}


def measure_progress(part: Part) -> tuple[int, int, bytes]:
    """How far a part has come: texts grow, tools go through stages. No two different ones are equally far.

    The engine cuts the blanks off the end of a finished text; that takes nothing back.
    """
    if part["type"] in SPOKEN:
        stage = len(part["text"].rstrip())
    else:
        stage = TOOL_STAGES.get(part.get("status", ""), 0)
    told = sum(bool(value) for value in part.values())
    return stage, told, canonical_json(part).encode()


def merge_part(parts: list[Part], part: Part) -> list[Part]:
    """`parts` with `part` in its place, sorted by part id; no part ever goes back."""
    known = {item["id"]: item for item in parts}
    old = known.get(part["id"])
    if old is not None and old["type"] == part["type"] and measure_progress(part) <= measure_progress(old):
        return parts
    known[part["id"]] = part
    return [known[key] for key in sorted(known)][:MAX_PARTS]
