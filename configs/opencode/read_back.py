"""Whether a running engine has what was rendered.

Compared is what `GET /agent` and `GET /config` report with what the files say, as the engine reads them.
Before our rules for an agent the engine has those it brings along; they decide nothing, since ours begin with
one that covers everything. Behind them it may add one more, for the folder of its own tool output.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from configs.opencode.agent_file import read_agent_file
from configs.opencode.binding import BUILT_INS
from configs.opencode.config_json import InConfigFolder, show_references
from configs.opencode.globs import widen_home
from configs.opencode.problems import Problem
from configs.opencode.rule_map import read_rule_map
from configs.opencode.schema_check import check_schema
from configs.opencode.tree import CONFIG_PATH, Tree
from configs.opencode_rules import Rule, matches
from events.text import make_visible

AGENT_FOLDER = "agent/"
# Of `opencode.json`; providers are compared apart from their options, which hold keys.
COMPARED_KEYS = (
    "autoupdate",
    "default_agent",
    "enabled_providers",
    "instructions",
    "model",
    "share",
    "shell",
    "small_model",
)
MODEL_KEYS = (
    "attachment",
    "cost",
    "family",
    "limit",
    "modalities",
    "name",
    "reasoning",
    "release_date",
    "status",
    "temperature",
    "tool_call",
)
SERVER_KEYS = ("command", "cwd", "enabled", "oauth", "timeout", "type", "url")
# The engine's own last word on the folder of its tool output.
TOOL_OUTPUT = "*/tool-output/*"
MISSING = "nothing"
MAX_SHOWN_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` such as `agent.reviewer.rules`; both sides as a short text for people."""

    path: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class ExpectedAgent:
    """An agent as the engine has to report it; None for what the render leaves to the engine.

    `rules` are all of ours, the general ones first. `prompt` None: the engine's own, or none.
    """

    name: str
    mode: str | None
    description: str | None
    prompt: str | None
    model: str | None
    variant: str | None
    temperature: Decimal | None
    top_p: Decimal | None
    steps: int | None
    color: str | None
    is_hidden: bool | None
    options: Mapping[str, Any]
    rules: tuple[Rule, ...]


def expected_agents(tree: Tree) -> dict[str, ExpectedAgent]:
    """Every agent that the engine has to list, by name; disabled ones are not among them."""
    config = read_config(tree)
    general = read_rule_map(config.get("permission", {}))
    found = {}
    for name, keys, prompt in iterate_agents(tree, config):
        if keys.get("disable") is not True:
            found[name] = build_expected(name, keys, prompt, general)
    return dict(sorted(found.items()))


def check_tree(tree: Tree) -> tuple[Problem, ...]:
    """Stored files held against the engine's schema once more, agents' files included."""
    try:
        config = read_config(tree)
        agents = {name: dict(keys) for name, keys, _ in iterate_agents(tree, config)}
        return check_schema(show_references({**config, "agent": agents}))
    except (ValueError, TypeError, AttributeError):
        sentence = "The engine could not read this: a file of the release is damaged."
        return (Problem("error", "", "", "", sentence),)


def iterate_agents(
    tree: Tree, config: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any], str | None]]:
    for name, keys in config.get("agent", {}).items():
        yield name, keys, None
    for file in tree.files:
        if file.path.startswith(AGENT_FOLDER):
            keys, prompt = read_agent_file(file.text)
            yield file.path.removeprefix(AGENT_FOLDER).removesuffix(".md"), keys, prompt


def build_expected(
    name: str, keys: Mapping[str, Any], prompt: str | None, general: tuple[Rule, ...]
) -> ExpectedAgent:
    return ExpectedAgent(
        name=name,
        mode=keys.get("mode") or (BUILT_INS[name].mode if name in BUILT_INS else None),
        description=keys.get("description"),
        prompt=prompt,
        model=keys.get("model"),
        variant=keys.get("variant"),
        temperature=to_decimal(keys.get("temperature")),
        top_p=to_decimal(keys.get("top_p")),
        steps=keys.get("steps"),
        color=keys.get("color"),
        is_hidden=keys.get("hidden"),
        options=keys.get("options") or {},
        rules=(*general, *read_rule_map(keys.get("permission") or {})),
    )


def compare_read_back(tree: Tree, agents_json: Any, config_json: Any) -> tuple[Difference, ...]:
    """What the engine has otherwise, in the order of the paths; nothing when it runs this release.

    `agents_json` is the answer of `GET /agent`, `config_json` the whole one of `GET /config`. No value that
    could be a secret is repeated.
    """
    differences = [*compare_agents(tree, agents_json), *compare_config(read_config(tree), config_json)]
    return tuple(sorted(differences, key=lambda difference: difference.path))


# Agents


