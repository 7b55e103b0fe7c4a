"""The sandbox of a portal that runs as root on Linux: own namespaces, an own user, a root folder of its own.

The program sees the system's programs and libraries (/usr, certificates, the time zone), what is named
readable, and three small folders in memory that it may write to. The home of whoever runs the portal, the
portal's data, keys and code, other processes and every network stay outside.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp_servers.sandbox.interface import SandboxError, SandboxLimits, Task, Verdict
from mcp_servers.sandbox.users import choose_free_user

LAUNCHER = Path(__file__).with_name("launcher.py")
HOME = "/home/sandbox"
SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"
BASE_ENVIRONMENT = {"HOME": HOME, "PATH": SEARCH_PATH, "LANG": "C.UTF-8", "TMPDIR": "/tmp"}  # noqa: S108 - its own
# The folders of programs and libraries. On a merged system all but the first are links into it.
SYSTEM_FOLDERS = ("/usr", "/usr/local", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/pki/tls/certs",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
)
# Folders that hold much more than a program: nobody means them when naming one.
TOO_WIDE = frozenset(
    {"/", "/boot", "/dev", "/etc", "/home", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/srv"}
    | {"/sys", "/tmp", "/var", "/var/lib", "/var/tmp"}  # noqa: S108 - refused
)
READ_CHUNK_BYTES = 65536
END_WITHIN_S = 5.0


@dataclass(slots=True)
class SandboxedProcess:
    """A running program; its streams are pipes."""

    process: asyncio.subprocess.Process
    report_fd: int
    verdict: Verdict = field(default_factory=Verdict)

    def kill(self) -> None:
        """Everything in the sandbox, at once."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.kill()

    async def end(self) -> Verdict:
        """Kill it, and say what the sandbox saw. Nobody may be reading its streams. Idempotent."""
        self.kill()
        # What it wrote and nobody read would keep the streams, and so the wait for its end, open.
        await asyncio.gather(drain(self.process.stdout), drain(self.process.stderr))
        async with asyncio.timeout(END_WITHIN_S):
            await self.process.wait()
        return self.read_verdict()

    def read_verdict(self) -> Verdict:
        if self.report_fd >= 0:
            self.verdict = read_verdict(self.report_fd)
            os.close(self.report_fd)
            self.report_fd = -1
        return self.verdict


@dataclass(frozen=True, slots=True)
class Sandbox:
    """`hidden` are paths that are never shown, also where a folder around them is."""

    hidden: tuple[Path, ...] = ()

    @asynccontextmanager
    async def run(self, task: Task) -> AsyncIterator[SandboxedProcess]:
        """The program, started; ended with everything it started at the end. Raises SandboxError."""
        report, write_report = os.pipe()
        try:
            content = json.dumps(self.describe(task, write_report)).encode()
            descriptor = make_task_file(content)
        except BaseException:
            os.close(report)
            os.close(write_report)
            raise
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                str(LAUNCHER),
                str(descriptor),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=(descriptor, write_report),
                env={},
                cwd="/",
                start_new_session=True,
            )
        except BaseException:
            os.close(report)
            raise
        finally:
            os.close(descriptor)
            os.close(write_report)
        running = SandboxedProcess(process, report)
        try:
            yield running
        finally:
            await asyncio.shield(running.end())

    def describe(self, task: Task, report_fd: int) -> dict[str, Any]:
        """The launcher's task. Raises SandboxError for what can't be shown safely."""
        if not task.argv or not task.argv[0].startswith("/"):
            raise SandboxError("The program has to be named by an absolute path.")
        uid = choose_free_user()
        readable = self.list_readable(task)
        return {
            "report_fd": report_fd,
            "parent": os.getpid(),
            "uid": uid,
            "argv": list(task.argv),
            "environment": {**BASE_ENVIRONMENT, **task.environment},
            "directory": task.directory or HOME,
            "home": HOME,
            "home_bytes": task.limits.home_bytes,
            "memory_bytes": task.limits.memory_bytes,
            "limits": list(list_limits(task.limits)),
            "system_links": list(list_system_links()),
            "links": list(list_links(task)),
            "readable": [str(path) for path in readable],
            "hidden": [str(path) for path in self.list_hidden(readable)],
            "empty_folders": list_stand_ins(task, readable),
            "files": list(list_files(uid)),
        }

    def list_readable(self, task: Task) -> list[Path]:
        system = [Path(path) for path in SYSTEM_FOLDERS if is_shown(path)]
        system += [Path(path) for path in SYSTEM_FILES if Path(path).exists() and not Path(path).is_symlink()]
        named = [path.resolve() for path in (*task.readable, *list_programs(task.argv))]
        for path in named:
            self.refuse_private(path)
        found = dict.fromkeys([*system, *(path for path in named if not is_within(path, system))])
        # What lies inside another one comes after it, or it would be covered.
        return sorted(found, key=lambda path: len(path.parts))

    def refuse_private(self, path: Path) -> None:
        if not path.exists():
            raise SandboxError(f"{path} is not there.")
        if str(path) in TOO_WIDE:
            raise SandboxError(f"{path} holds more than a program: it is not shown to an unapproved one.")
        if is_within(path, self.hidden):
            raise SandboxError(f"{path} belongs to the portal's own data.")

    def list_hidden(self, readable: Sequence[Path]) -> list[Path]:
        return [path for path in self.hidden if is_within(path, readable) and path.exists()]


