"""From the engine's bytes to values that can be stored, with strict types for every field we use.

An agent's words pass through here, so the text may hold anything: half a surrogate pair (the engine does
send them) has no UTF-8 form, and NUL can't be stored by PostgreSQL. Both are replaced by a visible
character and the record says so (`is_text_altered`), so that no request is lost over one character and
no reviewer takes the shown text for the exact one.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn, TypeAlias

import orjson

from relay.opencode.errors import EngineProtocolError

JsonObject: TypeAlias = dict[str, Any]

# Deeper nesting than this is cut, not refused: the request must stay visible.
MAX_DEPTH = 64
CUT_TEXT = "[nested too deeply to show]"
SYMBOL_FOR_NUL = "\u2400"
REPLACEMENT_CHARACTER = "\ufffd"

# Ids stand in URL paths; the engine makes them of a prefix and letters and digits.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


def decode_json(data: bytes) -> Any:
    """Parse one JSON text; raise EngineProtocolError for what is none.

    orjson first, being strict and quick. It refuses lone surrogates, so what it refuses gets a second reading
    by the standard library, still without NaN and Infinity.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_parse_finite)
    except (ValueError, RecursionError):
        raise EngineProtocolError("The engine sent something that is no JSON.") from None


def make_storable(value: Any, depth: int = 0) -> tuple[Any, bool]:
    """A copy of decoded JSON with storable texts only, and whether anything had to be replaced."""
    if isinstance(value, str):
        return make_text_storable(value)
    if not isinstance(value, (dict, list)):
        return value, False
    if depth >= MAX_DEPTH:
        return CUT_TEXT, True
    if isinstance(value, list):
        items = [make_storable(item, depth + 1) for item in value]
        return [item for item, _ in items], any(altered for _, altered in items)
    copy: JsonObject = {}
    is_altered = False
    for key, item in value.items():
        clean_key, key_altered = make_text_storable(key)
        # Two keys that become the same would hide one of the two values.
        while key_altered and (clean_key in copy or clean_key in value):
            clean_key += "\N{PRIME}"
        copy[clean_key], item_altered = make_storable(item, depth + 1)
        is_altered = is_altered or key_altered or item_altered
    return copy, is_altered


def make_text_storable(text: str) -> tuple[str, bool]:
    clean = text.replace("\x00", SYMBOL_FOR_NUL)
    if not clean.isascii():
        clean = _LONE_SURROGATE.sub(REPLACEMENT_CHARACTER, clean)
    return clean, clean != text


def read_object(source: Mapping[str, Any], name: str) -> JsonObject:
    value = source.get(name)
    return value if isinstance(value, dict) else _refuse(name, "an object")


def read_optional_object(source: Mapping[str, Any], name: str) -> JsonObject | None:
    return None if source.get(name) is None else read_object(source, name)


def read_list(source: Mapping[str, Any], name: str) -> list[Any]:
    value = source.get(name)
    return value if isinstance(value, list) else _refuse(name, "a list")


def read_text(source: Mapping[str, Any], name: str) -> str:
    """A text field, made storable; use `read_id` where it goes into a URL."""
    value = source.get(name)
    return make_text_storable(value)[0] if isinstance(value, str) else _refuse(name, "a text")


def read_optional_text(source: Mapping[str, Any], name: str) -> str:
    """The text, or an empty one where the field is absent or null."""
    return "" if source.get(name) is None else read_text(source, name)


def read_id(source: Mapping[str, Any], name: str) -> str:
    value = source.get(name)
    is_id = isinstance(value, str) and _ID.fullmatch(value) is not None
    return str(value) if is_id else _refuse(name, "an id")


def read_optional_id(source: Mapping[str, Any], name: str) -> str | None:
    return None if source.get(name) is None else read_id(source, name)


def read_milliseconds(source: Mapping[str, Any], name: str) -> int:
    value = source.get(name)
    # bool is an int in Python, and JavaScript may write a whole number as 1.0.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse(name, "a time")
    if not 0 <= value < 2**53:
        _refuse(name, "a time")
    return int(value)


def read_optional_milliseconds(source: Mapping[str, Any], name: str) -> int | None:
    return None if source.get(name) is None else read_milliseconds(source, name)


def require_object(value: Any, what: str) -> JsonObject:
    return value if isinstance(value, dict) else _refuse(what, "an object")


def require_list(value: Any, what: str) -> list[Any]:
    return value if isinstance(value, list) else _refuse(what, "a list")


def _refuse(what: str, expected: str) -> NoReturn:
    raise EngineProtocolError(f"The engine's {what} is not {expected}.")


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(text)


def _parse_finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("no finite number")
    return value
