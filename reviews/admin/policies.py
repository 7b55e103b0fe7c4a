"""Who and how many a team asks for what: a section of the team's page, and where its forms post to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from accounts.admin.base import PortalModelAdmin, answer_refusal, get_principal, perform, refuse_method
from accounts.admin.panels import Panel, register_panel
from accounts.models import Team, User
from accounts.policies import can_manage_team, can_see_team
from accounts.principal import Principal
from accounts.queries import list_members, list_teams
from events.errors import Invalid, Refused
from reviews.domain.policies import (
    HOURS,
    MAX_APPROVALS,
    MAX_HOURS,
    Terms,
    change_policy,
    change_terms,
    read_terms,
    required_approvals,
)
from reviews.enums import ApproverRole, ReviewKind
from reviews.models import ReviewPolicy
from reviews.registry import label_kind, list_kinds

SET_APPROVALS = "admin:reviews_reviewpolicy_set-approvals"
SET_TERMS = "admin:reviews_reviewpolicy_set-terms"
# The form's label and help of each number of hours.
HOUR_WORDS = {
    "remind_after_h": ("Remind after hours", ""),
    "escalate_after_h": ("Escalate after hours", "then backups may approve; without any, owners are told"),
    "due_after_h": ("Due after hours", "then it is marked as late"),
    "expire_after_h": ("End unapproved after hours", ""),
}


@dataclass(frozen=True, slots=True)
class HourField:
    name: str
    label: str
    help: str
    value: int | None


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """One kind's terms, as the panel shows them."""

    kind: str
    label: str
    terms: Terms
    hours: list[HourField]
    backups: list[str]

    @property
    def role(self) -> str:
        return ApproverRole(self.terms.approver_role).label


@admin.register(ReviewPolicy)
class ReviewPolicyAdmin(PortalModelAdmin):
    """Seen and changed on its team's page; the list is only there for links."""

    subject_kind = "team"
    list_display = ("team_name", "about", "approvals_needed", "approver_role")
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

    @admin.display(description="about")
    def about(self, policy: ReviewPolicy) -> str:
        return label_any_kind(policy.kind)

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("<str:team_id>/set-approvals/", self.set_approvals),
            self.action_path("<str:team_id>/set-terms/", self.set_terms),
        ]

    def set_approvals(self, request: HttpRequest, team_id: str) -> HttpResponse:
        """Of permission requests."""
        return self.save(request, team_id, save_approvals)

    def set_terms(self, request: HttpRequest, team_id: str) -> HttpResponse:
        """Of one kind of reviews."""
        return self.save(request, team_id, save_terms)

    def save(
        self, request: HttpRequest, team_id: str, act: Callable[[Principal, Team, QueryDict], None]
    ) -> HttpResponse:
        if request.method != "POST":
            return refuse_method(request, "POST")
        principal = get_principal(request)
        team = get_object_or_404(list_teams(principal), pk=team_id)
        try:
            perform(request, lambda: act(principal, team, request.POST))
        except Refused as error:
            return answer_refusal(request, error.message)
        except Invalid as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "Saved. It applies to what is asked from now on.")
        return HttpResponseRedirect(reverse("admin:accounts_team_change", args=[team.pk]))


def save_approvals(principal: Principal, team: Team, typed: QueryDict) -> None:
    change_policy(
        principal=principal,
        team=team,
        kind=ReviewKind.PERMISSION_REQUEST,
        approvals_needed=read_approvals(typed),
    )


def save_terms(principal: Principal, team: Team, typed: QueryDict) -> None:
    kind = typed.get("kind", "")
    if kind not in list_kinds():
        raise Invalid("There are no reviews of this kind.", field="kind")
    terms = Terms(
        approvals_needed=read_approvals(typed),
        approver_role=typed.get("approver_role", ""),
        backup_ids=typed.getlist("backup_ids"),
        **{name: read_hours(typed, name) for name in HOURS},
    )
    change_terms(principal=principal, team=team, kind=kind, terms=terms)


def read_approvals(typed: QueryDict) -> int:
    text = typed.get("approvals_needed", "")
    if not is_number(text):
        raise Invalid("Give a whole number of approvals.", field="approvals_needed")
    return int(text)


def read_hours(typed: QueryDict, name: str) -> int | None:
    """Empty is never."""
    text = typed.get(name, "").strip()
    if text and not is_number(text):
        raise Invalid(f"{HOUR_WORDS[name][0]}: give a whole number, or nothing for never.", field=name)
    return int(text) if text else None


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6


def label_any_kind(kind: str) -> str:
    return ReviewKind(kind).label if kind in ReviewKind.values else label_kind(kind)


def build_quorum(principal: Principal, team: Team) -> Panel:
    people = [
        membership.user
        for membership in list_members(team).filter(user__is_active=True).order_by("user__username")
        if not membership.user.is_service
    ]
    context: dict[str, Any] = {
        "approvals_needed": required_approvals(team_id=team.pk, kind=ReviewKind.PERMISSION_REQUEST),
        "max_approvals": MAX_APPROVALS,
        "max_hours": MAX_HOURS,
        "can_manage": can_manage_team(principal, team),
        "url": reverse(SET_APPROVALS, args=[team.pk]),
        "terms_url": reverse(SET_TERMS, args=[team.pk]),
        "people": people,
        "roles": ApproverRole.choices,
        "policies": [build_kind_policy(team, kind, label, people) for kind, label in list_kinds().items()],
    }
    return Panel("Approvals", "admin/reviews/team_panel.html", context)


def build_kind_policy(team: Team, kind: str, label: str, people: list[User]) -> KindPolicy:
    terms = read_terms(team_id=team.pk, kind=kind)
    hours = [HourField(name, *HOUR_WORDS[name], getattr(terms, name)) for name in HOURS]
    backups = [str(person) for person in people if person.pk in terms.backup_ids]
    return KindPolicy(kind, label, terms, hours, backups)


register_panel("accounts.team", build_quorum)
