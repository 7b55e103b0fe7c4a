"""Forms of the people pages. They check shapes; rules are the domain's."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team, User
from accounts.ssh.parsing import PRIVATE, PRIVATE_SENTENCE
from events.errors import Invalid

# A name is not a word: no browser shall complete, capitalise or mend it.
PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

ONCE = "_once"
ONCE_KEPT = 10
LIFETIMES = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "one year"}
KEEP = "keep"


class PlainForm(forms.Form):
    """Labels stand above their fields, so no colon follows them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class OnceForm(PlainForm):
    """A form whose answer shows a secret: it acts once, however often its page is sent again."""

    once = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        if not self.is_bound:
            self.initial["once"] = issue_once(request)

    @property
    def is_spent(self) -> bool:
        return self.cleaned_data["once"] not in self.request.session.get(ONCE, [])

    def spend(self) -> None:
        """Call it when the act is done: a form that was refused may be sent again."""
        take_once(self.request, self.cleaned_data["once"])


def issue_once(request: HttpRequest) -> str:
    """A word that this session may spend once."""
    word = secrets.token_urlsafe(12)
    request.session[ONCE] = [*request.session.get(ONCE, []), word][-ONCE_KEPT:]
    return word


def take_once(request: HttpRequest, word: str) -> bool:
    """True the first time."""
    known = list(request.session.get(ONCE, []))
    if word not in known:
        return False
    known.remove(word)
    request.session[ONCE] = known
    return True


