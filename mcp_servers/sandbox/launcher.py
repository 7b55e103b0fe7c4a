"""What starts one program in a sandbox. Run as a program of its own, by root: `python -I -S launcher.py FD`.

Three processes: this one (root, outside; it watches memory and ends everything), the sandbox's first
process, and the program. The first two keep nothing open that the program could speak into. Ending this
process ends the other two, and the end of whoever started it ends this one.

It reads its task from the file descriptor it is named, so that no value stands in a command line, and says
how it went, in lines of JSON, on the descriptor the task names. Standard library alone, and little of that:
it stands in the way of every start.
"""

# Importing pathlib would take as long as all the rest.
# ruff: noqa: PTH103, PTH110, PTH112, PTH120, PTH123, PTH208, PTH211

import ctypes
import errno
import json
import os
import resource
import select
import signal
import sys
from typing import Any, NoReturn

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE = 32, 4096, 8192, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
LAST_CAPABILITY = 63

# Where the new root is put together: a folder that is always there, and of which nothing is shown.
NEW_ROOT = "/proc"
DEVICES = ("null", "zero", "full", "random", "urandom")
LOOK_EVERY_MS = 100
FAILED = 125
PAGE_BYTES = resource.getpagesize()

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    task = read_task(int(sys.argv[1]))
    report = task["report_fd"]
    try:
        die_with_parent(signal.SIGKILL)
        if os.getppid() != task["parent"]:
            sys.exit(FAILED)
        isolate()
        build_root(task)
        first = start_first(task)
        release_streams()
    except OSError as error:
        say(report, failed=str(error))
        sys.exit(FAILED)
    say(report, started=True)
    sys.exit(watch(first, task))


def read_task(descriptor: int) -> dict[str, Any]:
    with os.fdopen(descriptor, "rb") as file:
        task: dict[str, Any] = json.load(file)
    return task


def say(report: int, **words: Any) -> None:
    os.write(report, json.dumps(words).encode() + b"\n")


# Calls of the system


def call(name: str, *arguments: Any) -> None:
    """One C function that returns 0 or sets errno."""
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    try:
        call("mount", source.encode(), target.encode(), kind.encode(), flags, options.encode())
    except OSError as error:
        raise OSError(error.errno, f"mount {target}: {os.strerror(error.errno or 0)}") from None


def die_with_parent(number: int) -> None:
    call("prctl", PR_SET_PDEATHSIG, number, 0, 0, 0)


