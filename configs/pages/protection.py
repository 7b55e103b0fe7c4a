"""Which labels only move with a second person's approval: team admins and owners say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.admin.base import answer_refusal, get_principal, perform, refuse_method
from accounts.models import Team
from accounts.principal import Principal
from accounts.queries import list_teams
from accounts.reauthentication import ask_for_password
from configs.domain.protection import set_protected
from configs.enums import KnownLabel
from configs.models import LabelPolicy
from configs.pages.desk import Owner, may_list
from configs.pages.doors import CONFIGURE_DOOR
from configs.pages.kinds import EVERYBODY
from configs.policies import explain_not_protecting
from configs.queries import list_label_names, list_protected
from events.errors import DomainError, Refused


@dataclass(frozen=True, slots=True)
class LabelLine:
    name: str
    is_protected: bool
    changed_by: str
    changed_at: Any
    reviewers: str


@dataclass(frozen=True, slots=True)
class OwnerLabels:
    """The labels of one team's things, or of everybody's."""

    owner: Owner
    lines: list[LabelLine]
    may_change: bool


def answer_labels(request: HttpRequest) -> HttpResponse:
    principal = get_principal(request)
    if not may_list(principal):
        raise PermissionDenied
    if request.method not in {"GET", "HEAD"}:
        return refuse_method(request, "GET", "HEAD")
    teams = list(list_teams(principal).filter(retired_at=None).order_by("name"))
    context = {
        **CONFIGURE_DOOR.context(request),
        "title": "Labels",
        "groups": [read_labels(principal, team) for team in [*teams, None]],
        "teams": teams,
    }
    return TemplateResponse(request, "configs/labels.html", context)


def read_labels(principal: Principal, team: Team | None) -> OwnerLabels:
    team_id = team.pk if team else None
    said = LabelPolicy.objects.select_related("changed_by", "reviewing_team").filter(team=team)
    policies = {policy.label: policy for policy in said}
    protected = list_protected(team_id)
    lines = []
    for name in list_label_names(team_id):
        policy = policies.get(name)
        reviewers = str(policy.reviewing_team) if policy and policy.reviewing_team else ""
        changed_by = str(policy.changed_by) if policy and policy.changed_by else ""
        changed_at = policy.changed_at if policy else None
        if name != KnownLabel.DRAFT:
            lines.append(LabelLine(name, name in protected, changed_by, changed_at, reviewers))
    return OwnerLabels(Owner(team), lines, not explain_not_protecting(principal, team))


def answer_protect(request: HttpRequest) -> HttpResponse:
    """Protect a label or let it move freely; asks for the password when the login is not recent."""
    if request.method != "POST":
        return refuse_method(request, "POST")
    principal = get_principal(request)
    teams = {team.pk: team for team in list_teams(principal).filter(retired_at=None)}
    wanted = request.POST.get("team", "")
    if wanted != EVERYBODY and wanted not in teams:
        raise PermissionDenied
    team = teams.get(wanted)
    if refusal := explain_not_protecting(principal, team):
        return answer_refusal(request, refusal)
    if asked := ask_for_password(request):
        return asked
    label, is_protected = request.POST.get("label", "").strip(), request.POST.get("protected") == "yes"
    reviewing = teams.get(request.POST.get("reviewing_team", "")) if team is None else None
    try:
        perform(
            request,
            lambda: set_protected(
                principal=get_principal(request),
                team=team,
                label=label,
                is_protected=is_protected,
                reviewing_team=reviewing,
            ),
        )
    except Refused as error:
        return answer_refusal(request, error.message)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        words = "moves only when a second person agrees" if is_protected else "moves at once"
        messages.success(request, f"{label} {words}.")
    return HttpResponseRedirect(reverse("configure:labels"))
