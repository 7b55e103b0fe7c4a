"""Package indexes of a test's own: a folder of Python archives, and a registry of npm on loopback."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

RELEASED = "2026-01-02T03:04:05.000Z"
MAIN = "def main():\n    print('started')\n    return 0\n"


def make_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    needs: tuple[str, ...] = (),
    files: Mapping[str, bytes] | None = None,
    entry_points: str | None = None,
    metadata: str = "License: MIT\n",
) -> Path:
    """A wheel whose program is of its own name, and runs `main`."""
    module = name.replace("-", "_")
    described = f"{module}-{version}.dist-info"
    if entry_points is None:
        entry_points = f"[console_scripts]\n{name} = {module}:main\n"
    lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: A test\n", metadata]
    lines += [f"Requires-Dist: {needed}\n" for needed in needs]
    members = {
        f"{module}.py": MAIN.encode(),
        **(files or {}),
        f"{described}/METADATA": "".join(lines).encode(),
        f"{described}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{described}/entry_points.txt": entry_points.encode(),
    }
    record = "".join(f"{path},{hash_member(data)},{len(data)}\n" for path, data in members.items())
    path = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(zipfile.ZipInfo(member, (2026, 1, 1, 0, 0, 0)), data)
        archive.writestr(f"{described}/RECORD", f"{record}{described}/RECORD,,\n")
    return path


def hash_member(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def make_sdist(folder: Path, name: str, marker: Path, version: str = "1.0") -> Path:
    """Sources whose build leaves `marker` behind."""
    setup = f"open({str(marker)!r}, 'w').close()\nfrom setuptools import setup\nsetup(name={name!r})\n"
    path = folder / f"{name}-{version}.tar.gz"
    path.write_bytes(
        pack({"setup.py": setup.encode(), "PKG-INFO": b"Metadata-Version: 1.0\n"}, f"{name}-{version}")
    )
    return path


def pack(files: Mapping[str, bytes], prefix: str) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(f"{prefix}/{name}")
            member.size, member.mode = len(data), 0o755
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)


@dataclass
class NpmIndex:
    """Answers as a registry does. `hangs` names packages whose archives never come."""

    url: str = ""
    packages: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    archives: dict[str, bytes] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def add(
        self,
        name: str,
        version: str = "1.0.0",
        *,
        files: Mapping[str, bytes] | None = None,
        integrity: str = "",
        **described: Any,
    ) -> None:
        manifest = {
            "name": name,
            "version": version,
            "license": "MIT",
            "bin": {"start": "index.js"},
            **described,
        }
        members = {"index.js": b"console.log('started')\n", **(files or {})}
        data = pack({"package.json": json.dumps(manifest).encode(), **members}, "package")
        path = f"/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        self.archives[path] = data
        digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
        dist = {"tarball": f"{self.url}{path}", "integrity": integrity or f"sha512-{digest}"}
        self.packages.setdefault(name, {})[version] = {
            **manifest,
            "dist": dist,
            "hasInstallScript": "install" in str(described.get("scripts", "")),
        }

    def answer(self, path: str) -> bytes | None:
        self.asked.append(path)
        path = path.replace("%2f", "/").replace("%2F", "/").partition("?")[0]
        if path in self.archives:
            if any(path.startswith(f"/{name}/") for name in self.hangs):
                self.ended.wait(60)
            return self.archives[path]
        versions = self.packages.get(path[1:])
        if versions is None:
            return None
        document = {
            "name": path[1:],
            "versions": versions,
            "dist-tags": {"latest": list(versions)[-1]},
            "time": dict.fromkeys(versions, RELEASED),
        }
        return json.dumps(document).encode()


@contextmanager
def open_npm_index() -> Iterator[NpmIndex]:
    index = NpmIndex()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = index.answer(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - named so by its base
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    index.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield index
    finally:
        index.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
