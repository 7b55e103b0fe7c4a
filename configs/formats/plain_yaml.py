"""YAML as far as a configuration needs it, read safely and written byte for byte the same.

Reading goes over the parser's events, so that a limit is met before anything is built: no anchors, aliases,
tags, merge keys, second documents or double keys; bounded depth and number of values. Scalars follow the core
schema of YAML 1.2, as the engine's own reader does: `yes`, `on` and dates are text. Numbers with a point are
`Decimal`s, exactly as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import yaml

from configs.formats.limits import MAX_DEPTH, MAX_INTEGER, MAX_NODES, MAX_NUMBER_LENGTH, FormatError

# The parser in C where the wheel has it; both give the same events.
PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_WORDS: dict[str, bool | None] = {
    "": None,
    **dict.fromkeys(("~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,2})?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

# A longer one has to be announced as a key: readers look no further than 1,024 characters for its colon.
MAX_KEY_LENGTH = 1000
# What needs no quotes: nothing that any reader takes for a number, a word of its own or a sign.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+-]+)*")
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
# What a block of text may hold, line breaks apart: printable everywhere, and no line break of another kind.
_BLOCK = re.compile(
    r"[\n\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"
)
_ESCAPED = re.compile(
    r'[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|["\\]'
)
_SHORT_ESCAPES = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


# Reading --------------------------------------------------------------------------------------------


def read_yaml(text: str) -> Any:
    """The one document in `text`; None for an empty one. Raises FormatError with the line."""
    try:
        return Builder(yaml.parse(text, Loader=PARSER)).read_document()
    except yaml.YAMLError as error:
        raise FormatError(f"This is not valid YAML: {describe_error(error)}.") from None
    except (UnicodeError, RecursionError, OverflowError):
        raise FormatError("This is not valid YAML.") from None


def describe_error(error: yaml.YAMLError) -> str:
    """What is wrong, without the text around it, which may hold a secret."""
    mark = getattr(error, "problem_mark", None)
    problem = (
        str(getattr(error, "problem", "") or "").strip() or "it holds characters that YAML does not allow"
    )
    return f"line {mark.line + 1}: {problem}" if mark else problem


class Builder:
    """Builds one value of a stream of parser events, and refuses what a configuration never needs."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.nodes = 0

    def read_document(self) -> Any:
        self.take()  # the stream's start
        event = self.take()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        value = self.read_value(self.take(), 0)
        self.take()  # the document's end
        if not isinstance(event := self.take(), yaml.StreamEndEvent):
            raise self.refuse(event, "one document in a file, please")
        return value

    def take(self) -> Any:
        event = next(self.events)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise self.refuse(event, "anchors and aliases are not read")
        if getattr(event, "tag", None) is not None:
            raise self.refuse(event, "tags are not read")
        return event

    def read_value(self, event: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.refuse(event, f"more than {MAX_NODES} values")
        if depth > MAX_DEPTH:
            raise self.refuse(event, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.ScalarEvent):
            return self.read_scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.read_sequence(depth)
        return self.read_mapping(depth)

    def read_sequence(self, depth: int) -> list[Any]:
        found = []
        while not isinstance(event := self.take(), yaml.SequenceEndEvent):
            found.append(self.read_value(event, depth + 1))
        return found

    def read_mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := self.take(), yaml.MappingEndEvent):
            key = self.read_key(event)
            if key in found:
                raise self.refuse(event, f"the key {key[:80]!r} stands twice")
            found[key] = self.read_value(self.take(), depth + 1)
        return found

    def read_key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self.refuse(event, "a key is one word or text")
        if event.value == "<<" and not event.style:
            raise self.refuse(event, "merge keys are not read")
        return str(event.value)

    def read_scalar(self, event: Any) -> Any:
        return event.value if event.style else read_plain(event.value, event)

    @staticmethod
    def refuse(event: Any, sentence: str) -> FormatError:
        return FormatError(f"This YAML can't be taken: line {event.start_mark.line + 1}: {sentence}.")


def read_plain(text: str, event: Any) -> Any:
    """An unquoted scalar by the core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _NOT_A_NUMBER.fullmatch(text):
        raise Builder.refuse(event, f"{text} is no number here")
    is_number = _INTEGER.fullmatch(text) or _OTHER_BASE.fullmatch(text) or _DECIMAL.fullmatch(text)
    if is_number and len(text) > MAX_NUMBER_LENGTH:
        raise Builder.refuse(event, "a number is too long")
    if _INTEGER.fullmatch(text) or _OTHER_BASE.fullmatch(text):
        number = int(text, 0) if text.startswith(("0o", "0x")) else int(text)
        if abs(number) > MAX_INTEGER:
            raise Builder.refuse(event, "a number is too large")
        return number
    return Decimal(text) if is_number else text


def write_decimal(value: Decimal) -> str:
    """As the contents keep it: `0.1`, never `1E-1` or `0.10`."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


# Writing --------------------------------------------------------------------------------------------


def write_yaml(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """`value` as block YAML in the order it has; ends with a line break. The same value, the same bytes."""
    return "".join(line + "\n" for line in write_lines(value))


def write_lines(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            text = write_text(key)
            if len(text) > MAX_KEY_LENGTH:
                yield f"? {text}"
                yield from write_entry(":", item)
            else:
                yield from write_entry(f"{text}:", item)
    else:
        for item in value:
            yield from write_entry("-", item)


def write_entry(head: str, value: Any) -> Iterator[str]:
    """One entry of a mapping or list, its value behind or under its head."""
    if isinstance(value, Mapping | list | tuple) and value:
        lines = write_lines(value)
        if head == "-":
            yield f"- {next(lines)}"
        else:
            yield head
        yield from (f"  {line}" if line else line for line in lines)
    elif isinstance(value, str) and is_block(value):
        yield f"{head} {name_block(value)}"
        yield from (f"  {line}" if line else line for line in list_block_lines(value))
    else:
        yield f"{head} {write_scalar(value)}"


def write_scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = write_decimal(value)
        return text if "." in text else f"{text}.0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return write_text(value)
    return "{}" if isinstance(value, Mapping) else "[]"


def write_text(text: str) -> str:
    """On one line; quoted unless every reader takes it for the same text without."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return f'"{_ESCAPED.sub(escape_character, text)}"'


def escape_character(match: re.Match[str]) -> str:
    character = match[0]
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    code = ord(character)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}"


def is_block(text: str) -> bool:
    """Whether it is shown as lines: more than one, each readable as it stands."""
    return "\n" in text and text.strip("\n \t") != "" and _BLOCK.fullmatch(text) is not None


def name_block(text: str) -> str:
    """The sign that opens it: how it is indented when its first line can't tell, and how it ends."""
    first = text.lstrip("\n")
    indent = "2" if text[0] == "\n" or first[0] in " \t" else ""
    if not text.endswith("\n"):
        return f"|{indent}-"
    return f"|{indent}+" if text.endswith("\n\n") else f"|{indent}"


def list_block_lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")
