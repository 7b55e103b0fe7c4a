"""MCP servers for tests, made by the domain's verbs: asked for, checked as a worker would, approved."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from accounts.enums import Role
from accounts.models import Team, User
from mcp_servers.checks.results import CheckResult
from mcp_servers.content import EnvironmentVariable, Header, McpServerContent, Package
from mcp_servers.domain.intake import (
    begin_checks,
    finish_checks,
    record_checks,
    record_fetch,
    record_probe,
)
from mcp_servers.domain.probes import end_probe, fail_probe, start_probe, step_probe
from mcp_servers.domain.requests import request_server
from mcp_servers.enums import ProbeState, RequestSource
from mcp_servers.models import McpRequest, McpServer
from reviews.domain.voting import Outcome, approve_review
from tests.factories import make_principal, make_user

HOLDER = "a worker"
TOOLS = ("convert", "now")
_numbers = itertools.count(1)


def make_content(name: str = "", **values: Any) -> McpServerContent:
    """A package from PyPI, unless `values` says otherwise."""
    fields: dict[str, Any] = {
        "name": name or f"server-{next(_numbers)}",
        "package": Package(kind="pypi", identifier="mcp-server-time", version="2026.10.19"),
        **values,
    }
    return McpServerContent(**fields)


def make_remote_content(name: str = "", **values: Any) -> McpServerContent:
    fields: dict[str, Any] = {
        "name": name or f"remote-{next(_numbers)}",
        "transport": "streamable-http",
        "url": "https://mcp.example.com/mcp",
        **values,
    }
    return McpServerContent(**fields)


def with_secret(content: McpServerContent, name: str = "API_TOKEN", **values: Any) -> McpServerContent:
    """The same with one secret declared: a variable, or a header of a remote one."""
    fields = content.write()
    part = "headers" if content.is_remote else "environment"
    made = Header if content.is_remote else EnvironmentVariable
    secret = made(name=name, is_secret=True, **values)
    content = McpServerContent.read({**fields, part: []})
    return McpServerContent.read({**content.write(), part: [vars_of(secret)]})


def vars_of(made: EnvironmentVariable | Header) -> dict[str, Any]:
    return {
        "name": made.name,
        "value": made.value,
        "is_secret": made.is_secret,
        "is_required": made.is_required,
        "description": made.description,
    }


def ask(
    team: Team,
    content: McpServerContent | None = None,
    *,
    requester: User | None = None,
    **values: Any,
) -> McpRequest:
    """As an editor of the team asks in the form."""
    requester = requester or make_user(team, Role.EDITOR)
    asked: dict[str, Any] = {"source": RequestSource.FORM, "reason": "We need it.", **values}
    return request_server(
        principal=make_principal(requester), team=team, content=content or make_content(), **asked
    )


def write_listing(tools: Iterable[str] = TOOLS, **descriptions: str) -> dict[str, Any]:
    return {
        "server_name": "test",
        "server_version": "1.0.0",
        "protocol_version": "2025-11-25",
        "instructions": "",
        "tools": [{"name": name, "description": descriptions.get(name, f"Does {name}.")} for name in tools],
        "prompts": [],
        "resources": [],
        "templates": [],
    }


def write_digests(listing: dict[str, Any]) -> dict[str, Any]:
    """Of the right shape, and different for other listings; what digests are over is probing's matter."""
    items = {tool["name"]: digest(repr(tool)) for tool in listing["tools"]}
    return {
        "items": {"tool": items, "prompt": {}, "resource": {}, "template": {}},
        "totals": {"tools": digest(repr(items))},
        "total": digest(repr(listing)),
    }


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def work(
    request: McpRequest,
    *,
    tools: Sequence[str] = TOOLS,
    findings: Sequence[CheckResult] = (),
    artefact_hash: str = "",
    is_probed: bool = True,
    **descriptions: str,
) -> McpRequest:
    """What a worker does with it: checks, fetch, probe (not of a remote one before its trial)."""
    claimed = begin_checks(holder=HOLDER)
    assert claimed is not None
    assert claimed.pk == request.pk
    record_checks(
        request=claimed,
        holder=HOLDER,
        results=[CheckResult("schema", "passed", "info", "It is well-formed."), *findings],
    )
    content = claimed.read_content()
    if not content.is_remote:
        record_fetch(
            request=claimed,
            holder=HOLDER,
            argv=["/srv/store/bin/server", *content.arguments],
            artefact_hash=artefact_hash or f"sha256:{digest(repr(content.package))}",
            lock="a lock",
        )
    if not content.is_remote or claimed.state == "trial":
        probe(claimed, write_listing(tools, **descriptions) if is_probed else None)
    return finish_checks(request=claimed, holder=HOLDER)


def probe(request: McpRequest, listing: dict[str, Any] | None) -> None:
    row = start_probe(request=request, holder=HOLDER)
    if listing is None:
        fail_probe(probe=row, holder=HOLDER, error="There is no sandbox here.", is_run=False)
    else:
        step_probe(probe=row, holder=HOLDER, state=ProbeState.STARTING, step="Starting it.")
        end_probe(probe=row, holder=HOLDER, listing=listing, digests=write_digests(listing))
    record_probe(request=request, holder=HOLDER, probe=row)


def approve(request: McpRequest, approver: User, confirmation: str = "") -> Outcome:
    """By somebody who was shown it as it is now."""
    current = McpRequest.objects.select_related("review").get(pk=request.pk)
    assert current.review is not None
    return approve_review(
        principal=make_principal(approver),
        review_id=current.review.pk,
        fingerprint=current.review.content_hash,
        confirmation=confirmation,
    )


def make_server(
    team: Team, content: McpServerContent | None = None, *, approver: User | None = None, **values: Any
) -> McpServer:
    """Approved, with all of its tools on. `values` are `work`'s, and some of `ask`'s."""
    approver = approver or make_user(team)
    asked = {name: values.pop(name) for name in ("secrets", "valid_days", "requester") if name in values}
    request = ask(team, content, **asked)
    work(request, **values)
    approve(request, approver)
    return McpServer.objects.select_related("team", "approval__request").get(pk=request.server_id)
