"""Reads contents from mappings field by field: every error says which field, and nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from configs.json_values import format_decimal, read_decimal, read_json_value
from events.text import classify_character, list_deceptions, make_visible

Read = TypeVar("Read")

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
RECORD_ID = re.compile(r"[a-z0-9]{15}")
MAX_SHOWN_LENGTH = 60


class ContentError(ValueError):
    """One field holds something that can't be kept. `field` is a path such as `rules.3.pattern`."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field = field
        self.sentence = sentence


class ContentReader:
    """One mapping and where it stands. Missing fields have their defaults; unknown ones are refused."""

    def __init__(self, raw: Any, known: Collection[str], path: str = "") -> None:
        if not isinstance(raw, Mapping):
            raise ContentError(path or "content", "this has to be a map of fields.")
        self.raw, self.path = raw, path
        for key in raw:
            if key not in known:
                raise ContentError(self.at(show(key)), "there is no such field.")

    def at(self, field: str) -> str:
        return f"{self.path}.{field}" if self.path else field

    def refuse(self, field: str, sentence: str) -> ContentError:
        return ContentError(self.at(field), sentence)

    def get(self, field: str, default: Any) -> Any:
        """None and missing are the same."""
        value = self.raw.get(field)
        return default if value is None else value

    def text(self, field: str, default: str = "") -> str:
        value = self.get(field, default)
        if not isinstance(value, str):
            raise self.refuse(field, "this has to be a text.")
        return value

    def line(self, field: str, max_length: int, *, is_required: bool = False) -> str:
        """One honest line without outer blanks."""
        return self.check_line(field, self.text(field).strip(), max_length, is_required=is_required)

    def check_line(self, field: str, text: str, max_length: int, *, is_required: bool = False) -> str:
        if is_required and not text:
            raise self.refuse(field, "this may not be empty.")
        if len(text) > max_length:
            raise self.refuse(field, f"at most {max_length} characters.")
        if "\n" in text or "\t" in text or list_deceptions(text):
            raise self.refuse(field, "this has to be one line without characters that can't be shown.")
        return text

    def body(self, field: str, max_bytes: int) -> str:
        """A text of many lines, kept as it is but for its line ends, which become newlines."""
        text = self.text(field)
        if len(text) > max_bytes or len(text.encode("utf-8", "replace")) > max_bytes:
            raise self.refuse(field, f"at most {max_bytes // 1024} KB.")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if any(classify_character(mark) in {"control", "surrogate"} for mark in set(text)):
            raise self.refuse(field, "this holds control characters.")
        return text

    def matching(self, field: str, pattern: re.Pattern[str], sentence: str, *, is_required: bool) -> str:
        text = self.text(field)
        if (text or is_required) and not pattern.fullmatch(text):
            raise self.refuse(field, sentence)
        return text

    def slug(self, field: str, *, is_required: bool = True) -> str:
        """A name that is also a file's name or a key of the engine's configuration."""
        sentence = "use a-z, 0-9, - and _, beginning with a letter or digit, at most 64 characters."
        return self.matching(field, NAME, sentence, is_required=is_required)

    def record_id(self, field: str) -> str:
        return self.matching(field, RECORD_ID, "this is no id.", is_required=False)

    def choice(self, field: str, choices: Collection[str], default: str) -> str:
        text = self.text(field, default)
        if text not in choices:
            raise self.refuse(field, f"this is one of {', '.join(choices)}, not {show(text)!r}.")
        return text

    def flag(self, field: str, *, default: bool = False) -> bool:
        value = self.get(field, default)
        if not isinstance(value, bool):
            raise self.refuse(field, "this is true or false.")
        return value

    def integer(self, field: str, *, least: int, most: int) -> int | None:
        value = self.get(field, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.refuse(field, f"this is a whole number from {least} to {most}.")
        return value

    def decimal(self, field: str, *, most: int) -> str | None:
        """A number from 0 to `most` as plain digits ("0.1"); numbers are taken as well as texts."""
        value = self.get(field, None)
        if value is None or value == "":
            return None
        sentence = f"this is a number from 0 to {most}."
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise self.refuse(field, sentence)
        try:
            number = read_decimal(str(value).strip())
        except ValueError:
            raise self.refuse(field, sentence) from None
        if not 0 <= number <= most:
            raise self.refuse(field, sentence)
        return format_decimal(number)

    def day(self, field: str) -> str:
        text = self.text(field)
        try:
            return date.fromisoformat(text).isoformat() if text else ""
        except ValueError:
            raise self.refuse(field, "this is a day such as 2026-05-31.") from None

    def mapping(self, field: str) -> Mapping[str, Any]:
        """Any JSON map, as `json_values` keeps it."""
        value = self.get(field, {})
        if not isinstance(value, Mapping):
            raise self.refuse(field, "this has to be a map.")
        try:
            read: Mapping[str, Any] = read_json_value(value)
        except ValueError as error:
            raise self.refuse(field, str(error)) from None
        return read

    def items(self, field: str, most: int) -> Sequence[Any]:
        value = self.get(field, ())
        if not isinstance(value, list | tuple):
            raise self.refuse(field, "this has to be a list.")
        if len(value) > most:
            raise self.refuse(field, f"at most {most} entries.")
        return value

    def lines(self, field: str, *, most: int, max_length: int) -> tuple[str, ...]:
        """Different honest lines, in the order in which they stand."""
        lines = tuple(
            self.check_line(f"{field}.{index}", item.strip(), max_length, is_required=True)
            for index, item in self.texts(field, most)
        )
        if len(set(lines)) != len(lines):
            raise self.refuse(field, "each entry stands here once.")
        return lines

    def slugs(self, field: str, *, most: int) -> tuple[str, ...]:
        lines = self.lines(field, most=most, max_length=64)
        for index, line in enumerate(lines):
            if not NAME.fullmatch(line):
                raise self.refuse(f"{field}.{index}", "use a-z, 0-9, - and _.")
        return lines

    def texts(self, field: str, most: int) -> Iterator[tuple[int, str]]:
        for index, item in enumerate(self.items(field, most)):
            if not isinstance(item, str):
                raise self.refuse(f"{field}.{index}", "this has to be a text.")
            yield index, item

    def parts(self, field: str, most: int, read: Callable[[Any, str], Read]) -> tuple[Read, ...]:
        """Each entry read by `read(raw, path)`."""
        items = self.items(field, most)
        return tuple(read(item, self.at(f"{field}.{index}")) for index, item in enumerate(items))


def show(text: Any) -> str:
    return make_visible(str(text))[:MAX_SHOWN_LENGTH]
