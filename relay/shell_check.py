"""Whether an engine's agents could read its credentials: looked at from where their commands run.

The engine's own call for a shell runs a command just as its agents' tool does. The command is fixed, changes
nothing but a session that is removed again, and says in a few words what it could reach; never what it read.
"""

from __future__ import annotations

import asyncio
import base64
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from events.egress import DEFAULT_ALLOW, AllowList
from events.errors import Invalid
from relay.opencode.calls import Call, Timeouts
from relay.opencode.client import OpenCodeClient
from relay.opencode.errors import EngineError
from relay.opencode.gate_files import SETTINGS

TIMEOUT_S = 30.0
MARK = "countersign-check:"
FINDINGS = {
    "environment": "the server's password in their environment",
    "parent": "the server's password in the environment of the engine's process",
    "keys": "the model providers' keys",
    "gate": "the token of the gate",
}
CHECK = r"""
printf 'countersign-check:'
[ -n "${OPENCODE_SERVER_PASSWORD:-}" ] && printf ' environment'
process=$PPID; steps=0
while [ "${process:-0}" -gt 0 ] && [ "$steps" -lt 20 ]; do
  if (tr '\0' '\n' < "/proc/$process/environ") 2>/dev/null | grep -q '^OPENCODE_SERVER_PASSWORD=.'; then
    printf ' parent'; break
  fi
  process=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$process/status" 2>/dev/null); steps=$((steps + 1))
done
[ -r "${XDG_DATA_HOME:-$HOME/.local/share}/opencode/auth.json" ] && printf ' keys'
[ -r @GATE@ ] && printf ' gate'
printf ' end\n'
"""


@dataclass(frozen=True, slots=True)
class ShellCheck:
    """`reachable` are words of FINDINGS; None: it could not be found out, `why` says why."""

    reachable: tuple[str, ...] | None
    why: str = ""

    @property
    def is_safe(self) -> bool:
        return self.reachable == ()

    def describe(self) -> str:
        if self.reachable is None:
            return f"Whether agents could read the engine's credentials could not be found out: {self.why}"
        if not self.reachable:
            return "Its agents' commands can't read the engine's credentials."
        what = ", ".join(FINDINGS[word] for word in self.reachable)
        return (
            f"Its agents' commands can read {what}: an agent could approve its own requests."
            " Run tools as another user (docs/gate.md, The shell)."
        )


def check_shell(
    address: str, username: str, password: str, directory: str, gate_folder: Path | None = None
) -> ShellCheck:
    return asyncio.run(look(address, username, password, directory, gate_folder))


async def look(
    address: str, username: str, password: str, directory: str, gate_folder: Path | None
) -> ShellCheck:
    allow = AllowList.parse([*DEFAULT_ALLOW, *settings.COUNTERSIGN_EGRESS_ALLOW])
    gate = shlex.quote(str(gate_folder / SETTINGS)) if gate_folder else '"$OPENCODE_CONFIG_DIR"/' + SETTINGS
    try:
        async with OpenCodeClient(
            address, username, password, timeouts=Timeouts(call_s=TIMEOUT_S), allow=allow
        ) as client:
            return read_findings(await run_once(client, directory, encode(CHECK.replace("@GATE@", gate))))
    except (EngineError, Invalid) as error:
        return ShellCheck(None, str(error))


def encode(script: str) -> str:
    """As a command that means the same however the engine quotes it."""
    return f"echo {base64.b64encode(script.encode()).decode()} | base64 -d | sh"


async def run_once(client: OpenCodeClient, directory: str, command: str) -> Any:
    """The engine's answer to one shell command, in a session of its own. Raises EngineError."""
    agents = await client.get_agents(directory)
    agent = next((each.name for each in agents if each.mode != "subagent"), "build")
    session = await client.create_session(directory, title="Countersign looks at the shell")
    try:
        body = {"agent": agent, "command": command}
        call = Call("POST", f"/session/{session.id}/shell", directory, body=body)
        return await client.connection.fetch(call)
    finally:
        await client.connection.send(Call("DELETE", f"/session/{session.id}", directory))


def read_findings(answer: Any) -> ShellCheck:
    """What the command printed, wherever the answer holds it."""
    for text in list_texts(answer):
        words = text.partition(MARK)[2].split()
        if words and "end" in words and set(words[: words.index("end")]) <= FINDINGS.keys():
            return ShellCheck(tuple(words[: words.index("end")]))
    return ShellCheck(None, "the shell did not answer as expected.")


def list_texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in list_texts(item)]
