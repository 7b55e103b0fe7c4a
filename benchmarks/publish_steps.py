"""The process that `benchmarks.publish` measures: one engine, and publications of it one after another."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")


async def measure(folder: Path, agents: int, rounds: int) -> list[float]:
    """Milliseconds from the press to `live`, of each round."""
    from events.database_threads import DatabaseThread
    from relay.opencode.process import CONFIG_FOLDER
    from releases import worker
    from releases.controls.interface import Trial
    from releases.controls.local import LocalControl
    from tests.releases.folder_engine import FolderEngine

    place = folder / "engine" / CONFIG_FOLDER
    place.mkdir(parents=True)
    (place / "opencode.json").write_text("{}")
    server = FolderEngine(folder=place)
    database = DatabaseThread("bench")
    stop = asyncio.Event()

    async def no_binary(*_: object) -> Trial:
        return Trial(False, "", "Left out.")

    replaced: Any = worker
    replaced.try_release = no_binary
    replaced.open_control = lambda _engine: LocalControl(folder / "engine")
    async with server.running():
        engine, principal = await database.run(prepare, server.address)
        working = asyncio.create_task(worker.run_publishers(stop))
        times_ms = []
        for number in range(rounds + 1):
            release = await database.run(build, principal, engine, agents, number)
            started_s = time.perf_counter()
            publication_id = await database.run(press, principal, release)
            await wait_live(database, publication_id)
            times_ms.append((time.perf_counter() - started_s) * 1000)
        stop.set()
        await working
    await database.aclose()
    # The first one moves the old folder aside and warms up.
    return times_ms[1:]


def prepare(address: str) -> tuple[Any, Any]:
    from tests.factories import make_engine, make_principal, make_team, make_user
    from tests.relay.fake_engine import DIRECTORY

    team = make_team()
    engine = make_engine(team, address=address, directories=[DIRECTORY])
    return engine, make_principal(make_user(team))


def build(principal: Any, engine: Any, agents: int, number: int) -> Any:
    from configs.content import AgentContent, EngineDefaultsContent, ToolRule
    from configs.opencode.tree import render_tree
    from releases.domain.build import Draft, store_release
    from tests.releases.make import build_set

    rules = tuple(ToolRule("bash", f"make target{rule}", "allow") for rule in range(10))
    more = [AgentContent(name=f"agent-{index}", mode="subagent", rules=rules) for index in range(agents - 1)]
    tree = render_tree(build_set(f"Version {number}.", *more), EngineDefaultsContent())
    files = tuple((file.path, file.text) for file in tree.files)
    draft = Draft(files, {"objects": [], "defaults": 0, "has_gate": False}, ())
    return store_release(actor=principal.actor, engine=engine, draft=draft, note="")


def press(principal: Any, release: Any) -> str:
    from releases.domain.publications import publish

    return publish(principal=principal, release=release).pk


async def wait_live(database: Any, publication_id: str) -> None:
    from releases.models import Publication

    def look() -> str:
        return Publication.objects.values_list("state", flat=True).get(pk=publication_id)

    while (state := await database.run(look)) != "live":
        if state in {"failed", "rolled_back", "cancelled"}:
            raise SystemExit(f"it ended as {state}")
        await asyncio.sleep(0.005)


def main() -> None:
    folder, agents, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from events.keyring import make_keys_file

    make_keys_file(Path(settings.COUNTERSIGN_KEYS_FILE))
    call_command("migrate", verbosity=0)
    json.dump(asyncio.run(measure(folder, agents, rounds)), sys.stdout)


if __name__ == "__main__":
    main()
