"""What an approval is bound to, and what a review of a request shows: plain JSON without secrets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from events.canonical import canonical_json
from mcp_servers.content import McpServerContent
from mcp_servers.models import McpApproval, McpRequest
from mcp_servers.queries import list_checks, list_findings


def bind(
    content: McpServerContent,
    *,
    argv: Sequence[str] = (),
    artefact_hash: str = "",
    lock_hash: str = "",
    protocol_version: str = "",
    digests: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Names of variables and headers, never their values; `content_hash` holds everything else asked for."""
    package = content.package
    return {
        "content_hash": content.fingerprint(),
        "transport": content.transport,
        "argv": list(argv),
        "url": content.url,
        "package": package
        and {"kind": package.kind, "identifier": package.identifier, "version": package.version},
        "artefact_hash": artefact_hash,
        "lock_hash": lock_hash,
        "environment": [variable.name for variable in content.environment],
        "headers": [header.name for header in content.headers],
        "client_capabilities": list(content.client_capabilities),
        "protocol_version": protocol_version,
        "digests": dict(digests or {}),
    }


def hash_bound(bound: Mapping[str, Any]) -> str:
    """SHA-256, hex, over the canonical JSON."""
    return hashlib.sha256(canonical_json(bound).encode()).hexdigest()


def write_reviewed(request: McpRequest) -> dict[str, Any]:
    """What the approvers of a request approve, as it is now."""
    return {
        "content": request.content,
        "bound": request.bound,
        "tools": request.tools,
        "findings": list_findings(list_checks(request)),
        "valid_days": request.valid_days,
    }


def write_live(approval: McpApproval) -> dict[str, Any]:
    """The same of what is approved."""
    return {
        "content": approval.request.content,
        "bound": approval.bound,
        "tools": approval.tools,
        "findings": approval.findings,
        "valid_days": approval.request.valid_days,
    }