def isolate() -> None:
    """Namespaces of its own; what is mounted from here on shows nowhere else."""
    call("unshare", CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    os.umask(0o022)
    call("sethostname", b"sandbox", 7)


# The root folder that the program sees: nothing but what is named


def build_root(task: dict[str, Any]) -> None:
    mount("sandbox", NEW_ROOT, "tmpfs", MS_NOSUID | MS_NODEV, "size=16m,mode=755")
    for path, target in task["system_links"]:
        add_link(path, target)
    # What is shown may lie inside one of these.
    add_private_folders(task)
    for path in task["readable"]:
        show(path)
    for path, target in task["links"]:
        add_link(path, target)
    for path in task["hidden"]:
        hide(path)
    add_devices()
    add_files(task)
    make_folder("/proc")
    switch_root()
    mount("none", "/", flags=MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)


def switch_root() -> None:
    """The old root is out of reach afterwards: no path, no descriptor and no process leads there."""
    os.chdir(NEW_ROOT)
    try:
        call("pivot_root", b".", b".")
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        # Nothing can take the place of a root that the kernel unpacked itself; it is covered instead.
        mount(".", "/", flags=MS_MOVE)
        call("chroot", b".")
    else:
        call("umount2", b".", MNT_DETACH)
    os.chdir("/")


def inside(path: str) -> str:
    """Where `path` of the program's root stands while that is put together."""
    return f"{NEW_ROOT}{path}"


def make_folder(path: str) -> None:
    os.makedirs(inside(path), exist_ok=True)


def make_file(path: str) -> None:
    make_folder(os.path.dirname(path))
    if not os.path.lexists(inside(path)):
        with open(inside(path), "xb"):
            pass


def show(path: str) -> None:
    """A real path (no links in it) of the machine, to be read only. What is mounted below it is not shown."""
    if os.path.isdir(path):
        make_folder(path)
    else:
        make_file(path)
    mount(path, inside(path), flags=MS_BIND)
    mount("none", inside(path), flags=MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)


def hide(path: str) -> None:
    """Something that would show because a folder around it does."""
    if os.path.isdir(inside(path)):
        flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
        mount("hidden", inside(path), "tmpfs", flags, "size=4k,mode=000")
    elif os.path.exists(inside(path)):
        mount("/dev/null", inside(path), flags=MS_BIND)


def add_link(path: str, target: str) -> None:
    """Relative, so that it stays within the new root also while that is put together."""
    if not os.path.lexists(inside(path)):
        folder = os.path.dirname(path)
        make_folder(folder)
        os.symlink(os.path.relpath(target, folder) if target.startswith("/") else target, inside(path))


def add_devices() -> None:
    for name in DEVICES:
        make_file(f"/dev/{name}")
        mount(f"/dev/{name}", inside(f"/dev/{name}"), flags=MS_BIND)
    add_link("/dev/fd", "/proc/self/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        add_link(f"/dev/{name}", f"/proc/self/fd/{number}")


def add_files(task: dict[str, Any]) -> None:
    for path, text in task["files"]:
        make_folder(os.path.dirname(path))
        with open(inside(path), "w", encoding="utf-8") as file:
            file.write(text)
    for path in task["empty_folders"]:
        if not os.path.lexists(inside(path)):
            make_folder(path)


def add_private_folders(task: dict[str, Any]) -> None:
    """What the program may write to: in memory, small, and gone with it."""
    options = f"size={task['home_bytes']},nr_inodes=4096,mode=700,uid={task['uid']},gid={task['uid']}"
    for path in (task["home"], "/tmp", "/dev/shm"):  # noqa: S108 - those of the sandbox
        make_folder(path)
        mount("private", inside(path), "tmpfs", MS_NOSUID | MS_NODEV, options)


# The sandbox's first process, and the program


def start_first(task: dict[str, Any]) -> int:
    alive, held = os.pipe()
    first = os.fork()
    if first:
        os.close(alive)
        return first
    try:
        os.close(held)
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
        os.chdir(task["directory"])
        drop_rights(task["uid"])
        # Only now: changing the user forgets it.
        die_with_parent(signal.SIGKILL)
        if select.select([alive], [], [], 0)[0]:
            os._exit(FAILED)
        os.close(alive)
        program = os.fork()
        if not program:
            become(task)
    except OSError as error:
        say(task["report_fd"], failed=str(error))
        os._exit(FAILED)
    os.close(task["report_fd"])
    release_streams()
    os._exit(reap_until(program))


def drop_rights(uid: int) -> None:
    for capability in range(LAST_CAPABILITY):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def become(task: dict[str, Any]) -> NoReturn:
    report = task["report_fd"]
    try:
        for name, value in task["limits"]:
            number = getattr(resource, name)
            resource.setrlimit(number, (value, value))
        os.set_inheritable(report, False)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.execve(task["argv"][0], task["argv"], task["environment"])  # noqa: S606 - a shell is what it must not be
    except (OSError, ValueError) as error:
        say(report, failed=f"The program can't be started: {error}")
    os._exit(FAILED)


def reap_until(program: int) -> int:
    """The program's exit code, 128 and the signal when one ended it; everybody else's are thrown away."""
    while True:
        ended, status = os.wait()
        if ended == program:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


# Watching from outside


def release_streams() -> None:
    """The program alone holds its streams: that it closed them has to show at the other end."""
    null = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    os.close(null)


def watch(first: int, task: dict[str, Any]) -> int:
    ending = select.poll()
    ending.register(os.pidfd_open(first), select.POLLIN)
    while not ending.poll(LOOK_EVERY_MS):
        if count_memory_bytes() > task["memory_bytes"]:
            say(task["report_fd"], ended="memory")
            os.kill(first, signal.SIGKILL)
    _, status = os.waitpid(first, 0)
    code = os.waitstatus_to_exitcode(status)
    say(task["report_fd"], exit_code=code)
    return code if code >= 0 else 128 - code


def count_memory_bytes() -> int:
    """What all processes of the sandbox hold together; /proc is the sandbox's own here."""
    pages = 0
    try:
        entries = [entry for entry in os.listdir("/proc") if entry.isdecimal()]
    except OSError:
        return 0
    for entry in entries:
        try:
            with open(f"/proc/{entry}/statm", "rb") as file:
                pages += int(file.read().split()[1])
        except (OSError, IndexError):
            continue
    return pages * PAGE_BYTES


if __name__ == "__main__":
    main()
