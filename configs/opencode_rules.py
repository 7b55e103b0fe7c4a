"""What an OpenCode server's rules let an agent do without asking anybody.

The engine keeps one flat rule list for each agent (`GET /agent`): built-ins, then config, then the
agent's own. The last rule that matches decides; nothing matches: ask. Observed on OpenCode 1.18.33.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

Action: TypeAlias = Literal["allow", "ask", "deny"]
ACTIONS = frozenset({"allow", "ask", "deny"})

# Shell text without a plain command raises no request under any list of rules, short of one that denies the
# shell altogether. Each of these was seen to run under `bash: {"*": "ask"}`.
SILENT_SHELL_INPUTS: tuple[tuple[str, str], ...] = (
    ("> file", "creates or empties a file, also outside the project"),
    ("export NAME=value", "sets a variable (declare, typeset, readonly, local alike)"),
    ("NAME=value", "sets a variable, PATH included"),
    ("unset NAME", "removes a variable"),
    ("[[ -f file ]]", "tests a file (`[ -f file ]` alike)"),
    ("cd folder", "changes the folder inside the project (pushd alike)"),
    ("{rm,-f,file}", "runs the command, and no rule sees it"),
)

# Permission → what happens unasked, and whether that deserves a warning rather than a note.
_CONCERNS: dict[str, tuple[str, bool]] = {
    "bash": ("shell commands run", True),
    "edit": ("files are changed", True),
    "external_directory": ("files outside the project are reached", True),
    "webfetch": ("web pages are fetched, so that data can leave in an address", True),
    "websearch": ("the web is searched, so that data can leave in a query", True),
    "task": ("subagents are started, under rules of their own", True),
    "read": ("files of the project are read", False),
    "glob": ("file names are searched", False),
    "grep": ("file contents are searched", False),
    "list": ("folders are listed", False),
    "lsp": ("language servers are used", False),
    "skill": ("skills are loaded", False),
    "todowrite": ("the agent's own to-do list is changed", False),
    "doom_loop": ("the same call is repeated again and again", False),
}
# These lead to a person or change only the agent's own mode.
_HARMLESS = frozenset({"question", "plan_enter", "plan_exit", "todoread"})
_UNNAMED_TOOL = "tool_that_no_rule_names"
_ENVIRONMENT_FILE = "folder/.env"
# Folders of the engine's own making, allowed by its built-in rules.
_OWN_FOLDER = "/opencode/"
_FILLER = "\uffff"


class RulesError(ValueError):
    """The engine's agent list has not the expected shape."""


@dataclass(frozen=True, slots=True)
class Rule:
    permission: str
    pattern: str
    action: Action


@dataclass(frozen=True, slots=True)
class AgentRules:
    """One agent of the engine; `mode` is primary, subagent or all."""

    name: str
    mode: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class UnaskedAllowance:
    """One thing an agent may do without a request; `pattern` is the engine's glob.

    `is_serious` separates what an operator should close from what is usual (reading the project).
    """

    permission: str
    pattern: str
    agent: str
    warning: str
    is_serious: bool


def parse_agents(raw: Any) -> tuple[AgentRules, ...]:
    """Read the answer of `GET /agent`; raise RulesError for anything of another shape."""
    if not isinstance(raw, list):
        raise RulesError("The agent list is no list.")
    return tuple(_parse_agent(item) for item in raw)


def evaluate(rules: Sequence[Rule], permission: str, pattern: str) -> Action:
    """What the engine does with one pattern of a request: the last matching rule, else ask."""
    for rule in reversed(rules):
        if matches(rule.permission, permission) and matches(rule.pattern, pattern):
            return rule.action
    return "ask"


def is_withdrawn(rules: Sequence[Rule], permission: str) -> bool:
    """True when the engine takes the tool away from the model: the last rule about it denies everything."""
    for rule in reversed(rules):
        if matches(rule.permission, permission):
            return rule.pattern == "*" and rule.action == "deny"
    return False


def matches(pattern: str, text: str) -> bool:
    r"""The engine's glob: `*` any run of characters, `?` one, a trailing ` *` also the bare command.

    Backslashes count as slashes on both sides, as in the engine.
    """
    pattern, text = pattern.replace("\\", "/"), text.replace("\\", "/")
    return _glob(pattern, text) or (pattern.endswith(" *") and _glob(pattern[:-2], text))


def describe_unasked(agents: Iterable[AgentRules], mcp_servers: Iterable[str] = ()) -> list[UnaskedAllowance]:
    """Everything the agents may do without a request, in the order of the agents.

    `mcp_servers` are the names of the engine's MCP servers: their tools are called `name_tool` and are
    allowed unless a rule says otherwise.
    """
    servers = tuple(mcp_servers)
    found: list[UnaskedAllowance] = []
    for agent in agents:
        for permission, what, is_serious in _list_concerns(agent.rules, servers):
            found += _describe_permission(agent, permission, what, is_serious=is_serious)
        if evaluate(agent.rules, "read", _ENVIRONMENT_FILE) == "allow":
            text = "Without asking: files that usually hold secrets (.env) are read."
            found.append(UnaskedAllowance("read", "*.env", agent.name, text, is_serious=True))
        if not is_withdrawn(agent.rules, "bash"):
            found.append(UnaskedAllowance("bash", "", agent.name, _describe_silent_inputs(), is_serious=True))
    return found


