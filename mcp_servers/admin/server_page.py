"""What a server's page shows: a request with its checks and tools, what is approved, engines, secrets."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.admin.base import get_principal
from accounts.admin.opened import stamp_opened
from accounts.principal import Principal
from events.actors import ActorKind
from events.markdown import render_markdown
from mcp_servers.admin.asked import describe_content, describe_source, list_entries
from mcp_servers.admin.check_lines import build_checks, count_outcomes
from mcp_servers.admin.differences import compare_bound
from mcp_servers.admin.keys import SERVER_KEYS
from mcp_servers.admin.progress import list_way
from mcp_servers.admin.server_side import find_last_look, list_engines, list_notices, list_past, list_secrets
from mcp_servers.admin.shown import Shown
from mcp_servers.admin.states import describe_server
from mcp_servers.admin.tool_lines import build_changes, build_others, build_tools
from mcp_servers.enums import ProbeState, RequestState, ServerState
from mcp_servers.formats.entries import FORMATS
from mcp_servers.models import McpApproval, McpProbe, McpServer
from mcp_servers.policies import (
    can_read_server,
    explain_not_managing,
    explain_not_requesting,
    explain_not_revealing,
    explain_not_setting_secrets,
    explain_not_suspending,
)
from mcp_servers.queries import (
    ALL_TOOLS,
    describe_bound_items,
    find_previous_approval,
    list_checks,
)
from reviews.admin.review_page import explain_standing, find_seat
from reviews.models import Review
from reviews.registry import explain_unapprovable, find_confirmation
from reviews.seats import list_counting_votes, list_votes


def build_page(request: HttpRequest, server: McpServer, shown: Shown) -> dict[str, Any]:
    """The template's context; for who may not read it, its name and how it stands alone."""
    principal = get_principal(request)
    may_read = can_read_server(principal, server)
    context = {
        "server": server,
        "pill": describe_server(server),
        "wish": shown.request,
        "review": shown.request.review if may_read else None,
        "approval": shown.approval,
        "approval_by": server.approved_by_label,
        "is_undecided": shown.is_undecided,
        "older": shown.is_older,
        "shown": may_read,
        "past": list_past(shown, may_read=may_read),
        "notices": [],
        "keys": SERVER_KEYS,
        "page_hash": hash_page(shown),
    }
    if not may_read:
        return context
    return {
        **context,
        **build_request(principal, shown),
        **build_decision(principal, shown),
        "notices": list_notices(shown),
        "request_line": describe_source(shown.request),
        "engines": list_engines(server),
        "secrets": list_secrets(shown),
        "may_set_secrets": not explain_not_setting_secrets(principal, server.team_id)
        and not server.is_retired,
        "may_reveal": not explain_not_revealing(principal, server.team_id),
        "change_url": find_change_url(principal, shown),
        "export_formats": list(FORMATS.items()) if shown.approval else [],
        "export_url": reverse("admin:mcp_servers_mcpserver_export", args=[server.pk]),
    }


def build_request(principal: Principal, shown: Shown) -> dict[str, Any]:
    """What was asked for, what the checks said, what it offers, and what is other than before."""
    request = shown.request
    checks = list_checks(request)
    lines = build_checks(checks)
    probe = find_probe(shown)
    previous = find_previous_approval(request)
    changes = find_changes(shown, probe)
    return {
        "asked": describe_content(shown.content),
        "entries": list_entries(shown.content),
        "entries_title": "Headers" if shown.content.is_remote else "Environment",
        "reason_html": render_markdown(request.reason) if request.reason else "",
        "is_claimed": request.requested_by_kind != ActorKind.USER,
        "way": list_way(request, shown.content, probe),
        "probe_error": probe.error if probe else "",
        "is_working": request.state in RequestState.claimable(),
        "checks": lines,
        "check_counts": count_outcomes(checks),
        "bound": [] if request.state in RequestState.claimable() else describe_bound_items(request.bound),
        "difference_title": name_difference(shown, previous),
        "differences": compare_bound(previous, request) if shown.is_undecided and previous else [],
        "listing_changes": build_changes(changes),
        "same_as_before": bool(shown.is_undecided and previous and request.bound),
        **build_listing(principal, shown, probe, changes, lines),
        "heading": "" if shown.is_live or len(shown.requests) == 1 else f"request {request.number}",
    }


def build_listing(
    principal: Principal,
    shown: Shown,
    probe: McpProbe | None,
    changes: list[dict[str, Any]],
    checks: list[Any],
) -> dict[str, Any]:
    listing = probe.listing if probe and probe.state == ProbeState.DONE else {}
    server = shown.server
    on = set(server.tools_on if shown.is_live else shown.request.tools)
    may_choose = shown.request.state == RequestState.NEEDS_REVIEW and can_choose(principal, shown)
    tools = build_tools(
        listing,
        on=on,
        changes=changes,
        checks=checks,
        switchable=list_switchable(principal, shown),
        switch_url=reverse("admin:mcp_servers_mcpserver_switch-tool", args=[server.pk]),
    )
    return {
        "listing": listing,
        "tools": tools,
        "tools_line": f"{sum(tool.is_on for tool in tools)} of {len(tools)} on",
        "tools_help": "Names, texts and claims are the server's own words; nothing holds it to them.",
        "tools_form": "choose" if may_choose and tools else "",
        "unlisted": explain_unlisted(shown),
        "other_parts": build_others(listing, changes),
        "instructions": listing.get("instructions") or "",
    }


