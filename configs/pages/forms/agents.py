"""The form of an agent: what it is, what it runs on, what it may do."""

from __future__ import annotations

from typing import Any

from django import forms

from configs.content import AgentContent
from configs.enums import AgentMode
from configs.pages.forms.base import MONO, ContentForm, JsonField, Section, write_json
from configs.pages.forms.rule_fields import RuleFields

VALUE_PREFIX = "value_"


class AgentForm(RuleFields, ContentForm):
    content_class = AgentContent

    name = forms.CharField(
        max_length=64,
        help_text="Becomes agent/NAME.md in the engine: a–z, 0–9, - and _.",
        widget=forms.TextInput(attrs=MONO),
    )
    description = forms.CharField(
        required=False,
        help_text="Other agents read it to decide whether they call this one.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    mode = forms.ChoiceField(choices=AgentMode.choices, widget=forms.RadioSelect, initial=AgentMode.ALL)
    prompt = forms.ChoiceField(required=False)
    model = forms.ChoiceField(required=False)
    variant = forms.CharField(
        required=False,
        max_length=64,
        help_text="One of the model's variants, such as high or low.",
        widget=forms.TextInput(attrs=MONO),
    )
    temperature = forms.CharField(
        required=False,
        max_length=20,
        help_text="From 0 to 2; empty: the model's own.",
        widget=forms.TextInput(attrs={**MONO, "inputmode": "decimal"}),
    )
    top_p = forms.CharField(
        required=False,
        max_length=20,
        label="Top p",
        help_text="From 0 to 1; empty: the model's own.",
        widget=forms.TextInput(attrs={**MONO, "inputmode": "decimal"}),
    )
    steps = forms.IntegerField(
        required=False,
        min_value=1,
        label="At most so many steps",
        help_text="Then it has to answer; empty: no limit.",
    )
    color = forms.CharField(
        required=False,
        max_length=32,
        label="Colour",
        help_text="#rrggbb, or one of the theme's names.",
        widget=forms.TextInput(attrs={**MONO, "list": "colours"}),
    )
    is_hidden = forms.BooleanField(required=False, label="Hidden: not offered in menus")
    is_disabled = forms.BooleanField(required=False, label="Disabled: the engine does not know it")
    limits_subagents = forms.BooleanField(
        required=False,
        label="May call only the subagents chosen below",
        help_text="Otherwise any; each stays bound by its own rules and by the rules for every agent.",
    )
    subagents = forms.MultipleChoiceField(
        required=False, label="Subagents it may call", widget=forms.CheckboxSelectMultiple
    )
    tools = forms.CharField(
        required=False,
        label="Tool switches",
        help_text="tool = on or tool = off, one a line. A tool that is off is not shown to the model at all.",
        widget=forms.Textarea(attrs={**MONO, "rows": 3}),
    )
    options = JsonField(
        label="Options for the provider",
        help_text='A JSON object that goes to the provider as it is, such as {"reasoningEffort": "high"}.',
    )

    sections = (
        Section("Agent", ("name", "description", "mode")),
        Section("Prompt", ("prompt",), extra="configs/values.html"),
        Section("Model", ("model", "variant", "temperature", "top_p", "steps"), is_grid=True),
        Section("Rules", extra="configs/rules.html", words="In this order; the last that fits decides."),
        Section("Delegation", ("limits_subagents", "subagents")),
        Section("Looks", ("color", "is_hidden", "is_disabled")),
        Section("Further", ("tools", "options"), is_folded=True),
        Section("About this version", ("note",)),
    )

    def prepare(self) -> None:
        prompts: Any = self.fields["prompt"]
        models: Any = self.fields["model"]
        subagents: Any = self.fields["subagents"]
        prompts.choices = [("", "none: the engine's own prompt"), *self.offers.prompts.items()]
        models.choices = [("", "the engine's default model")] + [
            (model.id, model.words) for model in self.offers.models
        ]
        self.keep_choice(prompts, "prompt")
        self.keep_choice(models, "model")
        chosen = self.initial.get("subagents", ())
        subagents.choices = [(name, name) for name in sorted({*self.offers.agents, *chosen})]
        self.add_value_fields()
        self.prepare_rules()

    def keep_choice(self, field: Any, name: str) -> None:
        """What is chosen stays choosable although it is retired or was never there."""
        kept = self.initial.get(name, "")
        if kept and kept not in {value for value, _ in field.choices}:
            field.choices = [*field.choices, (kept, f"{kept} (retired or gone)")]

    def add_value_fields(self) -> None:
        """One field for each variable of the chosen prompt."""
        self.value_names = [variable.name for variable in self.offers.variables]
        for variable in self.offers.variables:
            text = "Needed." if variable.default is None else f"Empty: {variable.default[:80] or 'nothing'}."
            self.fields[VALUE_PREFIX + variable.name] = forms.CharField(
                required=False,
                strip=False,
                label=variable.name,
                help_text=" · ".join(filter(None, (variable.description, text))),
                widget=forms.Textarea(attrs={"rows": 2, "class": "mono"}),
            )

    @property
    def value_fields(self) -> list[Any]:
        return [self[VALUE_PREFIX + name] for name in self.value_names]

    def clean_tools(self) -> dict[str, bool]:
        found: dict[str, bool] = {}
        for line in self.cleaned_data["tools"].splitlines():
            if not line.strip():
                continue
            name, sign, word = (part.strip() for part in line.partition("="))
            if not sign or word not in {"on", "off"} or not name:
                raise forms.ValidationError("Each line is tool = on or tool = off.")
            if name in found:
                raise forms.ValidationError(f"{name} stands here twice.")
            found[name] = word == "on"
        return found

    def read_mapping(self) -> dict[str, Any]:
        values = self.cleaned_data
        copied = (
            *("name", "description", "mode", "prompt", "model", "variant", "temperature", "top_p", "steps"),
            *("color", "is_hidden", "is_disabled", "tools", "options"),
        )
        return {
            **{name: values[name] for name in copied},
            "prompt_values": self.read_values(),
            "subagents": values["subagents"] if values["limits_subagents"] else None,
            "rules": self.rows.read(),
        }

    def read_values(self) -> dict[str, str]:
        """Without what is left empty: there the variable's default stands."""
        typed = {name: self.cleaned_data.get(VALUE_PREFIX + name, "") for name in self.value_names}
        return {name: text for name, text in typed.items() if text}

    def add_problem(self, field: str, sentence: str) -> None:
        """A value's problem stands at its own field, a rule's above the rules."""
        head, _, rest = field.partition(".")
        if head == "prompt_values" and VALUE_PREFIX + rest in self.fields:
            self.add_error(VALUE_PREFIX + rest, sentence)
        elif head == "rules":
            number = rest.partition(".")[0]
            where = f"Rule {int(number) + 1}: " if number.isdigit() else ""
            self.add_error(None, f"{where}{sentence}")
        else:
            super().add_problem(field, sentence)

    @classmethod
    def write_initial(cls, content: AgentContent) -> dict[str, Any]:
        copied = (
            *("name", "description", "mode", "prompt", "model", "variant", "temperature", "top_p", "steps"),
            *("color", "is_hidden", "is_disabled", "rules"),
        )
        return {
            **{name: getattr(content, name) for name in copied},
            **{VALUE_PREFIX + name: text for name, text in content.prompt_values.items()},
            "limits_subagents": content.subagents is not None,
            "subagents": list(content.subagents or ()),
            "tools": "\n".join(
                f"{name} = {'on' if is_on else 'off'}" for name, is_on in content.tools.items()
            ),
            "options": write_json(content.options),
        }
