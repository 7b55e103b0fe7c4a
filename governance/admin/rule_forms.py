"""The forms in which rules are written. They check shapes; what a rule may say is the domain's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.admin.forms import PLAIN, PlainForm
from accounts.models import Team, User
from engines.models import Engine
from governance.enums import RuleEffect, RuleKind, RuleMode, TargetEffect
from governance.matching.calls import PATH_VERBS
from governance.rule_drafts import Draft, RuleDraft, TargetDraft

MONO = {**PLAIN, "class": "mono"}
LASTS = {
    "1h": timedelta(hours=1),
    "8h": timedelta(hours=8),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
LASTS_CHOICES = [
    ("", "until it is switched off"),
    *(("1h", "for 1 hour"), ("8h", "for 8 hours"), ("7d", "for 7 days"), ("30d", "for 30 days")),
    ("date", "until the moment below"),
]
MOMENT = "%Y-%m-%dT%H:%M:%S"
# Verbs of the engine, offered while typing; a tool of an MCP server is its server and tool.
VERBS = ("bash", "webfetch", "task", *sorted(PATH_VERBS))


class StoredRuleForm(PlainForm):
    """What both kinds of rule have. `version` is the one that is edited."""

    name = forms.CharField(
        max_length=120, help_text="Everybody of the team reads it, also where the rule itself is not shown."
    )
    reason = forms.CharField(required=False, label="Why it exists", widget=forms.Textarea(attrs={"rows": 2}))
    directory = forms.CharField(
        required=False,
        max_length=1000,
        label="Only in this project directory",
        help_text="Absolute. Without one, whatever lets something through needs a second person.",
        widget=forms.TextInput(attrs=MONO),
    )
    agent = forms.CharField(
        required=False, max_length=80, label="Only for this agent", widget=forms.TextInput(attrs=PLAIN)
    )
    engine = forms.ModelChoiceField(
        queryset=Engine.objects.none(),
        required=False,
        label="Only on this engine",
        empty_label="every engine",
    )
    lasts = forms.ChoiceField(required=False, choices=LASTS_CHOICES, label="Applies")
    expires_at = forms.DateTimeField(
        required=False,
        label="Until",
        help_text="In UTC; only with “until the moment below”.",
        input_formats=[MOMENT, "%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format=MOMENT),
    )
    mode = forms.ChoiceField(
        choices=[
            (RuleMode.ENFORCE, "Enforce: it decides"),
            (RuleMode.OBSERVE, "Observe: it only counts what it would have decided"),
        ],
        widget=forms.RadioSelect,
        initial=RuleMode.ENFORCE,
    )
    should_match = forms.CharField(
        required=False,
        label="Examples that it must cover",
        help_text="One a line. Saving is refused when one of them is not covered.",
        widget=forms.Textarea(attrs={**MONO, "rows": 3}),
    )
    must_not_match = forms.CharField(
        required=False,
        label="Examples that it must leave alone",
        help_text="One a line.",
        widget=forms.Textarea(attrs={**MONO, "rows": 3}),
    )
    note = forms.CharField(
        required=False,
        label="Note on this version",
        help_text="For the history: what changed, and why.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    # In this order on the page: what, how far, how long, proof.
    sections: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __init__(self, *args: Any, teams: Any, team: Team | None, **kwargs: Any) -> None:
        """`team` is fixed for a rule that is there; for a new one it is chosen from `teams`."""
        super().__init__(*args, **kwargs)
        self.fixed_team = team
        ids = [team.pk] if team else [each.pk for each in teams]
        engines: Any = self.fields["engine"]
        engines.queryset = Engine.objects.filter(team_id__in=ids, retired_at=None).order_by("name")
        if team is None:
            self.fields["team"] = forms.ModelChoiceField(queryset=teams, empty_label=None)
            self.order_fields(["team", *self.fields])

    @property
    def team(self) -> Team:
        found: Team = self.fixed_team or self.cleaned_data["team"]
        return found

    def list_sections(self) -> list[tuple[str, list[Any]]]:
        """(title, bound fields) for the page."""
        placed = [
            (title, [self[name] for name in names if name in self.fields]) for title, names in self.sections
        ]
        if "team" in self.fields:
            placed[0][1].insert(0, self["team"])
        return placed

    def read_end(self) -> datetime | None:
        lasts = self.cleaned_data["lasts"]
        if lasts in LASTS:
            return timezone.now() + LASTS[lasts]
        ends: datetime | None = self.cleaned_data["expires_at"] if lasts == "date" else None
        return ends

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if (
            cleaned.get("lasts") == "date"
            and not cleaned.get("expires_at")
            and "expires_at" not in self.errors
        ):
            self.add_error("expires_at", "Say until when.")
        return cleaned

    def read_shared(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {
            "name": values["name"],
            "reason": values["reason"],
            "agent": values["agent"],
            "engine_id": values["engine"].pk if values["engine"] else "",
            "directory": values["directory"],
            "expires_at": self.read_end(),
            "should_match": split_lines(values["should_match"]),
            "must_not_match": split_lines(values["must_not_match"]),
            "mode": values["mode"],
        }

    def read_draft(self) -> Draft:
        raise NotImplementedError


class RuleForm(StoredRuleForm):
    effect = forms.ChoiceField(
        choices=[
            (RuleEffect.ALLOW, "Allow: nobody is asked"),
            (RuleEffect.ASK, "Ask: a person decides, whatever else allows it"),
            (RuleEffect.DENY, "Deny: refused at once, whatever else allows it"),
        ],
        widget=forms.RadioSelect,
        initial=RuleEffect.ALLOW,
    )
    permission = forms.CharField(
        max_length=120,
        initial="bash",
        label="Verb",
        help_text="bash, read, edit, webfetch, task …, or server_tool for a tool of an MCP server.",
        widget=forms.TextInput(attrs={**MONO, "list": "verbs"}),
    )
    kind = forms.ChoiceField(
        choices=[
            (RuleKind.PATTERN, "Pattern: * and ? stand for anything"),
            (RuleKind.STRICT, "Exactly this"),
        ],
        widget=forms.RadioSelect,
        initial=RuleKind.PATTERN,
    )
    value = forms.CharField(
        label="Covers",
        help_text="One simple command; of lists and pipelines each command is judged by itself. "
        "A trailing “ *” also covers the bare command.",
        widget=forms.Textarea(attrs={**MONO, "rows": 2}),
        strip=False,
    )
    conditions = forms.CharField(
        required=False,
        label="Arguments of a tool",
        help_text="Only for tools of MCP servers: path = pattern, one a line, for example: repo = acme/*",
        widget=forms.Textarea(attrs={**MONO, "rows": 2}),
    )
    allows_redirects = forms.BooleanField(
        required=False, label="Also with redirects into files", help_text="Only for commands."
    )
    message = forms.CharField(
        required=False,
        label="Message to the agent",
        help_text="All that an agent ever hears of this rule: why, and what to do instead.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    user = forms.ModelChoiceField(
        queryset=User.objects.none(), required=False, label="Only in chats of", empty_label="everybody"
    )
    chat = forms.CharField(
        required=False,
        max_length=15,
        label="Only in this chat",
        help_text="The id at the end of the chat's address.",
        widget=forms.TextInput(attrs=MONO),
    )
    max_uses = forms.IntegerField(
        required=False, min_value=1, label="At most so many times", help_text="Used up, it applies no more."
    )

    sections = (
        (
            "What",
            ("name", "effect", "permission", "kind", "value", "conditions", "allows_redirects", "message"),
        ),
        ("Where", ("directory", "agent", "engine", "user", "chat")),
        ("How long", ("lasts", "expires_at", "max_uses", "mode")),
        ("Proof", ("should_match", "must_not_match", "reason", "note")),
    )

    def __init__(self, *args: Any, teams: Any, team: Team | None, **kwargs: Any) -> None:
        super().__init__(*args, teams=teams, team=team, **kwargs)
        ids = [team.pk] if team else [each.pk for each in teams]
        users: Any = self.fields["user"]
        users.queryset = (
            User.objects.filter(memberships__team_id__in=ids, memberships__ended_at=None, is_active=True)
            .distinct()
            .order_by("username")
        )

    def clean_conditions(self) -> tuple[tuple[str, str], ...]:
        pairs = [line.partition("=") for line in split_lines(self.cleaned_data["conditions"])]
        if any(not sign for _, sign, _ in pairs):
            raise forms.ValidationError("Each line is path = pattern.")
        return tuple((path.strip(), pattern.strip()) for path, _, pattern in pairs)

    def read_draft(self) -> RuleDraft:
        values = self.cleaned_data
        return RuleDraft(
            **self.read_shared(),
            value=values["value"].replace("\r\n", "\n"),
            effect=values["effect"],
            permission=values["permission"],
            kind=values["kind"],
            conditions=values["conditions"],
            message=values["message"].replace("\r\n", "\n"),
            user_id=values["user"].pk if values["user"] else "",
            chat_id=values["chat"],
            max_uses=values["max_uses"],
            allows_redirects=values["allows_redirects"],
        )


class TargetForm(StoredRuleForm):
    effect = forms.ChoiceField(
        choices=[
            (TargetEffect.ALLOW, "Allow: rules that allow a verb may reach these paths"),
            (TargetEffect.DENY, "Deny: nothing reaches these paths, whatever else allows it"),
        ],
        widget=forms.RadioSelect,
        initial=TargetEffect.ALLOW,
    )
    pattern = forms.CharField(
        label="Paths",
        max_length=4000,
        help_text="* within one folder, ** across folders. Absolute.",
        widget=forms.TextInput(attrs=MONO),
    )
    verbs = forms.MultipleChoiceField(
        required=False,
        choices=[(verb, verb) for verb in sorted(PATH_VERBS)],
        label="Only for these verbs",
        help_text="None chosen: all of them.",
        widget=forms.CheckboxSelectMultiple,
    )

    sections = (
        ("What", ("name", "effect", "pattern", "verbs")),
        ("Where", ("directory", "agent", "engine")),
        ("How long", ("lasts", "expires_at", "mode")),
        ("Proof", ("should_match", "must_not_match", "reason", "note")),
    )

    def read_draft(self) -> TargetDraft:
        values = self.cleaned_data
        return TargetDraft(
            **self.read_shared(),
            pattern=values["pattern"],
            effect=values["effect"],
            verbs=tuple(values["verbs"]),
        )


def split_lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.replace("\r\n", "\n").split("\n") if line.strip())


def read_initial(draft: Draft, *, version: int | None) -> dict[str, Any]:
    """What the form shows for a draft."""
    values: dict[str, Any] = {
        "name": draft.name,
        "reason": draft.reason,
        "agent": draft.agent,
        "engine": draft.engine_id,
        "directory": draft.directory,
        "lasts": "date" if draft.expires_at else "",
        "expires_at": draft.expires_at,
        "should_match": "\n".join(draft.should_match),
        "must_not_match": "\n".join(draft.must_not_match),
        "mode": draft.mode,
        "effect": draft.effect,
        "version": version,
    }
    if isinstance(draft, TargetDraft):
        return {**values, "pattern": draft.pattern, "verbs": list(draft.verbs)}
    return {
        **values,
        "permission": draft.permission,
        "kind": draft.kind,
        "value": draft.value,
        "conditions": "\n".join(f"{path} = {pattern}" for path, pattern in draft.conditions),
        "message": draft.message,
        "user": draft.user_id,
        "chat": draft.chat_id,
        "max_uses": draft.max_uses,
        "allows_redirects": draft.allows_redirects,
    }
