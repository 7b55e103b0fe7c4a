"""The engine starts with its gate's folder in somebody else's hands, and its plugin reports in from there."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from relay.demo.project import make_project
from relay.demo.scripted_llm import ScriptedModel, build_engine_config
from relay.opencode import process as processes
from relay.opencode.process import EngineProcess, write_config

pytestmark = [pytest.mark.engine]

NOBODY = 65534
OWN_FOLDERS = ("home", "tmp", "data", "config", "cache", "state")


class Ear(BaseHTTPRequestHandler):
    """Stands where the portal would, and keeps what it was told."""

    heard: list[tuple[str, str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.heard.append((self.path, self.headers["authorization"], body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def ear() -> Iterator[tuple[str, list[tuple[str, str, Any]]]]:
    heard: list[tuple[str, str, Any]] = []
    server = HTTPServer(("127.0.0.1", 0), type("OneEar", (Ear,), {"heard": heard}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", heard
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_engine_runs_as_another_user_than_its_gates_owner(
    opencode_binary: Path, ear: tuple[str, list[tuple[str, str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("NOT TRIED: another user for the engine needs root and setpriv")

    def write_readable(folder: Path, config: Any) -> None:
        write_config(folder, config)
        (folder / "opencode.json").chmod(0o644)

    monkeypatch.setattr(processes, "write_config", write_readable)
    address, heard = ear
    with tempfile.TemporaryDirectory(prefix="cs-owned-") as name, ScriptedModel({}) as model:
        root = Path(name)
        root.chmod(0o755)
        project, tree = root / "project", root / "tree"
        make_project(project)
        for folder in (tree, tree / "config-dir"):
            folder.mkdir(mode=0o755)
        for own in OWN_FOLDERS:
            (tree / own).mkdir(mode=0o700)
            os.chown(tree / own, NOBODY, 0)
        # The gate's files are readable to their group, which is the engine's.
        start = f'#!/bin/sh\nexec setpriv --reuid={NOBODY} --regid=0 --clear-groups {opencode_binary} "$@"\n'
        binary = root / "engine"
        binary.write_text(start)
        binary.chmod(0o755)
        engine = EngineProcess(
            binary,
            tree,
            project,
            build_engine_config(model.base_url, {"*": "ask"}),
            gate=(address, "csk_test"),
        )

        async def run() -> None:
            await engine.start()
            async with engine.build_client() as client:
                await client.create_session(str(project), title="first")
                while not heard:
                    await asyncio.sleep(0.05)

        before = sorted(tree.joinpath("config-dir").rglob("*"))
        try:
            asyncio.run(asyncio.wait_for(run(), 90))
            assert f"Uid:\t{NOBODY}" in Path(f"/proc/{engine.pid}/status").read_text()
        finally:
            engine.stop()
        left = sorted(str(path.relative_to(tree)) for path in (tree / "config-dir").rglob("*"))
    assert before == []
    assert left == [
        "config-dir/countersign-gate.json",
        "config-dir/node_modules",
        "config-dir/opencode.json",
        "config-dir/package-lock.json",
        "config-dir/package.json",
        "config-dir/plugin",
        "config-dir/plugin/countersign-gate.js",
    ]
    [(path, authorization, report)] = heard
    assert (path, authorization) == ("/api/v1/gate/reports/", "Bearer csk_test")
    assert (report["directory"], report["plugin_version"]) == (str(project), "1")
