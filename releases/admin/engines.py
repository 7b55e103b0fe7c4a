"""What releases add to an engine's page: what is live, what is on its way, what differs; and the buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.admin.base import Button, get_principal
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.display import Pill
from accounts.admin.forms import PLAIN, PlainForm, require_valid
from accounts.admin.panels import Panel, register_panel
from accounts.principal import Principal
from configs.content import ContentError, EngineDefaultsContent
from engines.admin.extras import EngineExtra, register_extra
from engines.models import Engine
from events.errors import Invalid, Refused
from events.text import make_visible
from releases.admin.defaults_form import DefaultsForm
from releases.admin.releases import describe_changes, show_publication
from releases.admin.states import describe_drift, describe_publication
from releases.diffs import diff_files
from releases.domain.build import build_release, describe_problem, draft_release
from releases.domain.defaults import read_defaults, save_defaults
from releases.domain.publications import rollback
from releases.models import Drift, Publication
from releases.policies import (
    can_see_engine_releases,
    explain_not_building,
    explain_not_editing_defaults,
    explain_not_publishing,
)
from releases.queries import find_live_release, find_rollback_target, find_unfinished

LAST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class PublicationLine:
    publication: Publication
    pill: Pill


def build_release_panel(principal: Principal, engine: Engine) -> Panel | None:
    if not can_see_engine_releases(principal, engine):
        return None
    rows = Publication.objects.filter(engine=engine).select_related("release__engine")
    last = rows.defer("release__files").order_by("-created_at", "-id")[:LAST_SHOWN]
    drift = Drift.objects.filter(engine=engine).first()
    live = find_live_release(engine)
    context = {
        "engine_id": engine.pk,
        "live": live,
        "drift": drift if live else None,
        "drift_pill": describe_drift(drift) if drift and live else None,
        "unfinished": find_unfinished(engine),
        "lines": [PublicationLine(row, describe_publication(row)) for row in last],
    }
    return Panel("Release", "admin/releases/engine_panel.html", context)


# Build -------------------------------------------------------------------------------------------


class BuildForm(PlainForm):
    note = forms.CharField(
        max_length=300,
        required=False,
        help_text="Why, for those who look at it later.",
        widget=forms.TextInput(attrs=PLAIN),
    )


def press_build(model_admin: Any, request: HttpRequest, engine: Engine) -> HttpResponse:
    principal = get_principal(request)
    if refusal := explain_not_building(principal, engine):
        raise Refused(refusal, subject_kind="engine", subject_id=engine.pk)
    form = BuildForm(request.POST if is_confirmed(request) else None)
    if is_confirmed(request) and form.is_valid():
        release = build_release(principal=principal, engine=engine, note=form.cleaned_data["note"])
        messages.success(request, f"Release #{release.number} of {engine} is built, not published yet.")
        url = reverse("admin:releases_release_change", args=[release.pk])
        return HttpResponseRedirect(url)
    return show_confirmation(
        model_admin,
        request,
        engine,
        title=f"Build a release of {engine.name}",
        sentences=describe_draft(engine),
        label="Build",
        form=form,
        status=400 if form.errors else 200,
    )


def describe_draft(engine: Engine) -> list[str]:
    draft, live = draft_release(engine), find_live_release(engine)
    sentences = [
        f"{problem.severity}: {make_visible(describe_problem(problem))}" for problem in draft.problems
    ]
    if draft.errors:
        return ["It can't be built as it is:", *sentences]
    changes = describe_changes(diff_files(live.file_pairs if live else [], draft.files), live)
    return [
        "All that is labelled for production is rendered, checked and signed.",
        changes,
        *sentences,
    ]


def build_build(principal: Principal, engine: Engine, url: str) -> Button | None:
    return None if explain_not_building(principal, engine) else Button(url, "Build a release…")


# Roll back ---------------------------------------------------------------------------------------


def press_rollback(model_admin: Any, request: HttpRequest, engine: Engine) -> HttpResponse:
    principal = get_principal(request)
    target = find_rollback_target(engine)
    if is_confirmed(request) or target is None or explain_not_publishing(principal, engine):
        publication = rollback(principal=principal, engine=engine)
        messages.success(request, f"{engine} goes back to release #{publication.release.number}.")
        return show_publication(publication)
    live = find_live_release(engine)
    return show_confirmation(
        model_admin,
        request,
        engine,
        title=f"Roll {engine.name} back?",
        sentences=[
            f"Release #{target.number} was live before. It is published again.",
            describe_changes(diff_files(live.file_pairs if live else [], target.file_pairs), live),
            "It waits until the engine's sessions are idle and no request is open.",
        ],
        label=f"Roll back to #{target.number}",
        tone="bad",
    )


def build_rollback(principal: Principal, engine: Engine, url: str) -> Button | None:
    if explain_not_publishing(principal, engine) or find_rollback_target(engine) is None:
        return None
    return Button(url, "Roll back…")


# Defaults ----------------------------------------------------------------------------------------


def press_defaults(model_admin: Any, request: HttpRequest, engine: Engine) -> HttpResponse:
    principal = get_principal(request)
    if refusal := explain_not_editing_defaults(principal, engine):
        raise Refused(refusal, subject_kind="engine", subject_id=engine.pk)
    number, content = read_defaults(engine)
    form = DefaultsForm(
        request.POST if is_confirmed(request) else None,
        team=engine.team,
        initial={**content.write(), "number": number},
    )
    if is_confirmed(request):
        try:
            values = require_valid(form)
            read = EngineDefaultsContent.read(form.list_wishes())
            save_defaults(
                principal=principal,
                engine=engine,
                content=read,
                expected_number=values["number"],
                note=values["note"],
            )
        except ContentError as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        except Invalid as error:
            if not form.errors:
                form.add_error(None, error.message)
        else:
            messages.success(request, "Saved. The next release holds it.")
            return HttpResponseRedirect(model_admin.url_of(engine))
    return show_confirmation(
        model_admin,
        request,
        engine,
        title=f"What {engine.name} uses when a chat names nothing",
        sentences=["It takes effect with the next release that is published."],
        label="Save",
        form=form,
        status=400 if form.errors else 200,
    )


def build_defaults(principal: Principal, engine: Engine, url: str) -> Button | None:
    return None if explain_not_editing_defaults(principal, engine) else Button(url, "Defaults…")


register_panel("engines.engine", build_release_panel)
register_extra(EngineExtra("build-release", press_build, build_build, is_atomic=False))
register_extra(EngineExtra("roll-back", press_rollback, build_rollback))
register_extra(EngineExtra("defaults", press_defaults, build_defaults))
