"""A button on an engine's page: who keeps its configuration folder and restarts it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from accounts.admin.base import Button, get_principal
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.forms import PLAIN, PlainForm
from accounts.principal import Principal
from engines.admin.extras import EngineExtra, register_extra
from engines.domain.access import refuse_strangers
from engines.enums import EngineControl
from engines.models import Engine
from engines.policies import can_manage_engine
from events.errors import Invalid
from releases.controls.change import ControlWish, change_control_as

ABOUT_AGENT = (
    "A release reaches the engine through its config agent (docs/config_agent.md), which is asked first:"
    " nothing is saved unless it answers."
)
ABOUT_HANDS = "By hand, releases are downloaded and copied by a person."


class ControlForm(PlainForm):
    """The token is only written. A folder of the portal's own host is named on that host, not here."""

    control = forms.ChoiceField(
        choices=[(EngineControl.AGENT, "A config agent beside it"), (EngineControl.NONE, "By hand")],
        label="Releases are brought by",
    )
    address = forms.CharField(
        max_length=300,
        required=False,
        label="Address of the config agent",
        help_text="https://host:port; http:// on this host only.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    token = forms.CharField(
        max_length=1000,
        required=False,
        label="Its token",
        help_text="Left empty, the stored one is kept; with another address it has to be given.",
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )
    certificate = forms.CharField(
        max_length=65_536,
        required=False,
        label="Its certificate (PEM)",
        help_text="Only where no public authority signed it.",
        widget=forms.Textarea(attrs={**PLAIN, "rows": 4}),
    )

    @classmethod
    def of(cls, engine: Engine) -> ControlForm:
        is_agent = engine.control == EngineControl.AGENT
        return cls(
            initial={
                "control": EngineControl.AGENT if is_agent else EngineControl.NONE,
                "address": engine.control_address,
                "certificate": engine.control_certificate,
            }
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("control") == EngineControl.AGENT and not values.get("address"):
            self.add_error("address", "Say where the config agent listens.")
        return values

    def wish(self) -> ControlWish:
        values = self.cleaned_data
        return ControlWish(
            EngineControl(values["control"]),
            address=values["address"],
            token=values["token"] or None,
            certificate=values["certificate"],
        )


def press_control(page: Any, request: HttpRequest, engine: Engine) -> HttpResponse:
    """First the form, then the question to the agent and the change; the question is in no transaction."""
    principal = get_principal(request)
    refuse_strangers(principal=principal, engine=engine)
    if not is_confirmed(request):
        return show_form(page, request, engine, ControlForm.of(engine))
    form = ControlForm(request.POST)
    if not form.is_valid():
        return show_form(page, request, engine, form, status=400)
    try:
        warnings = change_control_as(principal=principal, engine=engine, wish=form.wish())
    except Invalid as error:
        field = str(error.facts.get("field") or "")
        form.add_error(field if field in form.fields else None, error.message)
        return show_form(page, request, engine, form, status=error.status)
    messages.success(request, f"Releases reach {engine} so: {EngineControl(engine.control).label}.")
    for warning in warnings:
        messages.warning(request, warning)
    return page.redirect_to(engine)


def show_form(
    page: Any, request: HttpRequest, engine: Engine, form: ControlForm, status: int = 200
) -> HttpResponse:
    return show_confirmation(
        page,
        request,
        engine,
        title=f"How releases reach {engine}",
        sentences=[ABOUT_AGENT, ABOUT_HANDS],
        label="Check and save",
        form=form,
        status=status,
    )


def build_control(principal: Principal, engine: Engine, url: str) -> Button | None:
    if not can_manage_engine(principal, engine) or engine.retired_at is not None:
        return None
    return Button(url, "How releases reach it…")


register_extra(EngineExtra("change-control", press_control, build_control, is_atomic=False))
