"""JSON in and out, strictly: what another reader could understand differently is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any

import orjson
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from events.errors import Invalid

MAX_DEPTH = 20
MAX_VALUES = 20_000

ORJSON_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class StrictJSONParser(JSONParser):
    """One JSON object in UTF-8 (RFC 8259): no name twice, no NUL or lone surrogate, numbers finite."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Raises Invalid, code `malformed` or `unusable_text` or `too_deep`."""
        value = parse_json(stream.read())
        if not isinstance(value, dict):
            raise Invalid("The body must be a JSON object.", code="malformed")
        check_tree(value)
        return value


def parse_json(content: bytes) -> Any:
    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=build_object,
            parse_constant=refuse_constant,
            parse_float=parse_finite,
        )
    except UnicodeDecodeError as error:
        raise Invalid("The body is not valid UTF-8.", code="malformed") from error
    except RecursionError as error:
        raise Invalid(f"The body is nested deeper than {MAX_DEPTH} levels.", code="too_deep") from error
    except json.JSONDecodeError as error:
        detail = f"The body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise Invalid(detail, code="malformed") from error
    except ValueError as error:
        raise Invalid("The body holds a number that can't be kept exactly.", code="malformed") from error


def build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Invalid("A name stands twice in one object of the body.", code="malformed")
    return members


def refuse_constant(name: str) -> None:
    raise Invalid(f"{name} is not JSON.", code="malformed")


def parse_finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text[:40])
    return number


def check_tree(root: dict[str, Any]) -> None:
    """Bounded depth and size, and text that every database can hold."""
    level: list[Any] = [root]
    values = 0
    for _ in range(MAX_DEPTH):
        deeper: list[Any] = []
        for value in level:
            values += 1
            if isinstance(value, str):
                check_text(value)
            elif isinstance(value, dict):
                for name in value:
                    check_text(name)
                deeper.extend(value.values())
            elif isinstance(value, list):
                deeper.extend(value)
        if values + len(deeper) > MAX_VALUES:
            raise Invalid(f"The body holds more than {MAX_VALUES} values.", code="too_many_values")
        level = deeper
        if not level:
            return
    raise Invalid(f"The body is nested deeper than {MAX_DEPTH} levels.", code="too_deep")


def check_text(text: str) -> None:
    if "\0" in text:
        raise Invalid("The body holds a NUL character.", code="unusable_text")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Invalid("The body holds a lone surrogate.", code="unusable_text") from error


class OrjsonRenderer(JSONRenderer):
    """JSON by orjson; what it can't write (lone surrogates, huge integers) by the standard library."""

    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        try:
            return orjson.dumps(data, default=write_plain, option=ORJSON_OPTIONS)
        except TypeError:
            return json.dumps(data, ensure_ascii=True, separators=(",", ":"), default=write_plain).encode()


def write_plain(value: Any) -> Any:
    """Text of what JSON has no form for: times, lazily translated text."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


class OneFormNegotiation(BaseContentNegotiation):
    """There is one form of every answer; a client's Accept header can't make it fail (RFC 9110, 12.5.1)."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        content_type = (request.content_type or "").partition(";")[0].strip().lower()
        for parser in parsers:
            if parser.media_type == content_type:
                return parser
        return None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type