def compare_agents(tree: Tree, agents_json: Any) -> Iterator[Difference]:
    if not isinstance(agents_json, list) or not all(isinstance(item, dict) for item in agents_json):
        yield Difference("agent", "a list of agents", "something else")
        return
    reported = {str(item.get("name")): item for item in agents_json}
    expected = expected_agents(tree)
    for name in sorted({*expected, *reported}):
        path = f"agent.{make_visible(name)[:MAX_SHOWN_LENGTH]}"
        if name not in reported:
            yield Difference(path, "an agent", MISSING)
        elif name not in expected:
            yield Difference(path, MISSING, "an agent")
        else:
            yield from compare_agent(path, expected[name], reported[name])


def compare_agent(path: str, expected: ExpectedAgent, found: Mapping[str, Any]) -> Iterator[Difference]:
    is_built_in = expected.name in BUILT_INS
    pairs: list[tuple[str, Any, Any]] = [
        ("mode", expected.mode, found.get("mode")),
        ("description", expected.description, found.get("description")),
        ("model", expected.model, read_model_key(found.get("model"))),
        ("variant", expected.variant, found.get("variant")),
        ("temperature", expected.temperature, to_decimal(found.get("temperature"))),
        ("top_p", expected.top_p, to_decimal(found.get("topP"))),
        ("steps", expected.steps, found.get("steps")),
        ("color", expected.color, found.get("color")),
        # Not hidden and nothing said are the same.
        ("hidden", expected.is_hidden or None, found.get("hidden") or None),
    ]
    for name, wanted, there in pairs:
        # What we leave open a built-in agent may have of its own.
        if there != wanted and not (is_built_in and wanted is None):
            yield Difference(f"{path}.{name}", show(wanted), show(there))
    if expected.prompt is not None and (found.get("prompt") or "") != expected.prompt:
        yield Difference(f"{path}.prompt", measure(expected.prompt), measure(found.get("prompt")))
    if normalise(found.get("options") or {}) != normalise(expected.options):
        yield Difference(f"{path}.options", list_keys(expected.options), list_keys(found.get("options")))
    yield from compare_rules(path, expected.rules, found.get("permission"))


def compare_rules(path: str, expected: Sequence[Rule], raw: Any) -> Iterator[Difference]:
    if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
        yield Difference(f"{path}.rules", f"{len(expected)} rules", "no list of rules")
        return
    without_added = raw[:-1] if raw and is_own_addition(raw[-1]) else raw
    if not any(ends_with(rules, expected) for rules in (raw, without_added)):
        yield Difference(f"{path}.rules", *describe_rule_difference(expected, without_added))


def ends_with(found: Sequence[Mapping[str, Any]], expected: Sequence[Rule]) -> bool:
    tail = found[len(found) - len(expected) :] if len(found) >= len(expected) else []
    return len(tail) == len(expected) and all(map(is_same_rule, expected, tail))


def is_same_rule(expected: Rule, found: Mapping[str, Any]) -> bool:
    """The engine puts its home folder in place of a leading `~` or `$HOME`."""
    if expected.permission != found.get("permission") or expected.action != found.get("action"):
        return False
    pattern, there = expected.pattern, found.get("pattern")
    if pattern == there:
        return True
    wide = widen_home(pattern)
    is_path = isinstance(there, str) and there.startswith("/")
    return wide != pattern and is_path and str(there).endswith(wide[1:])


def is_own_addition(found: Mapping[str, Any]) -> bool:
    return (
        found.get("permission") == "external_directory"
        and found.get("action") == "allow"
        and matches(TOOL_OUTPUT, str(found.get("pattern")))
    )


