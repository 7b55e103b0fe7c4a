"""Asking a connected server for everything it offers, by the official SDK (one major version)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import mcp_types as types
from mcp.client.session import ClientSession
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ValidationError

from mcp_servers.probing.limits import ProbeError, ProbeLimits
from mcp_servers.probing.listing import FIELDS, Listing, ListingError

METHOD_NOT_FOUND = -32601
CLIENT = types.Implementation(name="countersign", version="1")

OnStep = Callable[[str], Awaitable[None]]
ListPage = Callable[..., Awaitable[Any]]


def build_session(read: Any, write: Any, capabilities: Collection[str]) -> ClientSession:
    """`capabilities` are what the engine will say of itself: some servers show other tools for it."""
    return ClientSession(
        read,
        write,
        client_info=CLIENT,
        sampling_callback=decline_sampling if "sampling" in capabilities else None,
        elicitation_callback=decline_elicitation if "elicitation" in capabilities else None,
        list_roots_callback=list_no_roots if "roots" in capabilities else None,
    )


async def decline_sampling(context: Any, params: Any) -> types.ErrorData:  # noqa: ARG001 - the SDK's
    return types.ErrorData(code=types.INVALID_REQUEST, message="Nothing is generated during a probe.")


async def decline_elicitation(context: Any, params: Any) -> types.ElicitResult:  # noqa: ARG001 - the SDK's
    return types.ElicitResult(action="decline")


async def list_no_roots(context: Any) -> types.ListRootsResult:  # noqa: ARG001 - the SDK's
    return types.ListRootsResult(roots=[])


async def introduce(session: ClientSession) -> types.InitializeResult:
    """Raises ProbeError."""
    try:
        return await session.initialize()
    except (MCPError, RuntimeError, ValidationError, ValueError) as error:
        raise ProbeError("protocol", f"It does not speak the protocol: {describe(error)}") from error


async def list_all(
    session: ClientSession, introduced: types.InitializeResult, limits: ProbeLimits, on_step: OnStep
) -> Listing:
    """Raises ProbeError."""
    pages: dict[str, tuple[ListPage, str]] = {
        "tool": (session.list_tools, "tools"),
        "prompt": (session.list_prompts, "prompts"),
        "resource": (session.list_resources, "resources"),
        "template": (session.list_resource_templates, "resource_templates"),
    }
    found: dict[str, list[Mapping[str, Any]]] = {}
    for kind, (list_page, field) in pages.items():
        await on_step(f"listing {kind}s")
        found[f"{kind}s"] = await list_kind(kind, list_page, field, limits)
    server = introduced.server_info
    try:
        return Listing.read(
            {
                "server_name": server.name,
                "server_version": server.version,
                "protocol_version": introduced.protocol_version,
                "instructions": introduced.instructions or "",
                **found,
            }
        )
    except ListingError as error:
        raise ProbeError("protocol", str(error)) from error


async def list_kind(
    kind: str, list_page: ListPage, field: str, limits: ProbeLimits
) -> list[Mapping[str, Any]]:
    """All pages. Asked for whether or not the server says that it has any: an engine asks too."""
    items: list[Mapping[str, Any]] = []
    cursor: str | None = None
    seen: set[str] = set()
    for _ in range(limits.pages):
        params = None if cursor is None else types.PaginatedRequestParams(cursor=cursor)
        try:
            page = await list_page(params=params)
        except MCPError as error:
            if error.error.code == METHOD_NOT_FOUND and not items:
                return []
            raise ProbeError("protocol", f"It can't list its {kind}s: {describe(error)}") from error
        except (ValidationError, ValueError) as error:
            raise ProbeError("protocol", f"Its list of {kind}s can't be read: {describe(error)}") from error
        items += [pick_fields(kind, item) for item in getattr(page, field)]
        if len(items) > limits.items:
            raise ProbeError("too_much", f"It lists more than {limits.items} {kind}s.")
        cursor = page.next_cursor
        if cursor is None:
            return items
        if cursor in seen:
            raise ProbeError("protocol", f"Its list of {kind}s goes in a circle.")
        seen.add(cursor)
    raise ProbeError("too_much", f"Its list of {kind}s has more than {limits.pages} pages.")


def pick_fields(kind: str, item: BaseModel) -> dict[str, Any]:
    """By the names of the wire, the same in every version of the SDK; what was not sent is left out."""
    sent = item.model_dump(by_alias=True, mode="json", exclude_unset=True)
    picked = {field: sent[field] for field in FIELDS[kind] if sent.get(field) is not None}
    if isinstance(annotations := picked.get("annotations"), dict):
        picked["annotations"] = {name: value for name, value in annotations.items() if value is not None}
    return picked


def describe(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:300] or type(error).__name__
