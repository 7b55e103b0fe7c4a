"""Standing operating procedures: the list, and the page with a version's text, its seal and its history."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.display import render_age, render_code, render_pill
from accounts.principal import Principal
from events.errors import Conflict, Refused
from events.text import make_visible
from procedures.admin.filters import AreaFilter, SopStateFilter
from procedures.admin.forms import ReasonForm
from procedures.admin.sop_page import build_page
from procedures.admin.states import describe_sop
from procedures.domain.seals import verify_all
from procedures.domain.sops import revoke_sop
from procedures.enums import SopState
from procedures.models import Sop
from procedures.policies import (
    can_list_procedures,
    can_read_sop,
    can_see_sop,
    explain_not_revoking,
    explain_not_writing,
)
from procedures.queries import list_sops


@admin.register(Sop)
class SopAdmin(PortalModelAdmin):
    subject_kind = "sop"
    singular, plural, list_name = "procedure", "procedures", "Standing operating procedures"
    list_description = (
        "What was approved, sealed with a signature, and is given to agents. A change is a new proposal."
    )
    empty_text = "No proposal has been approved yet."
    change_list_template = "admin/procedures/list.html"
    change_form_template = "admin/procedures/sop/change_form.html"
    list_display = (
        "title",
        "state_pill",
        "slug_code",
        "version_text",
        "area_name",
        "team_name",
        "review",
        "changed",
    )
    list_display_links = ("title",)
    list_filter = (SopStateFilter, AreaFilter)
    search_fields = ("name", "slug")
    ordering = ("slug", "-changed_at", "-id")
    sortable_by = ()
    fieldsets = (
        (None, {"fields": ("state_pill", "slug_code", "area_name", "team_name")}),
        ("How long", {"fields": ("review", "ends", "changed")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[Sop]:
        return list_sops(principal)

    def can_see(self, principal: Principal, obj: Sop) -> bool:
        return can_see_sop(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return can_list_procedures(principal)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="name")
    def title(self, sop: Sop) -> str:
        return make_visible(sop.name)

    @admin.display(description="state")
    def state_pill(self, sop: Sop) -> SafeString:
        return render_pill(describe_sop(sop, timezone.now()))

    @admin.display(description="slug")
    def slug_code(self, sop: Sop) -> SafeString:
        return render_code(sop.slug)

    @admin.display(description="version")
    def version_text(self, sop: Sop) -> str:
        return str(sop.version)

    @admin.display(description="area")
    def area_name(self, sop: Sop) -> str:
        return sop.get_area_display()

    @admin.display(description="team")
    def team_name(self, sop: Sop) -> str:
        return sop.team.name

    @admin.display(description="review by")
    def review(self, sop: Sop) -> str:
        return sop.review_by.isoformat() if sop.review_by else "–"

    @admin.display(description="changed")
    def changed(self, sop: Sop) -> SafeString:
        return render_age(sop.changed_at)

    @admin.display(description="ends")
    def ends(self, sop: Sop) -> SafeString | str:
        if sop.state == SopState.REVOKED:
            who = make_visible(sop.revoked_by_label or sop.revoked_by_id)
            return format_html("revoked by {}, {} ago", who, render_age(sop.revoked_at))
        if sop.superseded_by is not None and sop.superseded_from is not None:
            url = reverse("admin:procedures_sop_change", args=[sop.superseded_by_id])
            when = sop.superseded_from.strftime("%Y-%m-%d")
            return format_html(
                '<a href="{}">{}</a> takes its place from {}', url, sop.superseded_by.slug, when
            )
        return "when it is revoked or superseded"

    # The page -------------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: Sop) -> dict[str, Any]:
        principal = get_principal(request)
        may_propose = obj.is_live and not explain_not_writing(principal, obj.team_id)
        propose_url = f"{reverse('admin:procedures_proposal_add')}?supersedes={obj.pk}" if may_propose else ""
        return {**build_page(request, obj), "title": make_visible(obj.name), "propose_url": propose_url}

    def object_buttons(self, request: HttpRequest, obj: Sop) -> list[Button]:
        principal = get_principal(request)
        if not can_read_sop(principal, obj):
            return []
        hint = "Looks at the seal of every version again."
        buttons = [Button(self.url_of(obj, "verify"), "Verify", "", hint)]
        if obj.state != SopState.REVOKED and not explain_not_revoking(principal, obj):
            buttons.append(Button(self.url_of(obj, "revoke"), "Revoke…", "bad"))
        return buttons

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("<path:object_id>/verify/", self.verify),
            self.action_path("<path:object_id>/revoke/", self.revoke),
        ]

    @post_action
    def verify(self, request: HttpRequest, obj: Sop) -> HttpResponse:
        if not can_read_sop(get_principal(request), obj):
            raise Refused("Only members of its team check its seals.", subject_kind="sop", subject_id=obj.pk)
        report = verify_all(Sop.objects.filter(pk=obj.pk))
        for finding in report.findings:
            where = f"Version {finding.number}: " if finding.number else ""
            messages.error(request, f"{where}{finding.sentence}")
        if not report.findings:
            count = f"{report.versions} version{'s' if report.versions > 1 else ''}"
            messages.success(request, f"Every seal holds: {count}.")
        return self.redirect_to(obj)

    @post_action
    def revoke(self, request: HttpRequest, obj: Sop) -> HttpResponse:
        principal = get_principal(request)
        if refusal := explain_not_revoking(principal, obj):
            raise Refused(refusal, subject_kind="sop", subject_id=obj.pk)
        if obj.state == SopState.REVOKED:
            raise Conflict("It is revoked already.", code="already")
        form = ReasonForm(request.POST) if is_confirmed(request) else ReasonForm()
        if form.is_bound and form.is_valid():
            reason = form.cleaned_data["reason"].replace("\r\n", "\n")
            revoke_sop(principal=principal, sop_id=obj.pk, reason=reason)
            messages.success(request, "Revoked. It is in no release that is built from now on.")
            return self.redirect_to(obj)
        return show_confirmation(
            self,
            request,
            obj,
            title=f"Revoke {make_visible(obj.name)}",
            sentences=[
                "It holds no more, from this moment. Its versions and their seals stay readable.",
                "Engines that have it as a skill keep the file until a release without it is published.",
            ],
            label="Revoke for good",
            tone="bad",
            form=form,
            status=400 if form.is_bound else 200,
        )
