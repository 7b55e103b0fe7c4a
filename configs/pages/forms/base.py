"""What every form of a configured thing has: a team, a version that is edited, a note, and its content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms

from accounts.admin.forms import PLAIN, PlainForm
from configs.content import Content, ContentError, PromptVariable, read_content
from configs.json_values import format_json, parse_json

MONO = {**PLAIN, "class": "mono"}
MAX_JSON_CHARACTERS = 64 * 1024


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form: its fields by name, and a template for what is no plain field."""

    title: str
    names: tuple[str, ...] = ()
    extra: str = ""
    words: str = ""
    is_folded: bool = False
    is_grid: bool = False


@dataclass(frozen=True, slots=True)
class ShownSection:
    section: Section
    fields: list[Any]

    @property
    def is_open(self) -> bool:
        return not self.section.is_folded or any(field.errors for field in self.fields)


@dataclass(frozen=True, slots=True)
class Chooseable:
    """One object that a form offers: a prompt, a model, an agent."""

    id: str
    name: str
    words: str = ""


@dataclass(frozen=True)
class Offers:
    """What the fields offer: what the team and everybody have, by kind, read once for a page."""

    # {id: name}, and the variables of the one that is chosen.
    prompts: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[PromptVariable, ...] = ()
    models: tuple[Chooseable, ...] = ()
    providers: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class ContentForm(PlainForm):
    """`content` is what a valid form says; `version` the one that was opened, None for a new thing."""

    content_class: ClassVar[type[Content]]
    sections: ClassVar[tuple[Section, ...]] = ()
    # Fields of the content under the names that the form has for them.
    field_names: ClassVar[Mapping[str, str]] = {}

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(
        required=False,
        max_length=500,
        label="Note on this version",
        help_text="For the history: what changed, and why.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self,
        *args: Any,
        offers: Offers,
        base: Content | None = None,
        **kwargs: Any,
    ) -> None:
        """`base` is what stands now, or what something new starts with."""
        initial = {**(self.write_initial(base) if base else {}), **kwargs.pop("initial", {})}
        super().__init__(*args, initial=initial, **kwargs)
        self.offers, self.base = offers, base
        self.content: Content | None = None
        self.prepare()

    def prepare(self) -> None:
        """Fill the fields' choices from `self.offers`."""

    def read_mapping(self) -> dict[str, Any]:
        """What the content's `read` takes; from `cleaned_data`."""
        raise NotImplementedError

    @classmethod
    def write_initial(cls, content: Any) -> dict[str, Any]:
        """What the fields show of a content."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            self.content = read_content(self.content_class.kind, self.read_mapping())
        except ContentError as error:
            self.add_problem(error.field, error.sentence)
        return cleaned

    def get_content(self) -> Content:
        """Of a valid form."""
        if self.content is None:
            raise ValueError("this form was not valid")
        return self.content

    def add_problem(self, field: str, sentence: str) -> None:
        """At the field that shows this part of the content, else above the form."""
        first = field.split(".", maxsplit=1)[0]
        name = self.field_names.get(field, self.field_names.get(first, first))
        self.add_error(name if name in self.fields else None, sentence)

    def list_sections(self) -> list[ShownSection]:
        return [
            ShownSection(section, [self[name] for name in section.names if name in self.fields])
            for section in self.sections
        ]


class JsonField(forms.CharField):
    """JSON, written out; cleans to what it says, with exact fractions. The content judges its shape."""

    empty: Any = {}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            max_length=MAX_JSON_CHARACTERS,
            widget=forms.Textarea(attrs={**MONO, "rows": 4}),
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text.strip():
            return self.empty
        try:
            return parse_json(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class JsonListField(JsonField):
    empty: Any = []


def write_json(value: Any) -> str:
    return format_json(value, indent=2) if value else ""


def split_words(text: str) -> list[str]:
    """Tags and such: separated by commas or lines."""
    return [word.strip() for line in text.splitlines() for word in line.split(",") if word.strip()]
