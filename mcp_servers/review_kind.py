"""Reviews of the kind `mcp_server`: one of each request, about what was checked, probed and chosen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from events.actors import Subject
from events.changes import Change
from events.errors import Conflict
from mcp_servers.binding import hash_bound, write_live, write_reviewed
from mcp_servers.domain.moves import end_request, lock_request, move_request, move_server
from mcp_servers.domain.secrets import take_over_secrets
from mcp_servers.enums import RequestState, ServerState, Severity
from mcp_servers.models import McpApproval, McpRequest, McpSecret, McpServer
from mcp_servers.queries import describe_bound, find_worst, list_tools
from reviews.enums import ReviewKind, ReviewState
from reviews.models import Review
from reviews.registry import Fact, ReviewKindSpec, register_kind
from reviews.seats import list_counting_votes


def register_mcp_reviews() -> None:
    """Called once, when the app is ready."""
    register_kind(
        ReviewKind.MCP_SERVER,
        ReviewKindSpec(
            label="MCP servers",
            apply=approve_request,
            on_reject=end_with_review,
            lock_subject=lock_reviewed,
            describe=describe,
            url=find_url,
            read_live=read_live,
            explain_unapprovable=explain_unapprovable,
            confirmation=find_confirmation,
        ),
    )


def find_request(review: Review) -> McpRequest | None:
    """The request that this review decides; None for a review whose place another one has taken."""
    rows = McpRequest.objects.select_related("server__team", "server__approval", "probe", "review")
    return rows.filter(pk=review.subject_id, review_id=review.pk).first()


def lock_reviewed(review: Review) -> object:
    is_there = McpRequest.objects.filter(pk=review.subject_id).exists()
    return lock_request(review.subject_id) if is_there else None


def read_live(subject: Subject) -> dict[str, Any] | None:
    """What is approved for the server now, in the shape of what is asked for."""
    request = McpRequest.objects.filter(pk=subject.id).select_related("server__approval__request").first()
    approval = request.server.approval if request else None
    return write_live(approval) if approval else None


def explain_unapprovable(review: Review) -> str:
    """Findings that block, what is still to be seen, values that are missing."""
    request = find_request(review)
    if request is None:
        return "Another review of this request has taken the place of this one."
    if request.state != RequestState.NEEDS_REVIEW:
        return f"The request is {request.get_state_display()} right now."
    findings = review.content["findings"]
    blocking = [item["sentence"] for item in findings if item["severity"] == Severity.BLOCKING]
    if blocking:
        return f"This can't be approved: {blocking[0]}"
    content = request.read_content()
    if content.is_remote and (request.tried_at is None or not request.bound.get("digests")):
        return "A remote server has a trial first, so that what it offers is known."
    if missing := list_missing_secrets(request):
        return f"There is no value yet for {', '.join(missing)}."
    return ""


def list_missing_secrets(request: McpRequest) -> list[str]:
    """The names of required secrets that neither the request nor the server has a value for."""
    content = request.read_content()
    required = {variable.name for variable in content.environment if variable.is_required}
    required |= {header.name for header in content.headers if header.is_required}
    rows = McpSecret.objects.filter(server=request.server)
    there = {
        (kind, name)
        for kind, name, request_id in rows.values_list("kind", "name", "request_id")
        if request_id in {None, request.pk}
    }
    return [name for kind, name in content.secret_names if name in required and (kind, name) not in there]


def find_confirmation(review: Review) -> str:
    """The server's name, where something high was found."""
    worst = find_worst(review.content["findings"])
    return str(review.content["content"]["name"]) if worst == Severity.HIGH else ""


def approve_request(change: Change, review: Review) -> None:
    """The last approval: exactly what was approved may run, and nothing else under this name."""
    request = find_request(review)
    if request is None or review.content != write_reviewed(request):
        raise Conflict("What was checked has changed since this review was written.", code="base_moved")
    if refusal := explain_unapprovable(review):
        raise Conflict(refusal, code="not_approvable")
    server = request.server
    approval = insert_approval(request, review)
    take_over_secrets(change, request)
    move_request(
        change,
        request,
        RequestState.APPROVED,
        verb="approve",
        only_from={RequestState.NEEDS_REVIEW},
        is_told=False,
    )
    move_server(
        change,
        server,
        ServerState.APPROVED,
        verb="approve",
        only_from=ServerState.unapproved() | ServerState.approvable(),
        facts={
            "approval": approval.pk,
            "bound_hash": approval.bound_hash,
            "tools": len(approval.tools),
            "request": request.pk,
            "review": review.pk,
        },
        approval=approval,
        switched_off=[],
        has_drifted=False,
        approved_by_id=approval.approved_by_id,
        approved_by_label=approval.approved_by_label,
        approved_at=approval.approved_at,
        expires_at=approval.expires_at,
    )


def insert_approval(request: McpRequest, review: Review) -> McpApproval:
    now = timezone.now()
    valid_days = review.content["valid_days"]
    return McpApproval.objects.create(
        server=request.server,
        request=request,
        review=review,
        bound=review.content["bound"],
        bound_hash=hash_bound(review.content["bound"]),
        tools=review.content["tools"],
        findings=review.content["findings"],
        probe=request.probe,
        approvers=[
            {"id": vote.voter_id, "label": vote.voter_label, "on_behalf_of": vote.on_behalf_of_id}
            for vote in list_counting_votes(review)
        ],
        approved_by_id=review.decided_by_id,
        approved_by_label=review.decided_by_label,
        approved_at=now,
        expires_at=now + timedelta(days=valid_days) if valid_days else None,
    )


def end_with_review(change: Change, review: Review) -> None:
    """Rejected, withdrawn on the review's page, or its time ran out: the request ends in the same way.

    Nothing happens when the request ended first, or has another review by now.
    """
    request = find_request(review)
    if request is None or not request.is_open:
        return
    is_withdrawn = review.state == ReviewState.WITHDRAWN
    end_request(
        change,
        request,
        RequestState.WITHDRAWN if is_withdrawn else RequestState.REJECTED,
        verb="withdraw" if is_withdrawn else "reject",
        reason=review.decision_reason,
    )


def title_of(server: McpServer) -> str:
    """Also read by people who are not members: the name alone."""
    return f"MCP server {server.name}"


def describe(review: Review) -> list[Fact]:
    request = find_request(review)
    if request is None:
        return []
    facts = [Fact(name, text) for name, text in describe_bound(request)]
    listed = list_tools(request)
    on = review.content["tools"]
    facts.append(Fact("Tools switched on", f"{len(on)} of {len(listed)}" if listed else "not listed"))
    findings = review.content["findings"]
    return facts + [Fact(item["name"], item["sentence"], item["severity"]) for item in findings]


def find_url(review: Review) -> str:
    """The server's own page."""
    request = find_request(review)
    if request is None:
        return ""
    try:
        return reverse("admin:mcp_servers_mcpserver_change", args=[request.server_id])
    except NoReverseMatch:
        return ""
