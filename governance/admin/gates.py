"""What the second gate adds to an engine's page: whether it stands, and an owner's word to do without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from accounts.admin.base import Button, get_principal
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.display import Pill
from accounts.admin.forms import PLAIN, PlainForm
from accounts.admin.panels import Panel, register_panel
from accounts.principal import Principal
from engines.admin.extras import EngineExtra, register_extra
from engines.models import Engine
from events.errors import Invalid
from governance.domain.gate import Standing, judge_presence
from governance.domain.gate_access import refuse_others, require_gate, waive_gate
from governance.enums import GateStanding
from governance.gate_queries import find_standing, list_presences
from governance.models import EngineGate, GatePresence
from governance.policies import can_waive_gate

LOOKS = {
    GateStanding.GATED: ("lock", "ok"),
    GateStanding.WAIVED: ("warning", "warn"),
    GateStanding.SILENT: ("warning", "warn"),
    GateStanding.UNGATED: ("warning", "bad"),
    GateStanding.NONE: ("warning", "warn"),
}


def describe_standing(standing: Standing) -> Pill:
    icon, tone = LOOKS[standing.state]
    return Pill(standing.state.label, icon, tone, standing.sentence)


@dataclass(frozen=True, slots=True)
class FolderLine:
    presence: GatePresence
    pill: Pill
    sentence: str


def build_gate_panel(_principal: Principal, engine: Engine) -> Panel:
    """For everybody who sees the engine: states and folders, no content."""
    gate = EngineGate.objects.filter(engine=engine).select_related("token").first()
    presences = list_presences(engine.pk)
    standing = find_standing(gate, presences)
    lines = []
    for presence in presences:
        found = judge_presence(presence)
        lines.append(FolderLine(presence, describe_standing(found), found.sentence))
    context = {
        "engine_id": engine.pk,
        "gate": gate,
        "standing": standing,
        "pill": describe_standing(standing),
        "folders": lines,
    }
    return Panel("Gate", "admin/governance/gate_panel.html", context)


class WaiverForm(PlainForm):
    reason = forms.CharField(
        max_length=300,
        label="Why it works without its gate",
        help_text="Stands on the engine's page and in the audit chain.",
        widget=forms.TextInput(attrs=PLAIN),
    )


def press_waive(model_admin: Any, request: HttpRequest, engine: Engine) -> HttpResponse:
    principal = get_principal(request)
    refuse_others(principal, engine)
    form = WaiverForm(request.POST if is_confirmed(request) else None)
    if is_confirmed(request) and form.is_valid():
        try:
            waive_gate(principal=principal, engine=engine, reason=form.cleaned_data["reason"])
        except Invalid as error:
            form.add_error("reason", error.message)
        else:
            messages.warning(request, f"{engine} works without its gate.")
            return HttpResponse(status=302, headers={"Location": model_admin.url_of(engine)})
    return show_confirmation(
        model_admin,
        request,
        engine,
        title=f"Let {engine} work without its gate",
        sentences=[
            "Rules then approve what it announces, whether or not its plugin is there.",
            "What it announces to nobody runs unasked, and no alarm is raised for it.",
        ],
        label="Work without the gate",
        tone="bad",
        form=form,
        status=400 if form.errors else 200,
    )


def press_require(model_admin: Any, request: HttpRequest, engine: Engine) -> HttpResponse:
    require_gate(principal=get_principal(request), engine=engine)
    messages.success(request, f"{engine} needs its gate again.")
    return HttpResponse(status=302, headers={"Location": model_admin.url_of(engine)})


def is_waived(engine: Engine) -> bool:
    return EngineGate.objects.filter(engine=engine, waived_at__isnull=False).exists()


def build_waive(principal: Principal, engine: Engine, url: str) -> Button | None:
    if engine.retired_at is not None or not can_waive_gate(principal) or is_waived(engine):
        return None
    return Button(url, "Work without its gate…")


def build_require(principal: Principal, engine: Engine, url: str) -> Button | None:
    if engine.retired_at is not None or not can_waive_gate(principal) or not is_waived(engine):
        return None
    return Button(url, "Require its gate", "ok")


register_panel("engines.engine", build_gate_panel)
register_extra(EngineExtra("waive-gate", press_waive, build_waive))
register_extra(EngineExtra("require-gate", press_require, build_require))
