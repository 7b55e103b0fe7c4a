"""What the docs name exists, and what exists is named: settings, commands, event kinds, targets, links."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from governance.enums import RequestState
from portal.env import KNOWN, SECRETS
from tests.test_layers import ALLOWED

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXT = "\n".join(path.read_text() for path in DOCUMENTS)

OWN_COMMANDS = {name for name, app in get_commands().items() if app in ALLOWED}
SETTINGS = {*KNOWN, *(f"{name}_FILE" for name in SECRETS)}

# Django's and our dependencies' commands that the docs may tell people to run.
FOREIGN_COMMANDS = {
    "migrate",
    "createsuperuser",
    "collectstatic",
    "check",
    "shell",
    "makemigrations",
    "spectacular",
}


# The calls that put an event into the log. The second kind takes what comes after `permission_request.`.
EVENT_CALLS = {"event": "", "announce": "", "notify": "", "announce_request": "permission_request."}


def event_kinds() -> Iterator[str]:
    """Yield every event kind: those that the code names literally, and the states a request can end in."""
    for app in ALLOWED:
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and (prefix := EVENT_CALLS.get(called_name(node))) is not None:
                    words = (argument.value for argument in node.args if isinstance(argument, ast.Constant))
                    yield from (f"{prefix}{word}" for word in words if isinstance(word, str))
    yield from (RequestState(state).event for state in RequestState.closed())


def called_name(call: ast.Call) -> str:
    """Return the last name of what is called: `event` of `change.event(...)`."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@pytest.mark.parametrize("setting", sorted(KNOWN))
def test_every_setting_stands_in_the_docs(setting: str) -> None:
    assert re.search(rf"`{setting}`", TEXT), f"no document names `{setting}`"


def test_the_docs_name_no_setting_that_does_not_exist() -> None:
    assert set(re.findall(r"\bCOUNTERSIGN_[A-Z0-9_]+\b", TEXT)) - SETTINGS == set()


@pytest.mark.parametrize("command", sorted(OWN_COMMANDS))
def test_every_command_stands_in_the_docs(command: str) -> None:
    assert re.search(rf"manage\.py {command}\b", TEXT), f"no document names `manage.py {command}`"


def test_the_docs_name_no_command_that_does_not_exist() -> None:
    assert set(re.findall(r"manage\.py ([a-z_]+)", TEXT)) - OWN_COMMANDS - FOREIGN_COMMANDS == set()


def test_the_docs_list_exactly_the_event_kinds_there_are() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs" / "events.md").read_text(), flags=re.MULTILINE)
    assert sorted(rows) == sorted(set(event_kinds()))


def test_the_docs_name_no_make_target_that_does_not_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", TEXT)) - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []
