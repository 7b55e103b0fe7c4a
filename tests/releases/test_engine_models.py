"""The real engine says what models it knows; the list that is shipped is what the pinned one says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from configs.domain.catalogue import SNAPSHOT, load_snapshot
from configs.formats.provider_list import read_snapshot, write_snapshot
from relay.opencode.process import EngineProcess
from releases.engine_models import fetch_models
from tests.factories import make_engine, make_team

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


def test_the_shipped_list_is_what_the_engine_says(opencode_binary: Path, tmp_path: Path) -> None:
    """An engine of its own: the shared one is told of one provider alone."""
    project = tmp_path / "project"
    project.mkdir()
    process = EngineProcess(opencode_binary, tmp_path / "engine", project, {"permission": {"*": "ask"}})
    (tmp_path / "engine").mkdir()
    version = asyncio.run(process.start())
    try:
        engine = make_engine(
            make_team(),
            name="lab",
            address=process.address,
            username=process.username,
            password=process.password,
        )
        models = fetch_models(engine)
        written = tmp_path / "models.json.gz"
        call_command("import_models", "lab", "--write-snapshot", str(written), stdout=StringIO())
    finally:
        process.stop()
    shipped = load_snapshot()
    assert models.source == f"lab (OpenCode {version})"
    assert models.models == shipped.models
    again = replace(read_snapshot(written.read_bytes()), as_of=shipped.as_of)
    assert write_snapshot(again) == SNAPSHOT.read_bytes()
