"""Replays: a draft over the team's past, in steps that the page asks for one after the other."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import PortalModelAdmin, get_principal, refuse_method
from accounts.admin.display import Pill, render_age, render_pill
from accounts.models import Team
from accounts.principal import Principal
from events.text import make_visible
from governance.admin.replay_page import build_replay
from governance.domain.replay import begin_replay, read_replayed_draft, step_replay
from governance.models import PermissionRequest, RuleReplay
from governance.policies import can_list_rules
from governance.rule_drafts import Draft
from governance.workshop_queries import can_see_replay, list_replays


def begin(
    request: HttpRequest,
    *,
    team: Team,
    draft: Draft,
    rule_id: str = "",
    asked: PermissionRequest | None = None,
    proposal_id: str = "",
) -> RuleReplay:
    """Begin to replay what a form says; a short past is done at once. Raises as `begin_replay`.

    Call it outside of `perform`: a step inside a transaction would hold up everybody who writes.
    """
    replay = begin_replay(
        principal=get_principal(request),
        team=team,
        draft=draft,
        rule_id=rule_id,
        request=asked,
        proposal_id=proposal_id,
    )
    step_replay(replay)
    return replay


def show_replay(replay: RuleReplay) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:governance_rulereplay_change", args=[replay.pk]))


@admin.register(RuleReplay)
class RuleReplayAdmin(PortalModelAdmin):
    subject_kind = "rule_replay"
    singular, plural, list_name = "replay", "replays", "Replays"
    list_description = "Drafts of rules, held against what was asked before. They are kept for a week."
    empty_text = "No draft has been held against the past yet. The button stands on the form of a rule."
    list_display = ("label", "state_pill", "allowed", "denied", "asked", "who", "when")
    list_display_links = ("label",)
    ordering = ("-created_at", "-id")
    sortable_by = ()
    fieldsets = ((None, {"fields": ("label", "state_pill", "who", "when")}),)
    change_form_template = "admin/governance/rulereplay/change_form.html"

    def list_visible(self, principal: Principal) -> QuerySet[RuleReplay]:
        return list_replays(principal)

    def can_see(self, principal: Principal, obj: RuleReplay) -> bool:
        return can_see_replay(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return bool(principal.team_ids) and can_list_rules(principal)

    def object_context(self, request: HttpRequest, obj: RuleReplay) -> dict[str, Any]:
        return {"title": "Replay over the past", **build_replay(get_principal(request), obj)}

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="draft")
    def label(self, replay: RuleReplay) -> str:
        return make_visible(read_replayed_draft(replay).name)

    @admin.display(description="state")
    def state_pill(self, replay: RuleReplay) -> SafeString:
        if replay.is_running:
            return render_pill(Pill(f"under way, {replay.percent} %", "hourglass", "wait"))
        return render_pill(Pill("done", "check", "ok", f"{replay.done} requests"))

    @admin.display(description="newly allowed")
    def allowed(self, replay: RuleReplay) -> str:
        return count(replay, "newly_allowed")

    @admin.display(description="newly denied")
    def denied(self, replay: RuleReplay) -> str:
        return count(replay, "newly_denied")

    @admin.display(description="newly asked")
    def asked(self, replay: RuleReplay) -> str:
        return count(replay, "newly_asked")

    @admin.display(description="by")
    def who(self, replay: RuleReplay) -> str:
        return make_visible(str(replay.requested_by))

    @admin.display(description="when")
    def when(self, replay: RuleReplay) -> SafeString:
        return format_html("{} ago", render_age(replay.created_at))

    # Going on -------------------------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        return [self.action_path("<path:object_id>/step/", self.step)]

    def step(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One step, less than a second long. Not a `post_action`: a step holds no transaction open."""
        if request.method != "POST":
            return refuse_method(request, "POST")
        replay = self.get_visible(request, object_id)
        step_replay(replay)
        return self.redirect_to(replay)


def count(replay: RuleReplay, part: str) -> str:
    return str(replay.result[part]["count"]) if replay.result else "–"
