from __future__ import annotations

from typing import Any

from django import forms

from accounts.admin.forms import PLAIN, PlainForm
from accounts.models import Team
from configs.enums import ConfigKind
from configs.queries import list_usable


class DefaultsForm(PlainForm):
    """`number` is the version that was shown: another one saved meanwhile is not overwritten."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    default_agent = forms.CharField(
        max_length=64,
        required=False,
        help_text="The name of a primary agent; empty leaves it to the engine.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    model = forms.ChoiceField(required=False, help_text="For agents without a model of their own.")
    small_model = forms.ChoiceField(required=False, help_text="For titles and summaries.")
    shell = forms.CharField(
        max_length=255,
        required=False,
        label="Shell wrapper",
        help_text="The program that runs shell commands, on the engine's host; empty for the engine's own.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    note = forms.CharField(
        max_length=300,
        required=False,
        help_text="Why, for the history.",
        widget=forms.TextInput(attrs=PLAIN),
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "–"), *((row.pk, str(row)) for row in list_usable(ConfigKind.MODEL, team.pk))]
        for name in ("model", "small_model"):
            field: Any = self.fields[name]
            field.choices = choices

    def list_wishes(self) -> dict[str, str]:
        """What an `EngineDefaultsContent` is read from."""
        return {name: self.cleaned_data[name] for name in ("default_agent", "model", "small_model", "shell")}
