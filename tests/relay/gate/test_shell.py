"""The shell wrapper in a real engine: agents' commands run as another user, and reach no credential of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.demo.project import make_project
from relay.demo.scenarios import Say, Use
from relay.demo.scripted_llm import ScriptedModel, build_engine_config
from relay.opencode.process import EngineProcess
from relay.shell_check import ShellCheck, look

pytestmark = [pytest.mark.engine]

SOURCE = Path(__file__).resolve().parents[3] / "relay" / "opencode" / "shell"
# There on every Linux machine, and nobody's: no test makes users on the machine it runs on.
TOOLS_USER = "nobody"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="cs-shell-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def wrapper(place: Path) -> Path:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("NOT TRIED: running tools as another user needs root and setpriv")
    folder = place / "shell"
    shutil.copytree(SOURCE, folder)
    (folder / "tools-user").write_text(f"{TOOLS_USER}\n")
    return folder / "bash"


def run_shell(wrapper: Path, command: str) -> str:
    environment = {"PATH": os.environ["PATH"], "OPENCODE_SERVER_PASSWORD": "secret", "LD_PRELOAD": ""}
    words = [str(wrapper), "-c", command]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=30)
    return done.stdout


def test_a_command_runs_as_the_tools_user_with_a_clean_environment(wrapper: Path) -> None:
    assert run_shell(wrapper, "id -un; umask; env | cut -d = -f 1 | sort | xargs").splitlines() == [
        TOOLS_USER,
        "0002",
        "HOME LANG LOGNAME OLDPWD PATH PWD SHELL SHLVL TERM USER _"
        if "OLDPWD" in run_shell(wrapper, "env")
        else "HOME LANG LOGNAME PATH PWD SHELL SHLVL TERM USER _",
    ]


def test_a_command_can_not_read_what_started_it_nor_become_somebody_else(wrapper: Path) -> None:
    assert run_shell(wrapper, f"cat /proc/{os.getpid()}/environ || echo no") == "no\n"
    assert run_shell(wrapper, "grep -c '^CapBnd:[^1-9a-f]*$' /proc/self/status") == "1\n"
    assert run_shell(wrapper, "setpriv --reuid=0 id -u") == ""


@pytest.mark.parametrize("is_wrapped", [True, False], ids=["wrapped", "plain"])
def test_the_check_tells_whether_agents_could_read_the_credentials(
    wrapper: Path, place: Path, opencode_binary: Path, *, is_wrapped: bool
) -> None:
    project = place / "project"
    make_project(project)
    project.chmod(0o777)
    with ScriptedModel({"who": lambda _turn: [Use.shell("id -un > who.txt"), Say("Done.")]}) as model:
        config = build_engine_config(model.base_url, {"*": "allow"})
        if is_wrapped:
            config["shell"] = str(wrapper)
        engine = EngineProcess(opencode_binary, place / "tree", project, config)

        async def run() -> ShellCheck:
            await engine.start()
            found = await look(engine.address, engine.username, engine.password, str(project), None)
            async with engine.build_client() as client:
                session = await client.create_session(str(project), title="who")
                await client.prompt_async(str(project), session.id, "Who? [who]")
                while not (project / "who.txt").exists() or not (project / "who.txt").read_text():
                    await asyncio.sleep(0.1)
            return found

        try:
            found = asyncio.run(asyncio.wait_for(run(), 90))
        finally:
            engine.stop()
    who = (project / "who.txt").read_text().strip()
    if is_wrapped:
        assert (who, found) == (TOOLS_USER, ShellCheck(()))
    else:
        assert (who, found.reachable) == ("root", ("environment", "parent"))
