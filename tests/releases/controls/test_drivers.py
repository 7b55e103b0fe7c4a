"""What publishing asks of a control, answered by this host's folder, by an agent, and by nobody."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accounts.models import Team
from engines.models import Engine
from events.errors import Invalid
from relay.opencode.gate_files import GateFiles
from relay.opencode.process import CONFIG_FOLDER
from relay.opencode.process_tree import ChildProcess, read_recorded_process
from releases.controls.by_hand import HandControl
from releases.controls.interface import (
    BEFORE,
    PROJECT_CONFIG_FLAG,
    Control,
    ControlError,
    ControlUnavailable,
)
from releases.controls.local import LocalControl
from releases.controls.opening import open_control
from releases.controls.remote import AgentControl, check_agent_address
from tests.factories import make_engine, make_team
from tests.releases.controls.folders import make_plain_folder, make_release, read_folder
from tests.releases.controls.running_agent import TOKEN, RunningAgent, start_agent, wait_ready

NAME, FILES = make_release("new")


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[RunningAgent]:
    agent = start_agent(tmp_path)
    wait_ready(agent)
    yield agent
    agent.process.kill()
    agent.process.wait()


@pytest.fixture(params=["local", "remote"])
def control(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Control, Path]]:
    """A control and the configuration folder that it keeps."""
    if request.param == "local":
        yield LocalControl(tmp_path), tmp_path / CONFIG_FOLDER
    else:
        running = request.getfixturevalue("agent")
        yield AgentControl(f"http://127.0.0.1:{running.port}", TOKEN), running.config


async def test_a_release_goes_in_and_what_was_there_comes_back(control: tuple[Control, Path]) -> None:
    keeper, place = control
    assert await keeper.read_current() is None
    found = make_plain_folder(place)
    assert await keeper.read_current() == BEFORE
    await keeper.stage(NAME, FILES)
    assert read_folder(place) == found
    await keeper.swap(NAME)
    await keeper.prune([])
    assert await keeper.read_current() == NAME
    assert await keeper.find_changed(FILES) == []
    await keeper.swap(BEFORE)
    assert (await keeper.read_current(), read_folder(place)) == (BEFORE, found)


async def test_files_that_somebody_changed_are_named(control: tuple[Control, Path]) -> None:
    keeper, place = control
    await keeper.stage(NAME, FILES)
    await keeper.swap(NAME)
    (place / "agent").chmod(0o755)
    (place / "agent" / "team").chmod(0o755)
    (place / "agent/build.md").unlink()
    (place / "agent/foreign.md").write_text("---\npermission: allow\n---\n")
    reviewer = place / "agent/team/reviewer.md"
    reviewer.chmod(0o644)
    reviewer.write_text("changed")
    assert await keeper.find_changed(FILES) == [
        "agent/build.md",
        "agent/foreign.md",
        "agent/team/reviewer.md",
    ]


async def test_what_can_not_be_staged_is_a_sentence(control: tuple[Control, Path]) -> None:
    keeper, _ = control
    with pytest.raises(ControlError, match=r"A release can't hold the file '\.\./x'"):
        await keeper.stage(NAME, [*FILES, ("../x", "")])
    with pytest.raises(ControlError, match="is not staged here"):
        await keeper.swap(NAME)


# This host's ------------------------------------------------------------------------------------


def write_sleeper(root: Path) -> list[str]:
    """A program that looks like an engine: `serve` among its words."""
    return [sys.executable, "-c", "import time; time.sleep(600)", "serve"]


async def test_restarting_a_child_ends_it_and_waits_for_whoever_starts_it_again(tmp_path: Path) -> None:
    environment = {"OPENCODE_CONFIG_DIR": str(tmp_path / CONFIG_FOLDER), PROJECT_CONFIG_FLAG: "1"}
    child = ChildProcess(tmp_path)
    command = write_sleeper(tmp_path)
    child.launch(command, cwd=tmp_path, environment=environment)
    stop = threading.Event()

    def keep() -> None:
        while not stop.wait(0.05):
            if not child.is_running:
                child.launch(command, cwd=tmp_path, environment=environment)

    keeper = threading.Thread(target=keep)
    keeper.start()
    control = LocalControl(tmp_path)
    try:
        before = child.pid
        await control.restart()
        assert child.is_running
        assert child.pid != before
    finally:
        stop.set()
        keeper.join()
        child.stop(0)


async def test_a_child_that_nobody_starts_again_is_told(tmp_path: Path) -> None:
    child = ChildProcess(tmp_path)
    child.launch(write_sleeper(tmp_path), cwd=tmp_path, environment={})
    with pytest.raises(ControlUnavailable, match="nobody has started it again"):
        await LocalControl(tmp_path).restart(timeout_s=0.3)
    assert not child.is_running
    assert read_recorded_process(tmp_path) is None
    child.stop(0)


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("true", True), ("", False), ("0", False)])
async def test_flags_are_those_of_the_engines_own_process(tmp_path: Path, value: str, expected: bool) -> None:
    control = LocalControl(tmp_path)
    assert await control.read_flags() == {PROJECT_CONFIG_FLAG: None}
    environment = {"OPENCODE_CONFIG_DIR": str(tmp_path / CONFIG_FOLDER), PROJECT_CONFIG_FLAG: value}
    child = ChildProcess(tmp_path)
    child.launch(write_sleeper(tmp_path), cwd=tmp_path, environment=environment)
    try:
        async with asyncio.timeout(30):
            # Until its program is running, the process still has our own command line.
            while await control.read_flags() == {PROJECT_CONFIG_FLAG: None}:
                await asyncio.sleep(0.02)
        assert await control.read_flags() == {PROJECT_CONFIG_FLAG: expected}
    finally:
        child.stop(0)


def test_a_new_gate_token_reaches_a_released_folder(tmp_path: Path) -> None:
    folder = LocalControl(tmp_path).folder
    make_plain_folder(folder.link)
    folder.stage(NAME, FILES)
    folder.swap(NAME)
    GateFiles(folder.link, "https://portal.example", "csk_rotated").write()
    assert folder.read_current() == NAME
    assert json.loads((folder.link / "countersign-gate.json").read_text()) == {
        "portal": "https://portal.example",
        "token": "csk_rotated",
    }
    assert folder.read_digests().keys() == dict(FILES).keys()


# An agent's -------------------------------------------------------------------------------------


async def test_an_agent_that_is_away_or_knows_us_not_is_told(agent: RunningAgent) -> None:
    address = f"http://127.0.0.1:{agent.port}"
    with pytest.raises(ControlError, match="signed with another token"):
        await AgentControl(address, "y" * 40).read_current()
    with pytest.raises(ControlError, match="no command that restarts"):
        await AgentControl(address, TOKEN).restart()
    agent.process.kill()
    agent.process.wait()
    with pytest.raises(ControlUnavailable, match="does not answer"):
        await AgentControl(address, TOKEN).read_current()


@pytest.mark.parametrize(
    "address",
    [
        "http://agent.example:4199",
        "http://10.0.0.1:4199",
        "ftp://127.0.0.1:1",
        "https://user:word@agent.example",
        "agent.example",
    ],
)
def test_an_agent_elsewhere_is_reached_by_https_only(address: str) -> None:
    with pytest.raises(Invalid):
        check_agent_address(address)


def test_an_agents_address_is_one_text() -> None:
    assert check_agent_address("https://agent.example/") == "https://agent.example:443"
    assert check_agent_address("http://[::1]:4199") == "http://[::1]:4199"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "config agent")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    place, secret = folder / "agent.pem", folder / "agent.key"
    place.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return place, secret


async def test_an_agent_with_a_certificate_of_its_own_is_trusted_by_that_alone(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path / "tls")
    other, _ = make_certificate(tmp_path / "other")
    agent = await asyncio.to_thread(
        start_agent, tmp_path / "agent", certificate=str(certificate), key=str(key)
    )
    address = f"https://127.0.0.1:{agent.port}"
    try:
        control = AgentControl(address, TOKEN, certificate.read_text())
        async with asyncio.timeout(30):
            while True:
                try:
                    assert await control.read_current() is None
                    break
                except ControlUnavailable:
                    # It refuses what was signed in the second of its start.
                    await asyncio.sleep(0.1)
        await control.stage(NAME, FILES)
        await control.swap(NAME)
        assert await control.read_current() == NAME
        for trusted in ("", other.read_text()):
            with pytest.raises(ControlUnavailable, match="does not answer"):
                await AgentControl(address, TOKEN, trusted).read_current()
    finally:
        agent.process.kill()
        agent.process.wait()


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<p>hello</p>")

    def log_message(self, *_arguments: object) -> None:
        pass


async def test_what_is_no_agent_is_told() -> None:
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(ControlError, match="no config agent"):
            await AgentControl(f"http://127.0.0.1:{server.server_port}", TOKEN).read_current()
        await asyncio.to_thread(server.shutdown)


# Nobody's ---------------------------------------------------------------------------------------


async def test_by_hand_nothing_is_done_and_each_step_is_told() -> None:
    control = HandControl()
    for work in (control.stage(NAME, FILES), control.swap(NAME), control.restart(), control.read_current()):
        with pytest.raises(ControlUnavailable, match="copied by hand"):
            await work
    steps = control.describe_by_hand(NAME, FILES)
    assert (control.can_swap, control.can_restart, len(steps)) == (False, False, 7)
    assert f"NAME.releases/{NAME[:12]}" in steps[0]
    assert "Restart the engine by hand" in steps[-1]


def test_the_steps_by_hand_do_what_a_swap_does(tmp_path: Path) -> None:
    """The commands that the steps name, run as they stand."""
    folder = LocalControl(tmp_path).folder
    make_plain_folder(folder.link)
    short = NAME[:12]
    steps = " ".join(HandControl().describe_by_hand(NAME, FILES))
    command = f"ln -s NAME.releases/{short} NAME.new && mv -T NAME.new NAME"
    assert command in steps
    new = folder.store / short
    new.mkdir(parents=True)
    (new / "opencode.json").write_text("{}")
    folder.link.rename(folder.before)
    for _ in range(2):
        subprocess.run(["sh", "-c", command.replace("NAME", CONFIG_FOLDER)], check=True, cwd=tmp_path)
    assert (folder.link / "opencode.json").read_text() == "{}"


# Opening ----------------------------------------------------------------------------------------


@pytest.fixture
def team(db: None) -> Team:
    return make_team()


def test_an_engine_is_controlled_by_hand_unless_somebody_says_otherwise(team: Team) -> None:
    assert isinstance(open_control(make_engine(team)), HandControl)


@pytest.mark.parametrize(
    "values",
    [
        {"control": "child", "control_folder": ""},
        {"control": "agent", "control_address": ""},
        {"control": "agent", "control_address": "http://127.0.0.1:1", "control_token": "k.nothing.here"},
    ],
)
def test_settings_that_can_not_be_used_are_a_sentence(team: Team, values: dict[str, str]) -> None:
    engine = make_engine(team)
    Engine.objects.filter(pk=engine.pk).update(**values)
    engine.refresh_from_db()
    with pytest.raises(ControlError, match="can't be used"):
        open_control(engine)
