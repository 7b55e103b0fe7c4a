"""Arguments, variables and headers of `server.json`: values, or inputs that somebody still has to give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from configs.formats.drafts import Report
from configs.formats.limits import FormatError
from mcp_servers.content import EnvironmentVariable, Header
from mcp_servers.formats.imported import require_map, require_text
from mcp_servers.formats.values import read_pair

_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")


def list_inputs(raw: Any, key: str) -> list[dict[str, Any]]:
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise FormatError(f"{key}: this is a list.")
    return [require_map(item, f"{key}.{position}") for position, item in enumerate(raw)]


def read_arguments(raw: Any, key: str, report: Report) -> list[str]:
    """The words of the command line. One without a value is left out and named."""
    words: list[str] = []
    for position, item in enumerate(list_inputs(raw, key)):
        where = f"{key}.{position}"
        name = require_text(item.get("name"), f"{where}.name") if item.get("type") == "named" else ""
        value = read_value(item, where, report)
        if item.get("isSecret"):
            report.warn(
                where, "A secret on the command line; declare a variable as secret instead.", value=""
            )
        elif value is not None:
            words.append(f"{name}={value}" if name else value)
        elif name and not item.get("valueHint"):
            words.append(name)
        else:
            said = require_text(item.get("valueHint") or item.get("description"), f"{where}.valueHint")
            report.warn(where, f"It has no value; add one to the arguments if it is needed: {said or name}")
    if words:
        report.map(key, "arguments", words)
    return words


def read_value(item: Mapping[str, Any], where: str, report: Report) -> str | None:
    """The value, else the default; None for neither."""
    for key in ("value", "default"):
        if item.get(key) is not None:
            text = require_text(item[key], f"{where}.{key}")
            variables = require_map(item.get("variables") or {}, f"{where}.variables")
            return read_template(text, variables, where, report) if key == "value" else text
    return None


def read_template(text: str, variables: Mapping[str, Any], where: str, report: Report) -> str:
    """`text` with its variables' values; what has none stays as it stands, as the format says."""

    def fill(match: re.Match[str]) -> str:
        variable = require_map(variables.get(match[1]) or {}, f"{where}.variables")
        given = variable.get("value", variable.get("default"))
        if match[1] not in variables:
            return match[0]
        if given is None or variable.get("isSecret"):
            report.warn(where, f"Its part {match[1]} has to be given; it stands there in braces.")
            return match[0]
        return require_text(given, f"{where}.variables.{match[1]}")

    return _PLACE.sub(fill, text)


def read_inputs(
    raw: Any, key: str, report: Report, secrets: dict[str, str], *, is_header: bool = False
) -> list[dict[str, Any]]:
    """Variables or headers, with what they are for."""
    found = []
    for position, item in enumerate(list_inputs(raw, key)):
        name = require_text(item.get("name"), f"{key}.{position}.name")
        where = f"{key}.{name}"
        value = read_value(item, where, report) or ""
        is_secret = item.get("isSecret") is True
        fields = read_pair(name, value, where, report, secrets, is_header=is_header, is_secret=is_secret)
        found.append(
            {
                **fields,
                "is_required": item.get("isRequired") is True,
                "description": " ".join(require_text(item.get("description"), where).split())[:1000],
            }
        )
    return found


def write_argument(argument: str) -> dict[str, str]:
    return {"type": "positional", "value": argument, "valueHint": "argument"}


def write_input(item: EnvironmentVariable | Header) -> dict[str, Any]:
    """A secret has its name here and no value."""
    written: dict[str, Any] = {"name": item.name}
    if item.description:
        written["description"] = item.description
    if item.is_required:
        written["isRequired"] = True
    if item.is_secret:
        written["isSecret"] = True
    elif item.value:
        written["value"] = item.value
    return written
