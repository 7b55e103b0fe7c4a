"""Text of `opencode.json`: nothing in it is replaced by the engine but the references we mean.

The engine looks for `{env:NAME}` and `{file:PATH}` in the text of the file before it reads it as JSON, and
puts in what they name. A brace written as an escape is no brace to that search, and the same character to
JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from configs.json_values import format_decimal

INDENT = 2
CONFIG_FOLDER_VARIABLE = "OPENCODE_CONFIG_DIR"
_REFERENCE_START = re.compile(r"\{(?=env:|file:)")
_ENVIRONMENT_REFERENCE = re.compile(r"\{env:([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class EnvironmentReference:
    """Stands for the value of an environment variable of the engine."""

    name: str

    def __str__(self) -> str:
        return f"{{env:{self.name}}}"


@dataclass(frozen=True, slots=True)
class FileReference:
    """Stands for the text of a file; `path` is seen from the configuration folder.

    The engine refuses its whole configuration while the file is not there (observed on 1.18.33).
    """

    path: str

    def __str__(self) -> str:
        return f"{{file:./{self.path}}}"


@dataclass(frozen=True, slots=True)
class InConfigFolder:
    """Stands for the absolute path of a file in the configuration folder, wherever that is."""

    path: str

    def __str__(self) -> str:
        return f"{{env:{CONFIG_FOLDER_VARIABLE}}}/{self.path}"


REFERENCES = (EnvironmentReference, FileReference, InConfigFolder)


def find_references(value: Any) -> Any:
    """A copy in which texts that are wholly `{env:NAME}` are references."""
    if isinstance(value, str):
        match = _ENVIRONMENT_REFERENCE.fullmatch(value)
        return EnvironmentReference(match[1]) if match else value
    if isinstance(value, Mapping):
        return {key: find_references(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [find_references(item) for item in value]
    return value


def list_environment_names(value: Any) -> list[str]:
    """The variables that references in `value` name, sorted."""
    return sorted(set(_iterate_names(find_references(value))))


def _iterate_names(value: Any) -> Iterator[str]:
    if isinstance(value, EnvironmentReference):
        yield value.name
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _iterate_names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _iterate_names(item)


def show_references(value: Any) -> Any:
    """The plain JSON value, references as the text they are written as."""
    if isinstance(value, REFERENCES):
        return str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {key: show_references(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [show_references(item) for item in value]
    return value


def write_config(config: Mapping[str, Any]) -> str:
    """The file's text: maps in the order they have, fractions as plain digits."""
    return _write(config, "\n") + "\n"


def _write(value: Any, line_break: str) -> str:
    if isinstance(value, REFERENCES):
        return f'"{value}"'
    if isinstance(value, str):
        return _write_text(value)
    if isinstance(value, Decimal):
        return format_decimal(value)
    if isinstance(value, Mapping | list | tuple) and not value:
        return "{}" if isinstance(value, Mapping) else "[]"
    if not isinstance(value, Mapping | list | tuple):
        return json.dumps(value)
    inner = line_break + " " * INDENT
    if isinstance(value, Mapping):
        items = [f"{_write_text(key)}: {_write(item, inner)}" for key, item in value.items()]
        return "{" + inner + ("," + inner).join(items) + line_break + "}"
    return "[" + inner + ("," + inner).join(_write(item, inner) for item in value) + line_break + "]"


def _write_text(text: str) -> str:
    return _REFERENCE_START.sub(r"\\u007b", json.dumps(text, ensure_ascii=False))
