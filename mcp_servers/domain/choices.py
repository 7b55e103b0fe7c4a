"""Before an approval, whoever may approve chooses which tools it switches on."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from accounts.principal import Principal
from events.changes import changes
from events.errors import Conflict, Invalid
from mcp_servers.binding import write_reviewed
from mcp_servers.domain.moves import explain_request, lock_request
from mcp_servers.domain.refusing import refuse
from mcp_servers.enums import RequestState
from mcp_servers.models import McpRequest
from mcp_servers.queries import ALL_TOOLS, get_request, list_tools
from reviews.domain.reviews import renew_content
from reviews.models import Review
from reviews.seats import explain_not_voting

MAX_TOOLS = 1000
MAX_TOOL_LENGTH = 300


def choose_tools(
    *, principal: Principal, request_id: str, tools: Iterable[str], fingerprint: str
) -> McpRequest:
    """Say which of the listed tools an approval switches on. Votes so far no longer count.

    Choosing is part of reviewing: whoever may approve may choose, and stays able to approve. `fingerprint` is
    the review's content hash that was shown. Of a server that could not be listed the tools are named here,
    or ["*"] for all. Raises NotFound, Refused, Invalid (a tool that was not listed), or Conflict.
    """
    with changes(principal.actor) as change:
        request = lock_request(get_request(principal, request_id).pk)
        review = get_decidable(principal, request)
        if review.content_hash != fingerprint:
            raise Conflict(
                "The review was changed meanwhile; look at it again.",
                code="stale_fingerprint",
                fingerprint=review.content_hash,
            )
        before = request.tools
        request.tools = read_tools(request, tools)
        if request.tools == before:
            return request
        McpRequest.objects.filter(pk=request.pk).update(tools=request.tools, changed_at=timezone.now())
        change.audit(
            "mcp_request.choose_tools",
            request.subject,
            before={"tools": before},
            after={"tools": request.tools},
        )
        renew_content(change=change, review=review, content=write_reviewed(request))
    return request


def read_tools(request: McpRequest, tools: Iterable[str]) -> list[str]:
    """In the order in which the server lists them. Raises Invalid."""
    wanted = set(tools)
    listed = list_tools(request)
    if request.bound.get("digests"):
        if unknown := sorted(wanted - set(listed)):
            raise Invalid(f"tools: the server does not offer {unknown[0][:60]}.", field="tools")
        return [name for name in listed if name in wanted]
    if wanted == {ALL_TOOLS}:
        return [ALL_TOOLS]
    if len(wanted) > MAX_TOOLS or any(not is_tool_name(name) for name in wanted):
        raise Invalid("tools: name tools, or * alone for all of them.", field="tools")
    return sorted(wanted)


def is_tool_name(name: str) -> bool:
    """As the protocol has them: a pattern would switch on more than it says."""
    return 0 < len(name) <= MAX_TOOL_LENGTH and all(
        mark.isascii() and (mark.isalnum() or mark in "_-./") for mark in name
    )


def get_decidable(principal: Principal, request: McpRequest) -> Review:
    """The open review of a request that waits for people. Raises Refused or Conflict."""
    if request.state != RequestState.NEEDS_REVIEW:
        raise explain_request(request)
    review = request.review
    if review is None or not review.is_open:
        raise Conflict(request.problem or "Nobody can review it as it is.", code="no_review")
    refuse(explain_not_voting(principal, review, timezone.now()), request.subject)
    return review
