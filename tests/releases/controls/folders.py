"""What an engine sees in its folder, releases to put there, and dying at a chosen step."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from releases.config_agent.countersign_config_agent import BESIDE, GATE_PLUGIN, GATE_SETTINGS

Files = list[tuple[str, str]]
SECRET = '{"portal": "https://portal.example", "token": "csk_kept"}\n'


def make_release(word: str, *, has_gate: bool = True) -> tuple[str, Files]:
    """(hash, files) of a small release that differs in every file from one of another word."""
    files = [
        ("agent/build.md", f"---\nmode: primary\n---\n{word}\n"),
        ("agent/team/reviewer.md", f"---\nmode: subagent\n---\n{word}\n"),
        ("instructions/house.md", f"{word}\n"),
        ("opencode.json", f'{{"permission": {{"*": "ask"}}, "username": "{word}"}}\n'),
        *([(GATE_PLUGIN, f"// {word}\n")] if has_gate else []),
    ]
    return hashlib.sha256(repr(files).encode()).hexdigest(), files


def read_folder(place: Path) -> dict[str, str]:
    """Path → text of everything the engine would read, through the link; the gate's secret too."""
    found = {}
    for folder, folders, names in os.walk(place):
        top = Path(folder) == place
        folders[:] = [name for name in folders if not (top and name in BESIDE)]
        for name in names:
            if not top or name not in BESIDE or name == GATE_SETTINGS:
                path = Path(folder) / name
                found[path.relative_to(place).as_posix()] = path.read_text()
    return found


def make_plain_folder(place: Path) -> dict[str, str]:
    """A folder as somebody set it up by hand, with a gate; what it holds."""
    (place / "plugin").mkdir(parents=True)
    (place / "opencode.json").write_text('{"username": "by hand"}')
    (place / GATE_PLUGIN).write_text("// by hand")
    (place / GATE_SETTINGS).write_text(SECRET)
    (place / GATE_SETTINGS).chmod(0o640)
    return read_folder(place)


def run_and_die(step: int, work: Callable[[], None]) -> bool:
    """Do the work in a child that kills itself before its `step`th operation on files; True when it ended.

    The operations are those that Python's audit hooks tell of, and the exchange of two names.
    """
    child = os.fork()
    if child == 0:
        try:
            count = 0

            def hook(event: str, _arguments: tuple[object, ...]) -> None:
                nonlocal count
                if event == "open" or event.startswith(("os.", "shutil.", "countersign.")):
                    count += 1
                    if count == step:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(hook)
            work()
            os._exit(0)
        finally:
            # Never back into the test that is running here.
            os._exit(3)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    assert os.waitstatus_to_exitcode(status) == 0
    return True
