"""Forms of the people pages. They check shapes; rules are the domain's."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest
from django.utils import timezone

from accounts.domain.users import set_password
from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team, User
from events.actors import Actor, ActorKind, Door

# A name is not a word: no browser shall complete, capitalise or mend it.
PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

ONCE = "_once"
ONCE_KEPT = 10
LIFETIMES = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "one year"}


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


class PersonForm(PlainForm):
    username = forms.CharField(
        max_length=63,
        help_text="Lower-case letters, digits, dots and dashes. It can't be changed later.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    name = forms.CharField(max_length=120, required=False, help_text="What other people read.")
    email = forms.EmailField(required=False)


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


class OwnPasswordForm(PasswordChangeForm):
    """Django's own check of the old password; the new one is stored by the domain."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **{"label_suffix": "", **kwargs})

    def save(self, commit: bool = True) -> Any:
        actor = Actor(ActorKind.USER, self.user.pk, Door.ADMIN, str(self.user))
        set_password(actor=actor, user=self.user, password=self.cleaned_data["new_password1"])
        return self.user


def describe_scopes(token: ApiToken) -> str:
    return ", ".join(token.scopes)
