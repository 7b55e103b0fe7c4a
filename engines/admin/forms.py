from __future__ import annotations

from typing import Any

from django import forms

from accounts.admin.forms import PLAIN, PlainForm
from engines.models import Engine


class AccessForm(PlainForm):
    """The password is only written: what is stored is never shown, also not as a row of dots."""

    address = forms.CharField(
        max_length=300, help_text="http://host:port, without a path.", widget=forms.TextInput(attrs=PLAIN)
    )
    username = forms.CharField(max_length=80, widget=forms.TextInput(attrs=PLAIN))
    password = forms.CharField(
        max_length=1000,
        required=False,
        strip=False,
        label="New password",
        help_text="Left empty, the stored one is kept; with another address it has to be given.",
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )
    without_password = forms.BooleanField(required=False, label="The engine has no password")

    @classmethod
    def of(cls, engine: Engine) -> AccessForm:
        return cls(initial={"address": engine.address, "username": engine.username})

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("password") and values.get("without_password"):
            self.add_error("without_password", "Either a password or none.")
        return values

    def wishes(self) -> dict[str, Any]:
        """What `change_access_as` takes; the password None keeps the stored one."""
        values = self.cleaned_data
        password = values["password"] or ("" if values["without_password"] else None)
        return {"address": values["address"], "username": values["username"], "password": password}
