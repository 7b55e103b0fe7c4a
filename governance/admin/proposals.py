"""Proposals: rules that people's approvals suggest, with what speaks for them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import (
    Button,
    answer_refusal,
    get_principal,
    perform,
    post_action,
    refuse_method,
)
from accounts.admin.display import Pill, format_moment, render_age, render_code, render_pill
from accounts.models import Team, User
from accounts.principal import Principal
from events.text import make_visible
from governance.admin.offer_pages import OfferPages, show_replayed
from governance.admin.offers import Offer, describe_saved, offer_proposal
from governance.admin.replay_page import show_request
from governance.admin.replays import begin
from governance.domain.rule_proposals import dismiss_proposal, look_for_proposals
from governance.domain.rule_workshop import save_proposed
from governance.enums import ProposalState
from governance.models import PermissionRequest, RuleProposal
from governance.policies import RULE_WRITERS, can_list_rules, explain_not_editing_rules
from governance.rule_drafts import RuleDraft
from governance.workshop_queries import can_see_proposal, list_proposals

STATES = {
    ProposalState.OPEN: Pill("open", "spark", "wait"),
    ProposalState.ACCEPTED: Pill("accepted", "check", "ok"),
    ProposalState.DISMISSED: Pill("dismissed", "off", "quiet"),
}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in ProposalState.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(state=value) if value in ProposalState.values else queryset


@admin.register(RuleProposal)
class RuleProposalAdmin(OfferPages):
    subject_kind = "rule_proposal"
    singular, plural, list_name = "proposal", "proposals", "Proposals"
    list_description = (
        "What people approved again and again, in one project, and never denied: as the narrowest rule that "
        "would have covered it. A proposal does nothing until somebody makes the rule."
    )
    empty_text = "Nothing was approved often enough in the last 30 days to suggest a rule."
    list_display = ("pattern_code", "why", "directory_code", "state_pill", "last")
    list_display_links = ("pattern_code",)
    list_filter = (StateFilter,)
    # What is open comes first: it is also last in the alphabet.
    ordering = ("-state", "-last_at", "-id")
    sortable_by = ()
    change_list_template = "admin/governance/ruleproposal/change_list.html"
    change_form_template = "admin/governance/ruleproposal/change_form.html"
    offer_template = "admin/governance/ruleproposal/make_rule.html"
    offer_title = "A rule from a proposal"
    fieldsets = (
        ("Rule", {"fields": ("pattern_code", "rung_name", "directory_code", "agent_name")}),
        ("Evidence", {"fields": ("why", "who", "first", "last", "state_pill", "settled")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[RuleProposal]:
        return list_proposals(principal)

    def can_see(self, principal: Principal, obj: RuleProposal) -> bool:
        return can_see_proposal(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return bool(principal.team_ids) and can_list_rules(principal)

    # Columns and facts ------------------------------------------------------------------------------

    @admin.display(description="rule")
    def pattern_code(self, row: RuleProposal) -> SafeString:
        return format_html(
            '<span class="verb">{}</span> {}', row.permission, render_code(make_visible(row.pattern))
        )

    @admin.display(description="why")
    def why(self, row: RuleProposal) -> str:
        people = "1 person" if row.people == 1 else f"{row.people} people"
        return f"approved {row.approvals} times by {people}, never denied"

    @admin.display(description="project")
    def directory_code(self, row: RuleProposal) -> SafeString:
        return render_code(make_visible(row.directory))

    @admin.display(description="width")
    def rung_name(self, row: RuleProposal) -> str:
        return row.rung

    @admin.display(description="agent")
    def agent_name(self, row: RuleProposal) -> str:
        return make_visible(row.agent) or "several, or not known"

    @admin.display(description="approved by")
    def who(self, row: RuleProposal) -> str:
        people = User.objects.filter(pk__in=row.evidence.get("people", []))
        return ", ".join(sorted(make_visible(str(person)) for person in people))

    @admin.display(description="first")
    def first(self, row: RuleProposal) -> str:
        return format_moment(row.first_at)

    @admin.display(description="last approved")
    def last(self, row: RuleProposal) -> SafeString:
        return format_html("{} ago", render_age(row.last_at))

    @admin.display(description="state")
    def state_pill(self, row: RuleProposal) -> SafeString:
        return render_pill(STATES[ProposalState(row.state)])

    @admin.display(description="settled")
    def settled(self, row: RuleProposal) -> str:
        if row.settled_at is None:
            return "–"
        return f"{make_visible(str(row.settled_by))}, {format_moment(row.settled_at)}"

    # The page ---------------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: RuleProposal) -> dict[str, Any]:
        principal = get_principal(request)
        ids = obj.evidence.get("requests", [])
        found = PermissionRequest.objects.filter(team_id=obj.team_id).defer("content").in_bulk(ids)
        rule_url = (
            reverse("admin:governance_whitelistaction_change", args=[obj.rule_id]) if obj.rule_id else ""
        )
        return {
            "title": "Proposed rule",
            "examples": [show_request(principal, found[key]) for key in ids if key in found],
            "make_url": self.url_of(obj, "make-rule") if self.may_settle(principal, obj) else "",
            "rule_url": rule_url,
        }

    def object_buttons(self, request: HttpRequest, obj: RuleProposal) -> list[Button]:
        if not self.may_settle(get_principal(request), obj):
            return []
        hint = "It stays away until as much speaks for it again."
        return [Button(self.url_of(obj, "dismiss"), "Dismiss", "", hint)]

    def may_settle(self, principal: Principal, obj: RuleProposal) -> bool:
        return obj.is_open and not explain_not_editing_rules(principal, obj.team_id)

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("look/", self.look),
            self.action_path("<path:object_id>/dismiss/", self.dismiss),
            self.action_path("<path:object_id>/make-rule/", self.make_rule),
        ]

    @post_action
    def dismiss(self, request: HttpRequest, obj: RuleProposal) -> HttpResponse:
        dismiss_proposal(principal=get_principal(request), proposal_id=obj.pk)
        messages.success(request, "Dismissed. It stays away until as much speaks for it again.")
        return HttpResponseRedirect(self.list_url())

    def look(self, request: HttpRequest) -> HttpResponse:
        """Look for proposals now, in the teams whose rules this person writes; else the clock does."""
        if request.method != "POST":
            return refuse_method(request, "POST")
        principal = get_principal(request)
        teams = [team_id for team_id, role in principal.roles.items() if role in RULE_WRITERS]
        if not teams:
            return answer_refusal(
                request, "Only editors, approvers and admins of a team look for its proposals."
            )
        counts = [
            look_for_proposals(team=team, now=timezone.now())
            for team in Team.objects.filter(pk__in=teams).order_by("pk")
        ]
        messages.success(request, f"Looked through the newest decisions; {sum(counts)} open.")
        return HttpResponseRedirect(self.list_url())

    # To a rule --------------------------------------------------------------------------------------

    def make_rule(self, request: HttpRequest, object_id: str) -> HttpResponse:
        proposal = self.get_visible(request, object_id)
        return self.answer_offer(request, lambda: offer_proposal(get_principal(request), proposal))

    def act_on_offer(self, request: HttpRequest, offer: Offer, draft: RuleDraft) -> HttpResponse:
        proposal: Any = offer.proposal
        if request.POST.get("act") != "save":
            replay = begin(request, team=offer.team, draft=draft, proposal_id=proposal.pk)
            return show_replayed(request, offer, replay)
        rule = perform(
            request,
            lambda: save_proposed(
                principal=get_principal(request), team=offer.team, draft=draft, proposal_id=proposal.pk
            ),
        )
        messages.success(request, describe_saved(rule))
        return HttpResponseRedirect(reverse("admin:governance_whitelistaction_change", args=[rule.pk]))

    def describe_offer(self, request: HttpRequest, offer: Offer) -> dict[str, Any]:
        proposal: Any = offer.proposal
        return {**self.names(), "proposal": proposal, "why": self.why(proposal)}
