"""How many approvals a team asks for: a section of the team's page, and the address its form posts to."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from accounts.admin.base import PortalModelAdmin, answer_refusal, get_principal, perform, refuse_method
from accounts.admin.panels import Panel, register_panel
from accounts.models import Team
from accounts.policies import can_manage_team, can_see_team
from accounts.principal import Principal
from accounts.queries import list_teams
from events.errors import Invalid, Refused
from reviews.domain.policies import MAX_APPROVALS, change_policy, required_approvals
from reviews.enums import ReviewKind
from reviews.models import ReviewPolicy

SET_APPROVALS = "admin:reviews_reviewpolicy_set-approvals"


@admin.register(ReviewPolicy)
class ReviewPolicyAdmin(PortalModelAdmin):
    """Seen and changed on its team's page; the list is only there for links."""

    subject_kind = "team"
    list_display = ("team_name", "kind", "approvals_needed")
    ordering = ("team__name", "kind")
    sortable_by = ()

    def list_visible(self, principal: Principal) -> QuerySet[ReviewPolicy]:
        return ReviewPolicy.objects.filter(team__in=list_teams(principal)).prefetch_related("team")

    def can_see(self, principal: Principal, obj: ReviewPolicy) -> bool:
        return can_see_team(principal, obj.team)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Not in the menu."""
        return False

    @admin.display(description="team")
    def team_name(self, policy: ReviewPolicy) -> str:
        return policy.team.name

    def action_urls(self) -> list[URLPattern]:
        return [self.action_path("<str:team_id>/set-approvals/", self.set_approvals)]

    def set_approvals(self, request: HttpRequest, team_id: str) -> HttpResponse:
        if request.method != "POST":
            return refuse_method(request, "POST")
        principal = get_principal(request)
        team = get_object_or_404(list_teams(principal), pk=team_id)
        try:
            perform(
                request, lambda: save_approvals(principal, team, request.POST.get("approvals_needed", ""))
            )
        except Refused as error:
            return answer_refusal(request, error.message)
        except Invalid as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "Saved. It applies to what is asked from now on.")
        return HttpResponseRedirect(reverse("admin:accounts_team_change", args=[team.pk]))


def save_approvals(principal: Principal, team: Team, text: str) -> None:
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise Invalid("Give a whole number of approvals.", field="approvals_needed")
    change_policy(
        principal=principal, team=team, kind=ReviewKind.PERMISSION_REQUEST, approvals_needed=int(text)
    )


def build_quorum(principal: Principal, team: Team) -> Panel:
    context = {
        "approvals_needed": required_approvals(team_id=team.pk, kind=ReviewKind.PERMISSION_REQUEST),
        "max_approvals": MAX_APPROVALS,
        "can_manage": can_manage_team(principal, team),
        "url": reverse(SET_APPROVALS, args=[team.pk]),
    }
    return Panel("Approvals", "admin/reviews/team_panel.html", context)


register_panel("accounts.team", build_quorum)
