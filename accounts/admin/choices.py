"""Links to choose by, as lists of our own pages show them: filters and pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    words: str
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    choices: list[Choice]
