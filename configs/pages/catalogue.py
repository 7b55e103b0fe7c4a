"""Choosing models from the catalogue, and, for owners, taking over the list that is shipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.admin.base import answer_refusal, get_principal, refuse_method
from accounts.principal import Principal
from configs.catalogue_queries import list_catalogue
from configs.domain.catalogue import apply_catalogue, choose_model, load_snapshot, plan_catalogue
from configs.enums import ConfigKind
from configs.models import CatalogueModel, Model
from configs.pages.desk import Owner, carry_out, list_owners
from configs.pages.doors import CONFIGURE_DOOR
from configs.pages.imports import render_page
from configs.policies import can_list_configs
from events.errors import Conflict

PAGE_LENGTH = 50
MAX_SHOWN_CHANGES = 100


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """`own_url` leads to the team's model when it has been chosen."""

    row: CatalogueModel
    own_url: str

    @property
    def context(self) -> str:
        tokens = self.row.facts.get("context_limit_tokens")
        return f"{tokens:,}" if tokens else "–"

    @property
    def prices(self) -> str:
        values = [self.row.facts.get(f"price_{name}_usd_per_million") for name in ("input", "output")]
        return " / ".join(f"${value}" if value is not None else "–" for value in values)


def answer_catalogue(request: HttpRequest) -> HttpResponse:
    """GET: the list; POST: a draft of the model `choose` for `team`."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return refuse_method(request, "GET", "HEAD", "POST")
    principal = get_principal(request)
    if not can_list_configs(principal):
        raise PermissionDenied
    owners = list_owners(principal)
    if request.method == "POST":
        return choose(request, owners)
    owner = next(
        (each for each in owners if each.value == request.GET.get("team", "")), next(iter(owners), None)
    )
    search = request.GET.get("q", "")[:200]
    page = Paginator(list_catalogue(search), PAGE_LENGTH).get_page(request.GET.get("p", "1"))
    context = {
        "title": "Catalogue of models",
        "owners": owners,
        "owner": owner,
        "search": search,
        "page": page,
        "rows": describe_rows(list(page.object_list), owner),
        "may_update": principal.user.is_superuser,
    }
    return render_page(request, "configs/catalogue.html", context)


def describe_rows(rows: list[CatalogueModel], owner: Owner | None) -> list[CatalogueRow]:
    """In one query for all of them: which of them the team has."""
    if owner is None:
        return [CatalogueRow(row, "") for row in rows]
    own = Model.objects.filter(team=owner.team, key__in=[row.key for row in rows], retired_at=None)
    urls = {key: CONFIGURE_DOOR.url(ConfigKind.MODEL, "show", pk) for key, pk in own.values_list("key", "pk")}
    return [CatalogueRow(row, urls.get(row.key, "")) for row in rows]


def choose(request: HttpRequest, owners: list[Owner]) -> HttpResponse:
    owner = next((each for each in owners if each.value == request.POST.get("team", "")), None)
    if owner is None:
        return answer_refusal(request, "Only editors and admins of a team choose models for it.")
    query = urlencode({"team": owner.value, "q": request.POST.get("q", "")[:200]})
    back = f"{reverse('configure:catalogue')}?{query}"
    team = owner.team

    def work(principal: Principal) -> str:
        catalogue_id = request.POST.get("choose", "")
        saved = choose_model(principal=principal, team=team, catalogue_id=catalogue_id)
        messages.success(request, f"{saved.row.name} is a draft now. Look at its facts, then label it.")
        return CONFIGURE_DOOR.url(ConfigKind.MODEL, "show", saved.row.pk)

    return carry_out(request, back, work)


def answer_catalogue_update(request: HttpRequest) -> HttpResponse:
    """Owners alone. GET: how the shipped list differs; POST: take it over as it was shown."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return refuse_method(request, "GET", "HEAD", "POST")
    principal = get_principal(request)
    if not principal.user.is_superuser:
        return answer_refusal(request, "Only owners change the catalogue of models.")
    if request.method == "POST":
        return apply(request, principal)
    plan = plan_catalogue(load_snapshot())
    context: dict[str, Any] = {
        "title": "The shipped list of models",
        "plan": plan,
        "changed": plan.changed[:MAX_SHOWN_CHANGES],
        "new": plan.new[:MAX_SHOWN_CHANGES],
        "missing": plan.missing[:MAX_SHOWN_CHANGES],
    }
    return render_page(request, "configs/catalogue_update.html", context)


def apply(request: HttpRequest, principal: Principal) -> HttpResponse:
    fingerprint = request.POST.get("fingerprint", "") or "-"
    try:
        plan = apply_catalogue(actor=principal.actor, models=load_snapshot(), fingerprint=fingerprint)
    except Conflict as error:
        messages.warning(request, error.message)
        return HttpResponseRedirect(reverse("configure:catalogue-update"))
    messages.success(
        request,
        f"Taken over: {len(plan.new):,} new, {len(plan.changed):,} changed, {len(plan.missing):,} missing.",
    )
    return HttpResponseRedirect(reverse("configure:catalogue"))
