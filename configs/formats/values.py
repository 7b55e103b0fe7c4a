"""What every reader does with a value before it becomes part of a draft."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from configs.content import PLACEHOLDER, Content, ContentError, read_content
from configs.formats.drafts import Report, join_names
from configs.formats.limits import FormatError
from events.masking import mask_certain_secrets
from events.text import classify_character, iterate_texts

# What the engine would replace by a variable's or a file's content while it reads its configuration.
_ENGINE_REFERENCE = re.compile(r"\{(?:env|file):")


def make_content(kind: str, fields: Mapping[str, Any]) -> Any:
    """The content of these fields. Raises FormatError with the field that can't be kept."""
    try:
        content: Content = read_content(kind, fields)
    except ContentError as error:
        raise FormatError(str(error)) from None
    return content


def read_body(text: str, key: str, report: Report, declared: Collection[str] = ()) -> str:
    """A long text as it is kept: without literal secrets; what surprises in it is reported."""
    masked = mask_certain_secrets(text)
    if masked != text:
        report.warn(key, "It holds literal secrets; each was replaced by ••••.")
    if _ENGINE_REFERENCE.search(masked):
        report.warn(key, "It holds a reference that the engine would fill in; here it stays plain text.")
    names = [name for name in dict.fromkeys(PLACEHOLDER.findall(masked)) if name not in declared]
    if names:
        report.warn(
            key, f"It reads as if it had variables; without them they stay text: {join_names(names)}."
        )
    return masked


def check_text(value: Any) -> None:
    """Raises FormatError for control characters anywhere in a value, which no configuration needs."""
    for text in iterate_texts(value):
        if any(classify_character(mark) in {"control", "surrogate"} for mark in set(text)):
            raise FormatError("The file holds control characters.")


def decode_file(data: bytes, limit: int) -> str:
    """The text of a file: UTF-8 of a bounded size, line breaks as newlines. Raises FormatError."""
    if len(data) > limit:
        raise FormatError(f"The file has {len(data):,} bytes; at most {limit:,} are read.")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise FormatError(f"The file is no UTF-8 text: byte {error.start}.") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    check_text(text)
    return text
