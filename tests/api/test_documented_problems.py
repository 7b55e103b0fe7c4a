"""docs/api.md names every problem code that the API can answer, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from rest_framework import exceptions

from accounts.enums import Scope
from events.errors import DomainError
from events.problems import CODES, describe_status

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docs" / "api.md").read_text()
ROOMS = [
    "events",
    "accounts",
    "live",
    "reviews",
    "configs",
    "engines",
    "governance",
    "mcp_servers",
    "procedures",
    "chats",
    "releases",
    "health",
    "mcp_door",
    "portal",
]

# Of REST framework's errors, those that its views raise for us.
FRAMEWORK: list[type[exceptions.APIException]] = [
    exceptions.NotAuthenticated,
    exceptions.PermissionDenied,
    exceptions.NotFound,
    exceptions.MethodNotAllowed,
    exceptions.UnsupportedMediaType,
    exceptions.Throttled,
    exceptions.ValidationError,
]
# Words that another channel uses: log events, findings, the websocket.
ELSEWHERE = {"arguments_unknown"}


def literal_codes() -> Iterator[str]:
    """Every `code="…"` of a call, and the second argument of `encode_problem`."""
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            given = [word.value for word in node.keywords if word.arg == "code"]
            if isinstance(node.func, ast.Name) and node.func.id == "encode_problem" and len(node.args) > 1:
                given.append(node.args[1])
            for value in given:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


def known_codes() -> set[str]:
    ours: list[type[DomainError]] = [DomainError, *DomainError.__subclasses__()]
    defaults = {each.default_code for each in ours}
    framework = {CODES.get(str(each.default_code), str(each.default_code)) for each in FRAMEWORK}
    pages = {describe_status(status)[0] for status in (400, 403, 404, 500)}
    return ({*literal_codes()} | defaults | framework | pages) - ELSEWHERE


def documented_codes() -> set[str]:
    table = TEXT.split("| code | status |")[1]
    return {
        code
        for line in table.splitlines()
        for code in re.findall(r"`(\w+)`", line.split("|")[1] if "|" in line else "")
    }


def test_every_problem_code_is_documented() -> None:
    assert documented_codes() == known_codes()


def test_every_scope_is_documented() -> None:
    assert [scope for scope in Scope.values if f"`{scope}`" not in TEXT] == []
