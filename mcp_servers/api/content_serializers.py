"""The shape of what a server is asked for with. `mcp_servers.content` reads what it lets through.

The same shape is sent and answered: what a GET shows as `content` can be changed and asked for again.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import Flag, Integer, Text, WriteSerializer
from mcp_servers.content import (
    CAPABILITIES,
    MAX_ARGUMENTS,
    MAX_DESCRIPTION_BYTES,
    MAX_HEADERS,
    MAX_TIMEOUT_MS,
    MAX_VALUE_BYTES,
    MAX_VARIABLES,
    PACKAGE_KINDS,
    RUNTIME_HINTS,
    TRANSPORTS,
)


@extend_schema_field({"type": "object", "additionalProperties": {}})
class FreeObject(serializers.DictField):
    """Any JSON object."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        return data


def line(max_length: int, **options: Any) -> Text:
    return Text(max_length=max_length, allow_blank=True, required=False, **options)


class McpPackageSerializer(WriteSerializer):
    """Where the program comes from; it is fetched and checked, never run from an index by name."""

    kind = serializers.ChoiceField(choices=PACKAGE_KINDS)
    identifier = Text(max_length=255)
    version = line(
        200, help_text="The exact one, of an image (`oci`) its digest, `sha256:…`; others are findings."
    )
    registry = line(2000, help_text="Where it was said to come from; never fetched from.")
    entry_point = line(100, help_text="Which of the package's programs, when it has several.")
    runtime_hint = serializers.ChoiceField(choices=RUNTIME_HINTS, required=False, allow_blank=True)


class McpVariableSerializer(WriteSerializer):
    """An environment variable, the only kind the server's process gets."""

    name = Text(max_length=128)
    value = line(MAX_VALUE_BYTES, help_text="For everybody to read. Of a secret it is empty: see `secrets`.")
    is_secret = Flag(required=False)
    is_required = Flag(required=False)
    description = line(1000)


class McpHeaderSerializer(McpVariableSerializer):
    """A header of every call to a remote server."""


class McpContentSerializer(WriteSerializer):
    """What a server is. A local one has `package` or `program`; a remote one has `url`."""

    name = Text(max_length=40, help_text="a-z, 0-9 and -, beginning with a letter.")
    title = line(100)
    description = line(MAX_DESCRIPTION_BYTES)
    transport = serializers.ChoiceField(choices=TRANSPORTS, required=False)
    package = McpPackageSerializer(required=False, allow_null=True)
    program = line(1000, help_text="An absolute path, instead of a package.")
    arguments = serializers.ListField(
        child=Text(max_length=MAX_VALUE_BYTES, allow_blank=True), max_length=MAX_ARGUMENTS, required=False
    )
    working_directory = line(1000)
    environment = serializers.ListField(
        child=McpVariableSerializer(), max_length=MAX_VARIABLES, required=False
    )
    url = line(2000)
    headers = serializers.ListField(child=McpHeaderSerializer(), max_length=MAX_HEADERS, required=False)
    timeout_ms = Integer(min_value=1, max_value=MAX_TIMEOUT_MS, required=False, allow_null=True)
    config_schema = FreeObject(required=False, help_text="A JSON schema of settings, for people to read.")
    repository = line(2000)
    website = line(2000)
    publisher = line(200)
    client_capabilities = serializers.ListField(
        child=serializers.ChoiceField(choices=CAPABILITIES), max_length=len(CAPABILITIES), required=False
    )


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class SecretValues(serializers.DictField):
    """{name: value} of variables and headers that are declared as secret. Written, never read back."""

    child = Text(max_length=MAX_VALUE_BYTES)


class WishSerializer(WriteSerializer):
    """What is asked for, whichever door it comes in by."""

    content = McpContentSerializer()
    secrets = SecretValues(
        required=False,
        default=dict,
        help_text="{name: value} of what `content` declares as secret. Sealed; nobody is shown them again.",
    )
    reason = Text(
        max_length=4000, allow_blank=True, required=False, default="", help_text="For who reviews it."
    )
    valid_days = Integer(
        min_value=1,
        max_value=3650,
        required=False,
        allow_null=True,
        default=None,
        help_text="How long an approval shall hold; null: until it is taken back.",
    )
