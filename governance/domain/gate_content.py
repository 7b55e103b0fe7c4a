"""What a tool call that the gate is asked about comes to as a permission request."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from configs.opencode_rules import ACTIONS, Rule, matches
from events.text import is_storable, iterate_texts
from governance.content import Finding, RequestContent

# The engine's tools by the permission that it asks for them. Any other tool is a server's, named like its
# permission. Observed on OpenCode 1.18.33.
PERMISSIONS: Mapping[str, str] = {
    "write": "edit",
    "edit": "edit",
    "multiedit": "edit",
    "patch": "edit",
    "apply_patch": "edit",
}
# These reach nothing outside the agent's own session, or lead to a person.
SELF_CONTAINED = frozenset({"invalid", "plan_enter", "plan_exit", "question", "todoread", "todowrite"})
# The engine was seen to ask for each of these whenever its rules say so. The shell is not among them: for
# some commands it asks nothing whatever the rules say.
ANNOUNCED = frozenset({"edit", "read", "task", "webfetch"})
# Arguments that name the one path a call is about.
PATH_ARGUMENTS = ("filePath", "path")
PATH_PERMISSIONS = frozenset({"edit", "glob", "grep", "list", "read"})
OWN_TOOLS = frozenset({"bash", "glob", "grep", "list", "lsp", "skill", "websearch", "batch", "codesearch"})

ELSEWHERE = Finding("elsewhere", "It runs in another folder than the session's own.")
REDIRECTED = Finding("redirected", "The path that was asked for leads to another place.")
UNRESOLVED = Finding("unresolved", "Where its path leads could not be found out on the engine's host.")


@dataclass(frozen=True, slots=True)
class Asked:
    """One tool call as the plugin tells it, before it runs.

    `key`: the plugin's own name for this call. `paths`: path arguments → the real path on the engine's host,
    "" where it could not be found out. `session_rules` None: not known, so the engine may ask nothing.
    """

    key: str
    process: str
    directory: str
    session_id: str
    call_id: str
    tool: str
    arguments: dict[str, Any]
    diff: str = ""
    paths: dict[str, str] = field(default_factory=dict)
    agent: str = ""
    session_rules: list[list[str]] | None = None

    @property
    def permission(self) -> str:
        return PERMISSIONS.get(self.tool, self.tool)

    @property
    def is_storable(self) -> bool:
        plain = [self.key, self.process, self.directory, self.session_id, self.call_id, self.tool, self.agent]
        texts = iterate_texts([*plain, self.diff, self.arguments, self.paths])
        return all(is_storable(text) for text in texts)


def hash_arguments(arguments: Mapping[str, Any] | None) -> str:
    """SHA-256, hex, over the canonical JSON of a call's arguments."""
    text = json.dumps(arguments, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def build_content(asked: Asked, *, agent: str) -> tuple[RequestContent, list[Finding]]:
    """(content, findings that only the engine's host can know).

    A path is judged where it is named and where it leads: both stand in `patterns`.
    """
    command = asked.arguments.get("command")
    notes = list_notes(asked)
    resolved = {given: real for given, real in asked.paths.items() if real not in {"", join(asked, given)}}
    content = RequestContent(
        permission=asked.permission,
        patterns=list_patterns(asked),
        directory=asked.directory,
        agent=agent,
        command=command if asked.tool == "bash" and isinstance(command, str) else "",
        diff=asked.diff,
        arguments=asked.arguments,
        metadata={"leads_to": resolved} if resolved else {},
        tool=asked.tool,
    )
    return content, notes


def list_patterns(asked: Asked) -> list[str]:
    if asked.tool == "bash":
        return []
    named = list_named_paths(asked) if asked.permission in PATH_PERMISSIONS else []
    if named or asked.permission in PATH_PERMISSIONS:
        real = [asked.paths.get(path, "") for path in named]
        return list(dict.fromkeys([*(join(asked, path) for path in named), *(path for path in real if path)]))
    for name in ("url", "subagent_type"):
        if isinstance(asked.arguments.get(name), str):
            return [asked.arguments[name]]
    return ["*"]


def list_named_paths(asked: Asked) -> list[str]:
    """The paths a call names; a search without one looks through the whole folder."""
    named = [asked.arguments[name] for name in PATH_ARGUMENTS if isinstance(asked.arguments.get(name), str)]
    return named or [path for path in asked.paths if path != asked.directory] or [asked.directory]


def join(asked: Asked, path: str) -> str:
    return posixpath.normpath(posixpath.join(asked.directory, path))


def list_notes(asked: Asked) -> list[Finding]:
    notes = []
    folder = asked.arguments.get("workdir")
    if asked.tool == "bash" and folder not in (None, "", asked.directory):
        notes.append(ELSEWHERE)
    if asked.permission in PATH_PERMISSIONS:
        named = list_named_paths(asked)
        if any(not asked.paths.get(path) for path in named):
            notes.append(UNRESOLVED)
        elif any(is_redirected(asked, path) for path in named):
            notes.append(REDIRECTED)
    return notes


def is_redirected(asked: Asked, path: str) -> bool:
    """It leads somewhere else than its name says, other than by where the project's folder really is."""
    named, folder = join(asked, path), posixpath.normpath(asked.directory)
    real_folder = asked.paths.get(asked.directory) or folder
    if named == folder or named.startswith(f"{folder.rstrip('/')}/"):
        named = posixpath.normpath(f"{real_folder}/{named[len(folder.rstrip('/')) :]}")
    return asked.paths[path] != named


def will_engine_ask(asked: Asked, agent_rules: Sequence[Sequence[str]] | None) -> bool:
    """Whether the engine surely asks for this call itself, by the rules that were read back from it."""
    if agent_rules is None or asked.session_rules is None:
        return False
    is_server_tool = "_" in asked.tool and asked.tool not in {*PERMISSIONS, *SELF_CONTAINED, *OWN_TOOLS}
    if asked.permission not in ANNOUNCED and not is_server_tool:
        return False
    return asks_always(read_rules([*agent_rules, *asked.session_rules]), asked.permission)


def read_rules(raw: Sequence[Sequence[str]]) -> list[Rule] | None:
    """None for anything that is no list of (permission, pattern, action)."""
    rules = []
    for item in raw:
        if len(item) != 3 or not all(isinstance(word, str) for word in item) or item[2] not in ACTIONS:
            return None
        rules.append(Rule(item[0], item[1], item[2]))  # type: ignore[arg-type]  # looked at just above
    return rules


def asks_always(rules: Sequence[Rule] | None, permission: str) -> bool:
    """No pattern of this permission is allowed unasked. The last rule that matches decides."""
    for rule in reversed(rules if rules is not None else [Rule("*", "*", "allow")]):
        if not matches(rule.permission, permission):
            continue
        if rule.action == "allow":
            return False
        if rule.pattern == "*":
            return True
    return True
