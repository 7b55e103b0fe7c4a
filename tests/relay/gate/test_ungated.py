"""An engine whose plugin is missing or broken goes on, so it is found out and trusted with nothing."""

from __future__ import annotations

from typing import Any

import pytest

from events.models import Event
from governance.domain.gate import UNASKED_CALL, explain_not_prompting, explain_ungated
from governance.models import GatePresence, PermissionRequest
from relay.demo.scenarios import Use
from relay.opencode.gate_files import PLUGIN
from tests.factories import make_rule
from tests.relay.gate.conftest import Gated, run_async, wait_until

pytestmark = [pytest.mark.engine]

# Ten are promised, and kept where nothing else runs; a loaded machine's clock proves nothing.
FOUND_OUT_WITHIN_S = 40.0
MISSING: dict[str, Any] = {"has_plugin": False}
ASKING: dict[str, Any] = {"rules": {"*": "ask", "question": "allow"}}
MISSING_ASKING = {**MISSING, **ASKING}


def wait_ungated(gated: Gated) -> None:
    rows = GatePresence.objects.filter(engine=gated.engine, ungated_at__isnull=False)
    wait_until(rows.exists, "the alarm", deadline_s=FOUND_OUT_WITHIN_S)


@pytest.mark.parametrize("gated", [MISSING], indirect=True, ids=["missing"])
def test_a_missing_plugin_is_found_out_at_the_first_call(gated: Gated) -> None:
    assert explain_not_prompting(gated.engine.pk, str(gated.project)) != ""
    session_id = gated.prompt(Use.shell("> ran.txt"))
    wait_until((gated.project / "ran.txt").exists, "the unasked call")
    wait_ungated(gated)
    assert explain_ungated(gated.engine.pk, session_id) == UNASKED_CALL
    assert Event.objects.filter(kind="notice.ungated").count() == 1


@pytest.mark.parametrize("gated", [MISSING_ASKING], indirect=True, ids=["missing, asking"])
def test_a_rule_approves_nothing_of_an_engine_without_its_plugin(gated: Gated) -> None:
    make_rule(gated.engine.team, "echo hello")
    session_id = gated.prompt(Use.shell("echo hello"))
    rows = PermissionRequest.objects.filter(session_id=session_id, sealed_at__isnull=False)
    request = wait_until(rows.first, "the sealed request")
    assert request.is_pending
    wait_ungated(gated)
    gated.decide(request)
    gated.wait_idle(session_id)
    assert gated.requests(session_id)[0].decided_by_id == gated.reviewer.user.pk


@pytest.mark.parametrize("gated", [ASKING], indirect=True, ids=["asking"])
def test_a_plugin_that_breaks_is_found_out_after_the_restart(gated: Gated) -> None:
    """First with it: the rule approves, and the engine's own request follows. Then without."""
    make_rule(gated.engine.team, "echo hello")
    session_id = gated.prompt(Use.shell("echo hello"))
    wait_until(lambda: len(gated.requests(session_id)) == 2, "the call's entry and the engine's request")
    gated.wait_idle(session_id)
    assert [(row.source, row.state, row.decision_door) for row in gated.requests(session_id)] == [
        ("gate", "approved", "rule"),
        ("engine", "approved", "gate"),
    ]
    assert explain_ungated(gated.engine.pk, session_id) == ""
    plugin = gated.process.root / "config-dir" / PLUGIN
    gated.process.stop()
    gated.process.gate = None
    plugin.write_text("this is no program")
    run_async(gated.process.start)
    wait_until(lambda: explain_ungated(gated.engine.pk, session_id), "the gate's silence", FOUND_OUT_WITHIN_S)
    after = gated.prompt(Use.shell("echo hello"))
    request = gated.wait_request(after)
    wait_ungated(gated)
    request.refresh_from_db()
    assert (request.source, request.is_pending) == ("engine", True)
    gated.decide(request, "deny", "No.")
    gated.wait_idle(after)
