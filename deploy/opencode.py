"""Fetches the pinned OpenCode engine: npm package `opencode-ai`, verified against the committed lockfile.

Only the engine's binary is wanted; Node is needed to fetch it, never to run it, so the package's own install
scripts stay off.
"""

import hashlib
import json
import platform
import shutil
from pathlib import Path

from deploy.console import StepFailed, run, say
from deploy.node import npm_command
from deploy.virtualenv import ROOT

MANIFESTS = Path(__file__).resolve().parent / "opencode"
TOOLS = ROOT / "var" / "tools" / "opencode"
STAMP = TOOLS / ".stamp"


def opencode_binary() -> Path | None:
    """Return the fetched engine's binary, or None when the pinned version has not been fetched."""
    if not STAMP.exists() or STAMP.read_text() != manifest_fingerprint():
        return None
    return find_binary()


def fetch_opencode() -> Path:
    """Fetch the pinned engine into var/tools/opencode unless it is there; return its binary.

    Raises StepFailed when there is no npm to be had, the registry refuses, or the package's hash differs.
    """
    present = opencode_binary()
    if present is not None:
        return present
    npm = npm_command()
    say(f"fetching OpenCode {pinned_version()} from npm into var/tools/opencode (about 100 MB)")
    shutil.rmtree(TOOLS, ignore_errors=True)
    TOOLS.mkdir(parents=True)
    for manifest in ("package.json", "package-lock.json"):
        shutil.copy(MANIFESTS / manifest, TOOLS / manifest)
    # Not `npm ci`: it insists on an entry for every operating system the package has a build for.
    # `install` holds what the lockfile names to its hashes just the same.
    run(
        [
            *npm,
            "install",
            "--ignore-scripts",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            # Offline, the default pauses between retries would take minutes to say so.
            "--fetch-retry-mintimeout=1000",
            "--fetch-retry-maxtimeout=3000",
        ],
        purpose="Fetching OpenCode",
        cwd=TOOLS,
    )
    binary = find_binary()
    if binary is None:
        raise StepFailed(
            f"Fetching OpenCode: npm put no {platform_package()} there. Either there is no build for this"
            " machine, or its hash is not the one in deploy/opencode/package-lock.json."
        )
    check_integrity(binary)
    STAMP.write_text(manifest_fingerprint())
    return binary


def pinned_version() -> str:
    """Return the version that the committed manifest asks for."""
    manifest = json.loads((MANIFESTS / "package.json").read_text())
    return str(manifest["dependencies"]["opencode-ai"])


def manifest_fingerprint() -> str:
    """Return a hash over both committed manifests: another one means fetching again."""
    content = b"".join((MANIFESTS / name).read_bytes() for name in ("package.json", "package-lock.json"))
    return hashlib.sha256(content).hexdigest()


def platform_package() -> str:
    """Return the npm package that carries the binary for this machine, by npm's words for it."""
    systems = {"Linux": "linux", "Darwin": "darwin"}
    machines = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}
    system = systems.get(platform.system(), platform.system().lower())
    machine = machines.get(platform.machine(), platform.machine())
    return f"opencode-{system}-{machine}"


def find_binary() -> Path | None:
    """Return the binary of this machine's package; on a musl system only the musl build is there."""
    for name in (platform_package(), f"{platform_package()}-musl"):
        binary = TOOLS / "node_modules" / name / "bin" / "opencode"
        if binary.exists():
            return binary
    return None


def check_integrity(binary: Path) -> None:
    """Compare what npm installed with the committed lockfile; say so when this platform is not in it."""
    package = f"node_modules/{binary.parent.parent.name}"
    installed = json.loads((TOOLS / "node_modules" / ".package-lock.json").read_text())
    committed = json.loads((MANIFESTS / "package-lock.json").read_text())
    locked = committed["packages"].get(package)
    if locked is None:
        say(f"NOTE: {package} is pinned by version only; the lockfile holds hashes for Linux on x86-64")
    elif installed["packages"][package]["integrity"] != locked["integrity"]:
        raise StepFailed(f"Fetching OpenCode: {package} is not the one in deploy/opencode/package-lock.json.")
