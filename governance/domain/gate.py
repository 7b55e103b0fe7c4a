"""The second gate: whether the plugin in an engine is there, folder by folder, and what follows if it is not.

The engine goes on without a plugin that does not load, so presence is proven, call by call: each tool call
that the engine runs must have been asked about. One that was not makes its process and folder ungated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from engines.models import Engine
from engines.queries import find_place
from events.actors import RELAY_ACTOR, Actor, ActorKind, Door, Subject
from events.changes import Change, changes
from events.text import make_storable, make_visible
from governance.content import show_directory
from governance.enums import GateCallState, GateStanding
from governance.models import EngineGate, GateCall, GatePresence

NO_GATE = "Its engine has no gate: the plugin was never set up."
NEVER_HEARD = "The gate's plugin has not reported in."
SILENT = "The gate's plugin has not reported since the engine went away."
NOT_ASKED = "The gate was not asked about this call."
OTHER_PROCESS = "The gate was asked about it by an earlier process of the engine."
UNASKED_CALL = "A tool call ran that the gate had not been asked about."


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the plugin says of itself when it loads in a folder. `process`, `instance`: names it made up."""

    process: str
    instance: str
    directory: str
    plugin_version: str = ""
    engine_version: str = ""


def actor_of(engine: Engine) -> Actor:
    return Actor(ActorKind.ENGINE, engine.pk, Door.GATE, engine.name)


def show_call_id(call_id: str) -> str:
    """A call id as rows hold it: the model provider's, so it may hold anything."""
    return make_visible(call_id)[:200]


def record_report(*, engine: Engine, report: GateReport, now: datetime) -> None:
    """The plugin has loaded in a folder; a new instance may be under other rules than the one before."""
    with changes(actor_of(engine)) as change:
        presence = touch(engine, report.process, report.directory, now)
        if presence.instance == report.instance:
            return
        GatePresence.objects.filter(pk=presence.pk).update(
            instance=report.instance,
            plugin_version=make_storable(report.plugin_version, 40),
            engine_version=make_storable(report.engine_version, 40),
            reported_at=now,
            rules=None,
        )
        change.audit(
            "engine.gate_report",
            Subject("engine", engine.pk),
            after={"process": report.process, "plugin": make_storable(report.plugin_version, 40)},
        )
        lift_alarm(change, engine, presence)
        announce_gate(change, engine, "gated")


def touch(engine: Engine, process: str, directory: str, now: datetime) -> GatePresence:
    """Stamp a sign of life of this process in this folder; returns the row as it was before."""
    presence, _ = GatePresence.objects.get_or_create(
        engine=engine, directory=show_directory(directory), defaults={"process": process, "reported_at": now}
    )
    rows = GatePresence.objects.filter(pk=presence.pk)
    if presence.process == process:
        rows.update(seen_at=now, stale_at=None)
    else:
        # What was read of another process's rules says nothing of this one's.
        rows.update(process=process, instance="", reported_at=now, seen_at=now, stale_at=None, rules=None)
    return presence


def lift_alarm(change: Change, engine: Engine, presence: GatePresence) -> None:
    """The plugin is there again, or the call that nobody had heard of came late after all."""
    lifted = GatePresence.objects.filter(pk=presence.pk, ungated_at__isnull=False).update(
        ungated_at=None, ungated_reason="", ungated_session="", ungated_call=""
    )
    if lifted:
        change.audit("engine.gated", Subject("engine", engine.pk), before={"directory": presence.directory})


def raise_alarm(
    *, engine: Engine, directory: str, reason: str, now: datetime, session_id: str = "", call_id: str = ""
) -> bool:
    """This engine's process is ungated in this folder; True when it is news."""
    if EngineGate.objects.filter(engine=engine, waived_at__isnull=False).exists():
        return False
    with changes(RELAY_ACTOR) as change:
        presence, _ = GatePresence.objects.get_or_create(engine=engine, directory=show_directory(directory))
        raised = GatePresence.objects.filter(pk=presence.pk, ungated_at=None).update(
            ungated_at=now,
            ungated_reason=make_storable(reason, 300),
            ungated_session=session_id[:64],
            ungated_call=show_call_id(call_id),
        )
        if not raised:
            return False
        change.audit(
            "engine.ungated",
            Subject("engine", engine.pk),
            after={"directory": presence.directory, "reason": make_storable(reason, 300)},
        )
        announce_gate(change, engine, "ungated")
        change.event(
            "notice.ungated",
            Subject("engine", engine.pk),
            topic="notices",
            audience=engine.team.audience,
            words={"engine": engine.pk, "session": session_id[:64]},
        )
    return True


def announce_gate(change: Change, engine: Engine, state: str) -> None:
    change.event(
        "engine.gate",
        Subject("engine", engine.pk),
        topic="health",
        audience=engine.team.audience,
        words={"gate": state},
    )


def note_engine_away(*, engine: Engine, since: datetime) -> int:
    """The engine's server was gone: whoever reported before that may be gone with it. Returns how many."""
    heard_before = Q(seen_at=None) | Q(seen_at__lt=since)
    rows = GatePresence.objects.filter(heard_before, engine=engine, stale_at=None)
    return rows.update(stale_at=since)


