"""What a release holds of the approved MCP servers. Pure: the same servers, the same bytes.

A server that runs here is started by our launcher (`launcher/countersign_mcp_launch.py`), which gives it the
variables that were approved and nothing of the engine's own environment. A secret is only ever a reference:
the launcher, or for a header of a remote server the engine, reads its value from a file beside the release.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.opencode.config_json import FileReference, InConfigFolder
from configs.opencode.mcp_rules import list_swallowed
from configs.opencode.problems import Problem
from mcp_servers.content import McpServerContent
from releases.launcher.countersign_mcp_launch import SECRETS

LAUNCHER_SOURCE = Path(__file__).resolve().parent / "launcher" / "countersign_mcp_launch.py"
FOLDER = "mcp"
LAUNCHER = f"{FOLDER}/launch.py"
# Found by the PATH of the engine's own process; `-I`: whatever Python's own variables say.
INTERPRETER = ("/usr/bin/env", "python3", "-I")
DEFAULT_TIMEOUT_MS = 30_000


@dataclass(frozen=True, slots=True)
class ReleasedServer:
    """One approved server. `argv` is what was approved, absolute; empty for a remote one.

    `tools` None: whatever it offers, which was approved without a list. `approval` is whose it is: another
    approval of the same thing makes another release.
    """

    content: McpServerContent
    argv: tuple[str, ...]
    tools: tuple[str, ...] | None
    approval: str = ""

    @property
    def name(self) -> str:
        return self.content.name


@dataclass(frozen=True, slots=True)
class McpPart:
    """`config` in the engine's words by name, `tools` that are on by server, files as (path, text)."""

    config: Mapping[str, Any]
    tools: Mapping[str, Sequence[str]]
    files: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...] = ()


def render_servers(servers: Iterable[ReleasedServer]) -> McpPart:
    ordered = sorted(servers, key=lambda server: server.name)
    problems = {server.name: explain_unfit(server) for server in ordered}
    fit = [server for server in ordered if not problems[server.name]]
    files = [(f"{FOLDER}/{server.name}.json", write_settings(server)) for server in fit]
    if fit:
        files.append((LAUNCHER, LAUNCHER_SOURCE.read_text(encoding="utf-8")))
    return McpPart(
        config={server.name: build_entry(server) for server in fit},
        tools={server.name: server.tools for server in fit if server.tools is not None},
        files=tuple(sorted(files)),
        problems=tuple(
            Problem("warning", "mcp_server", "", name, f"The MCP server {name} is left out: {sentence}")
            for name, sentence in problems.items()
            if sentence
        ),
    )


def explain_unfit(server: ReleasedServer) -> str:
    """Why it can't be said to the engine, "" for nothing."""
    if swallowed := list_swallowed(server.name):
        return f"with its name it would take away the engine's own permission {swallowed[0]}."
    if not server.content.is_remote and not (server.argv and server.argv[0].startswith("/")):
        return "its approval names no program by its absolute path."
    return ""


def build_entry(server: ReleasedServer) -> dict[str, Any]:
    content = server.content
    entry: dict[str, Any] = {"enabled": True, "timeout": content.timeout_ms or DEFAULT_TIMEOUT_MS}
    if not content.is_remote:
        command = [*INTERPRETER, InConfigFolder(LAUNCHER), server.name]
        return {"type": "local", "command": command, **entry}
    headers = {
        header.name: FileReference(name_secret(server.name, "header", header.name))
        if header.is_secret
        else header.value
        for header in content.headers
    }
    # Who may log in where is not for an agent's engine to find out.
    return {"type": "remote", "url": content.url, "headers": headers, "oauth": False, **entry}


def write_settings(server: ReleasedServer) -> str:
    """What the launcher reads of a server that runs here; no value of a secret is in it."""
    variables = server.content.environment
    settings = {
        "approval": server.approval,
        "command": list(server.argv),
        "working_directory": server.content.working_directory,
        "environment": {item.name: item.value for item in variables if not item.is_secret},
        "secrets": {item.name: item.is_required for item in variables if item.is_secret},
    }
    return json.dumps(settings, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def name_secret(server: str, kind: str, name: str) -> str:
    """Where a secret's value lies, seen from the configuration folder; `kind` is "env" or "header"."""
    return f"{SECRETS}/{server}.{kind}.{name}"


def list_servers_of(files: Iterable[tuple[str, str]]) -> list[str]:
    """The names of the servers in a release's `opencode.json`, sorted."""
    text = next((text for path, text in files if path == "opencode.json"), "{}")
    config = json.loads(text)
    return sorted(config.get("mcp") or {})
