"""How every content writes itself as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar, Self

from configs.json_values import write_json_value


def names_of(made: Any) -> frozenset[str]:
    return frozenset(item.name for item in fields(made))


def write_value(value: Any) -> Any:
    """The stored form of one field."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: write_value(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [write_value(item) for item in value]
    return write_json_value(value)


class Written:
    """What all contents can do."""

    __slots__ = ()
    kind: ClassVar[str] = ""
    name: str

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        """Raises ContentError for the first wrong field."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        """What no other one of the same team and kind has."""
        return self.name

    def write(self) -> dict[str, Any]:
        written: dict[str, Any] = write_value(self)
        return written
