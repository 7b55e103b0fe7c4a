"""JSON as people write it for the engine: with comments and trailing commas, within bounds."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from configs.formats.limits import MAX_DEPTH, MAX_INTEGER, MAX_NODES, MAX_NUMBER_LENGTH, FormatError

# A text, a comment, a bracket or comma, or anything else in one run; every character is taken exactly once.
_TOKEN = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/|[\[\]{},]|[^"/\[\]{},\s]+|\s+|.', flags=re.DOTALL
)


def read_json(text: str) -> Any:
    """The value of `text`, numbers with a point as `Decimal`. Raises FormatError."""
    try:
        return json.loads(
            strip_comments(text),
            parse_float=read_decimal,
            parse_int=read_integer,
            parse_constant=refuse_constant,
            object_pairs_hook=read_object,
        )
    except json.JSONDecodeError as error:
        raise FormatError(f"This is not valid JSON: line {error.lineno}: {error.msg}.") from None
    except RecursionError:
        raise FormatError("This JSON is nested too deep.") from None


def strip_comments(text: str) -> str:
    """Plain JSON of the same lines: comments blanked, commas before a closing bracket gone."""
    parts: list[str] = []
    comma = -1  # where a comma stands that nothing but blanks has followed
    depth = nodes = 0
    for match in _TOKEN.finditer(text):
        part = match[0]
        if part.startswith(("//", "/*")):
            part = "\n" * part.count("\n") or " "
        elif part in {"{", "["}:
            depth += 1
        elif part in {"}", "]"}:
            depth -= 1
            if comma >= 0:
                parts[comma] = " "
        if part.strip():
            comma = len(parts) if part == "," else -1
            nodes += 1
        if depth > MAX_DEPTH:
            raise FormatError(f"This JSON is nested deeper than {MAX_DEPTH} levels.")
        if nodes > MAX_NODES * 4:
            raise FormatError("This JSON holds too many values.")
        parts.append(part)
    return "".join(parts)


def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        [twice, *_] = [key for key in keys if keys.count(key) > 1]
        raise FormatError(f"This JSON holds the key {twice[:80]!r} twice in one object.")
    return found


def read_decimal(text: str) -> Decimal:
    if len(text) > MAX_NUMBER_LENGTH or re.search(r"[eE][-+]?[0-9]{3}", text):
        raise FormatError("This JSON holds a number that is too long.")
    return Decimal(text)


def read_integer(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH or abs(int(text)) > MAX_INTEGER:
        raise FormatError("This JSON holds a number that is too large.")
    return int(text)


def refuse_constant(text: str) -> Any:
    raise FormatError(f"This is not valid JSON: {text} is no number.")


def write_json(value: Any) -> str:
    """Two blanks a level, keys in the order they have, a line break at the end; `Decimal`s as numbers."""
    return render_value(value, "") + "\n"


def render_value(value: Any, indent: str) -> str:
    deeper = indent + "  "
    if isinstance(value, dict) and value:
        items = [
            f"{json.dumps(key, ensure_ascii=False)}: {render_value(item, deeper)}"
            for key, item in value.items()
        ]
        return wrap_items("{", items, "}", indent)
    if isinstance(value, list | tuple) and value:
        return wrap_items("[", [render_value(item, deeper) for item in value], "]", indent)
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


def wrap_items(opening: str, items: list[str], closing: str, indent: str) -> str:
    lines = ",\n".join(f"{indent}  {item}" for item in items)
    return f"{opening}\n{lines}\n{indent}{closing}"
