"""Forms of what answers: models and the providers they come from."""

from __future__ import annotations

from typing import Any

from django import forms

from configs.content import ModelContent, ProviderContent
from configs.enums import ModelStatus
from configs.model_content import FLAGS, MODALITIES, MODALITY_LISTS
from configs.pages.forms.base import (
    MONO,
    ContentForm,
    JsonField,
    JsonListField,
    Section,
    split_words,
    write_json,
)

PRICES = tuple(f"price_{what}_usd_per_million" for what in ("input", "output", "cache_read", "cache_write"))
LIMITS = ("context_limit_tokens", "input_limit_tokens", "output_limit_tokens")
KNOWN = [("", "not known"), ("yes", "yes"), ("no", "no")]
FLAG_LABELS = {
    "temperature": "Takes a temperature",
    "reasoning": "Reasons before it answers",
    "tool_call": "Calls tools",
    "attachment": "Takes attachments",
}


def make_price(label: str) -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=30,
        label=label,
        widget=forms.TextInput(attrs={**MONO, "inputmode": "decimal", "placeholder": "not known"}),
    )


def make_limit(label: str) -> forms.IntegerField:
    attrs = {"placeholder": "not known"}
    return forms.IntegerField(required=False, min_value=0, label=label, widget=forms.NumberInput(attrs=attrs))


