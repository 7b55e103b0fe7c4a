"""Starts one approved MCP server with its declared environment and nothing of the engine's.

One file, standard library only, Python 3.9 or newer; part of a release, beside `NAME.json` for each server:

    python3 -I launch.py NAME

What to start, and which variables it gets, stands in that file; values of secrets lie beside the release, one
file each, and are read here. Neither is ever an argument of a process, where everybody could read it.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any, NoReturn

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
# What every program may count on; a server that needs more declares it.
BASE = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}
SECRETS = "mcp-secrets"
MAX_BYTES = 1024 * 1024
WRONG_SETTINGS = 78
NOT_STARTED = 126


class Refused(Exception):
    """It can't be started; the message says why, and holds no value of a secret."""


def read_text(place: Path) -> str:
    with place.open(encoding="utf-8", newline="") as file:
        return file.read(MAX_BYTES)


def read_settings(folder: Path, name: str) -> dict[str, Any]:
    if not NAME.fullmatch(name):
        raise Refused("This is no name of a server.")
    try:
        settings = json.loads(read_text(folder / f"{name}.json"))
    except (OSError, ValueError):
        raise Refused(f"What the release says of {name} can't be read.") from None
    if not isinstance(settings, dict) or not is_command(settings.get("command")):
        raise Refused(f"What the release says of {name} is damaged.")
    return settings


def is_command(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(word, str) for word in value)
        and value[0].startswith("/")
    )


def build_environment(folder: Path, name: str, settings: dict[str, Any]) -> dict[str, str]:
    """Literals as they stand, secrets from their files; a missing one that is required stops it."""
    environment = dict(BASE)
    for variable, value in settings.get("environment", {}).items():
        environment[check_variable(variable)] = str(value)
    for variable, is_required in settings.get("secrets", {}).items():
        place = folder.parent / SECRETS / f"{name}.env.{check_variable(variable)}"
        value = read_secret(place)
        if value:
            environment[variable] = value
        elif is_required:
            raise Refused(f"{name} needs the secret {variable}, which is not set.")
    return environment


def check_variable(variable: str) -> str:
    if not VARIABLE.fullmatch(variable):
        raise Refused("A variable's name is none.")
    return variable


def read_secret(place: Path) -> str:
    try:
        return read_text(place)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        raise Refused("A secret's file can't be read.") from None


def start(folder: Path, name: str) -> NoReturn:
    """Become the server: its input, output and errors are the engine's pipes, no other file is passed on."""
    settings = read_settings(folder, name)
    environment = build_environment(folder, name, settings)
    command: list[str] = settings["command"]
    try:
        if settings.get("working_directory"):
            os.chdir(settings["working_directory"])
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        os.execve(command[0], command, environment)  # noqa: S606 - a shell is what it must not be
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its arguments can't be passed on"
        raise Refused(f"{name} can't be started: {reason}.") from None


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        sys.stderr.write("usage: launch.py NAME\n")
        return 2
    try:
        # The folder as the engine names it: a link to the release, beside which the secrets lie.
        start(Path(arguments[0]).absolute().parent, arguments[1])
    except Refused as refusal:
        sys.stderr.write(f"countersign: {refusal}\n")
        return WRONG_SETTINGS if "can't be started" not in str(refusal) else NOT_STARTED


if __name__ == "__main__":
    sys.exit(main(sys.argv))
