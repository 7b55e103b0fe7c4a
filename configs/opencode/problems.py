"""What is wrong, or worth knowing, about something that is to be rendered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """An error keeps a release from being made; a warning is shown.

    `kind` and `object_id` say where ("" for the whole set), `field` is a path such as `rules.3.pattern`.
    """

    severity: Severity
    kind: str
    object_id: str
    field: str
    sentence: str


def has_errors(problems: Iterable[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)
