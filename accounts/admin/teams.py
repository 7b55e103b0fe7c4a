"""Teams, their settings and members; managed by their admins and by owners."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.display import format_moment
from accounts.admin.forms import MemberForm, TeamForm, TeamSettingsForm, require_valid
from accounts.domain.team_retirement import describe_holds, retire_team
from accounts.domain.teams import (
    add_member_as,
    change_role,
    change_team,
    create_team_as,
    end_membership,
    set_ssh,
)
from accounts.enums import Role
from accounts.models import Membership, Team, User
from accounts.policies import can_create_teams, can_manage_team, can_retire_team, can_see_team
from accounts.principal import Principal
from accounts.queries import list_teams
from events.errors import Conflict, Invalid, Refused


@admin.register(Team)
class TeamAdmin(PortalModelAdmin):
    subject_kind = "team"
    change_form_template = "admin/accounts/team/change_form.html"
    empty_text = "No team yet. Engines, chats and requests need one."
    list_display = ("name", "member_count", "created")
    ordering = ("name",)
    sortable_by = ()
    list_description = "Engines, chats and requests belong to a team; nobody sees or decides another team's."
    fieldsets = ((None, {"fields": ("name", "created")}),)

    def list_visible(self, principal: Principal) -> QuerySet[Team]:
        is_open = Q(memberships__ended_at=None, memberships__user__is_active=True)
        members = Count("memberships", filter=is_open)
        return list_teams(principal).annotate(member_count=members)

    def can_see(self, principal: Principal, obj: Team) -> bool:
        return can_see_team(principal, obj)

    def can_add(self, principal: Principal) -> bool:
        return can_create_teams(principal)

    @admin.display(description="members")
    def member_count(self, team: Team) -> int:
        return int(team.member_count)  # type: ignore[attr-defined]  # annotated

    @admin.display(description="created")
    def created(self, team: Team) -> str:
        return format_moment(team.created_at)

    # Adding ---------------------------------------------------------------------------------------

    def make_add_form(self, request: HttpRequest) -> forms.Form:
        return TeamForm(request.POST) if request.method == "POST" else TeamForm()

    def submit_add_form(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        team = create_team_as(principal=get_principal(request), name=form.cleaned_data["name"])
        messages.success(request, f"The team {team} exists. Add its members below.")
        return HttpResponseRedirect(self.url_of(team))

    # The team's page ------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: Team) -> dict[str, Any]:
        memberships = obj.memberships.filter(ended_at=None).select_related("user").order_by("user__username")
        return {
            "memberships": memberships,
            "roles": Role.choices,
            "can_manage": can_manage_team(get_principal(request), obj),
            "settings_form": TeamSettingsForm.of(obj),
            "member_form": MemberForm(),
        }

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("<path:object_id>/settings/", self.save_settings),
            self.action_path("<path:object_id>/members/add-member/", self.add_member),
            self.action_path("<path:object_id>/members/set-role/", self.set_role),
            self.action_path("<path:object_id>/members/set-ssh/", self.set_ssh),
            self.action_path("<path:object_id>/members/end-membership/", self.end_membership),
            self.action_path("<path:object_id>/retire/", self.retire),
        ]

    def object_buttons(self, request: HttpRequest, obj: Team) -> list[Button]:
        if not can_retire_team(get_principal(request), obj):
            return []
        return [Button(self.url_of(obj, "retire"), "Retire…", "bad")]

    @post_action
    def save_settings(self, request: HttpRequest, obj: Team) -> HttpResponse:
        values = require_valid(TeamSettingsForm(request.POST))
        change_team(principal=get_principal(request), team=obj, values=values)
        messages.success(request, "The team's settings are saved.")
        return self.redirect_to(obj)

    @post_action
    def add_member(self, request: HttpRequest, obj: Team) -> HttpResponse:
        values = require_valid(MemberForm(request.POST))
        user = User.objects.filter(username=values["username"].strip(), is_active=True).first()
        if user is None:
            raise Invalid("There is no active user of this name.", field="username")
        add_member_as(principal=get_principal(request), team=obj, user=user, role=values["role"])
        messages.success(request, f"{user} is a member now.")
        return self.redirect_to(obj)

    @post_action
    def set_role(self, request: HttpRequest, obj: Team) -> HttpResponse:
        membership = find_membership(obj, request.POST.get("membership", ""))
        role = request.POST.get(f"role-{membership.pk}", "")
        change_role(principal=get_principal(request), membership=membership, role=role)
        messages.success(request, f"{membership.user} has another role now.")
        return self.redirect_to(obj)

    @post_action
    def set_ssh(self, request: HttpRequest, obj: Team) -> HttpResponse:
        membership = find_membership(obj, request.POST.get("membership", ""))
        has_ssh = request.POST.get("ssh") == "1"
        set_ssh(principal=get_principal(request), membership=membership, has_ssh=has_ssh)
        words = (
            "may log in to the sandbox now, with an SSH key"
            if has_ssh
            else "no longer logs in to the sandbox"
        )
        messages.success(request, f"{membership.user} {words}.")
        return self.redirect_to(obj)

    @post_action
    def end_membership(self, request: HttpRequest, obj: Team) -> HttpResponse:
        membership = find_membership(obj, request.POST.get("membership", ""))
        end_membership(principal=get_principal(request), membership=membership)
        messages.success(request, f"{membership.user} is no longer a member.")
        return self.redirect_to(obj)

    @post_action
    def retire(self, request: HttpRequest, obj: Team) -> HttpResponse:
        principal = get_principal(request)
        if is_confirmed(request):
            retire_team(principal=principal, team=obj)
            messages.success(request, f"The team {obj} is retired.")
            return HttpResponseRedirect(self.list_url())
        if not can_retire_team(principal, obj):
            raise Refused("Only owners retire teams.")
        if holds := describe_holds(obj):
            raise Conflict(f"{holds} Retire or close that first.")
        return show_confirmation(
            self,
            request,
            obj,
            title=f"Retire the team {obj}",
            sentences=[
                "Its members' rights in it end at once; nobody asks or decides anything for it any more.",
                "Its history stays in the audit chain, and its name stays taken. It can't be undone.",
            ],
            label="Retire for good",
            tone="bad",
        )


def find_membership(team: Team, membership_id: str) -> Membership:
    """A membership of this very team; raises Http404."""
    return get_object_or_404(team.memberships.select_related("team", "user"), pk=membership_id)