def summarise(allowances: Iterable[UnaskedAllowance]) -> list[str]:
    """One sentence for each warning with the agents it holds for, warnings before notes."""
    agents: dict[tuple[bool, str], list[str]] = {}
    for allowance in allowances:
        agents.setdefault((not allowance.is_serious, allowance.warning), []).append(allowance.agent)
    return [
        f"{warning} (agents: {', '.join(dict.fromkeys(names))})"
        for (_, warning), names in sorted(agents.items(), key=lambda entry: entry[0][0])
    ]


def _describe_silent_inputs() -> str:
    inputs = "; ".join(f"`{text}` {effect}" for text, effect in SILENT_SHELL_INPUTS)
    return f"Some shell texts never raise a request, whatever the rules: {inputs}."


def _list_concerns(rules: Sequence[Rule], servers: Iterable[str]) -> list[tuple[str, str, bool]]:
    """(permission, what happens, is it serious) for everything worth looking at under these rules."""
    concerns = [(name, what, is_serious) for name, (what, is_serious) in _CONCERNS.items()]
    named = dict.fromkeys(rule.permission for rule in rules)
    others = [name for name in named if name not in _CONCERNS and name not in _HARMLESS and name != "*"]
    concerns += [(name, f"the tool {name} runs", True) for name in others]
    concerns += [
        (f"{server}_*", f"every tool of the MCP server {server} runs", True)
        for server in servers
        if f"{server}_*" not in named
    ]
    return [*concerns, (_UNNAMED_TOOL, "any tool that no rule names runs, MCP tools among them", True)]


def _describe_permission(
    agent: AgentRules, permission: str, what: str, *, is_serious: bool
) -> list[UnaskedAllowance]:
    about = [rule for rule in agent.rules if matches(rule.permission, permission)]
    found = []
    for position, rule in enumerate(about):
        later = about[position + 1 :]
        if rule.action != "allow" or any(covers(other.pattern, rule.pattern) for other in later):
            continue
        asked = [other.pattern for other in later if other.action != "allow"]
        only = "" if rule.pattern == "*" else f" (only {rule.pattern})"
        exceptions = f" (except {', '.join(dict.fromkeys(asked))})" if asked else ""
        text = f"Without asking: {what}{only}{exceptions}."
        name = "*" if permission == _UNNAMED_TOOL else permission
        is_own = permission == "external_directory" and _OWN_FOLDER in rule.pattern
        found.append(
            UnaskedAllowance(name, rule.pattern, agent.name, text, is_serious=is_serious and not is_own)
        )
    return found


def covers(wide: str, narrow: str) -> bool:
    """True when every text that `narrow` matches is surely matched by `wide`.

    Tried on texts that stand for all: each `*` of `narrow` as nothing, as one character and as more
    characters than `wide` could match one by one. A wrong "no" only lists an allowance that a later rule
    overrides.
    """
    runs = ("", _FILLER, _FILLER * (len(wide) + 1))
    texts = {narrow.replace("*", run).replace("?", _FILLER) for run in runs}
    if narrow.endswith(" *"):
        texts |= {narrow[:-2].replace("*", run).replace("?", _FILLER) for run in runs}
    return all(matches(wide, text) for text in texts)


def _glob(pattern: str, text: str) -> bool:
    """Greedy matching with one step back to the last `*`: no pattern can make it slow."""
    at = in_text = 0
    star, star_text = -1, 0
    while in_text < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, star_text = at, in_text
            at += 1
        elif at < len(pattern) and pattern[at] in {"?", text[in_text]}:
            at, in_text = at + 1, in_text + 1
        elif star >= 0:
            star_text += 1
            at, in_text = star + 1, star_text
        else:
            return False
    return all(character == "*" for character in pattern[at:])


def _parse_agent(raw: Any) -> AgentRules:
    if not isinstance(raw, dict) or not isinstance(raw.get("permission"), list):
        raise RulesError("An agent has no rule list.")
    name, mode = raw.get("name"), raw.get("mode")
    if not isinstance(name, str) or not isinstance(mode, str):
        raise RulesError("An agent has no name or mode.")
    return AgentRules(name, mode, tuple(_parse_rule(rule) for rule in raw["permission"]))


def _parse_rule(raw: Any) -> Rule:
    fields = [raw.get(key) for key in ("permission", "pattern", "action")] if isinstance(raw, dict) else []
    if not fields or not all(isinstance(field, str) for field in fields) or fields[2] not in ACTIONS:
        raise RulesError("A rule is not {permission, pattern, action}.")
    permission, pattern, action = cast("list[str]", fields)
    return Rule(permission, pattern, cast("Action", action))
