"""The subagent ledger where it depends on requests and questions: who waits for a person."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from engines.domain.sessions import record_subagent_status
from engines.enums import SubagentStatus
from engines.models import Engine, Subagent
from events.actors import RELAY_ACTOR
from governance.enums import QuestionState, RequestState
from governance.models import PermissionRequest, Question

WORKING = frozenset({SubagentStatus.QUEUED, SubagentStatus.STARTING, SubagentStatus.RUNNING})
RAW_WAITING = "a person is asked"
RAW_ANSWERED = "answered"


def find_misplaced(*, engine: Engine) -> list[Subagent]:
    """Delegations whose status does not say whether they wait for a person."""
    pending = PermissionRequest.objects.filter(
        engine=engine, session_id=OuterRef("source_ref"), state=RequestState.PENDING
    )
    asking = Question.objects.filter(
        engine=engine, session_id=OuterRef("source_ref"), state=QuestionState.OPEN
    )
    waits = Q(Exists(pending)) | Q(Exists(asking))
    rows = Subagent.objects.filter(instance=engine).select_related("instance")
    starts = rows.filter(waits, status__in=WORKING)
    ends = rows.filter(~waits, status=SubagentStatus.WAITING_HUMAN)
    return [*starts, *ends]


def record_waiting(*, rows: list[Subagent], now: datetime) -> None:
    for row in rows:
        is_waiting = row.status == SubagentStatus.WAITING_HUMAN
        record_subagent_status(
            actor=RELAY_ACTOR,
            row=row,
            status=SubagentStatus.RUNNING if is_waiting else SubagentStatus.WAITING_HUMAN,
            raw=RAW_ANSWERED if is_waiting else RAW_WAITING,
            at=now,
        )
