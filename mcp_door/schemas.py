"""The JSON Schema of a tool's arguments, from the serializer that reads them: one can't belie the other."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

# The order matters: each is looked for before what it is a kind of.
PLAIN_TYPES: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], str], ...] = (
    (serializers.BooleanField, "boolean"),
    (serializers.IntegerField, "integer"),
    (serializers.CharField, "string"),
)
FORMATS = ((serializers.DateTimeField, "date-time"), (serializers.DateField, "date"))
LIMITS = {
    "string": (("min_length", "minLength"), ("max_length", "maxLength")),
    "integer": (("min_value", "minimum"), ("max_value", "maximum")),
    "array": (("min_length", "minItems"), ("max_length", "maxItems")),
    "boolean": (),
    "object": (),
}


@lru_cache(maxsize=64)
def describe_arguments(serializer_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """Nothing that is not named may be sent, at any depth but in free objects."""
    return describe_object(serializer_class())


def describe_object(serializer: Any) -> dict[str, Any]:
    fields: dict[str, Any] = dict(serializer.fields)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: describe_field(field) for name, field in fields.items()},
        "additionalProperties": False,
    }
    required = [name for name, field in fields.items() if field.required]
    return {**schema, "required": required} if required else schema


def describe_field(field: Any) -> dict[str, Any]:
    """Raises TypeError for a kind of field that no tool has had so far."""
    schema = describe_type(field)
    for attribute, keyword in LIMITS.get(str(schema.get("type")), ()):
        if (limit := getattr(field, attribute, None)) is not None:
            schema[keyword] = limit
    if isinstance(field, serializers.CharField) and not field.allow_blank:
        schema["minLength"] = max(1, schema.get("minLength", 1))
    if field.help_text:
        schema["description"] = str(field.help_text)
    if field.default is not empty and not callable(field.default):
        schema["default"] = field.default
    if field.allow_null:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def describe_type(field: Any) -> dict[str, Any]:
    if isinstance(field, serializers.ChoiceField):
        blank = [""] if field.allow_blank and "" not in field.choices else []
        return {"type": "string", "enum": [*field.choices, *blank]}
    for moment, form in FORMATS:
        if isinstance(field, moment):
            return {"type": "string", "format": form}
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        return {"type": "array", "items": describe_field(field.child)}
    if isinstance(field, serializers.DictField):
        is_typed = any(isinstance(field.child, kind) for kind, _ in PLAIN_TYPES)
        return {"type": "object", "additionalProperties": describe_field(field.child) if is_typed else True}
    if isinstance(field, serializers.Serializer):
        return describe_object(field)
    for kind, name in PLAIN_TYPES:
        if isinstance(field, kind):
            return {"type": name}
    raise TypeError(f"{type(field).__name__} has no JSON Schema here")
