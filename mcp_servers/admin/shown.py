"""Which of a server's requests its page shows."""

from __future__ import annotations

from dataclasses import dataclass

from events.identifiers import is_record_id
from mcp_servers.content import McpServerContent
from mcp_servers.models import McpApproval, McpRequest, McpServer

MAX_PAST = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """Which request the page shows, and what is approved."""

    server: McpServer
    request: McpRequest
    content: McpServerContent
    approval: McpApproval | None
    requests: list[McpRequest]

    @property
    def is_undecided(self) -> bool:
        return self.request.is_open

    @property
    def is_live(self) -> bool:
        return self.approval is not None and self.approval.request_id == self.request.pk

    @property
    def is_older(self) -> bool:
        """Neither what waits, nor what is approved, nor the newest of one that has neither."""
        return self.request.pk != choose_request(self.server, self.requests).pk


def load_shown(server: McpServer, wanted: str = "") -> Shown | None:
    """`wanted`: a request's id; None for one that is none of this server's."""
    rows = McpRequest.objects.filter(server=server).select_related("probe", "review").order_by("-number")
    requests = list(rows[:MAX_PAST])
    if wanted:
        chosen = rows.filter(pk=wanted).first() if is_record_id(wanted) else None
        if chosen is None:
            return None
    else:
        chosen = choose_request(server, requests)
    return Shown(server, chosen, chosen.read_content(), server.approval, requests)


def choose_request(server: McpServer, requests: list[McpRequest]) -> McpRequest:
    """What waits, else what is approved, else the newest."""
    waiting = next((request for request in requests if request.is_open), None)
    if waiting is not None:
        return waiting
    approval = server.approval
    if approval is not None:
        found = next((request for request in requests if request.pk == approval.request_id), None)
        return found or approval.request
    return requests[0]
