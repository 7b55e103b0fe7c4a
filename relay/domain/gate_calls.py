"""Calls held at an engine's gate, as the relay looks after them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from engines.models import Engine
from governance.content import show_directory
from governance.domain.gate_calls import end_calls, list_open_calls
from governance.enums import CloseReason, GateCallState
from governance.models import EngineGate, GateCall
from relay.domain.open_calls import OpenCall, list_tree, read_directory


@dataclass(frozen=True, slots=True)
class HeldCall:
    """One call that the plugin holds, and where its tool part stands."""

    row: GateCall
    call: OpenCall


def is_gate_expected(*, engine: Engine) -> bool:
    """A gate was set up, and no owner does without it."""
    return EngineGate.objects.filter(engine=engine, token__isnull=False, waived_at=None).exists()


def list_held(rows: QuerySet[GateCall]) -> list[HeldCall]:
    held = rows.filter(state=GateCallState.HELD).select_related("request").order_by("pk")
    return [HeldCall(row, describe_held(row)) for row in held]


def list_held_below(*, engine: Engine, session_id: str, seen_before: datetime) -> list[HeldCall]:
    tree = list_tree(engine=engine, session_id=session_id)
    return list_held(GateCall.objects.filter(engine=engine, session_id__in=tree, created_at__lt=seen_before))


def list_held_in(*, engine: Engine, directory: str, seen_before: datetime) -> list[HeldCall]:
    return list_held(
        GateCall.objects.filter(
            engine=engine, directory=show_directory(directory), created_at__lt=seen_before
        )
    )


def describe_held(row: GateCall) -> OpenCall:
    request = row.request
    return OpenCall(
        pk=row.pk,
        request_id="",
        session_id=row.session_id,
        directory=read_directory(request) if request else row.directory,
        message_id=row.message_id,
        call_id=row.call_id,
        created_at=row.created_at,
        is_pending=bool(request and request.is_pending),
        is_sealed=True,
    )


def is_part_open(*, engine: Engine, part_id: str) -> bool:
    return list_open_calls(engine).filter(proven_part=part_id).exists()


def end_part(*, engine: Engine, part_id: str, now: datetime) -> None:
    """The tool part has come to its end: nothing may rest on its call any more."""
    calls = list(list_open_calls(engine).filter(proven_part=part_id))
    end_calls(engine=engine, calls=calls, reason=CloseReason.SESSION_ENDED, now=now)
