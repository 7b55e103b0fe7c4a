"""Serializers that are strict when they read and cheap when they write.

REST framework clones a serializer's fields for each use, a third of the cost of a small request; here the
fields of a class are made once and shared, which is safe because none of them keeps anything.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.utils.functional import cached_property
from rest_framework import serializers

Reader = Callable[[Any, Any], Any]


class WriteSerializer(serializers.Serializer[Any]):
    """What a client sends: unknown names are errors."""

    @cached_property
    def fields(self) -> Any:
        shared = type(self).__dict__.get("shared_fields")
        if shared is None:
            shared = super().fields
            type(self).shared_fields = shared  # type: ignore[attr-defined]  # made on first use
        return shared

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError({name: ["Unknown field."] for name in unknown[:20]})
        return super().to_internal_value(data)


class ReadSerializer(serializers.Serializer[Any]):
    """What a client gets. Values go to the renderer as they are; it writes times itself."""

    @classmethod
    def list_readers(cls) -> list[tuple[str, Reader]]:
        """(name, reader(serializer, object)) of each field, made once for the class."""
        readers: list[tuple[str, Reader]] | None = cls.__dict__.get("shared_readers")
        if readers is None:
            declared: dict[str, Any] = cls._declared_fields
            readers = [(name, build_reader(cls, name, field)) for name, field in declared.items()]
            cls.shared_readers = readers  # type: ignore[attr-defined]  # made on first use
        return readers

    @classmethod
    def show(cls, instance: Any) -> Any:
        """One object inside another; None stays None. For serializers that need no context."""
        if instance is None:
            return None
        shared: ReadSerializer | None = cls.__dict__.get("shared_instance")
        if shared is None:
            shared = cls()
            cls.shared_instance = shared  # type: ignore[attr-defined]  # made on first use
        return shared.to_representation(instance)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {name: read(self, instance) for name, read in self.list_readers()}


def build_reader(serializer_class: type, name: str, field: Any) -> Reader:
    if isinstance(field, serializers.SerializerMethodField):
        method: Reader = getattr(serializer_class, field.method_name or f"get_{name}")
        return method
    read = attrgetter(field.source or name)
    if isinstance(field, ReadSerializer):
        show = type(field).show
        return lambda _, instance: show(read(instance))
    return lambda _, instance: read(instance)


class Text(serializers.CharField):
    """Text as it was sent: not trimmed, and nothing else made into text."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Integer(serializers.IntegerField):
    """A JSON number without a fraction, also written `5.0`; `"5"` and `true` are not numbers."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, float) and data.is_integer():
            data = int(data)
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """JSON's `true` or `false`; neither `0` nor `"yes"`."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Moment(serializers.DateTimeField):
    """RFC 3339 text with an offset."""

    default_error_messages = {"naive": "Name the offset from UTC, for example 2030-01-31T12:00:00Z."}

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str):
            self.fail("invalid", format="RFC 3339")
        return super().to_internal_value(value)

    def enforce_timezone(self, value: Any) -> Any:
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)


class NamedSerializer(ReadSerializer):
    """A team, an engine: what a list shows of another thing."""

    id = serializers.CharField()
    name = serializers.CharField()


class ActorSerializer(ReadSerializer):
    """Who did something, as it was recorded then."""

    kind = serializers.CharField()
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the serializer's own
