"""Paths into an MCP tool's arguments: `$.file.path`, `items[0].name`, `items[*].name`, `["odd name"]`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from governance.matching.words import UnreadableError

STEP = re.compile(
    r"\.?(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|\[(?P<number>\d{1,6})\]|\[(?P<every>\*)\]"
    r"|\[(?P<quote>[\"'])(?P<quoted>(?:(?!(?P=quote)).)*)(?P=quote)\]"
)
MAX_VALUES = 1000
EVERY = object()


def read_steps(path: str) -> tuple[object, ...]:
    """Names as text, places as numbers, EVERY for `[*]`. Raises UnreadableError."""
    text = path.strip().removeprefix("$")
    steps: list[object] = []
    at = 0
    while at < len(text):
        found = STEP.match(text, at)
        if found is None:
            raise UnreadableError(f"{path} is no path into arguments.")
        if found["name"] or found["quoted"] is not None:
            steps.append(found["name"] or found["quoted"])
        else:
            steps.append(EVERY if found["every"] else int(found["number"]))
        at = found.end()
    if not steps:
        raise UnreadableError("The path into the arguments is empty.")
    return tuple(steps)


def find_values(value: object, steps: tuple[object, ...]) -> list[object] | None:
    """What stands at that path; None when nothing does, also when only some of the items have it.

    Raises UnreadableError when there is more than is looked at.
    """
    found = [value]
    for step in steps:
        following: list[object] = []
        for item in found:
            made = take_step(item, step)
            if not made:
                return None
            following += made
        if len(following) > MAX_VALUES:
            raise UnreadableError("The arguments hold more than is looked at.")
        found = following
    return found


def take_step(item: object, step: object) -> list[object]:
    """What the step leads to, nothing when it leads nowhere."""
    if isinstance(item, Mapping):
        return [item[step]] if isinstance(step, str) and step in item else []
    if not isinstance(item, list):
        return []
    if step is EVERY:
        return item
    return item[step : step + 1] if isinstance(step, int) else []
