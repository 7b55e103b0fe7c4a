"""Forms of what is mostly one text: prompts and instructions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from configs.content import InstructionContent, PromptContent
from configs.pages.forms.base import MONO, ContentForm, Section, split_words
from configs.pages.forms.variable_rows import VariableRows

LINE = {"autocomplete": "off"}
BODY = {
    **{name: value for name, value in MONO.items() if name != "spellcheck"},
    "rows": 18,
    "data-editor": "",
}


class PromptForm(ContentForm):
    content_class = PromptContent

    name = forms.CharField(max_length=120, help_text="What people read.", widget=forms.TextInput(attrs=LINE))
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    body = forms.CharField(
        required=False,
        strip=False,
        help_text="Markdown. {{name}} stands for a variable that is declared below; an agent fills it in.",
        widget=forms.Textarea(attrs=BODY),
    )
    tags = forms.CharField(
        required=False,
        help_text="Separated by commas.",
        widget=forms.TextInput(attrs={**MONO, "list": "tags"}),
    )

    sections = (
        Section("Prompt", ("name", "body")),
        Section("Variables", extra="configs/variables.html"),
        Section("About it", ("description", "tags", "note")),
    )

    def prepare(self) -> None:
        initial: Sequence[Any] = self.initial.get("variables", ())
        self.rows = VariableRows.bind(self.data) if self.is_bound else VariableRows.of(initial)

    def read_mapping(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {
            "name": values["name"],
            "body": values["body"],
            "description": values["description"],
            "variables": self.rows.read(),
            "tags": split_words(values["tags"]),
        }

    @classmethod
    def write_initial(cls, content: PromptContent) -> dict[str, Any]:
        return {
            "name": content.name,
            "body": content.body,
            "description": content.description,
            "tags": ", ".join(content.tags),
            "variables": content.variables,
        }


class InstructionForm(ContentForm):
    content_class = InstructionContent

    name = forms.CharField(
        max_length=64,
        help_text="Becomes instructions/NAME.md in every engine of the team: a–z, 0–9, - and _.",
        widget=forms.TextInput(attrs=MONO),
    )
    body = forms.CharField(
        required=False,
        strip=False,
        help_text="Markdown that every agent of the team reads, besides its own prompt.",
        widget=forms.Textarea(attrs=BODY),
    )
    tags = forms.CharField(
        required=False,
        help_text="Separated by commas.",
        widget=forms.TextInput(attrs={**MONO, "list": "tags"}),
    )

    sections = (Section("Instructions", ("name", "body")), Section("About it", ("tags", "note")))

    def read_mapping(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {
            "name": values["name"],
            "body": values["body"],
            "tags": split_words(values["tags"]),
        }

    @classmethod
    def write_initial(cls, content: InstructionContent) -> dict[str, Any]:
        return {"name": content.name, "body": content.body, "tags": ", ".join(content.tags)}
