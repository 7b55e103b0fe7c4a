from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from governance.domain.gate import Standing, judge_gate
from governance.models import EngineGate, GatePresence

MAX_SHOWN = 50


def list_presences(engine_id: str) -> list[GatePresence]:
    """The folders of an engine's plugin, those with an alarm first."""
    rows = GatePresence.objects.filter(engine_id=engine_id).defer("rules")
    return list(rows.order_by("-ungated_at", "directory")[:MAX_SHOWN])


def find_standing(gate: EngineGate | None, presences: Collection[GatePresence]) -> Standing:
    return judge_gate(gate, list(presences))


def find_standings(engine_ids: Collection[str]) -> dict[str, Standing]:
    """How the gates of these engines stand, in two queries."""
    gates = {gate.engine_id: gate for gate in EngineGate.objects.filter(engine_id__in=engine_ids)}
    folders: dict[str, list[GatePresence]] = defaultdict(list)
    for presence in GatePresence.objects.filter(engine_id__in=engine_ids).defer("rules"):
        folders[presence.engine_id].append(presence)
    return {pk: judge_gate(gates.get(pk), folders[pk]) for pk in engine_ids}
