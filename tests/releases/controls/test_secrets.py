"""Values of MCP servers' secrets lie beside the releases, one for all of them, on either control."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.opencode.process import CONFIG_FOLDER
from releases.config_agent.countersign_config_agent import LAUNCHER, FolderError, ReleaseFolder
from releases.controls.by_hand import HandControl
from releases.controls.interface import Control, ControlError, ControlUnavailable
from releases.controls.local import LocalControl
from releases.controls.remote import AgentControl
from tests.releases.controls.folders import make_release, read_folder
from tests.releases.controls.running_agent import TOKEN, start_agent, wait_ready

NAME, PLAIN_FILES = make_release("new", has_gate=False)
FILES = [*PLAIN_FILES, (LAUNCHER, "# launches\n"), ("mcp/time.json", "{}\n")]
FIRST = {"time.env.TOKEN": "first\n", "tickets.header.Authorization": "Bearer one"}


@pytest.fixture(params=["local", "remote"])
def control(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Control, Path]]:
    if request.param == "local":
        yield LocalControl(tmp_path), tmp_path / CONFIG_FOLDER
        return
    agent = start_agent(tmp_path)
    wait_ready(agent)
    try:
        yield AgentControl(f"http://127.0.0.1:{agent.port}", TOKEN), agent.config
    finally:
        agent.process.kill()
        agent.process.wait()


def read_secrets(place: Path) -> dict[str, str]:
    return {entry.name: entry.read_text() for entry in (place / "mcp-secrets").iterdir()}


async def test_secrets_lie_beside_every_release_and_are_no_drift(control: tuple[Control, Path]) -> None:
    keeper, place = control
    await keeper.keep_secrets(FIRST, only=False)
    await keeper.stage(NAME, FILES)
    await keeper.swap(NAME)
    assert read_secrets(place) == FIRST
    assert (place / "mcp-secrets").is_symlink()
    modes = {stat.S_IMODE(entry.stat().st_mode) for entry in (place / "mcp-secrets").iterdir()}
    assert modes == {0o640}
    assert read_folder(place) == dict(FILES)
    assert await keeper.find_changed(FILES) == []

    second = {"time.env.TOKEN": "second", "other.env.KEY": "x"}
    await keeper.keep_secrets(second, only=False)
    assert read_secrets(place) == {**FIRST, **second}
    await keeper.keep_secrets(second, only=True)
    assert read_secrets(place) == second
    await keeper.prune([])
    assert read_secrets(place) == second


async def test_a_release_without_servers_leads_to_no_secret(control: tuple[Control, Path]) -> None:
    keeper, place = control
    await keeper.keep_secrets(FIRST, only=False)
    await keeper.stage(NAME, PLAIN_FILES)
    await keeper.swap(NAME)
    assert not (place / "mcp-secrets").exists()


@pytest.mark.parametrize(
    "name",
    ["../opencode.json", "time.env.A/B", "time.other.A", "Time.env.A", "time.env.", ".env.A", "time.env.A\n"],
)
async def test_a_secret_is_named_by_its_server_and_its_name_alone(
    control: tuple[Control, Path], name: str
) -> None:
    keeper, place = control
    with pytest.raises(ControlError, match="no secret's name"):
        await keeper.keep_secrets({**FIRST, name: "kept-to-itself"}, only=True)
    assert not (place.with_name(f"{place.name}.releases") / "kept" / "mcp-secrets").exists()


def test_a_value_is_not_repeated_when_it_is_refused(tmp_path: Path) -> None:
    folder = ReleaseFolder(tmp_path / "config")
    with pytest.raises(FolderError) as refusal:
        folder.keep_secrets({"time.env.A": "kept-to-itself" * 10_000}, only=True)
    assert "kept-to-itself" not in str(refusal.value)


async def test_by_hand_somebody_else_lays_them_down() -> None:
    with pytest.raises(ControlUnavailable):
        await HandControl().keep_secrets(FIRST, only=True)
