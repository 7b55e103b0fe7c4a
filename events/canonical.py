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


def require_plain(value: Any) -> None:
    """Strings, integers, booleans, null, lists and string-keyed mappings only."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        value.encode("utf-8")  # UnicodeEncodeError (a ValueError) for lone surrogates
        return
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise ValueError("integer is too large for canonical JSON")
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError("canonical JSON has text keys only")
            require_plain(key)
            require_plain(item)
        return
    if isinstance(value, list | tuple):
        for item in value:
            require_plain(item)
        return
    raise ValueError(f"{type(value).__name__} has no canonical JSON form")
