"""Setting up the gate of an engine: a token for its plugin, and the files in its configuration folder."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from engines.models import Engine
from events.actors import Actor
from events.changes import changes
from events.errors import Invalid
from governance.domain.gate_access import make_gate_token
from relay.opencode.gate_files import SETTINGS, GateFiles


def install_gate(*, actor: Actor, engine: Engine, folder: Path, portal: str) -> None:
    """Raises Invalid or OSError; then the engine keeps the token it had."""
    check_place(folder, portal)
    with changes(actor):
        made = make_gate_token(actor=actor, engine=engine)
        GateFiles(folder, portal, made.secret).write()


def check_place(folder: Path, portal: str) -> None:
    """Raises Invalid for what could not be used."""
    parts = urlsplit(portal)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Invalid(f"{portal!r} is no address of a portal.", field="portal")
    if not folder.is_absolute():
        raise Invalid("Name the folder by its absolute path.", field="folder")
    # A link shows a release, which nobody writes; the secret lies beside it.
    place = folder.parent if folder.is_symlink() else folder
    if folder.exists() and not (folder.is_dir() and os.access(place, os.W_OK)):
        raise Invalid(f"{folder} can't be written.", field="folder")


def describe_steps(folder: Path) -> list[str]:
    """What is left to do by hand."""
    return [
        f"The engine's user has to read {folder / SETTINGS}; its agents' tools must not (docs/gate.md).",
        "Give it the folder as OPENCODE_CONFIG_DIR, owned by another user than the engine's, and restart it.",
        "Until the plugin has reported in, nothing of this engine is approved automatically.",
    ]
