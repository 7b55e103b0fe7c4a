"""The demo's project folder: a small git repository, and the rules its engine runs under."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

FILES = {
    "README.md": (
        "# Greeting\n\nA small program that greets people. It belongs to the Countersign demo.\n\n"
        "## What was done\n\n- The first version.\n"
    ),
    "src/greeting.py": (
        'def greet(name: str) -> str:\n    """A friendly line for one person."""\n'
        '    return f"Hello, {name}!"\n'
    ),
    "src/main.py": 'from greeting import greet\n\nprint(greet("world"))\n',
    "tests/test_greeting.py": (
        "from greeting import greet\n\n\ndef test_greets_by_name() -> None:\n"
        '    assert greet("Ada") == "Hello, Ada!"\n'
    ),
    ".gitignore": "build/\n",
}

# Everything asks, but for looking at the project's own files. Ordered: the last match wins in the engine.
PERMISSION: dict[str, Any] = {
    "*": "ask",
    "read": {"*": "allow", "*.env": "ask", "*.env.*": "ask"},
    "glob": "allow",
    "grep": "allow",
    "list": "allow",
    "todowrite": "allow",
    # A question is no permission: it is passed on as a question.
    "question": "allow",
    "external_directory": "ask",
    "doom_loop": "ask",
}


def make_project(folder: Path) -> None:
    """Make the project folder with its first commit; a folder that has one is left as it is."""
    if (folder / ".git").is_dir():
        return
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "Greet people by name")


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Demo", "-c", "user.email=demo@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)
