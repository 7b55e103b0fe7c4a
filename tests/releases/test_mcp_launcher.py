"""A server's process gets what was approved for it, and nothing of the engine's environment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from releases.launcher.countersign_mcp_launch import BASE, SECRETS
from releases.mcp_part import LAUNCHER_SOURCE

pytestmark = pytest.mark.pure

SHOW = "import json, os, sys; print(json.dumps([dict(os.environ), sys.argv[1:], os.getcwd()]))"
PASSWORD = {"OPENCODE_SERVER_PASSWORD": "of-the-engine", "AWS_SECRET_ACCESS_KEY": "of-its-user"}


def launch(folder: Path, settings: Any, *, name: str = "demo") -> subprocess.CompletedProcess[str]:
    place = folder / "config" / "mcp"
    place.mkdir(parents=True, exist_ok=True)
    (place / "launch.py").write_text(LAUNCHER_SOURCE.read_text())
    (place / "demo.json").write_text(settings if isinstance(settings, str) else json.dumps(settings))
    command = [sys.executable, "-I", str(place / "launch.py"), name]
    return subprocess.run(
        command, env=PASSWORD, cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )


def put_secret(folder: Path, name: str, text: str) -> None:
    place = folder / "config" / SECRETS
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_text(text, newline="")


def show(**settings: Any) -> Mapping[str, Any]:
    return {"command": [sys.executable, "-I", "-c", SHOW, "one", "two words"], **settings}


def test_a_server_gets_its_declared_variables_alone(tmp_path: Path) -> None:
    put_secret(tmp_path, "demo.env.API_KEY", "first\nsecond ")
    put_secret(tmp_path, "other.env.API_KEY", "of another server")
    put_secret(tmp_path, "demo.env.UNDECLARED", "never asked for")
    settings = show(
        environment={"ZONE": "Europe/Berlin", "EMPTY": ""},
        secrets={"API_KEY": True, "NOT_SET": False},
        working_directory="/",
    )
    done = launch(tmp_path, settings)
    assert json.loads(done.stdout) == [
        {**BASE, "ZONE": "Europe/Berlin", "EMPTY": "", "API_KEY": "first\nsecond "},
        ["one", "two words"],
        "/",
    ]
    assert done.stderr == ""


def test_without_a_folder_of_its_own_it_works_in_the_project(tmp_path: Path) -> None:
    assert json.loads(launch(tmp_path, show()).stdout) == [BASE, ["one", "two words"], str(tmp_path)]


def test_no_open_file_is_passed_on(tmp_path: Path) -> None:
    count = (
        "import os; place = '/proc/self/fd/';"
        " print([n for n in os.listdir(place) if int(n) > 2 and os.path.exists(place + n)])"
    )
    inherited = (tmp_path / "of-the-engine").open("w")
    place = tmp_path / "config" / "mcp"
    place.mkdir(parents=True)
    (place / "launch.py").write_text(LAUNCHER_SOURCE.read_text())
    (place / "demo.json").write_text(json.dumps({"command": [sys.executable, "-I", "-c", count]}))
    with inherited:
        done = subprocess.run(
            [sys.executable, "-I", str(place / "launch.py"), "demo"],
            pass_fds=[inherited.fileno()],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (show(secrets={"API_KEY": True}), "demo needs the secret API_KEY, which is not set."),
        ({"command": ["python3"]}, "What the release says of demo is damaged."),
        ({"command": "/bin/true"}, "What the release says of demo is damaged."),
        ("no json", "What the release says of demo can't be read."),
        (show(environment={"A B": "x"}), "A variable's name is none."),
        (show(secrets={"../../etc/passwd": True}), "A variable's name is none."),
        ({"command": ["/nowhere/at/all"]}, "demo can't be started: No such file or directory."),
    ],
    ids=["secret", "relative", "text", "json", "variable", "path", "program"],
)
def test_what_can_not_be_started_is_a_sentence(tmp_path: Path, settings: Any, sentence: str) -> None:
    done = launch(tmp_path, settings)
    assert (done.stdout, done.stderr, done.returncode > 2) == ("", f"countersign: {sentence}\n", True)


@pytest.mark.parametrize("name", ["../demo", "Demo", "", "demo\n"], ids=["path", "case", "empty", "line"])
def test_a_server_is_named_by_its_name_alone(tmp_path: Path, name: str) -> None:
    done = launch(tmp_path, show(), name=name)
    assert (done.stdout, done.stderr) == ("", "countersign: This is no name of a server.\n")
