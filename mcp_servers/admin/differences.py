"""What an approval would bind otherwise than the last one did."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp_servers.models import McpApproval, McpRequest
from mcp_servers.queries import describe_bound_items


@dataclass(frozen=True, slots=True)
class Difference:
    name: str
    before: str
    after: str


def compare_bound(previous: McpApproval, request: McpRequest) -> list[Difference]:
    """What an approval would bind otherwise than the last one, and what was asked for otherwise."""
    bound = compare_pairs(describe_bound_items(previous.bound), describe_bound_items(request.bound))
    known = {line.name for line in bound}
    asked = compare_pairs(write_content(previous.request.content), write_content(request.content))
    return [*bound, *(line for line in asked if line.name not in known)] if request.bound else asked


def compare_pairs(before: list[tuple[str, str]], after: list[tuple[str, str]]) -> list[Difference]:
    old, new = dict(before), dict(after)
    names = [*new, *(name for name in old if name not in new)]
    return [
        Difference(name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]


def write_content(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (
            name.replace("_", " ").capitalize(),
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True),
        )
        for name, value in content.items()
        if value not in (None, "", [], {})
    ]
