"""A page's keys as a table, read by the help and, through it, by the script that acts on them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """`press` is one key or, with a space, two after one another; `act` is its name in the script."""

    press: str
    act: str
    sentence: str
    url: str = ""

    @property
    def caps(self) -> list[str]:
        """As it stands on the keyboard: "Shift+J" is pressed as two."""
        return [cap for part in self.press.split(" ") for cap in part.split("+")]


@dataclass(frozen=True, slots=True)
class KeyGroup:
    title: str
    keys: tuple[Key, ...]
