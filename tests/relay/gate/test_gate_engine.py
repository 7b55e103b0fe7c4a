"""The gate in a real engine whose rules let everything run: what nobody announces is asked about here."""

from __future__ import annotations

from typing import Any

import pytest

from events.encryption import reveal
from governance.content import RequestContent
from governance.enums import RequestSource, RequestState
from governance.models import GateCall, GatePresence, PermissionRequest
from relay.demo.scenarios import ToolUse, Use
from tests.relay.gate.conftest import Gated, wait_until

pytestmark = [pytest.mark.engine]


def describe(request: PermissionRequest) -> tuple[str, str, str]:
    return (request.source, request.permission, request.summary)


def test_what_the_engine_never_announces_is_held_and_runs_only_when_approved(gated: Gated) -> None:
    """Each input that raises no request under any rules, in a session of its own: denied, nothing happens."""
    inputs = [
        "> made.txt",
        "export A=1",
        "PATH=/bin",
        "unset HOME",
        "[[ -f README.md ]]",
        "cd src",
        "{rm,-rf,README.md}",
        "ls | cat | cat\nrm README.md 2>&1 | wc",
    ]
    sessions = {command: gated.prompt(Use.shell(command)) for command in inputs}
    for command, session_id in sessions.items():
        request = gated.wait_request(session_id)
        content = request.summary.replace("⏎", "\n")
        assert (request.source, content.replace(" ", "")) == (RequestSource.GATE, command.replace(" ", ""))
        gated.decide(request, "deny", "Not now.")
    for session_id in sessions.values():
        gated.wait_idle(session_id)
        assert gated.read_parts(session_id) == [("bash", "error", "Denied by a reviewer: Not now.")]
        assert len(gated.requests(session_id)) == 1
    assert not (gated.project / "made.txt").exists()
    assert (gated.project / "README.md").exists()
    approved = gated.prompt(Use.shell("> made.txt"))
    gated.decide(gated.wait_request(approved))
    gated.wait_idle(approved)
    assert (gated.project / "made.txt").exists()


def test_an_abort_while_held_runs_nothing(gated: Gated) -> None:
    place = gated.project / "late.txt"
    session_id = gated.prompt(Use.one("write", filePath=str(place), content="late"))
    request = gated.wait_request(session_id)
    gated.abort(session_id)
    closed = wait_until(
        lambda: PermissionRequest.objects.filter(pk=request.pk).exclude(state="pending").first(),
        "the request's end",
    )
    assert closed.state == RequestState.EXPIRED
    # Another call of the same agent goes all the way, so what was held had its time.
    after = gated.prompt(Use.shell("echo after"))
    gated.decide(gated.wait_request(after))
    gated.wait_idle(after)
    assert not place.exists()
    assert GateCall.objects.get(request=request).state == "ended"


def test_subagents_and_other_tools_come_through_the_gate(gated: Gated) -> None:
    child = gated.teach(Use.shell("export B=2"))
    session_id = gated.prompt(
        Use.one("task", description="Help", prompt=f"Go. [{child}]", subagent_type="general")
    )
    task = gated.wait_request(session_id)
    assert describe(task) == (RequestSource.GATE, "task", "Help")
    gated.decide(task)
    below = wait_until(
        lambda: PermissionRequest.objects.filter(summary="export B=2", subagent__isnull=False).first(),
        "the subagent's call",
    )
    assert (below.source, below.agent) == (RequestSource.GATE, "general")
    gated.decide(below)
    gated.wait_idle(session_id)


def test_an_edit_is_shown_with_its_diff(gated: Gated) -> None:
    place = gated.project / "README.md"
    session_id = gated.prompt(
        Use.one("read", filePath=str(place)),
        Use.one("edit", filePath=str(place), oldString="# Greeting", newString="# Hello"),
    )
    gated.decide(gated.wait_request(session_id))
    wait_until(lambda: len(gated.requests(session_id)) == 2, "the edit")
    edit = gated.wait_request(session_id)
    content = RequestContent.from_text(reveal(edit, "content"))
    assert content.diff.splitlines()[:5] == [
        f"--- {place}",
        f"+++ {place}",
        "@@ -1,4 +1,4 @@",
        "-# Greeting",
        "+# Hello",
    ]
    gated.decide(edit)
    gated.wait_idle(session_id)
    assert place.read_text().startswith("# Hello\n")


def test_the_portal_down_closes_the_gate(gated: Gated) -> None:
    gated.product.kill()
    session_id = gated.prompt(Use.shell("> down.txt"))

    def find_ended() -> list[tuple[str, str, str]]:
        return [part for part in gated.read_parts(session_id) if part[1] in {"completed", "error"}]

    [(tool, status, text)] = wait_until(find_ended, "the call's failure", deadline_s=100)
    assert (tool, status) == ("bash", "error")
    assert text.startswith("Countersign can't be reached")
    assert not (gated.project / "down.txt").exists()


def test_a_restarted_portal_takes_up_what_is_held(gated: Gated) -> None:
    session_id = gated.prompt(Use.shell("> again.txt"))
    request = gated.wait_request(session_id)
    gated.product.kill()
    gated.product.start()
    gated.decide(request)
    gated.wait_idle(session_id)
    assert (gated.project / "again.txt").exists()
    assert len(gated.requests(session_id)) == 1


ASKING: dict[str, Any] = {"rules": {"*": "ask", "question": "allow"}}


@pytest.mark.parametrize("gated", [ASKING], indirect=True, ids=["asking"])
def test_under_asking_rules_one_call_is_one_entry(gated: Gated) -> None:
    """The engine asks twice for this command: for a folder outside the project, then for the command."""
    session_id = gated.prompt(Use.shell("cat /etc/hostname"))
    held = gated.wait_request(session_id)
    assert held.source == RequestSource.GATE
    gated.decide(held)
    gated.wait_idle(session_id)
    assert [(row.source, row.permission, row.state) for row in gated.requests(session_id)] == [
        ("gate", "bash", "approved"),
        ("engine", "external_directory", "approved"),
        ("engine", "bash", "approved"),
    ]
    assert gated.read_parts(session_id)[0][1] == "completed"


@pytest.mark.parametrize("gated", [ASKING], indirect=True, ids=["asking"])
def test_what_the_engine_asks_by_itself_is_left_to_it(gated: Gated) -> None:
    wait_until(GatePresence.objects.filter(rules__isnull=False).exists, "the rules, read back")
    place = gated.project / "notes.md"
    session_id = gated.prompt(Use.one("write", filePath=str(place), content="one\n"))
    request = gated.wait_request(session_id)
    wait_until(PermissionRequest.objects.filter(pk=request.pk, sealed_at__isnull=False).exists, "sealed")
    request.refresh_from_db()
    assert (request.source, request.permission) == (RequestSource.ENGINE, "edit")
    assert GateCall.objects.get(session_id=session_id).state == "passed"
    gated.decide(request)
    gated.wait_idle(session_id)
    assert place.read_text() == "one\n"


def test_two_calls_of_one_message_are_two_entries(gated: Gated) -> None:
    both = (
        ToolUse("bash", {"command": "export C=1", "description": "First"}),
        ToolUse("bash", {"command": "export C=2", "description": "Second"}),
    )
    session_id = gated.prompt(Use(both))
    rows = PermissionRequest.objects.filter(session_id=session_id)
    wait_until(lambda: rows.count() == 2, "two entries")
    for row in rows:
        gated.decide(row)
    gated.wait_idle(session_id)
    assert sorted(row.summary for row in gated.requests(session_id)) == ["export C=1", "export C=2"]
