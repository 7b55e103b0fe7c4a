"""The endpoints of what nothing new enters without a person's yes: MCP servers, proposals, procedures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from accounts.enums import Role, Scope
from engines.models import Engine
from mcp_servers.domain.incidents import report_incident
from mcp_servers.enums import IncidentKind
from mcp_servers.models import McpSecret
from procedures.domain.comments import comment_on_proposal
from tests.api.endpoint import DECIDING, EDITING, Endpoint
from tests.factories import make_principal, make_user
from tests.mcp_servers.make import (
    ask,
    make_content,
    make_remote_content,
    make_server,
    with_secret,
    work,
)
from tests.procedures.making import CONTENT, make_sop, make_sop_proposal

READ, ASK, MANAGE = (Scope.MCP_READ,), (Scope.MCP_REQUEST,), (Scope.MCP_MANAGE,)
ASKERS = (Scope.MCP_READ, Scope.MCP_REQUEST)
WRITERS = (Scope.PROCEDURES_READ, Scope.PROCEDURES_WRITE)
WRITE = (Scope.PROCEDURES_WRITE,)
NOBODY: frozenset[str] = frozenset()
SLUG = "deploy-web"
BROUGHT = '{"mcpServers": {"brought": {"url": "https://mcp.example.com/mcp", "type": "http"}}}'
TEXT = {"name": "Deploy the web", "content": CONTENT}

SERVERS = (
    Endpoint("mcpserver-list", "GET", READ),
    *(Endpoint(f"mcpserver-{verb}", "GET", READ, is_scoped=True) for verb in ("detail", "export", "secrets")),
    *(
        Endpoint(
            f"mcpserver-{verb}",
            "POST",
            MANAGE,
            is_scoped=True,
            roles=roles,
            takes_services=False,
            success=success,
            body=body,
        )
        for verb, roles, success, body in (
            ("secrets", EDITING, 200, {"kind": "env", "name": "API_TOKEN", "value": "s3cret-value"}),
            ("clear-secret", EDITING, 204, {}),
            ("suspend", EDITING, 200, {"reason": "It misbehaves."}),
            ("switch-tool", EDITING, 200, {"tool": "now", "is_on": False}),
            ("probe", EDITING, 202, {}),
            ("revoke", DECIDING, 200, {"reason": "It misbehaves."}),
            # It was never suspended.
            ("resume", DECIDING, 409, {}),
        )
    ),
    Endpoint("mcprequest-list", "GET", READ),
    *(
        Endpoint(f"mcprequest-{verb}", "POST", ASK, roles=EDITING, success=201, body=body)
        for verb, body in (
            ("list", {"content": make_content("another").write()}),
            (
                "import-entries",
                {"text": BROUGHT},
            ),
        )
    ),
    *(Endpoint(f"mcprequest-{verb}", "GET", ASKERS, is_scoped=True) for verb in ("detail", "probe")),
    Endpoint("mcprequest-retry", "POST", ASK, is_scoped=True, roles=EDITING),
    # Nobody withdraws what somebody else asked for, and no token decides anything about it.
    Endpoint(
        "mcprequest-withdraw", "POST", ASK, is_scoped=True, roles=NOBODY, takes_services=False, success=403
    ),
    Endpoint(
        "mcprequest-choose-tools",
        "POST",
        MANAGE,
        is_scoped=True,
        roles=NOBODY,
        takes_services=False,
        success=403,
        body={"tools": ["now"], "fingerprint": "0" * 64},
    ),
    Endpoint(
        "mcprequest-begin-trial",
        "POST",
        MANAGE,
        is_scoped=True,
        roles=NOBODY,
        takes_services=False,
        success=403,
    ),
    Endpoint("mcpincident-list", "GET", READ),
    Endpoint("mcpincident-detail", "GET", READ, is_scoped=True),
    Endpoint("mcpincident-acknowledge", "POST", MANAGE, is_scoped=True, roles=DECIDING, takes_services=False),
)

# A service account sees what it proposed itself, and nothing else.
PROCEDURES = (
    Endpoint("proposal-list", "GET", WRITERS),
    Endpoint("proposal-list", "POST", WRITE, roles=EDITING, success=201, body={**TEXT, "slug": "another"}),
    *(
        Endpoint(f"proposal-{verb}", "GET", WRITERS, is_scoped=True, takes_services=False, services_get=404)
        for verb in ("detail", "revisions", "revision", "comments", "diff")
    ),
    *(
        Endpoint(
            f"proposal-{verb}",
            method,
            WRITE,
            is_scoped=True,
            roles=roles,
            takes_services=False,
            services_get=404,
            success=success,
            body=body,
        )
        for verb, method, roles, success, body in (
            # Without the ETag of what was read.
            ("detail", "PUT", EDITING, 428, TEXT),
            ("submit", "POST", EDITING, 200, {}),
            # Nobody withdraws what somebody else wrote; it was not submitted, and no token sends it back.
            ("withdraw", "POST", NOBODY, 403, {}),
            ("comments", "POST", frozenset(Role.values), 201, {"text": "I read it."}),
            ("resolve-comment", "POST", frozenset(Role.values), 200, {}),
            (
                "request-changes",
                "POST",
                frozenset(Role.values),
                409,
                {"fingerprint": "0" * 64, "reason": "No."},
            ),
        )
    ),
    Endpoint("sop-list", "GET", (Scope.PROCEDURES_READ,)),
    *(
        Endpoint(f"sop-{verb}", "GET", (Scope.PROCEDURES_READ,), is_scoped=True)
        for verb in ("detail", "versions", "verify")
    ),
    # In a session alone: see test_procedures.
    Endpoint(
        "sop-revoke",
        "POST",
        WRITE,
        is_scoped=True,
        roles=NOBODY,
        takes_services=False,
        success=403,
        body={"reason": "It is wrong."},
    ),
)

GATED_ENDPOINTS = (*SERVERS, *PROCEDURES)
PREFIXES = {
    "mcpserver": "mcp-servers",
    "mcprequest": "mcp-requests",
    "mcpincident": "mcp-incidents",
    "proposal": "proposals",
    "sop": "sops",
}


@dataclass
class GatedThings:
    """What an endpoint is about: `id` in its path, `facts` in its body."""

    id: str
    facts: dict[str, Any] = field(default_factory=dict)

    def path(self, endpoint: Endpoint) -> str:
        resource, _, verb = endpoint.name.partition("-")
        if verb == "import-entries":
            return f"{PREFIXES[resource]}/import/"
        parts = [PREFIXES[resource], *([] if verb == "list" else [self.id])]
        parts += {"list": [], "detail": [], "revision": ["revisions", "1"]}.get(verb, [verb])
        return "/".join(parts) + "/"

    def body(self, endpoint: Endpoint) -> dict[str, Any]:
        return {**endpoint.body, **self.facts}


def make_gated(engine: Engine, endpoint: Endpoint) -> GatedThings:
    """The one thing that this endpoint is about, in the engine's team."""
    resource, _, verb = endpoint.name.partition("-")
    team = engine.team
    if resource == "mcpserver":
        content = with_secret(make_content("clock"))
        server = make_server(team, content, secrets={"API_TOKEN": "s3cret"})
        is_clearing = verb == "clear-secret"
        return GatedThings(server.pk, {"id": McpSecret.objects.get().pk} if is_clearing else {})
    if resource == "mcprequest":
        content = make_content("clock")
        if verb == "begin-trial":
            content = make_remote_content("clock")
        asked = ask(team, content)
        work(asked)
        return GatedThings(asked.pk)
    if resource == "mcpincident":
        kind = IncidentKind.UNKNOWN_SERVER
        return GatedThings(report_incident(engine=engine, kind=kind, name="stranger", what="It ran.").pk)
    if resource == "proposal":
        proposal = make_sop_proposal(team, slug=SLUG)
        if verb != "resolve-comment":
            return GatedThings(proposal.pk)
        person = make_principal(make_user(team))
        comment = comment_on_proposal(principal=person, proposal_id=proposal.pk, text="Why?")
        return GatedThings(proposal.pk, {"comment": comment.pk})
    return GatedThings(make_sop(team, make_user(team), slug=SLUG).slug)