def prove_part(*, engine: Engine, session_id: str, call_id: str, part_id: str, message_id: str) -> bool:
    """Whether the gate was asked about this tool part of the engine. Each call proves one part alone."""
    calls = GateCall.objects.filter(engine=engine, session_id=session_id[:64], call_id=show_call_id(call_id))
    if calls.filter(proven_part=part_id).exists():
        return True
    newest = calls.filter(proven_part="").order_by("-created_at", "-id").values_list("pk", flat=True).first()
    if newest is None:
        return False
    rows = GateCall.objects.filter(pk=newest, proven_part="")
    return bool(rows.update(proven_part=part_id, message_id=message_id))


def store_rules(*, engine: Engine, directory: str, instance: str, rules: dict[str, list[list[str]]]) -> None:
    """What was read back from the engine, for the instance that was there before it was read."""
    GatePresence.objects.filter(
        engine=engine, directory=show_directory(directory), instance=instance, rules__isnull=True
    ).update(rules=rules)


def distrust_rules(*, engine: Engine, directory: str) -> None:
    """Somebody answered `always` in the engine: what its rules say is no longer what it asks for.

    No instance has this name, so that they are not read again before the plugin loads anew.
    """
    GatePresence.objects.filter(engine=engine, directory=show_directory(directory)).update(
        rules=None, instance=""
    )


def list_folders_without_rules(*, engine: Engine) -> list[tuple[str, str]]:
    """(folder, instance) of what has reported and whose rules have not been read."""
    rows = GatePresence.objects.filter(engine=engine, rules__isnull=True, stale_at=None).exclude(instance="")
    return list(rows.values_list("directory", "instance"))


# What follows from it


@dataclass(frozen=True, slots=True)
class Standing:
    """An engine's gate as a whole, or in one folder; `sentence` says why it is not trusted."""

    state: GateStanding
    sentence: str = ""

    @property
    def is_trusted(self) -> bool:
        return self.state in GateStanding.trusted()


def judge_presence(presence: GatePresence) -> Standing:
    if presence.ungated_at is not None:
        return Standing(GateStanding.UNGATED, presence.ungated_reason)
    if presence.stale_at is not None:
        return Standing(GateStanding.SILENT, SILENT)
    if presence.reported_at is None:
        return Standing(GateStanding.SILENT, NEVER_HEARD)
    return Standing(GateStanding.GATED)


def judge_gate(gate: EngineGate | None, presences: list[GatePresence]) -> Standing:
    """The engine as a whole: the worst of its folders."""
    if gate is not None and gate.waived_at is not None:
        return Standing(GateStanding.WAIVED)
    if gate is None or gate.token_id is None:
        return Standing(GateStanding.NONE, NO_GATE)
    standings = [judge_presence(presence) for presence in presences]
    for state in (GateStanding.UNGATED, GateStanding.SILENT):
        for standing in standings:
            if standing.state == state:
                return standing
    return Standing(GateStanding.GATED) if standings else Standing(GateStanding.SILENT, NEVER_HEARD)


def explain_ungated(engine_id: str, session_id: str, *, call_id: str | None = None) -> str:
    """Why nothing of this session may be approved automatically; "" when the gate stands.

    With `call_id`, the gate must have been asked about this very call by the process that is there now: a
    plugin that did not load can't have been. The only way past it is an owner's waiver.
    """
    gate = EngineGate.objects.filter(engine_id=engine_id).first()
    if gate is not None and gate.waived_at is not None:
        return ""
    if gate is None or gate.token_id is None:
        return NO_GATE
    call = None
    if call_id is not None:
        call = find_live_call(engine_id, session_id, call_id)
        if call is None:
            return NOT_ASKED
    directory = call.directory if call else find_directory(engine_id, session_id)
    presence = GatePresence.objects.filter(engine_id=engine_id, directory=directory).first()
    if presence is None:
        return NEVER_HEARD
    if call is not None and call.process != presence.process:
        return OTHER_PROCESS
    return judge_presence(presence).sentence


def find_live_call(engine_id: str, session_id: str, call_id: str) -> GateCall | None:
    calls = GateCall.objects.filter(
        engine_id=engine_id, session_id=session_id[:64], call_id=show_call_id(call_id)
    )
    return calls.exclude(state__in=GateCallState.closed()).order_by("-created_at", "-id").first()


def find_directory(engine_id: str, session_id: str) -> str:
    """The folder of a session, as columns hold it; "" when the session is not known."""
    chat, subagent = find_place(engine_id, session_id)
    if subagent is not None:
        return show_directory(subagent.working_directory)
    return show_directory(chat.directory) if chat else ""


def explain_not_prompting(engine_id: str, directory: str) -> str:
    """Why the portal sends this engine no prompt for this folder; "" when it may."""
    gate = EngineGate.objects.filter(engine_id=engine_id).first()
    folder = GatePresence.objects.filter(engine_id=engine_id, directory=show_directory(directory))
    return judge_gate(gate, list(folder)).sentence


# An alarm that ends by itself


def find_late_alarm(*, engine: Engine, session_id: str, call_id: str) -> GatePresence | None:
    """The folder whose alarm was about this very call, which has come after all."""
    return (
        GatePresence.objects.filter(
            engine=engine,
            ungated_at__isnull=False,
            ungated_session=session_id[:64],
            ungated_call=show_call_id(call_id),
        )
        .exclude(ungated_call="")
        .first()
    )