def list_switchable(principal: Principal, shown: Shown) -> frozenset[str]:
    """Approved tools that this person may switch: off sooner than on again."""
    server, approval = shown.server, shown.approval
    if not shown.is_live or approval is None:
        return frozenset()
    on, off = set(server.tools_on), set(approval.tools) - set(server.tools_on)
    may_stop = not explain_not_suspending(principal, server.team_id)
    may_start = not explain_not_managing(principal, server.team_id)
    return frozenset((on if may_stop else set()) | (off if may_start else set()))


def explain_unlisted(shown: Shown) -> str:
    """Why there are no tools to read, and what an approval means then; "" while it is looked at."""
    if shown.request.state in RequestState.claimable():
        return ""
    if shown.content.is_remote:
        return "What it offers is not known before its trial."
    if ALL_TOOLS in shown.request.tools:
        return "Nobody could list its tools. An approval switches on all it offers; it needs two people."
    return "Its tools are not known."


def can_choose(principal: Principal, shown: Shown) -> bool:
    review = shown.request.review
    return review is not None and find_voter(principal, review) is not None


def find_voter(principal: Principal, review: Review) -> Any:
    """The seat in which this person may vote, None for nobody's."""
    counting = list_counting_votes(review) if review.is_open else []
    return find_seat(principal, review, counting, timezone.now())


def build_decision(principal: Principal, shown: Shown) -> dict[str, Any]:
    """How to decide, or why not."""
    review = shown.request.review
    context: dict[str, Any] = {
        "decision_reason": review.decision_reason if review and not shown.is_live else "",
        "decision_by": review.decided_by_label if review else "",
        "review_url": reverse("admin:reviews_review_change", args=[review.pk]) if review else "",
    }
    if review is None or not review.is_open or not shown.is_undecided:
        return context
    counting, votes = list_counting_votes(review), list_votes(review)
    seat = find_seat(principal, review, counting, timezone.now())
    return {
        **context,
        "counted": len(counting),
        "needed": max(0, review.approvals_needed - len(counting)),
        "may_decide": seat is not None,
        "stands_in_for": str(seat.holder) if seat and seat.delegation else "",
        "why_not": explain_standing(principal, review, seat, votes, timezone.now()),
        "confirmation_word": find_confirmation(review) if seat else "",
        "blocking": explain_unapprovable(review) if seat else "",
        "opened": stamp_opened(subject_id=review.pk, user_id=principal.user.pk),
    }


def find_probe(shown: Shown) -> McpProbe | None:
    """The one that the request stands on; before there is one, the newest of it."""
    request = shown.request
    newest = McpProbe.objects.filter(request=request).order_by("-created_at", "-pk").first()
    if request.state in RequestState.claimable():
        return newest
    return request.probe or newest


def find_changes(shown: Shown, probe: McpProbe | None) -> list[dict[str, Any]]:
    """Of a request against what was approved; of a drifted server what its newest probe saw."""
    if shown.is_undecided:
        return list(probe.changes) if probe else []
    if not shown.is_live or shown.server.state != ServerState.DRIFTED:
        return []
    drifted = McpProbe.objects.filter(server=shown.server, state=ProbeState.DONE).exclude(changes=[])
    newest = drifted.order_by("-created_at", "-pk").first()
    return list(newest.changes) if newest else []


def name_difference(shown: Shown, previous: McpApproval | None) -> str:
    if not shown.is_undecided:
        return "What it offers now, against what was approved"
    when = f"{previous.approved_at:%Y-%m-%d}" if previous else ""
    return f"Against what was approved on {when}" if previous else "Against what was approved"


def find_change_url(principal: Principal, shown: Shown) -> str:
    server = shown.server
    if explain_not_requesting(principal, server.team_id) or server.is_retired or shown.is_undecided:
        return ""
    return f"{reverse('admin:mcp_servers_mcpserver_add')}?from={server.pk}"


def hash_page(shown: Shown) -> str:
    """Another one once there is something else to read: the page's script then shows it anew."""
    server, request = shown.server, shown.request
    review = request.review
    probes = [find_probe(shown), find_last_look(server)]
    said = [
        server.state,
        server.state_reason,
        server.approval_id,
        server.switched_off,
        request.pk,
        request.state,
        request.run,
        request.problem,
        review.content_hash if review else "",
        review.approvals if review else 0,
        [[probe.pk, probe.state, probe.step] for probe in probes if probe],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
