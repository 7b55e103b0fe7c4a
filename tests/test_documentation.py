"""What the docs name exists, and what exists is named: settings, commands, event kinds, targets, links."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

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


def event_kinds() -> Iterator[str]:
    """Yield every literal kind that a domain function gives to `change.event(...)`."""
    for app in ALLOWED:
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == "event"
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                    and isinstance(node.args[0].value, str)
                ):
                    yield node.args[0].value


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


@pytest.mark.parametrize("kind", sorted(set(event_kinds())))
def test_every_event_kind_stands_in_the_docs(kind: str) -> None:
    assert f"`{kind}`" in TEXT, f"no document names the event `{kind}`"


def test_the_docs_name_no_make_target_that_does_not_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", TEXT)) - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []
