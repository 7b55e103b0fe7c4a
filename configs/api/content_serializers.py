"""The shapes of contents. `configs.content` reads what they let through and knows the rest.

The same shape is sent and answered: what a GET shows as `content` can be changed and sent back.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import Flag, Integer, Text, WriteSerializer
from configs.content import (
    MAX_BODY_BYTES,
    MAX_DESCRIPTION_BYTES,
    MAX_NAME_LENGTH,
    MAX_PATTERN_LENGTH,
    MAX_RULES,
    MAX_STEPS,
    MAX_SUBAGENTS,
    MAX_TAGS,
    MAX_VARIABLES,
)
from configs.content_writer import names_of
from configs.enums import AgentMode, ModelStatus, RuleAction
from configs.json_values import DECIMAL_KEY
from configs.model_content import MAX_ENTRIES, MAX_TIERS, MAX_TOKENS, MODALITIES, ModelContent

MAX_OVERRIDDEN = len(names_of(ModelContent))
SLUG = "a-z, 0-9, - and _, beginning with a letter or digit, at most 64 characters."


@extend_schema_field({"type": "object", "additionalProperties": {}})
class JsonMap(serializers.DictField):
    """Any JSON object."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        return data


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class TextMap(serializers.DictField):
    child = Text(allow_blank=True)


@extend_schema_field({"type": "object", "additionalProperties": {"type": "boolean"}})
class FlagMap(serializers.DictField):
    child = Flag()


def line(max_length: int = MAX_NAME_LENGTH, **options: Any) -> Text:
    return Text(max_length=max_length, allow_blank=True, required=False, **options)


def slug(**options: Any) -> Text:
    return Text(max_length=64, help_text=SLUG, **options)


def number(**options: Any) -> Text:
    """A decimal as text, so that nobody rounds it."""
    return Text(max_length=60, allow_null=True, required=False, **options)


def lines(max_length: int, max_items: int, **options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=Text(max_length=max_length), max_length=max_items, required=False, **options
    )


def items(item: type[WriteSerializer], max_items: int) -> serializers.ListField:
    return serializers.ListField(child=item(), max_length=max_items, required=False)


class PromptVariableSerializer(WriteSerializer):
    """A variable of a prompt. `default` null: every agent that uses the prompt gives a value of its own."""

    name = Text(max_length=64)
    default = Text(max_length=MAX_BODY_BYTES, allow_blank=True, allow_null=True, required=False)
    description = line(1000)


class PromptContentSerializer(WriteSerializer):
    """A text for agents; `{{name}}` in it stands for a variable."""

    name = Text(max_length=MAX_NAME_LENGTH)
    body = line(MAX_BODY_BYTES)
    description = line(MAX_DESCRIPTION_BYTES)
    variables = items(PromptVariableSerializer, MAX_VARIABLES)
    tags = lines(40, MAX_TAGS)


class InstructionContentSerializer(WriteSerializer):
    """A file that every agent reads."""

    name = slug()
    body = line(MAX_BODY_BYTES)
    tags = lines(40, MAX_TAGS)


class ProviderContentSerializer(WriteSerializer):
    """Where models come from."""

    name = slug()
    display_name = line()
    package = line(200, help_text="Empty when the engine knows the provider.")
    base_url = line(512)
    api_key_env = line(
        128, help_text="The name of the engine's environment variable that holds the key, never a key."
    )
    options = JsonMap(required=False)


def tokens() -> Integer:
    return Integer(min_value=0, max_value=MAX_TOKENS, allow_null=True, required=False)


class PricesSerializer(WriteSerializer):
    """US dollars per million tokens, each a decimal as text; null is not known."""

    price_input_usd_per_million = number()
    price_output_usd_per_million = number()
    price_cache_read_usd_per_million = number()
    price_cache_write_usd_per_million = number()


class PriceTierSerializer(PricesSerializer):
    """The prices once a request's context is longer."""

    above_tokens = Integer(min_value=0, max_value=MAX_TOKENS)


