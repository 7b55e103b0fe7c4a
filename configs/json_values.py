"""JSON values that stay the same on every database: maps sorted by key, fractions as exact decimals.

In memory a fraction is a `Decimal`; stored it is `{"$decimal": "0.5"}`: canonical JSON has no fractions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from events.canonical import MAX_INTEGER
from events.text import is_storable

DECIMAL_KEY = "$decimal"
MAX_DEPTH = 20
# As many as decimal arithmetic keeps exactly.
MAX_DIGITS = 28


def read_json_value(value: Any, depth: int = 0) -> Any:
    """A copy of `value` in the form described above; stored fractions become Decimals.

    Raises ValueError with a sentence for people.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"Values stand at most {MAX_DEPTH} levels inside one another.")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return read_json_text(value)
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise ValueError("Whole numbers reach from -(2^53 - 1) to 2^53 - 1.")
        return value
    if isinstance(value, float | Decimal):
        return read_decimal(str(value))
    if isinstance(value, Mapping):
        if set(value) == {DECIMAL_KEY}:
            return read_decimal(value[DECIMAL_KEY])
        return {
            read_json_text(key): read_json_value(item, depth + 1)
            for key, item in sorted(value.items(), key=lambda pair: str(pair[0]))
        }
    if isinstance(value, list | tuple):
        return [read_json_value(item, depth + 1) for item in value]
    raise ValueError("Only texts, numbers, true, false, null, lists and maps can stand here.")


def read_json_text(text: Any) -> str:
    if not isinstance(text, str):
        raise ValueError("The keys of a map are texts.")
    if not is_storable(text):
        raise ValueError("This holds characters that can't be stored.")
    return text


def read_decimal(text: Any) -> Decimal:
    """Raises ValueError for what is no finite number of a sane size."""
    try:
        number = Decimal(text) if isinstance(text, str) and len(text) <= 2 * MAX_DIGITS else None
    except InvalidOperation:
        number = None
    if (
        number is None
        or not number.is_finite()
        or abs(number.adjusted()) > MAX_DIGITS
        or len(number.as_tuple().digits) > MAX_DIGITS
    ):
        raise ValueError("This is no number that can be kept exactly.")
    return number.normalize() + 0


def format_decimal(number: Decimal) -> str:
    """Plain digits without trailing zeros: "0.1", "200000"."""
    return format(number.normalize() + 0, "f")


def write_json_value(value: Any) -> Any:
    """What is stored for a value in memory."""
    if isinstance(value, Decimal):
        return {DECIMAL_KEY: format_decimal(value)}
    if isinstance(value, Mapping):
        return {key: write_json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [write_json_value(item) for item in value]
    return value


def format_json(value: Any, *, indent: int | None = None) -> str:
    """JSON text for people and for engines: maps sorted by key, fractions as plain numbers."""
    return _format(value, indent, 0)


def _format(value: Any, indent: int | None, level: int) -> str:
    if isinstance(value, Decimal):
        return format_decimal(value)
    if not value or not isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        items = [
            f"{json.dumps(key, ensure_ascii=False)}: {_format(value[key], indent, level + 1)}"
            for key in sorted(value)
        ]
        opening, closing = "{", "}"
    else:
        items = [_format(item, indent, level + 1) for item in value]
        opening, closing = "[", "]"
    if indent is None:
        return opening + ", ".join(items) + closing
    inner, outer = "\n" + " " * indent * (level + 1), "\n" + " " * indent * level
    return opening + inner + ("," + inner).join(items) + outer + closing


def parse_json(text: str) -> Any:
    """The value that JSON text says, fractions exact. Raises ValueError with a sentence for people."""
    try:
        value = json.loads(text, parse_float=read_decimal, parse_constant=read_decimal)
    except RecursionError:
        raise ValueError(f"Values stand at most {MAX_DEPTH} levels inside one another.") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"This is no JSON: line {error.lineno}, column {error.colno}.") from None
    return read_json_value(value)
