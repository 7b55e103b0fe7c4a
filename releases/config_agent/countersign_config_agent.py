#!/usr/bin/env python3
"""Countersign's config agent: keeps one engine's configuration folder, and restarts the engine.

One file, standard library only, Python 3.9 or newer; copy it beside the engine and start it with

    python3 countersign_config_agent.py /etc/countersign-config-agent.json

Countersign itself uses `ReleaseFolder` from here for engines on its own host. Nothing in this file decides
anything: it stages, swaps, restarts by the one command of its settings, reports, prunes, and refuses the
rest. See docs/config_agent.md.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import hmac
import json
import os
import platform
import re
import secrets
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

VERSION = "2"
HASH = re.compile(r"[0-9a-f]{64}")
BEFORE = "before"
# What a release may hold, and nothing else.
_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"
RELEASE_PATH = re.compile(
    rf"opencode\.json|(agent|instructions|command|skill)(/{_NAME}){{0,4}}/{_NAME}\.md|plugin/countersign-gate\.js"
    r"|mcp/(launch\.py|[a-z][a-z0-9-]{0,39}\.json)"
)
# One file for each secret of an MCP server: SERVER.env.VARIABLE or SERVER.header.NAME.
SECRET_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}\.(env|header)\.[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
SECRETS = "mcp-secrets"
LAUNCHER = "mcp/launch.py"
MAX_SECRETS = 1_000
MAX_SECRET_BYTES = 64 * 1024
MAX_FILES = 5_000
MAX_RELEASE_BYTES = 16 * 1024 * 1024
GATE_PLUGIN = "plugin/countersign-gate.js"
GATE_SETTINGS = "countersign-gate.json"
PACKAGE = {"dependencies": {"@opencode-ai/plugin": "1.18.33"}}
# What the engine itself, or we, put beside a release's files; `countersign-gate.json` holds a secret, and so
# do the files in `mcp-secrets`.
BESIDE = frozenset(
    {
        "package.json",
        "package-lock.json",
        "bun.lock",
        "bun.lockb",
        "node_modules",
        ".gitignore",
        GATE_SETTINGS,
        SECRETS,
    }
)
PROBE_MARK = "countersign-project-file"

_EXCHANGE = 2
_AT_FDCWD = -100
_RENAMEAT2 = {"x86_64": 316, "aarch64": 276}


class FolderError(Exception):
    """It can't be done; the message says why in a sentence, and nothing is half done."""


# The folder ---------------------------------------------------------------------------------------


