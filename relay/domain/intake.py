"""What an engine asks and answers, written down. Idempotent: told twice, it is known once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engines.models import Engine
from events.actors import RELAY_ACTOR
from governance.domain.answered import Answer, record_engine_reply
from governance.domain.requests import AskedByEngine, record_engine_request, seal_request
from governance.models import PermissionRequest
from governance.queries import list_by_engine_id
from relay.domain.open_calls import OpenCall, describe_call
from relay.opencode.records import Part, PermissionAsk

REPEATED_CALL = "doom_loop"


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that is on record now."""

    call: OpenCall
    is_placed: bool


def take_ask(
    *, engine: Engine, ask: PermissionAsk, directory: str, part: Part | None, now: datetime
) -> Taken:
    """Store a request, and seal it when its arguments are there already."""
    request = record_engine_request(engine=engine, asked=describe_ask(ask, directory), now=now)
    if request.is_pending and not request.is_sealed:
        if part is not None:
            request = seal_with_part(request=request, part=part, now=now)
        elif ask.tool is None:
            request = seal_request(
                actor=RELAY_ACTOR,
                request=request,
                arguments=read_own_arguments(ask),
                tool=read_own_tool(ask),
                now=now,
            )
    return Taken(describe_call(request), is_placed=request.chat_id is not None)


def describe_ask(ask: PermissionAsk, directory: str) -> AskedByEngine:
    return AskedByEngine(
        engine_request_id=ask.id,
        session_id=ask.session_id,
        permission=ask.permission,
        patterns=list(ask.patterns),
        directory=directory,
        metadata=ask.metadata,
        message_id=ask.tool.message_id if ask.tool else "",
        call_id=ask.tool.call_id if ask.tool else "",
        is_text_altered=ask.is_text_altered,
    )


def read_own_arguments(ask: PermissionAsk) -> dict[str, Any] | None:
    """A request about a repeated call belongs to no single one and carries the arguments itself."""
    arguments = ask.metadata.get("input") if ask.permission == REPEATED_CALL else None
    return arguments if isinstance(arguments, dict) else None


def read_own_tool(ask: PermissionAsk) -> str:
    tool = ask.metadata.get("tool")
    return tool if isinstance(tool, str) else ""


def seal_with_part(*, request: PermissionRequest, part: Part | None, now: datetime) -> PermissionRequest:
    """Seal with the arguments of the tool call's part, or as "arguments unknown" without one."""
    return seal_request(
        actor=RELAY_ACTOR,
        request=request,
        arguments=part.input if part else None,
        tool=part.tool if part else "",
        is_text_altered=part.is_text_altered if part else False,
        now=now,
    )


def seal_call(*, call: OpenCall, part: Part | None, now: datetime) -> None:
    seal_with_part(request=PermissionRequest.objects.get(pk=call.pk), part=part, now=now)


def find_call(*, engine: Engine, request_id: str) -> OpenCall | None:
    rows = list_by_engine_id([engine.pk], [request_id])
    request = rows.defer("content").first()
    return describe_call(request) if request else None


def take_reply(*, engine: Engine, request_id: str, reply: str, now: datetime) -> Answer:
    return record_engine_reply(engine=engine, engine_request_id=request_id, reply=reply, now=now)