async def drain(stream: asyncio.StreamReader | None) -> None:
    while stream is not None and await stream.read(READ_CHUNK_BYTES):
        continue


def is_within(path: Path, folders: Sequence[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def is_shown(folder: str) -> bool:
    path = Path(folder)
    if not path.is_dir() or path.is_symlink():
        return False
    # A folder on a disk of its own isn't part of the one around it when that is shown.
    return path.parent == Path("/") or path.is_mount()


def list_system_links() -> Iterator[tuple[str, str]]:
    for folder in SYSTEM_FOLDERS:
        if Path(folder).is_symlink() and Path(folder).parent == Path("/"):
            yield folder, str(Path(folder).readlink())
    for name in SYSTEM_FILES:
        path = Path(name)
        if path.is_symlink() and path.resolve().is_relative_to("/usr"):
            yield name, str(path.resolve())


def list_links(task: Task) -> Iterator[tuple[str, str]]:
    """What is a link stays one: also a Python finds its environment by where it was started from."""
    for path in (*task.readable, Path(task.argv[0])):
        if path.is_absolute() and path != path.resolve():
            yield str(path), str(path.resolve())


def list_programs(argv: Sequence[str]) -> Iterator[Path]:
    """The program, scripts named as arguments, and the folders of a Python outside the system."""
    program = Path(argv[0])
    if not program.exists():
        raise SandboxError(f"{program} is not there.")
    yield program
    settings_file = program.parent.parent / "pyvenv.cfg"
    if settings_file.is_file():
        yield settings_file
    yield from (path for path in map(Path, list_paths(argv[1:])) if is_for_everybody(path))
    if program.resolve().name.startswith("python"):
        yield from list_python_folders(program.resolve())


def list_withheld(argv: Sequence[str]) -> list[str]:
    """Files named as arguments that the program did not see, since not every user may read them."""
    return [
        text for text in list_paths(argv[1:]) if Path(text).is_file() and not is_for_everybody(Path(text))
    ]


def list_paths(arguments: Sequence[str]) -> list[str]:
    return [text for text in arguments if text.startswith("/") and "\0" not in text]


def is_for_everybody(path: Path) -> bool:
    """A file that every user of the machine may read already."""
    try:
        path = path.resolve(strict=True)
        return (
            path.is_file()
            and bool(path.stat().st_mode & stat.S_IROTH)
            and all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)
        )
    except OSError:
        return False


def list_python_folders(program: Path) -> Iterator[Path]:
    prefix = program.parent.parent
    for folder in (prefix / "lib", prefix / "lib64"):
        if prefix != Path("/usr") and folder.is_dir():
            yield folder


def list_stand_ins(task: Task, readable: Sequence[Path]) -> list[str]:
    """Folders of the machine that are named as arguments: inside they are there, and empty."""
    paths = [Path(text) for text in list_paths([task.directory, *task.argv[1:]])]
    return [
        str(path)
        for path in paths
        if path.is_dir() and ".." not in path.parts and not is_within(path, readable)
    ]


def list_files(uid: int) -> Iterator[tuple[str, str]]:
    yield "/etc/passwd", f"root:x:0:0::/:/usr/sbin/nologin\nsandbox:x:{uid}:{uid}::{HOME}:/usr/sbin/nologin\n"
    yield "/etc/group", f"root:x:0:\nsandbox:x:{uid}:\n"
    yield "/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"


def list_limits(limits: SandboxLimits) -> Iterator[tuple[str, int]]:
    yield "RLIMIT_CPU", limits.cpu_s
    # Data, not addresses: engines of JavaScript reserve far more addresses than they ever use.
    yield "RLIMIT_DATA", limits.memory_bytes
    yield "RLIMIT_FSIZE", limits.file_size_bytes
    yield "RLIMIT_NPROC", limits.processes
    yield "RLIMIT_NOFILE", limits.open_files
    yield "RLIMIT_CORE", 0
    yield "RLIMIT_MSGQUEUE", 0


def make_task_file(content: bytes) -> int:
    """A descriptor to read it from; it never has a name on any disk."""
    descriptor = os.memfd_create("task")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def read_verdict(report_fd: int) -> Verdict:
    os.set_blocking(report_fd, False)
    try:
        text = os.read(report_fd, READ_CHUNK_BYTES)
    except BlockingIOError:
        text = b""
    words: dict[str, Any] = {}
    for line in text.splitlines():
        words.update(json.loads(line))
    return Verdict(
        has_started=bool(words.get("started")),
        failure=str(words.get("failed", "")),
        is_out_of_memory=words.get("ended") == "memory",
        exit_code=words.get("exit_code"),
    )
