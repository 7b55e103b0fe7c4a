"""An app imports only from apps to its left; who needs something to the right is in the wrong room."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

CHAIN = (
    *(
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
        "relay",
        "releases",
        "health",
        "reports",
        "mcp_door",
    ),
    "portal",
)

# What each app may import of ours. `portal` wires everything; the encrypted rooms stand beside the chain.
ALLOWED: dict[str, frozenset[str]] = {
    **{app: frozenset(CHAIN[: position + 1]) for position, app in enumerate(CHAIN)},
    "sync": frozenset({"events", "accounts", "live", "sync"}),
    "rooms": frozenset({*CHAIN[: CHAIN.index("governance") + 1], "sync", "rooms"}),
}
ALLOWED["portal"] |= {"sync", "rooms"}

# The bootstrap knows no app, and any app may ask it for a program it has fetched.
FREE_FOR_ALL = frozenset({"deploy"})
# The generated client stands outside: it knows the API's schema and nothing of ours.
OURS = frozenset({*ALLOWED, *FREE_FOR_ALL, "tests", "benchmarks", "countersign_client"})


def imported_modules(source: str) -> Iterator[str]:
    """Yield the full name of each module that the source imports, inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # A relative import stays inside its app; it is written with dots only.
            yield node.module or "" if node.level == 0 else ""


def forbidden_imports(app: str, source: str) -> list[str]:
    """Return the imports of `source` that its app may not make, in order of appearance."""
    allowed = ALLOWED[app] | FREE_FOR_ALL
    tops = ((module, module.split(".")[0]) for module in imported_modules(source))
    return [module for module, top in tops if top in OURS and top not in allowed]


def source_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("app", sorted(app for app in ALLOWED if (ROOT / app).is_dir()))
def test_app_imports_only_from_its_left(app: str) -> None:
    found = {
        str(path.relative_to(ROOT)): forbidden
        for path in source_files(app)
        if (forbidden := forbidden_imports(app, path.read_text()))
    }
    assert found == {}


def test_bootstrap_imports_nothing_but_the_standard_library_and_itself() -> None:
    found = {
        str(path.relative_to(ROOT)): foreign
        for path in source_files("deploy")
        if (
            foreign := [
                module
                for module in imported_modules(path.read_text())
                if module.split(".")[0] not in sys.stdlib_module_names | FREE_FOR_ALL
            ]
        )
    }
    assert found == {}


def test_every_package_at_the_top_has_its_place() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - OURS == set()


@pytest.mark.parametrize(
    ("app", "source", "expected"),
    [
        ("events", "import accounts.models", ["accounts.models"]),
        ("events", "def f():\n    from portal import settings", ["portal"]),
        ("accounts", "from events.changes import changes\nimport json", []),
        ("engines", "from engines.models import Engine\nfrom governance import enums", ["governance"]),
        ("governance", "from tests.support import servers", ["tests.support"]),
        ("relay", "from deploy.bootstrap import opencode_binary\nfrom governance.domain import decide", []),
        ("sync", "from live.hub import hub\nfrom reviews import models", ["reviews"]),
        ("rooms", "from sync import models\nfrom governance import models\nimport relay", ["relay"]),
        ("portal", "import reports, rooms, sync", []),
        ("reports", "import rooms", ["rooms"]),
    ],
)
def test_the_rule_itself(app: str, source: str, expected: list[str]) -> None:
    assert forbidden_imports(app, source) == expected