def describe_rule_difference(expected: Sequence[Rule], found: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """The last rule that is not the same, counted from the end, where the lists are aligned."""
    for position, wanted in enumerate(reversed(expected), start=1):
        there = found[-position] if position <= len(found) else None
        if there is None or not is_same_rule(wanted, there):
            return show(f"{wanted.action} {wanted.permission} {wanted.pattern}"), describe_found(there)
    return f"{len(expected)} rules", f"{len(found)} rules"


def describe_found(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return MISSING
    return show(" ".join(str(found.get(key)) for key in ("action", "permission", "pattern")))


def read_model_key(raw: Any) -> str | None:
    if not isinstance(raw, dict):
        return None
    return f"{raw.get('providerID')}/{raw.get('modelID')}"


# Configuration


def compare_config(config: Mapping[str, Any], found: Any) -> Iterator[Difference]:
    if not isinstance(found, dict):
        yield Difference("config", "a configuration", "something else")
        return
    for key in COMPARED_KEYS:
        if normalise(config.get(key)) != normalise(found.get(key)) and key in config:
            yield Difference(f"config.{key}", show(config[key]), show(found.get(key)))
    yield from compare_permission(config.get("permission", {}), found.get("permission"))
    yield from compare_providers(config.get("provider", {}), found.get("provider") or {})
    yield from compare_servers(config.get("mcp", {}), found.get("mcp") or {})


def compare_servers(config: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    """Of headers and variables the names alone: the engine shows secrets in clear."""
    if sorted(config) != sorted(found):
        yield Difference("config.mcp", show(sorted(config)), show(sorted(found)))
    for name in sorted(config.keys() & found.keys()):
        path = f"config.mcp.{make_visible(str(name))[:MAX_SHOWN_LENGTH]}"
        if not isinstance(found[name], Mapping):
            yield Difference(path, "a server", "something else")
            continue
        for key in SERVER_KEYS:
            wanted, there = config[name].get(key), found[name].get(key)
            if normalise(wanted) != normalise(there) and not (key == "command" and is_command(wanted, there)):
                yield Difference(f"{path}.{key}", show(wanted), show(there))
        for key in ("environment", "headers"):
            names, others = list_keys(config[name].get(key)), list_keys(found[name].get(key))
            if names != others:
                yield Difference(f"{path}.{key}", names, others)


def is_command(expected: Any, found: Any) -> bool:
    """The engine puts the path of its configuration folder in."""
    if not isinstance(expected, list) or not isinstance(found, list) or len(expected) != len(found):
        return False
    folder = str(InConfigFolder(""))
    return all(
        (str(there).startswith("/") and str(there).endswith(str(wanted).removeprefix(folder[:-1])))
        if str(wanted).startswith(folder)
        else wanted == there
        for wanted, there in zip(expected, found, strict=True)
    )


def compare_permission(written: Mapping[str, Any], found: Any) -> Iterator[Difference]:
    """Key by key. Here the engine lists the keys in another order than the one it reads them in.

    That one is in each agent's rules.
    """
    if not isinstance(found, Mapping):
        yield Difference("config.permission", f"{len(written)} permissions", "no map of rules")
        return
    for key in sorted({*written, *found}):
        wanted, there = list_entries(written.get(key)), list_entries(found.get(key))
        if wanted != there:
            path = f"config.permission.{make_visible(str(key))[:MAX_SHOWN_LENGTH]}"
            yield Difference(path, show(written.get(key)), show(found.get(key)))


def list_entries(value: Any) -> list[tuple[str, Any]]:
    """Patterns and actions in the order that decides."""
    if isinstance(value, Mapping):
        return [(str(pattern), action) for pattern, action in value.items()]
    return [] if value is None else [("*", value)]


def compare_providers(config: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted({*config, *found}):
        path = f"config.provider.{make_visible(str(name))[:MAX_SHOWN_LENGTH]}"
        if name not in found or name not in config:
            sides = ("a provider", MISSING) if name in config else (MISSING, "a provider")
            yield Difference(path, *sides)
            continue
        for key in ("name", "npm", "whitelist"):
            wanted, there = config[name].get(key), found[name].get(key)
            if normalise(wanted) != normalise(there):
                yield Difference(f"{path}.{key}", show(wanted), show(there))
        addresses = [side[name].get("options", {}).get("baseURL") for side in (config, found)]
        if addresses[0] != addresses[1]:
            yield Difference(f"{path}.options.baseURL", show(addresses[0]), show(addresses[1]))
        yield from compare_models(path, config[name].get("models", {}), found[name].get("models") or {})


def compare_models(path: str, config: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted({*config, *found}):
        model_path = f"{path}.models.{make_visible(str(name))[:MAX_SHOWN_LENGTH]}"
        if name not in found or name not in config:
            sides = ("a model", MISSING) if name in config else (MISSING, "a model")
            yield Difference(model_path, *sides)
            continue
        for key in MODEL_KEYS:
            wanted, there = config[name].get(key), found[name].get(key)
            if normalise(wanted) != normalise(there):
                yield Difference(f"{model_path}.{key}", show(wanted), show(there))


# Values


def read_config(tree: Tree) -> dict[str, Any]:
    """The value of the tree's `opencode.json`, fractions exact; {} for a tree without files."""
    text = tree.find(CONFIG_PATH)
    config: dict[str, Any] = json.loads(text, parse_float=Decimal) if text is not None else {}
    return config


def to_decimal(value: Any) -> Decimal | None:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return Decimal(str(value))
    return None


def normalise(value: Any) -> Any:
    """Equal for values that JSON does not tell apart: 1, 1.0 and an exact 1."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return ("number", Decimal(str(value)).normalize())
    if isinstance(value, Mapping):
        return {str(key): normalise(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [normalise(item) for item in value]
    return value


def show(value: Any) -> str:
    if value is None or value == "":
        return MISSING
    text = value if isinstance(value, str) else json.dumps(show_references(value), default=str)
    visible = make_visible(text)
    return visible if len(visible) <= MAX_SHOWN_LENGTH else visible[: MAX_SHOWN_LENGTH - 1] + "…"


def measure(text: Any) -> str:
    """A prompt by its length: the whole of it stands in the release."""
    return f"{len(text)} characters" if isinstance(text, str) and text else MISSING


def list_keys(value: Any) -> str:
    return show(", ".join(sorted(value))) if isinstance(value, Mapping) and value else MISSING