def make_flag(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(required=False, choices=KNOWN, label=label)


def make_words(label: str, help_text: str) -> forms.CharField:
    widget = forms.TextInput(attrs=MONO)
    return forms.CharField(required=False, label=label, help_text=help_text, widget=widget)


class ModelForm(ContentForm):
    content_class = ModelContent

    provider = forms.CharField(
        max_length=64,
        help_text="The engine's id of the provider, such as anthropic or openai.",
        widget=forms.TextInput(attrs={**MONO, "list": "providers"}),
    )
    identifier = forms.CharField(
        max_length=200,
        help_text="The provider's own name for the model.",
        widget=forms.TextInput(attrs=MONO),
    )
    name = forms.CharField(
        required=False,
        max_length=120,
        help_text="What people read; empty: the identifier.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    family = forms.CharField(required=False, max_length=80, widget=forms.TextInput(attrs=MONO))
    is_enabled = forms.BooleanField(
        required=False,
        initial=True,
        label="Enabled: agents may use it",
        help_text="A release refuses agents on others.",
    )
    status = forms.ChoiceField(choices=ModelStatus.choices, initial=ModelStatus.ACTIVE)
    context_limit_tokens = make_limit("Context, in tokens")
    input_limit_tokens = make_limit("Input, in tokens")
    output_limit_tokens = make_limit("Output, in tokens")
    price_input_usd_per_million = make_price("Input")
    price_output_usd_per_million = make_price("Output")
    price_cache_read_usd_per_million = make_price("Read from the cache")
    price_cache_write_usd_per_million = make_price("Written to the cache")
    price_tiers = JsonListField(
        label="Prices of long contexts",
        help_text='A JSON list, for example [{"above_tokens": 200000, "price_input_usd_per_million": "6"}].',
    )
    temperature = make_flag(FLAG_LABELS["temperature"])
    reasoning = make_flag(FLAG_LABELS["reasoning"])
    tool_call = make_flag(FLAG_LABELS["tool_call"])
    attachment = make_flag(FLAG_LABELS["attachment"])
    input = forms.MultipleChoiceField(
        required=False,
        choices=[(name, name) for name in MODALITIES],
        label="Reads",
        widget=forms.CheckboxSelectMultiple,
    )
    output = forms.MultipleChoiceField(
        required=False,
        choices=[(name, name) for name in MODALITIES],
        label="Writes",
        widget=forms.CheckboxSelectMultiple,
    )
    variants = make_words("Variants", "Separated by commas, such as low, high.")
    env_names = make_words(
        "Environment variables with its key", "Their names, separated by commas; never a key."
    )
    release_date = forms.CharField(
        required=False, max_length=10, help_text="Such as 2026-05-31.", widget=forms.TextInput(attrs=MONO)
    )
    options = JsonField(
        label="Options", help_text="A JSON object that goes to the provider as it is. Keys don't belong here."
    )
    overridden = forms.MultipleChoiceField(
        required=False,
        label="Kept by hand",
        help_text="Imports leave these fields as they are. What you change here is added by itself.",
        widget=forms.CheckboxSelectMultiple,
    )

    sections = (
        Section("Model", ("provider", "identifier", "name", "family", "status", "is_enabled"), is_grid=True),
        Section("Limits", LIMITS, is_grid=True),
        Section("Prices", PRICES, words="In US dollars per million tokens.", is_grid=True),
        Section("Abilities", (*FLAGS, *MODALITY_LISTS, "variants"), is_grid=True),
        Section(
            "Further", ("options", "price_tiers", "env_names", "release_date", "overridden"), is_folded=True
        ),
        Section("About this version", ("note",)),
    )

    def prepare(self) -> None:
        kept: Any = self.fields["overridden"]
        base = self.base if isinstance(self.base, ModelContent) else None
        kept.choices = [(name, name_field(name)) for name in base.overridden] if base else []
        if not kept.choices:
            del self.fields["overridden"]
        for name, source in (base.sources if base else {}).items():
            if name in self.fields:
                field = self.fields[name]
                note = f"From {source['source']}" + (
                    f", as of {source['as_of']}." if source["as_of"] else "."
                )
                field.help_text = f"{field.help_text} {note}".strip()

    def read_mapping(self) -> dict[str, Any]:
        values = self.cleaned_data
        copied = (
            *("provider", "identifier", "name", "family", "status", "is_enabled", "release_date", "options"),
            *("price_tiers", *LIMITS, *PRICES),
        )
        mapping = {
            **{name: values[name] for name in copied},
            "variants": split_words(values["variants"]),
            "env_names": split_words(values["env_names"]),
            "capabilities": self.read_capabilities(),
        }
        base = self.base.write() if isinstance(self.base, ModelContent) else {}
        mapping["sources"] = base.get("sources", {})
        mapping["overridden"] = self.find_overridden(ModelContent.read(mapping).write(), base)
        return mapping

    def read_capabilities(self) -> dict[str, Any]:
        flags = {name: self.cleaned_data[name] == "yes" for name in FLAGS if self.cleaned_data[name]}
        lists = {name: self.cleaned_data[name] for name in MODALITY_LISTS if self.cleaned_data[name]}
        return {**flags, **lists}

    def find_overridden(self, written: dict[str, Any], base: dict[str, Any]) -> list[str]:
        """What was ticked, and every field with a source that now says something else."""
        sources = base.get("sources", {})
        changed = {name for name in sources if written.get(name) != base.get(name)}
        return sorted(changed | set(self.cleaned_data.get("overridden", ())))

    @classmethod
    def write_initial(cls, content: ModelContent) -> dict[str, Any]:
        copied = (
            *("provider", "identifier", "name", "family", "status", "is_enabled", "release_date"),
            *(*LIMITS, *PRICES),
        )
        written = content.write()
        flags = {
            name: "yes" if value else "no" for name, value in content.capabilities.items() if name in FLAGS
        }
        return {
            **{name: written[name] for name in copied},
            **flags,
            **{name: content.capabilities.get(name, []) for name in MODALITY_LISTS},
            "variants": ", ".join(content.variants),
            "env_names": ", ".join(content.env_names),
            "options": write_json(content.options),
            "price_tiers": write_json(written["price_tiers"]),
            "overridden": list(content.overridden),
        }

    def add_problem(self, field: str, sentence: str) -> None:
        """Capabilities are fields of their own here."""
        super().add_problem(field.removeprefix("capabilities."), sentence)


class ProviderForm(ContentForm):
    content_class = ProviderContent

    name = forms.CharField(
        max_length=64,
        label="Id",
        help_text="The engine's id of it: a–z, 0–9, - and _. Models name it.",
        widget=forms.TextInput(attrs={**MONO, "list": "providers"}),
    )
    display_name = forms.CharField(
        required=False, max_length=120, label="Name", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    package = forms.CharField(
        required=False,
        max_length=200,
        help_text="Such as @ai-sdk/openai-compatible; empty: the engine knows this provider.",
        widget=forms.TextInput(attrs=MONO),
    )
    base_url = forms.CharField(
        required=False,
        max_length=500,
        label="Address",
        help_text="http or https; empty: the provider's own.",
        widget=forms.TextInput(attrs=MONO),
    )
    api_key_env = forms.CharField(
        required=False,
        max_length=128,
        label="Environment variable with the key",
        help_text="Its name on the engine's host. The key itself never stands here.",
        widget=forms.TextInput(attrs=MONO),
    )
    options = JsonField(
        label="Options", help_text="A JSON object that goes to the package as it is: no keys."
    )

    sections = (
        Section("Provider", ("name", "display_name", "package", "base_url", "api_key_env")),
        Section("Further", ("options",), is_folded=True),
        Section("About this version", ("note",)),
    )

    def read_mapping(self) -> dict[str, Any]:
        names = ("name", "display_name", "package", "base_url", "api_key_env", "options")
        return {name: self.cleaned_data[name] for name in names}

    @classmethod
    def write_initial(cls, content: ProviderContent) -> dict[str, Any]:
        names = ("name", "display_name", "package", "base_url", "api_key_env")
        return {**{name: getattr(content, name) for name in names}, "options": write_json(content.options)}


def name_field(name: str) -> str:
    """`price_input_usd_per_million` as people read it."""
    fields = ModelForm.base_fields
    return str(fields[name].label or name.replace("_", " ")) if name in fields else name.replace("_", " ")