def modalities() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.ChoiceField(choices=MODALITIES), max_length=len(MODALITIES), required=False
    )


class CapabilitiesSerializer(WriteSerializer):
    """What a model can do; what is missing is not known."""

    temperature = Flag(required=False)
    reasoning = Flag(required=False)
    tool_call = Flag(required=False)
    attachment = Flag(required=False)
    input = modalities()
    output = modalities()


class FieldSourceSerializer(WriteSerializer):
    """Where the value of a field is from."""

    source = Text(max_length=120)  # type: ignore[assignment]  # a field, not the serializer's own
    as_of = line(10, help_text="A day, such as 2026-05-31, or empty.")


class SourceMap(serializers.DictField):
    child = FieldSourceSerializer()


class ModelContentSerializer(PricesSerializer):
    """A model of a provider."""

    provider = slug()
    identifier = Text(max_length=200, help_text="The provider's own name for it.")
    name = line(help_text="For people; empty takes the identifier.")
    family = line(80)
    context_limit_tokens = tokens()
    input_limit_tokens = tokens()
    output_limit_tokens = tokens()
    price_tiers = items(PriceTierSerializer, MAX_TIERS)
    capabilities = CapabilitiesSerializer(required=False)
    variants = lines(64, MAX_ENTRIES)
    status = serializers.ChoiceField(choices=ModelStatus.choices, required=False)
    release_date = line(10)
    env_names = lines(128, MAX_ENTRIES)
    is_enabled = Flag(required=False)
    options = JsonMap(required=False)
    sources = SourceMap(required=False)
    overridden = lines(64, MAX_OVERRIDDEN, help_text="Fields that people have set against their source.")


class ToolRuleSerializer(WriteSerializer):
    """One rule of an ordered list: the last one that matches decides."""

    permission = Text(max_length=120)
    pattern = Text(max_length=MAX_PATTERN_LENGTH)
    action = serializers.ChoiceField(choices=RuleAction.choices)


def rules() -> serializers.ListField:
    return items(ToolRuleSerializer, MAX_RULES)


class ToolRulesContentSerializer(WriteSerializer):
    """The rules for every agent."""

    name = serializers.ChoiceField(choices=["global"], required=False)
    rules = rules()


class AgentContentSerializer(WriteSerializer):
    """An agent; what is left out has its default."""

    name = slug()
    description = line(MAX_DESCRIPTION_BYTES)
    mode = serializers.ChoiceField(choices=AgentMode.choices, required=False)
    prompt = line(15, help_text="A prompt's id, or empty.")
    prompt_values = TextMap(required=False, help_text="Values of the prompt's variables.")
    model = line(15, help_text="A model's id; empty leaves it to the engine's defaults.")
    variant = line(64)
    temperature = number(help_text='From 0 to 2, as text: "0.1".')
    top_p = number(help_text="From 0 to 1, as text.")
    steps = Integer(min_value=1, max_value=MAX_STEPS, allow_null=True, required=False)
    color = line(16, help_text="#RRGGBB, or a colour of the engine's theme.")
    is_hidden = Flag(required=False)
    is_disabled = Flag(required=False)
    options = JsonMap(required=False, help_text="For the model's provider, as they are.")
    subagents = lines(
        64, MAX_SUBAGENTS, allow_null=True, help_text="The agents it may call; null does not restrict it."
    )
    tools = FlagMap(required=False)
    rules = rules()


def write_plain(value: Any) -> Any:
    """A stored content as people write JSON: fractions as numbers wherever those are read back exactly."""
    if isinstance(value, Mapping):
        if set(value) == {DECIMAL_KEY} and isinstance(value[DECIMAL_KEY], str):
            return write_fraction(value)
        return {key: write_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [write_plain(item) for item in value]
    return value


def write_fraction(stored: Mapping[str, str]) -> Any:
    text = stored[DECIMAL_KEY]
    fraction = float(text)
    return fraction if Decimal(repr(fraction)) == Decimal(text) else dict(stored)
