"""kill -9 of portal, relay and engine at every step of an approval, in both layouts.

Each ends in a true state: nothing lost, nothing run unapproved, nothing run twice.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from governance.enums import RequestState, Risk
from governance.models import EngineReply, PermissionRequest
from tests.crash.conftest import Bench, System, read_replies, wait_until

pytestmark = [pytest.mark.engine, pytest.mark.slow]

STEPS = ("asked", "sealed", "decided", "claimed", "posted", "accepted")
_numbers = itertools.count(1)


def reach(step: str, system: System, bench: Bench, marker: Path) -> PermissionRequest:
    """Bring an approval to `step` and hold it there; each run of the command adds a line to `marker`."""
    if step == "asked":
        bench.proxy.arguments.close()
    session_id = bench.ask(f"echo ran >> {marker.name}")
    rows = PermissionRequest.objects.filter(session_id=session_id)
    request = wait_until(rows.first, "the request")
    if step == "asked":
        assert not request.is_sealed
        return request
    wait_until(rows.filter(sealed_at__isnull=False).exists, "the sealed request")
    if step == "sealed":
        return request
    close_gates(step, bench)
    assert system.decide(request) == 200
    wait_reached(step, bench, request, marker)
    return request


def close_gates(step: str, bench: Bench) -> None:
    proxy = bench.proxy
    gates = {
        "decided": [proxy.status],
        "claimed": [proxy.reply],
        "posted": [proxy.reply_answer, proxy.replied_event],
        "accepted": [proxy.replied_event],
    }
    for gate in gates[step]:
        gate.close()


def wait_reached(step: str, bench: Bench, request: PermissionRequest, marker: Path) -> None:
    """What the database and the engine show when the step has been reached."""
    replies = EngineReply.objects.filter(request=request)
    if step == "decided":
        assert bench.proxy.status.reached.wait(60)
        assert read_replies(request) == [("once", "queued")]
        return
    if step == "claimed":
        assert bench.proxy.reply.reached.wait(60)
        assert read_replies(request) == [("once", "sent")]
        return
    if step == "posted":
        assert bench.proxy.reply_answer.reached.wait(60)
    else:
        wait_until(replies.filter(accepted_at__isnull=False).exists, "the engine's 200 on record")
    wait_until(marker.exists, "the command's effect")
    wait_until(lambda: bench.read_call(request) == "completed", "the call's end")
    assert read_replies(request) == [("once", "sent")]


def make_marker(bench: Bench) -> Path:
    return bench.project / f"ran-{next(_numbers)}.txt"


@pytest.mark.parametrize(
    ("system", "victim"),
    [("one process", "portal"), ("two processes", "portal"), ("two processes", "relay")],
    indirect=["system"],
)
@pytest.mark.parametrize("step", STEPS)
def test_an_approval_survives_the_death_of_our_own_processes(
    system: System, bench: Bench, step: str, victim: str
) -> None:
    """It runs exactly once, and the record says so."""
    marker = make_marker(bench)
    request = reach(step, system, bench, marker)
    system.kill(victim)
    # What the dead process had not sent yet is never sent; what it had sent, the engine has.
    is_relay_dead = victim == "relay" or system.is_one_process
    bench.proxy.open_all(drop=is_relay_dead)
    system.start(victim)
    if step in {"asked", "sealed"}:
        rows = PermissionRequest.objects.filter(pk=request.pk, sealed_at__isnull=False)
        assert wait_until(rows.first, "the sealed request").arguments_known
        assert not marker.exists()
        assert system.decide(request) == 200
    wait_until(lambda: read_replies(request) == [("once", "confirmed")], "the confirmed approval")
    request.refresh_from_db()
    assert request.state == RequestState.APPROVED
    wait_until(lambda: bench.read_call(request) == "completed", "the call's end")
    assert marker.read_text() == "ran\n"


ENDS_OF_A_DEAD_ENGINE = {
    "asked": (RequestState.EXPIRED, []),
    "sealed": (RequestState.EXPIRED, []),
    "decided": (RequestState.APPROVED, [("once", "orphaned"), ("reject", "orphaned")]),
    "claimed": (RequestState.APPROVED, [("once", "orphaned")]),
    "posted": (RequestState.APPROVED, [("once", "confirmed")]),
    "accepted": (RequestState.APPROVED, [("once", "confirmed")]),
}


@pytest.mark.parametrize("step", STEPS)
def test_the_death_of_the_engine_ends_in_what_is_true(system: System, bench: Bench, step: str) -> None:
    """What it had not taken yet never runs; what it had done is on record."""
    marker = make_marker(bench)
    request = reach(step, system, bench, marker)
    bench.engine.kill()
    bench.proxy.open_all()
    bench.start_engine()
    state, replies = ENDS_OF_A_DEAD_ENGINE[step]
    wait_until(
        lambda: (read_state(request), read_replies(request)) == (state, replies),
        f"{state}, {replies}; there is {read_state(request)}, {read_replies(request)}",
    )
    # What was not sealed in time is of unknown risk, which no token decides, whatever its state.
    request.refresh_from_db()
    assert system.decide(request) == (403 if request.risk == Risk.HIGH else 409)
    assert read_replies(request) == replies
    has_run = step in {"posted", "accepted"}
    assert marker.exists() == has_run
    assert not has_run or marker.read_text() == "ran\n"


def test_an_engine_that_dies_in_the_middle_of_a_call_leaves_its_outcome_unknown(
    system: System, bench: Bench
) -> None:
    marker = make_marker(bench)
    session_id = bench.ask(f"echo ran >> {marker.name}; sleep 60")
    rows = PermissionRequest.objects.filter(session_id=session_id, sealed_at__isnull=False)
    request = wait_until(rows.first, "the sealed request")
    bench.proxy.replied_event.close()
    assert system.decide(request) == 200
    wait_until(marker.exists, "the command's effect")
    accepted = EngineReply.objects.filter(request=request, accepted_at__isnull=False)
    wait_until(accepted.exists, "the engine's 200 on record")
    bench.engine.kill()
    bench.proxy.open_all()
    bench.start_engine()
    wait_until(lambda: read_replies(request) == [("once", "orphaned")], "the orphaned approval")
    reply = EngineReply.objects.get(request=request)
    assert reply.last_error == "Outcome unknown: the engine took it, and stopped before the call's end."
    assert marker.read_text() == "ran\n"


@pytest.mark.parametrize("step", ["sealed", "decided"])
def test_a_turn_aborted_while_our_processes_were_dead_runs_nothing(
    system: System, bench: Bench, step: str
) -> None:
    marker = make_marker(bench)
    request = reach(step, system, bench, marker)
    victims = ["portal"] if system.is_one_process else ["relay", "portal"]
    for victim in victims:
        system.kill(victim)
    bench.abort(request.session_id)
    bench.proxy.open_all(drop=True)
    system.start(*victims)
    if step == "sealed":
        wait_until(lambda: read_state(request) == RequestState.EXPIRED, "the expired request")
        assert system.decide(request) == 409
        expected = [("reject", "confirmed")]
    else:
        expected = [("once", "orphaned"), ("reject", "confirmed")]
    wait_until(lambda: read_replies(request) == expected, f"{expected}; there is {read_replies(request)}")
    assert not marker.exists()


def read_state(request: PermissionRequest) -> RequestState:
    return RequestState(PermissionRequest.objects.get(pk=request.pk).state)