class ReleaseFolder:
    """An engine's configuration folder as a link to one folder for each release.

    `config_dir` is what the engine has as OPENCODE_CONFIG_DIR. Beside it, in `NAME.releases/`, lie the
    releases, `before` (what was there when the first release came) and `kept/` (the secrets of the gate and
    of MCP servers, one for all releases). Each change of what the engine sees is one rename; dying between
    any two steps leaves the old or the new.
    """

    def __init__(self, config_dir: os.PathLike[str] | str) -> None:
        self.link = Path(config_dir)
        if not self.link.is_absolute() or ".." in self.link.parts or self.link == Path("/"):
            raise FolderError("Name the configuration folder by its absolute path.")
        self.store = self.link.with_name(f"{self.link.name}.releases")
        self.before = self.store / BEFORE
        self.kept = self.store / "kept" / GATE_SETTINGS
        self.secrets = self.store / "kept" / SECRETS

    def stage(self, name: str, files: Sequence[tuple[str, str]]) -> None:
        """Lay a release down, whole and on disk. Staged once more it is left, or made whole again."""
        check_name(name)
        check_files(files)
        with self._changing():
            final = self.store / name
            if self._holds(final, files):
                return
            staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=self.store))
            try:
                write_release(staging, files)
                if final.is_dir():
                    exchange(staging, final)
                else:
                    staging.rename(final)
                sync_folder(self.store)
            finally:
                remove_tree(staging)

    def read_current(self) -> str | None:
        """The release that the engine sees, BEFORE for what is not from us, None where there is nothing."""
        target = self._read_link()
        if target is not None:
            return target
        return BEFORE if self.link.is_dir() else None

    def list_staged(self) -> list[str]:
        if not self.store.is_dir():
            return []
        return sorted(entry.name for entry in self.store.iterdir() if HASH.fullmatch(entry.name))

    def swap(self, name: str) -> None:
        """Show this staged release, or BEFORE, by one rename."""
        if name != BEFORE:
            check_name(name)
        with self._changing():
            current = self.read_current()
            if name == current:
                return
            target = self.store / name
            if not target.is_dir() or target.is_symlink():
                raise FolderError(f"{name} is not staged here.")
            if self._read_link() is None and self.link.is_dir():
                self._adopt(name)
                return
            if name == BEFORE and self.kept.exists():
                self._copy_secret(self.kept, self.before / GATE_SETTINGS)
            self._point(name)

    def keep_secrets(self, values: Mapping[str, str], *, only: bool) -> None:
        """Lay values of MCP servers' secrets down for every release; `only`: and remove all others.

        Readable to whoever may read the gate's secret, else to the group of the configuration folder.
        """
        check_secrets(values)
        with self._changing():
            facts = (self.kept if self.kept.exists() else self.link.parent).stat()
            self.secrets.mkdir(mode=0o750, exist_ok=True)
            with contextlib.suppress(PermissionError):
                os.chown(self.secrets, -1, facts.st_gid)
            for name, text in values.items():
                self._keep_secret(self.secrets / name, text.encode(), facts.st_gid)
            if only:
                for entry in self.secrets.iterdir():
                    if entry.name not in values:
                        entry.unlink()
            sync_folder(self.secrets)

    def _keep_secret(self, place: Path, content: bytes, group: int) -> None:
        if place.is_file() and not place.is_symlink() and place.read_bytes() == content:
            return
        new = self.store / f".secret-{secrets.token_hex(8)}"
        write_file(new, content, 0o640)
        with contextlib.suppress(PermissionError):
            os.chown(new, -1, group)
        new.replace(place)

    def prune(self, keep: Sequence[str]) -> None:
        """Remove the other releases and what a crash left over; the live one and BEFORE stay."""
        if not self.store.is_dir():
            return
        with self._changing():
            stays = {*keep, self.read_current(), BEFORE, self.kept.parent.name, ".lock", "project-file"}
            for entry in self.store.iterdir():
                if entry.name not in stays:
                    remove_tree(entry)

    def make_probe(self) -> Path:
        """A folder with a project file that changes one harmless word of an engine which reads such files."""
        with self._changing():
            place = self.store / "project-file"
            place.mkdir(mode=0o755, exist_ok=True)
            file = place / "opencode.json"
            if not file.exists():
                new = self.store / f".probe-{secrets.token_hex(8)}"
                write_file(new, json.dumps({"username": PROBE_MARK}).encode(), 0o644)
                new.replace(file)
            return place

    def _adopt(self, name: str) -> None:
        """The folder that was there becomes BEFORE, and the link takes its place, in one exchange."""
        settings = self.link / GATE_SETTINGS
        if settings.exists():
            self._copy_secret(settings, self.kept)
        if self.before.is_symlink():
            self.before.unlink()
        elif self.before.exists():
            # Somebody put a folder in the link's place: what was there before is that one now.
            self.before.rename(self.store / f".replaced-{secrets.token_hex(8)}")
        self.before.symlink_to(f"{self.store.name}/{name}")
        exchange(self.before, self.link)
        sync_folder(self.link.parent)
        sync_folder(self.store)

    def _point(self, name: str) -> None:
        new = self.store / f".link-{secrets.token_hex(8)}"
        new.symlink_to(f"{self.store.name}/{name}")
        new.replace(self.link)
        sync_folder(self.link.parent)

    def _copy_secret(self, source: Path, target: Path) -> None:
        """With the mode and, where we may, the owner that it had."""
        facts = source.stat()
        new = self.store / f".secret-{secrets.token_hex(8)}"
        write_file(new, source.read_bytes(), stat.S_IMODE(facts.st_mode) & 0o640)
        with contextlib.suppress(PermissionError):
            os.chown(new, facts.st_uid, facts.st_gid)
        new.replace(target)
        sync_folder(target.parent)

    def _read_link(self) -> str | None:
        """What the link names; None when it is no link. A link that is not ours is refused."""
        if not self.link.is_symlink():
            if self.link.exists() and not self.link.is_dir():
                raise FolderError(f"{self.link} is no folder.")
            return None
        store, _, name = str(self.link.readlink()).rpartition("/")
        if store != self.store.name or not (name == BEFORE or HASH.fullmatch(name)):
            raise FolderError(f"{self.link} is a link that Countersign did not make: name the folder itself.")
        return name

    def read_digests(self) -> dict[str, str]:
        """Path → SHA-256 of each file that the engine sees, apart from what is put beside a release."""
        try:
            return compute_digests(self.link)
        except OSError as error:
            raise FolderError(describe_error(error, self.link)) from error

    def _holds(self, place: Path, files: Sequence[tuple[str, str]]) -> bool:
        """True when exactly these files lie there, apart from what is put beside them."""
        wants_gate = any(path == GATE_PLUGIN for path, _ in files)
        return (
            place.is_dir()
            and compute_digests(place) == digest_files(files)
            and all(stat.S_ISREG((place / path).lstat().st_mode) for path, _ in files)
            and (place / "package-lock.json").is_file()
            and (place / GATE_SETTINGS).is_symlink() == wants_gate
            and (place / SECRETS).is_symlink() == any(path == LAUNCHER for path, _ in files)
        )

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """One change at a time, and each failure of the disk as a sentence."""
        try:
            if not self.link.parent.is_dir():
                raise FolderError(f"There is no folder {self.link.parent}.")
            for folder in (self.store, self.kept.parent):
                if not folder.is_dir():
                    folder.mkdir(mode=0o755, exist_ok=True)
                    folder.chmod(0o755)
            with (self.store / ".lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise FolderError(describe_error(error, self.store)) from error


def compute_digests(place: Path) -> dict[str, str]:
    found = {}
    for folder, folders, names in os.walk(place):
        top = Path(folder) == place
        folders[:] = [name for name in folders if not (top and name in BESIDE)]
        # A link to a folder is none of ours: the engine may follow it, so it counts as a file.
        for name in [*names, *(name for name in folders if (Path(folder) / name).is_symlink())]:
            path = Path(folder) / name
            if not (top and name in BESIDE):
                content = b"link" if path.is_symlink() or not path.is_file() else path.read_bytes()
                found[path.relative_to(place).as_posix()] = hashlib.sha256(content).hexdigest()
    return found


def digest_files(files: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files}


def check_name(name: str) -> None:
    if not isinstance(name, str) or not HASH.fullmatch(name):
        raise FolderError("A release is named by the 64 hexadecimal digits of its hash.")


def check_files(files: Sequence[tuple[str, str]]) -> None:
    """Raises FolderError for a path that no release may hold, for two of one name, and for too much."""
    if len(files) > MAX_FILES:
        raise FolderError(f"A release has at most {MAX_FILES} files.")
    size_bytes = 0
    seen = set()
    for path, text in files:
        if not RELEASE_PATH.fullmatch(path):
            raise FolderError(f"A release can't hold the file {path[:200]!r}.")
        if path.lower() in seen:
            raise FolderError(f"A release can't hold the file {path!r} twice.")
        seen.add(path.lower())
        try:
            size_bytes += len(text.encode())
        except UnicodeEncodeError as error:
            raise FolderError(f"{path} is no text.") from error
    if size_bytes > MAX_RELEASE_BYTES:
        raise FolderError(f"A release has at most {MAX_RELEASE_BYTES} bytes.")
    if "opencode.json" not in seen:
        raise FolderError("A release holds an opencode.json: without one nothing would be asked about.")


def check_secrets(values: Mapping[str, str]) -> None:
    """Raises FolderError for a name that is none, and for too much; no value is repeated."""
    if len(values) > MAX_SECRETS:
        raise FolderError(f"An engine has at most {MAX_SECRETS} secrets of MCP servers.")
    for name, text in values.items():
        if not SECRET_NAME.fullmatch(name):
            raise FolderError(f"{name[:200]!r} is no secret's name.")
        try:
            size_bytes = len(text.encode())
        except UnicodeEncodeError as error:
            raise FolderError(f"{name} is no text.") from error
        if size_bytes > MAX_SECRET_BYTES:
            raise FolderError(f"{name} has more than {MAX_SECRET_BYTES} bytes.")


def write_release(place: Path, files: Sequence[tuple[str, str]]) -> None:
    """Everything on disk, readable to all, writable to nobody; modules baked, so that no npm is asked."""
    lock = {"name": "release", "lockfileVersion": 3, "requires": True, "packages": {"": PACKAGE}}
    folders = {place, place / "node_modules"}
    (place / "node_modules").mkdir()
    for path, text in (
        *files,
        ("package.json", json.dumps(PACKAGE, indent=2) + "\n"),
        ("package-lock.json", json.dumps(lock, indent=2) + "\n"),
    ):
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        folders.update(folder for folder in target.parents if place in (folder, *folder.parents))
        write_file(target, text.encode(), 0o444)
    if any(path == GATE_PLUGIN for path, _ in files):
        (place / GATE_SETTINGS).symlink_to(f"../kept/{GATE_SETTINGS}")
    if any(path == LAUNCHER for path, _ in files):
        (place / SECRETS).symlink_to(f"../kept/{SECRETS}")
    for folder in sorted(folders, reverse=True):
        sync_folder(folder)
        folder.chmod(0o555)


def write_file(target: Path, content: bytes, mode: int) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def exchange(first: Path, second: Path) -> None:
    """Swap two names in one step (Linux renameat2)."""
    number = _RENAMEAT2.get(platform.machine()) if sys.platform == "linux" else None
    if number is None:
        raise FolderError(describe_no_exchange(second))
    sys.audit("countersign.exchange", str(first), str(second))
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = (_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _EXCHANGE)
    if libc.syscall(number, *arguments) != 0:
        code = ctypes.get_errno()
        if code in (errno.ENOSYS, errno.EINVAL, errno.EXDEV):
            raise FolderError(describe_no_exchange(second))
        raise OSError(code, os.strerror(code), str(second))


def describe_no_exchange(place: Path) -> str:
    return (
        f"This system can't put a link in the place of {place} in one step. Stop the engine, rename the"
        f" folder to {place.name}.releases/{BEFORE}, publish, and start the engine."
    )


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_tree(place: Path) -> None:
    """Best effort: what stays is tried again by the next `prune`."""
    with contextlib.suppress(OSError):
        if place.is_symlink() or not place.is_dir():
            place.unlink(missing_ok=True)
            return
        for folder, _, _ in os.walk(place):
            Path(folder).chmod(0o700)
        shutil.rmtree(place, ignore_errors=True)


def describe_error(error: OSError, place: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"There is no room left for a release in {place}; nothing was changed."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{place} can't be written by the user that keeps it; nothing was changed."
    return f"{place} can't be used: {error.strerror or error}."


# The engine's process -----------------------------------------------------------------------------


def read_flags(config_dir: Path, names: Sequence[str]) -> dict[str, bool | None]:
    """Whether the engine with this folder runs with these set; None where its environment can't be read."""
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            entries = place.read_bytes().split(b"\0")
        except OSError:
            continue
        values = dict(entry.split(b"=", 1) for entry in entries if b"=" in entry)
        if values.get(b"OPENCODE_CONFIG_DIR") == os.fsencode(config_dir) and is_engine(place.parent):
            return {name: values.get(name.encode(), b"").lower() in (b"1", b"true") for name in names}
    return dict.fromkeys(names)


def is_engine(place: Path) -> bool:
    """The agents' commands inherit the environment: only `opencode serve` itself counts."""
    try:
        words = (place / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"serve" in words[1:]


def run_restart(command: Sequence[str], timeout_s: float) -> None:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise FolderError(
            f"The command that restarts the engine did not end within {timeout_s:g} s."
        ) from None
    except OSError as error:
        raise FolderError(f"The command that restarts the engine can't be run: {error.strerror}.") from None
    if done.returncode != 0:
        raise FolderError(f"The command that restarts the engine failed (exit code {done.returncode}).")


# The door -----------------------------------------------------------------------------------------

SCHEME = "Countersign-HMAC"
FLAGS = ("OPENCODE_DISABLE_PROJECT_CONFIG",)
# JSON doubles some characters of a text.
MAX_BODY_BYTES = 2 * MAX_RELEASE_BYTES
MIN_TOKEN_CHARACTERS = 32
MAX_SKEW_S = 60
MAX_REQUESTS = 8
MAX_NONCES = 100_000
REQUEST_TIMEOUT_S = 30.0


def sign_request(token: str, method: str, path: str, moment: int, nonce: str, body: bytes) -> str:
    """The value of the Authorization header; the token itself is never sent."""
    digest = hashlib.sha256(body).hexdigest()
    return (
        f"{SCHEME} {moment} {nonce} {digest} {compute_signature(token, method, path, moment, nonce, digest)}"
    )


def compute_signature(token: str, method: str, path: str, moment: int, nonce: str, digest: str) -> str:
    message = "\n".join((method, path, str(moment), nonce, digest))
    return hmac.new(token.encode(), message.encode(), hashlib.sha256).hexdigest()


class Refusal(Exception):
    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Guard:
    """Each request is signed, recent and new; what an earlier process of ours took is too old."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.started = int(time.time())
        self.seen: dict[str, int] = {}
        self.lock = threading.Lock()

    def check(self, method: str, path: str, header: str) -> str:
        """The digest that the body must have. Raises Refusal."""
        match = re.fullmatch(
            rf"{SCHEME} (\d{{1,12}}) ([0-9a-f]{{32}}) ([0-9a-f]{{64}}) ([0-9a-f]{{64}})", header
        )
        if match is None:
            raise Refusal(401, "The request is not signed.")
        moment, nonce, digest, signature = int(match[1]), match[2], match[3], match[4]
        expected = compute_signature(self.token, method, path, moment, nonce, digest)
        if not hmac.compare_digest(signature, expected):
            raise Refusal(401, "The request is signed with another token.")
        now = int(time.time())
        if abs(now - moment) > MAX_SKEW_S:
            raise Refusal(401, "The clocks of Countersign and of this host differ by more than a minute.")
        if moment < self.started:
            raise Refusal(503, "This agent has just started; ask again.")
        with self.lock:
            self.seen = {old: at for old, at in self.seen.items() if now - at <= 2 * MAX_SKEW_S}
            if nonce in self.seen or len(self.seen) >= MAX_NONCES:
                raise Refusal(401, "The request has been made before.")
            self.seen[nonce] = now
        return digest


class Handler(BaseHTTPRequestHandler):
    server: ConfigAgent
    server_version = "countersign-config-agent"
    sys_version = ""
    protocol_version = "HTTP/1.0"
    timeout = REQUEST_TIMEOUT_S

    def setup(self) -> None:
        """However slowly a request drips in, it has an end."""
        super().setup()
        self.patience = threading.Timer(REQUEST_TIMEOUT_S, self.hang_up)
        self.patience.start()

    def finish(self) -> None:
        self.patience.cancel()
        super().finish()

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self) -> None:
        self.respond()

    def do_PUT(self) -> None:
        self.respond()

    def do_POST(self) -> None:
        self.respond()

    def respond(self) -> None:
        try:
            header = str(self.headers.get("Authorization", ""))
            body = self.read_body(self.server.guard.check(self.command, self.path, header))
            self.patience.cancel()
            status, answer = 200, self.server.answer(self.command, self.path, body)
        except Refusal as refusal:
            status, answer = refusal.status, {"error": str(refusal)}
        except FolderError as error:
            status, answer = 409, {"error": str(error)}
        except OSError as error:
            status, answer = 500, {"error": f"The system refused: {error.strerror or type(error).__name__}."}
        self.send(status, answer)

    def read_body(self, digest: str) -> Any:
        """The JSON of a body that is whole and the signed one; None for a GET."""
        if "Transfer-Encoding" in self.headers:
            raise Refusal(411, "Say how long the body is.")
        text = self.headers.get("Content-Length") or "0"
        if not re.fullmatch(r"[0-9]{1,12}", text):
            raise Refusal(400, "The body's length is no number.")
        if int(text) > MAX_BODY_BYTES:
            raise Refusal(413, f"A body has at most {MAX_BODY_BYTES} bytes.")
        body = self.receive(int(text))
        if not hmac.compare_digest(hashlib.sha256(body).hexdigest(), digest):
            raise Refusal(400, "The body is not the one that was signed.")
        if not body:
            return None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise Refusal(400, "The body is no JSON.") from None

    def receive(self, length: int) -> bytes:
        chunks = []
        while length:
            try:
                chunk = self.rfile.read1(min(length, 65_536))
            except (OSError, ValueError):
                raise Refusal(408, "The body did not come in time.") from None
            if not chunk:
                raise Refusal(400, "The body was sent in part only.")
            chunks.append(chunk)
            length -= len(chunk)
        return b"".join(chunks)

    def send(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class calls it so
        """One line a request: its verb, path and status. Neither header nor body is ever logged."""
        line = "".join(character if character.isprintable() else "?" for character in format % arguments)
        sys.stderr.write(f"{self.address_string()} {line[:300]}\n")


class ConfigAgent(ThreadingHTTPServer):
    """Serves one engine's folder to whoever signs with the token."""

    daemon_threads = True

    def __init__(self, settings: dict[str, Any]) -> None:
        known = {"listen", "config_dir", "token_file", "restart", "restart_timeout_s", "certificate", "key"}
        if unknown := sorted(settings.keys() - known):
            raise FolderError(f"The settings hold {unknown[0]!r}, which is not known.")
        self.folder = ReleaseFolder(read_setting(settings, "config_dir"))
        self.guard = Guard(read_token(Path(read_setting(settings, "token_file"))))
        self.restart = settings.get("restart") or []
        if not isinstance(self.restart, list) or not all(isinstance(word, str) for word in self.restart):
            raise FolderError('The setting "restart" is a list of words: the command and its arguments.')
        self.restart_timeout_s = float(settings.get("restart_timeout_s", 60))
        self.slots = threading.BoundedSemaphore(MAX_REQUESTS)
        self.probe = self.folder.make_probe()
        host, port = split_listen(read_setting(settings, "listen"))
        certificate = settings.get("certificate")
        if not certificate and not is_loopback(host):
            raise FolderError("Without a certificate the agent listens on loopback only (127.0.0.1 or ::1).")
        self.tls: ssl.SSLContext | None = None
        if certificate:
            self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.tls.load_cert_chain(certificate, settings.get("key"))
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """At most so many at once; one more is closed unheard."""
        if self.slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            request.settimeout(REQUEST_TIMEOUT_S)
            if self.tls is not None:
                # Here, not in the accepting thread: a peer that never says hello holds up itself alone.
                request = self.tls.wrap_socket(request, server_side=True)
            super().process_request_thread(request, client_address)
        except OSError:
            self.shutdown_request(request)
        finally:
            self.slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        sys.stderr.write(f"a request of {client_address[0]} broke off\n")

    def answer(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """The verbs. Raises Refusal, FolderError or OSError."""
        if (method, path) == ("GET", "/v1/state"):
            return self.describe()
        if (method, path) == ("GET", "/v1/live"):
            return {"current": self.folder.read_current(), "files": self.folder.read_digests()}
        if method == "PUT" and path.startswith("/v1/releases/"):
            self.folder.stage(path[len("/v1/releases/") :], read_files(body))
        elif (method, path) == ("PUT", "/v1/secrets"):
            values, only = read_secrets(body)
            self.folder.keep_secrets(values, only=only)
        elif (method, path) == ("POST", "/v1/current"):
            self.folder.swap(read_text(body, "release"))
        elif (method, path) == ("POST", "/v1/prune"):
            self.folder.prune(read_names(body))
        elif (method, path) == ("POST", "/v1/restart"):
            if body:
                raise Refusal(400, "What restarts the engine stands in this agent's settings.")
            if not self.restart:
                raise Refusal(409, "This agent has no command that restarts the engine.")
            run_restart(self.restart, self.restart_timeout_s)
        else:
            raise Refusal(404, "There is no such verb.")
        return {"current": self.folder.read_current()}

    def describe(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "current": self.folder.read_current(),
            "staged": self.folder.list_staged(),
            "can_restart": bool(self.restart),
            "flags": read_flags(self.folder.link, FLAGS),
            "probe": str(self.probe),
        }


def read_text(body: Any, name: str) -> str:
    if not isinstance(body, dict) or body.keys() != {name} or not isinstance(body[name], str):
        raise Refusal(400, f"The body holds one text: {name}.")
    return str(body[name])


def read_names(body: Any) -> list[str]:
    names = body.get("keep") if isinstance(body, dict) and body.keys() == {"keep"} else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refusal(400, "The body holds a list of releases: keep.")
    return names


def read_secrets(body: Any) -> tuple[dict[str, str], bool]:
    if not isinstance(body, dict) or body.keys() != {"secrets", "only"} or not isinstance(body["only"], bool):
        raise Refusal(400, "The body holds a map, secrets, and whether it is all of them: only.")
    values = body["secrets"]
    if not isinstance(values, dict) or not all(isinstance(text, str) for text in values.values()):
        raise Refusal(400, "Each secret is a name and a text.")
    return values, body["only"]


def read_files(body: Any) -> list[tuple[str, str]]:
    files = body.get("files") if isinstance(body, dict) and body.keys() == {"files"} else None
    if not isinstance(files, list):
        raise Refusal(400, "The body holds a list: files.")
    for file in files:
        if not isinstance(file, list) or len(file) != 2 or not all(isinstance(part, str) for part in file):
            raise Refusal(400, "Each file is a path and a text.")
    return [(path, text) for path, text in files]


# Settings -----------------------------------------------------------------------------------------


def read_setting(settings: dict[str, Any], name: str) -> str:
    value = settings.get(name)
    if not isinstance(value, str) or not value:
        raise FolderError(f"The settings need {name!r}.")
    return value


def read_token(place: Path) -> str:
    """Raises FolderError when others may read it, or it could be guessed."""
    if place.stat().st_mode & 0o007:
        raise FolderError(f"{place} is open to everybody: chmod 600 {place}")
    token = place.read_text().strip()
    if len(token) < MIN_TOKEN_CHARACTERS:
        raise FolderError(f"The token in {place} has fewer than {MIN_TOKEN_CHARACTERS} characters.")
    return token


def split_listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise FolderError('The setting "listen" is an address and a port: 127.0.0.1:4199')
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    return host == "::1" or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def read_settings(place: Path) -> dict[str, Any]:
    settings = json.loads(place.read_text())
    if not isinstance(settings, dict):
        raise FolderError("The settings are a JSON object.")
    return settings


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: countersign_config_agent.py SETTINGS.json\n")
        return 2
    try:
        agent = ConfigAgent(read_settings(Path(arguments[0])))
    except (FolderError, OSError, ValueError) as error:
        sys.stderr.write(f"The config agent can't start: {error}\n")
        return 1
    with agent:
        sys.stderr.write(f"listening on port {agent.server_port}\n")
        with contextlib.suppress(KeyboardInterrupt):
            agent.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
