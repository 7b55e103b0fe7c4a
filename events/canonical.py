"""One text for one value (RFC 8785), restricted to what every implementation writes alike."""

from __future__ import annotations

from typing import Any

import orjson
import rfc8785

# RFC 8785 numbers are IEEE doubles: beyond this an integer is not exact.
MAX_INTEGER = 2**53 - 1


def canonical_json(value: Any) -> str:
    """RFC 8785 text of `value`. Raises ValueError for floats, huge integers and lone surrogates."""
    require_plain(value)
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode("utf-8")
    if text.isascii():
        return text
    # RFC 8785 sorts names by UTF-16 units, which is another order only for characters beyond the first plane.
    return rfc8785.dumps(value).decode("utf-8")


def require_plain(value: Any, *, allow_nul: bool = True) -> None:
    """Strings, integers, booleans, null, lists and string-keyed mappings only; else ValueError."""
    level = [value]
    while level:
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, str):
                require_text(item, allow_nul=allow_nul)
            elif isinstance(item, dict):
                for key in item:
                    require_text(key, allow_nul=allow_nul)
                deeper.extend(item.values())
            elif isinstance(item, list | tuple):
                deeper.extend(item)
            elif item is not None:
                require_exact_number(item)
        level = deeper


def require_exact_number(value: Any) -> None:
    if not isinstance(value, int):
        raise ValueError(f"{type(value).__name__} has no canonical JSON form")
    if abs(value) > MAX_INTEGER:
        raise ValueError("integer is too large for canonical JSON")


def require_text(text: Any, *, allow_nul: bool) -> None:
    if not isinstance(text, str):
        raise ValueError("canonical JSON has text keys only")
    if not text.isascii():
        text.encode("utf-8")  # UnicodeEncodeError (a ValueError) for lone surrogates
    if not allow_nul and "\0" in text:
        raise ValueError("this text can't hold NUL")
