"""Patterns as OpenCode reads them: `*` is any text, slashes included, `?` one character; the last match wins.

Source: seen on OpenCode 1.18; a trailing ` *` also covers the bare text before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from governance.matching.rules import Effect

MAX_VARIANTS = 32


class Entry(NamedTuple):
    """One line of a block: which verb, which pattern, `allow`, `ask` or `deny`."""

    permission: str
    pattern: str
    action: str


def compile_glob(pattern: str) -> re.Pattern[str]:
    source = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    if source.endswith(r"\ .*"):
        source = source.removesuffix(r"\ .*") + "(?: .*)?"
    return re.compile(source, re.DOTALL)


def decide(block: Sequence[Entry], permission: str, text: str) -> Effect:
    """What the engine says of one pattern of a request; nothing matches: ask."""
    decided = Effect.ASK
    for entry in block:
        if compile_glob(entry.permission).fullmatch(permission) and compile_glob(entry.pattern).fullmatch(
            text
        ):
            decided = Effect(entry.action)
    return decided


def overlap(first: str, second: str) -> bool:
    """Whether some text is matched by both; a trailing ` *` counts as it does for the engine."""
    return any(have_common(one, other) for one, other in product(list_forms(first), list_forms(second)))


def list_forms(pattern: str) -> list[str]:
    return [pattern, pattern.removesuffix(" *")] if pattern.endswith(" *") else [pattern]


def have_common(first: str, second: str) -> bool:
    """Of two plain patterns, by walking both at once."""
    seen, waiting = set(), [(0, 0)]
    while waiting:
        at, other = waiting.pop()
        if (at, other) in seen:
            continue
        seen.add((at, other))
        if at == len(first) and other == len(second):
            return True
        one = first[at : at + 1]
        two = second[other : other + 1]
        if one == "*":
            waiting += [(at + 1, other)] + ([(at, other + 1)] if two else [])
        if two == "*":
            waiting += [(at, other + 1)] + ([(at + 1, other)] if one else [])
        if one and two and "*" not in {one, two} and (one == two or "?" in {one, two}):
            waiting.append((at + 1, other + 1))
    return False


def write_parts(parts: Sequence[str], *, anywhere: bool = False, below: bool = False) -> list[str]:
    """A path pattern of ours in the engine's form; several, since `**` also stands for nothing.

    anywhere: also behind any folders. below: also what stands below. Never narrower than ours; wider where
    ours stays within one name.
    """
    choices: list[list[str]] = []
    for number, part in enumerate(parts):
        if part == "**":
            choices.append(["*"] if number == len(parts) - 1 and len(parts) == 1 else ["", "*"])
        else:
            choices.append([re.sub(r"\*+", "*", part)])
    made = []
    for chosen in product(*choices):
        text = "/".join(part for part in chosen if part)
        made += [text, *([f"{text}/*"] if below and text else [])]
        if anywhere and text:
            made += [f"*/{text}", *([f"*/{text}/*"] if below else [])]
    return list(dict.fromkeys(text for text in made if text))[:MAX_VARIANTS]


def render_permission(block: Sequence[Entry]) -> dict[str, str | dict[str, str]]:
    """The block as the object `permission` of an engine's configuration, whose order of keys counts."""
    rendered: dict[str, dict[str, str]] = {}
    for entry in block:
        patterns = rendered.pop(entry.permission, {})
        patterns.pop(entry.pattern, None)
        patterns[entry.pattern] = entry.action
        rendered[entry.permission] = patterns
    if "*" in rendered:
        rendered = {"*": rendered.pop("*"), **rendered}
    return {
        verb: patterns["*"] if set(patterns) == {"*"} else dict(patterns)
        for verb, patterns in rendered.items()
    }


def flatten(block: object) -> tuple[list[Entry], list[str]]:
    """Entries of a list or of an object `permission`, and what of it can't be read."""
    entries: list[Entry] = []
    problems: list[str] = []
    for permission, pattern, action in list_triples(block):
        is_text = isinstance(permission, str) and isinstance(pattern, str)
        if is_text and isinstance(action, str) and action in set(Effect):
            entries.append(Entry(permission, pattern, action))
        else:
            problems.append(f"{permission!r} {pattern!r}: {action!r} is no action (allow, ask, deny).")
    return entries, problems


def list_triples(block: object) -> Iterator[tuple[Any, Any, Any]]:
    """(permission, pattern, action) as they stand there, whatever they are."""
    if isinstance(block, Mapping):
        for permission, value in block.items():
            for pattern, action in value.items() if isinstance(value, Mapping) else [("*", value)]:
                yield permission, pattern, action
    elif isinstance(block, Sequence) and not isinstance(block, str):
        for item in block:
            if isinstance(item, Mapping):
                yield item.get("permission"), item.get("pattern", "*"), item.get("action")
            elif isinstance(item, Sequence) and len(item) == 3:
                yield item[0], item[1], item[2]
            else:
                yield None, None, item
    else:
        yield "*", "*", block
