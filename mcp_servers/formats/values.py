"""Variables and headers between files and contents: secrets become references and never stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from configs.formats.drafts import Report
from configs.formats.limits import FormatError
from configs.formats.secrets import is_literal_secret, read_env_reference
from configs.model_content import names_secret
from mcp_servers.content import EnvironmentVariable, Header

# Something that another program would fill in, anywhere in a text.
_FILLED_IN = re.compile(r"\$\{[^}]*\}|\{(?:env|file):[^}]*\}|\{\{[^}]*\}\}")


def name_reference(server: str, name: str) -> str:
    """The variable of whoever starts servers, under which one server's secret is given to that one alone.

    No two servers' secrets have the same one: `__` stands first where the server's name ends.
    """
    owner = server.upper().replace("-", "_X")
    return f"MCP_{owner}__{re.sub(r'[^A-Za-z0-9_]', write_code, name)}"


def write_code(match: re.Match[str]) -> str:
    """What names of headers hold and variables can't."""
    return f"_{ord(match[0]):02X}"


def read_pairs(
    raw: Any, key: str, report: Report, secrets: dict[str, str], *, is_header: bool = False
) -> list[dict[str, Any]]:
    """A map of names to values. Literal secrets go to `secrets`."""
    if raw is None:
        return []
    if not isinstance(raw, dict):
        raise FormatError(f"{key}: this is a map of names to texts.")
    return [
        read_pair(str(name), value, f"{key}.{name}", report, secrets, is_header=is_header)
        for name, value in raw.items()
    ]


def read_pair(
    name: str,
    value: Any,
    key: str,
    report: Report,
    secrets: dict[str, str],
    *,
    is_header: bool = False,
    is_secret: bool = False,
) -> dict[str, Any]:
    """The fields of one variable or header."""
    text = read_scalar(value, key)
    is_named = is_secret or names_secret(name) or (is_header and name.lower() in {"authorization", "cookie"})
    to = "headers" if is_header else "environment"
    if read_env_reference(text) or (is_named and _FILLED_IN.search(text)):
        report.map(key, to, sentence="A reference: its value is given here as a secret.")
        return {"name": name, "is_secret": True}
    if is_literal_secret(text, is_named=is_named):
        secrets[name] = text
        report.warn(
            key, "A literal secret; it goes to the store of secrets, and the file still holds it.", to
        )
        return {"name": name, "is_secret": True}
    report.map(key, to, "" if is_secret else text)
    return {"name": name, "value": text, "is_secret": is_secret}


def read_scalar(value: Any, key: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise FormatError(f"{key}: this is a text.")


def write_pairs(
    items: Iterable[EnvironmentVariable | Header], server: str, write_reference: Any
) -> dict[str, Any]:
    """Names with values; a secret's value is what `write_reference` makes of its reference's name.

    A variable without a value is declared and not given.
    """
    return {
        item.name: write_reference(name_reference(server, item.name)) if item.is_secret else item.value
        for item in items
        if item.is_secret or item.value
    }


def refuse_filled_in(texts: Mapping[str, str], signs: re.Pattern[str]) -> None:
    """Raises FormatError for a text in which the reading program would put something of its own."""
    for where, text in texts.items():
        if signs.search(text):
            raise FormatError(f"{where}: whoever reads this format would fill in something of its own here.")


def report_unsaid(items: Iterable[EnvironmentVariable | Header], key: str, report: Report) -> None:
    """What a map of names to values can't say."""
    for item in items:
        if item.description or item.is_required:
            report.drop(f"{key}.{item.name}", "Whether it is required, and what it is for, has no place.")
        if not item.is_secret and not item.value:
            report.drop(f"{key}.{item.name}", "It has no value, and so does not stand there.")
