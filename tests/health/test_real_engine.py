"""The probe against the real engine: well, locked, away, and there again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from engines.models import Engine
from health.probes.engines import probe_engines
from relay.demo.project import PERMISSION, make_project
from relay.demo.scripted_llm import ScriptedModel, build_engine_config
from relay.opencode.process import EngineProcess
from tests.factories import make_engine, make_team

pytestmark = [pytest.mark.django_db, pytest.mark.engine]


def ask(engine: Engine, password: str) -> str:
    [finding] = asyncio.run(probe_engines([(engine, password)]))
    return finding.state.value


def test_what_the_real_engine_does_is_told(opencode_binary: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    make_project(project)
    with ScriptedModel({}) as model:
        config = build_engine_config(model.base_url, PERMISSION)
        server = EngineProcess(opencode_binary, tmp_path / "tree", project, config)
        asyncio.run(server.start())
        try:
            engine = make_engine(make_team(), address=server.address, username=server.username)
            engine.created_at = timezone.now() - timedelta(hours=1)
            assert ask(engine, server.password) == "ready"
            assert ask(engine, "not the password") == "error"
            server.stop()
            assert ask(engine, server.password) == "offline"
            asyncio.run(server.start())
            assert ask(engine, server.password) == "ready"
        finally:
            server.stop()
