"""`manage.py demo` as a person runs it: one terminal, one link, real requests, one Ctrl-C."""

from pathlib import Path
from typing import Any

import pytest

from relay.opencode.process_tree import is_alive, list_descendants
from tests.relay.demo.demo_process import START_TIMEOUT_S, Demo, start, wait_until

pytestmark = pytest.mark.engine


def read_chat(demo: Demo, request: dict[str, Any]) -> str:
    previews = [
        chat["preview"]
        for chat in demo.get("/api/v1/chats/")["results"]
        if chat["id"] == request["chat"]["id"]
    ]
    return str(previews[0])


def test_the_demo_from_its_first_line_to_its_last(opencode_binary: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with start(folder) as demo:
        demo.wait_until_ready()
        assert "Engine    OpenCode at http://127.0.0.1:" in demo.output
        assert demo.process.poll() is None
        demo.log_in()
        kinds = {"bash", "edit", "read", "task", "webfetch"}
        wait_until(lambda: {request["permission"] for request in demo.list_pending()} >= kinds)
        wait_until(lambda: len(demo.list_pending()) >= 6)
        # The shell is held at the gate, where the engine can't be asked past it.
        assert {request["source"] for request in demo.list_pending()} >= {"gate"}
        assert [engine["state"] for engine in demo.get("/api/v1/engines/")["results"]] == ["online"]

        edit = demo.find_pending("edit")
        readme = folder / "project" / "README.md"
        before = readme.read_text()
        demo.decide(edit, "approve")
        wait_until(lambda: readme.read_text() != before)
        wait_until(lambda: demo.read(edit)["state"] == "approved")

        command = demo.find_pending("bash")
        demo.decide(command, "deny", "Use the staging folder.")
        wait_until(lambda: read_chat(demo, command) == "Understood: Use the staging folder.")
        assert demo.read(command)["delivery"] is None

        with start(folder) as second:
            assert second.process.wait(START_TIMEOUT_S) == 1
            assert "A demo is running already" in second.output
        assert demo.process.poll() is None

        below = list_descendants(demo.process.pid)
        assert len(below) >= 2
        demo.interrupt()
        assert [pid for pid in below if is_alive(pid)] == []
        assert demo.output.endswith("Everything has stopped.\n")
    # The link's secret and the engine's password are nobody else's.
    assert "csk_" not in demo.output


def test_a_killed_demo_leaves_nothing_that_its_next_start_does_not_end(
    opencode_binary: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "demo"
    with start(folder) as demo:
        demo.wait_until_ready()
        first_link = demo.link[0]
        below = list_descendants(demo.process.pid)
        demo.process.kill()
        demo.process.wait()
        assert [pid for pid in below if is_alive(pid)] != []
        with start(folder, "--without-engine") as successor:
            successor.wait_until_ready()
            assert [pid for pid in below if is_alive(pid)] == []
            assert successor.link[0] != first_link
            assert "Engine    NONE: asked to do without." in successor.output
            drive_the_rest_agent(successor, folder / "project")
            successor.interrupt()


def drive_the_rest_agent(demo: Demo, project: Path) -> None:
    demo.log_in()
    wait_until(lambda: len(demo.list_pending()) == 5)
    assert demo.get("/api/v1/engines/")["results"] == []
    before = (project / "README.md").read_text()
    edits = [request for request in demo.list_pending() if request["summary"].startswith("README.md")]
    demo.decide(edits[0], "approve")
    wait_until(lambda: (project / "README.md").read_text() != before)
    demo.decide(demo.find_pending("bash"), "deny", "Not on a Friday.")
    wait_until(lambda: "The agent was told: Not on a Friday." in demo.output)


def test_an_engine_that_does_not_start_is_said_and_done_without(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with start(tmp_path / "demo", "--engine", str(broken)) as demo:
        demo.wait_until_ready()
        assert "Engine    NONE: The engine ended while starting; see" in demo.output
        demo.interrupt()