class InvitationForm(OnceForm):
    """Team admins invite into a team of theirs; only owners leave the team out or make another owner."""

    username = forms.CharField(
        max_length=63,
        help_text="Lower-case letters, digits, dots and dashes. It can't be changed later.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    name = forms.CharField(max_length=120, required=False, help_text="What other people read.")
    email = forms.EmailField(
        required=False, label="E-mail", help_text="For you to find people by; nothing is sent."
    )
    team = forms.ModelChoiceField(queryset=Team.objects.none(), required=False, empty_label="no team yet")
    role = forms.ChoiceField(choices=Role.choices, initial=Role.APPROVER)
    is_owner = forms.BooleanField(
        required=False, label="Make them an owner", help_text="Owners manage everybody and see every team."
    )

    def __init__(self, *args: Any, teams: Any, for_owner: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team: Any = self.fields["team"]
        team.queryset = teams
        if not for_owner:
            team.required, team.empty_label = True, None
            del self.fields["is_owner"]

    def wishes(self) -> dict[str, Any]:
        """What `invite_person` takes."""
        values = {name: self.cleaned_data[name] for name in ("username", "name", "email", "team")}
        role = self.cleaned_data["role"] if values["team"] else ""
        return {**values, "role": role, "is_owner": self.cleaned_data.get("is_owner", False)}


class NameForm(PlainForm):
    name = forms.CharField(max_length=120, required=False, help_text="What other people read.")


class RetireForm(PlainForm):
    """What becomes of the service accounts of a person who is retired."""

    services = forms.ChoiceField(
        label="Service accounts",
        choices=[("retire", "Retire them as well"), ("hand_over", "Hand them over to another member")],
        widget=forms.RadioSelect,
        initial="retire",
    )
    heir = forms.CharField(
        max_length=63,
        required=False,
        label="Hand over to",
        help_text="The username of a person who is in all of their teams. New tokens are needed either way.",
        widget=forms.TextInput(attrs=PLAIN),
    )

    def find_heir(self) -> User | None:
        """Raises Invalid when a name is given that nobody has, or none where one is needed."""
        if self.cleaned_data["services"] == "retire":
            return None
        heir = User.objects.filter(username=self.cleaned_data["heir"].strip(), is_active=True).first()
        if heir is None:
            raise Invalid("There is no active person of this name.", field="heir")
        return heir


class ServiceAccountForm(PlainForm):
    username = forms.CharField(
        max_length=63,
        help_text="Lower-case letters, digits, dots and dashes. You answer for what it does.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    name = forms.CharField(max_length=120, required=False, help_text="What other people read.")


class TeamForm(PlainForm):
    name = forms.CharField(max_length=80)


class TeamSettingsForm(PlainForm):
    name = forms.CharField(max_length=80)
    chat_user_may_decide = forms.BooleanField(
        required=False, label="The person whose chat an agent works in may decide its requests"
    )
    tokens_may_decide = forms.BooleanField(
        required=False, label="People may approve and deny through their own API tokens"
    )

    @classmethod
    def of(cls, team: Team) -> TeamSettingsForm:
        return cls(initial={name: getattr(team, name) for name in cls.base_fields})


class MemberForm(PlainForm):
    """Adding a member: the user by name, so that the form does not list everybody there is."""

    username = forms.CharField(
        max_length=63,
        label="Username",
        widget=forms.TextInput(attrs=PLAIN),
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.APPROVER)


class TokenForm(OnceForm):
    user = forms.ModelChoiceField(queryset=User.objects.none(), label="For", empty_label=None)
    name = forms.CharField(max_length=80, help_text="What it is for, e.g. “CI of the website”.")
    scopes = forms.MultipleChoiceField(
        choices=[(value, f"{value} — {label}") for value, label in Scope.choices],
        widget=forms.CheckboxSelectMultiple,
    )
    lifetime_days = forms.ChoiceField(
        choices=list(LIFETIMES.items()), initial="30", label="Expires after", widget=forms.Select
    )

    def __init__(self, *args: Any, users: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = users  # type: ignore[attr-defined]  # a ModelChoiceField

    @property
    def expires_at(self) -> Any:
        return timezone.now() + timedelta(days=int(self.cleaned_data["lifetime_days"]))


class SshKeyForm(PlainForm):
    """A key as its .pub file holds it; what it is, the domain reads."""

    public_key = forms.CharField(
        label="Public key",
        max_length=20_000,
        help_text="The one line of your .pub file, for example of ~/.ssh/id_ed25519.pub.",
        # As it was pasted: blanks and line breaks are told apart by whoever reads it.
        strip=False,
        widget=forms.Textarea(attrs={**PLAIN, "rows": 4, "class": "mono"}),
    )
    name = forms.CharField(
        max_length=80, required=False, label="Device", help_text="Left empty, the key's comment names it."
    )
    lifetime_days = forms.ChoiceField(
        choices=[("", "never"), *LIFETIMES.items()], initial="365", required=False, label="Expires after"
    )

    def clean_public_key(self) -> str:
        """A private key that was pasted by mistake does not come back with the form."""
        text: str = self.cleaned_data["public_key"]
        if PRIVATE.search(text):
            self.data = {**self.data.dict(), "public_key": ""}  # type: ignore[attr-defined]  # a QueryDict
            raise forms.ValidationError(PRIVATE_SENTENCE)
        return text

    @property
    def expires_at(self) -> datetime | None:
        return read_end(self.cleaned_data["lifetime_days"])


class SshKeyChangeForm(PlainForm):
    name = forms.CharField(max_length=80, label="Device")
    lifetime_days = forms.ChoiceField(
        choices=[
            (KEEP, "as it is"),
            ("", "never"),
            *((days, f"in {words}") for days, words in LIFETIMES.items()),
        ],
        initial=KEEP,
        required=False,
        label="Expires",
    )

    def wishes(self) -> dict[str, Any]:
        """What `change_ssh_key` takes."""
        days = self.cleaned_data["lifetime_days"]
        end = {} if days == KEEP else {"expires_at": read_end(days)}
        return {"name": self.cleaned_data["name"], **end}


def read_end(lifetime_days: str) -> datetime | None:
    return timezone.now() + timedelta(days=int(lifetime_days)) if lifetime_days else None


def describe_scopes(token: ApiToken) -> str:
    return ", ".join(token.scopes)


def require_valid(form: forms.Form) -> dict[str, Any]:
    """The form's values; raises Invalid with the first field's sentence."""
    if form.is_valid():
        return form.cleaned_data
    field, sentences = next(iter(form.errors.items()))
    label = f"{form[field].label}: " if field in form.fields else ""
    raise Invalid(f"{label}{sentences[0]}")
