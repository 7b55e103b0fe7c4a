"""What a program in the sandbox can and can't do, tried by real programs."""
# ruff: noqa: S108 - the sandbox's own temporary folder

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcp_servers.sandbox import NoSandbox, Sandbox, SandboxError, SandboxLimits, Task, Verdict, find_sandbox
from mcp_servers.sandbox.finding import NEEDS_ROOT, try_sandbox
from mcp_servers.sandbox.users import FIRST, choose_free_user
from tests.support.availability import skip_missing

pytestmark = pytest.mark.pure

WAIT_S = 20.0
ENDED_WELL = Verdict(has_started=True, exit_code=0)


LAUNCHER = Path(__file__).parents[3] / "mcp_servers" / "sandbox" / "launcher.py"


# What the system refuses elsewhere is asked for in a way that it refuses everywhere, with the same error.
REFUSED = {
    'call("unshare",': 'call("unshare", -1 or',
    'call("pivot_root", b".", b".")': 'call("pivot_root", b"tmp", b"dev/shm")',
}


def write_launcher(folder: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """One for which the system refuses `call`."""
    text = LAUNCHER.read_text(encoding="utf-8")
    refusing = folder / "launcher.py"
    refused = text.replace(call, REFUSED[call])
    assert refused != text
    refusing.write_text(refused, encoding="utf-8")
    monkeypatch.setattr("mcp_servers.sandbox.namespaces.LAUNCHER", refusing)


@pytest.fixture(params=["another root", "a covered root"])
async def sandbox(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Sandbox:
    """As on most machines, and as where the root can't be exchanged: on a root that the kernel unpacked."""
    found = await find_sandbox()
    if request.param == "a covered root":
        write_launcher(tmp_path_factory.mktemp("launcher"), monkeypatch, 'call("pivot_root", b".", b".")')
    if isinstance(found, NoSandbox):
        skip_missing("sandbox", found.reason)
    return found


async def run(sandbox: Sandbox, script: str, **fields: Any) -> tuple[str, str, Verdict]:
    """What a Python `script` printed on both streams, and what the sandbox says of it."""
    task = Task((sys.executable, "-I", "-c", script), **fields)
    async with asyncio.timeout(WAIT_S), sandbox.run(task) as running:
        out, errors = await running.process.communicate()
        return out.decode(), errors.decode(), running.read_verdict()


async def ask(sandbox: Sandbox, expression: str, **fields: Any) -> Any:
    script = f"import json, os, sys, socket, pathlib; print(json.dumps({expression}))"
    out, errors, verdict = await run(sandbox, script, **fields)
    assert (errors, verdict) == ("", ENDED_WELL)
    return json.loads(out)


async def test_a_program_sees_the_environment_it_was_given_and_nothing_of_the_portals(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_SECRET", "of the portal")
    assert await ask(sandbox, "dict(os.environ)", environment={"GIVEN": "a\nb"}) == {
        "HOME": "/home/sandbox",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
        "GIVEN": "a\nb",
    }


async def test_a_program_is_nobody_without_rights_and_sees_itself_alone(sandbox: Sandbox) -> None:
    expression = (
        "[os.getuid() == os.getgid() == os.geteuid(), os.getuid(), os.getgroups(),"
        " sorted(line for line in open('/proc/self/status').read().splitlines()"
        "        if line.split(':')[0] in ('CapEff', 'CapBnd', 'NoNewPrivs')),"
        " len([name for name in os.listdir('/proc') if name.isdecimal()]), socket.gethostname()]"
    )
    is_same, uid, groups, rights, processes, host = await ask(sandbox, expression)
    assert (is_same, uid >= FIRST, groups, host) == (True, True, [], "sandbox")
    assert rights == ["CapBnd:\t0000000000000000", "CapEff:\t0000000000000000", "NoNewPrivs:\t1"]
    # Itself and the first process, which waits for it.
    assert processes == 2


async def test_each_program_is_another_user(sandbox: Sandbox) -> None:
    first, second = await ask(sandbox, "os.getuid()"), await ask(sandbox, "os.getuid()")
    assert len({first, second, os.getuid()}) == 3


async def test_there_is_no_network(sandbox: Sandbox) -> None:
    with listening() as port:
        script = (
            "import socket, sys\n"
            "seen = []\n"
            f"for address in [('127.0.0.1', {port}), ('192.0.2.1', 80)]:\n"
            "    try:\n"
            "        socket.create_connection(address, timeout=2).close()\n"
            "        seen.append('connected')\n"
            "    except OSError as error:\n"
            "        seen.append(error.strerror)\n"
            "try:\n"
            "    socket.getaddrinfo('example.org', 80)\n"
            "    seen.append('resolved')\n"
            "except socket.gaierror:\n"
            "    seen.append('no name')\n"
            "print(seen, [name for _, name in socket.if_nameindex()])"
        )
        out, errors, verdict = await run(sandbox, script)
    assert (errors, verdict) == ("", ENDED_WELL)
    assert out == "['Network is unreachable', 'Network is unreachable', 'no name'] ['lo']\n"


@contextlib.contextmanager
def listening() -> Iterator[int]:
    """A server that the machine itself can reach, so that not reaching it says something."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        yield port


async def test_the_portals_data_keys_code_and_home_are_not_there(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = [*map(str, sandbox.hidden), str(Path(__file__)), str(tmp_path), "/var", "/etc/shadow"]
    assert len(secret) > 6
    assert await ask(sandbox, f"[path for path in {secret!r} if os.path.lexists(path)]") == []


async def test_of_a_home_there_is_nothing_but_the_interpreter_in_it(sandbox: Sandbox) -> None:
    """Where the portal's Python lives in the home of whoever runs it."""
    home = Path.home()
    interpreter = {
        folder.name for folder in Path(sys.base_prefix).resolve().parents[:-1] if folder.parent == home
    }
    shown = await ask(sandbox, f"os.listdir({str(home)!r}) if os.path.isdir({str(home)!r}) else []")
    assert set(shown) == interpreter


async def test_a_folder_that_is_shown_keeps_what_is_protected_in_it_to_itself(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    for name in ("open.txt", "secret_key", "data/table"):
        (tmp_path / name).write_text(name)
        (tmp_path / name).chmod(0o644)
    tmp_path.chmod(0o755)
    guarded = Sandbox(hidden=(tmp_path / "data", tmp_path / "secret_key"))
    script = (
        "import os, sys\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "print(open('open.txt').read(), repr(open('secret_key').read()), os.path.exists('data/table'))\n"
        "try:\n    print(os.listdir('data'))\nexcept OSError as error:\n    print(error.strerror)\n"
        "try:\n    open('new', 'w')\nexcept OSError as error:\n    print(error.strerror)\n"
    )
    out, errors, verdict = await run(guarded, script, readable=(tmp_path,))
    assert (errors, verdict) == ("", ENDED_WELL)
    assert out.splitlines() == ["open.txt '' False", "Permission denied", "Read-only file system"]


@pytest.mark.parametrize("path", ["/", "/home", "/root", "/etc", "/var/lib"])
async def test_a_whole_home_or_system_folder_is_never_shown(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(SandboxError, match="holds more than a program"):
        await run(sandbox, "", readable=(Path(path),))


async def test_nothing_of_the_portals_own_data_is_shown_by_name(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "keys")
    guarded = Sandbox(hidden=(tmp_path / "keys",))
    for path in (tmp_path / "keys", tmp_path / "link"):
        with pytest.raises(SandboxError, match="belongs to the portal's own data"):
            await run(guarded, "", readable=(path,))


async def test_a_file_that_is_private_is_not_shown_because_an_argument_names_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    private = tmp_path / "private"
    private.write_text("private")
    private.chmod(0o600)
    task = Task(
        (sys.executable, "-I", "-c", "import os, sys; print(os.path.lexists(sys.argv[1]))", str(private))
    )
    async with asyncio.timeout(WAIT_S), sandbox.run(task) as running:
        out, _ = await running.process.communicate()
    assert out == b"False\n"


async def test_a_folder_named_as_an_argument_is_there_and_empty(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    task = Task((sys.executable, "-I", "-c", "import os, sys; print(os.listdir(sys.argv[1]))", str(tmp_path)))
    async with asyncio.timeout(WAIT_S), sandbox.run(task) as running:
        out, _ = await running.process.communicate()
    assert out == b"[]\n"


async def test_what_is_written_is_small_and_gone_afterwards(sandbox: Sandbox) -> None:
    script = (
        "import os\n"
        "for path, size in [(os.environ['HOME'], 3), ('/tmp', 3), ('/dev/shm', 3), ('/usr', 1), ('/', 1)]:\n"
        "    try:\n"
        "        with open(f'{path}/probe-file', 'wb', buffering=0) as file:\n"
        "            print(path, [file.write(b'x' * 2**20) for _ in range(size)][-1])\n"
        "    except OSError as error:\n"
        "        print(path, error.strerror)\n"
    )
    small = SandboxLimits(home_bytes=2**21)
    out, _, verdict = await run(sandbox, script, limits=small)
    assert verdict == ENDED_WELL
    assert out.splitlines() == [
        "/home/sandbox No space left on device",
        "/tmp No space left on device",
        "/dev/shm No space left on device",
        "/usr Read-only file system",
        "/ Read-only file system",
    ]
    assert not Path("/tmp/probe-file").exists()


async def test_one_file_has_a_largest_size(sandbox: Sandbox) -> None:
    script = "open('/tmp/large', 'wb').write(b'x' * 2**21)"
    _, errors, verdict = await run(sandbox, script, limits=SandboxLimits(file_size_bytes=2**20))
    assert errors.splitlines()[-1] == "OSError: [Errno 27] File too large"
    assert verdict == Verdict(has_started=True, exit_code=1)


async def test_processes_and_open_files_are_counted(sandbox: Sandbox) -> None:
    script = (
        "import os, time\n"
        "children, files = 0, []\n"
        "try:\n"
        "    while True:\n"
        "        if not os.fork():\n            time.sleep(60)\n"
        "        children += 1\n"
        "except OSError as error:\n    print(children < 10, error.strerror)\n"
        "try:\n"
        "    while True:\n        files.append(open('/dev/null'))\n"
        "except OSError as error:\n    print(len(files) < 20, error.strerror)\n"
    )
    out, _, verdict = await run(sandbox, script, limits=SandboxLimits(processes=10, open_files=20))
    assert out.splitlines() == ["True Resource temporarily unavailable", "True Too many open files"]
    assert verdict == ENDED_WELL


async def test_time_on_the_processor_is_counted(sandbox: Sandbox) -> None:
    _, _, verdict = await run(sandbox, "while True: pass", limits=SandboxLimits(cpu_s=1))
    assert verdict == Verdict(has_started=True, exit_code=128 + 9)


async def test_one_process_gets_only_so_much_memory(sandbox: Sandbox) -> None:
    script = "b'x' * 2**28"
    _, errors, verdict = await run(sandbox, script, limits=SandboxLimits(memory_bytes=2**27))
    assert errors.splitlines()[-1] == "MemoryError"
    assert verdict == Verdict(has_started=True, exit_code=1)


async def test_many_processes_share_the_memory(sandbox: Sandbox) -> None:
    script = (
        "import os, time\n"
        "for _ in range(4):\n"
        "    if not os.fork():\n        kept = b'x' * (80 * 2**20)\n        time.sleep(60)\n"
        "time.sleep(60)\n"
    )
    _, _, verdict = await run(sandbox, script, limits=SandboxLimits(memory_bytes=200 * 2**20))
    assert verdict == Verdict(has_started=True, is_out_of_memory=True, exit_code=-9)
    assert verdict.sentence == "It took more memory than it may have and was ended."


async def test_everything_it_started_ends_with_it(sandbox: Sandbox) -> None:
    script = (
        "import os, time\n"
        "for _ in range(2):\n"
        "    if os.fork():\n        break\n"
        "    os.setsid()\n"
        "print(os.getuid(), flush=True)\n"
        "time.sleep(60)\n"
    )
    task = Task((sys.executable, "-I", "-c", script))
    async with asyncio.timeout(WAIT_S), sandbox.run(task) as running:
        assert running.process.stdout is not None
        uid = int(await running.process.stdout.readline())
        assert count_processes(uid) >= 2
    assert await becomes_zero(uid)


async def test_everything_ends_with_the_portal(sandbox: Sandbox, tmp_path: Path) -> None:
    """As when the portal is killed: nobody is left to clean up."""
    script = (
        "import asyncio, os, sys\n"
        "from mcp_servers.sandbox.namespaces import Sandbox\n"
        "from mcp_servers.sandbox.interface import Task\n"
        "async def main():\n"
        "    program = 'import os, time; print(os.getuid(), flush=True); time.sleep(60)'\n"
        "    async with Sandbox().run(Task((sys.executable, '-I', '-c', program))) as running:\n"
        "        print((await running.process.stdout.readline()).decode(), end='', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    portal = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=subprocess.PIPE)
    assert portal.stdout is not None
    uid = int(await portal.stdout.readline())
    assert count_processes(uid) >= 1
    portal.kill()
    await portal.communicate()
    assert await becomes_zero(uid)


def count_processes(uid: int) -> int:
    count = 0
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            count += entry.name.isdecimal() and entry.stat().st_uid == uid
    return count


async def becomes_zero(uid: int) -> bool:
    deadline_s = time.monotonic() + WAIT_S
    while count_processes(uid):
        if time.monotonic() > deadline_s:
            return False
        await asyncio.sleep(0.02)
    return True


async def test_it_can_neither_leave_its_root_nor_mount_nor_gain_rights(sandbox: Sandbox) -> None:
    script = (
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def tell(result):\n    print(result, os.strerror(ctypes.get_errno()))\n"
        "tell(libc.mount(b'proc', b'/home/sandbox', b'proc', 0, None))\n"
        "tell(libc.chroot(b'/tmp'))\n"
        "tell(libc.sethostname(b'x', 1))\n"
        "tell(libc.setuid(0))\n"
    )
    out, errors, verdict = await run(sandbox, script)
    assert (errors, verdict) == ("", ENDED_WELL)
    assert out.splitlines() == ["-1 Operation not permitted"] * 4


async def test_a_program_that_is_not_there_or_relative_is_refused(sandbox: Sandbox) -> None:
    for program in ("/usr/bin/no-such-program", "python3"):
        with pytest.raises(SandboxError):
            async with sandbox.run(Task((program,))):
                pass


async def test_what_can_not_be_executed_is_told_by_the_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    program = tmp_path / "server"
    program.write_text("no program")
    program.chmod(0o644)
    async with asyncio.timeout(WAIT_S), sandbox.run(Task((str(program),))) as running:
        await running.process.wait()
        verdict = running.read_verdict()
    assert verdict.failure == f"The program can't be started: [Errno 13] Permission denied: '{program}'"


async def test_without_root_there_is_no_sandbox_rather_than_a_weaker_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert await try_sandbox(Sandbox()) == NoSandbox(NEEDS_ROOT)


async def test_where_namespaces_are_forbidden_there_is_no_sandbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_launcher(tmp_path, monkeypatch, 'call("unshare",')
    found = await try_sandbox(Sandbox())
    assert isinstance(found, NoSandbox)
    assert found.reason.startswith("The sandbox can't be made here. The sandbox did not start it: [Errno")


def test_a_free_user_is_nobody_known() -> None:
    uids = {choose_free_user() for _ in range(5)}
    assert len(uids) == 5
    assert min(uids) >= FIRST


async def test_a_folder_that_is_named_by_a_link_is_found_by_it(sandbox: Sandbox, tmp_path: Path) -> None:
    folder, link = tmp_path / "real", tmp_path / "links" / "link"
    for path in (folder, link.parent):
        path.mkdir()
        path.chmod(0o755)
    (folder / "file").write_text("content")
    (folder / "file").chmod(0o644)
    link.symlink_to(folder)
    assert await ask(sandbox, f"open({str(link / 'file')!r}).read()", readable=(link,)) == "content"
    assert list(folder.iterdir()) == [folder / "file"]
