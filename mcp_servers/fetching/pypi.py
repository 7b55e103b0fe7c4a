"""Fetches a package for Python with everything it needs: wheels alone, each by its hash, nothing is built."""

from __future__ import annotations

import email.message
import email.parser
import re
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp_servers.content import Package
from mcp_servers.fetching.interpreters import find_python
from mcp_servers.fetching.packages import FetchError, FetchLimits
from mcp_servers.fetching.processes import Ended, choose_environment, run_tool
from mcp_servers.fetching.store import Manifest, find_final, hash_file

GUARD = Path(__file__).with_name("pip_guard.py")
_NO_NETWORK = re.compile(
    r"NewConnectionError|ConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|NameResolutionError"
    r"|Temporary failure|Connection refused|Max retries exceeded|Network is unreachable|Could not fetch URL"
)
_NO_MATCH = re.compile(r"satisfies the requirement ([A-Za-z0-9._-]+)")
# The object that a program of a package is: a dotted module, and a dotted name in it.
_TARGET = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*:\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)", re.ASCII)
_PROGRAM_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
MAX_METADATA_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wheel:
    path: Path
    name: str
    version: str
    sha256: str

    @property
    def locked(self) -> str:
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


async def fetch(package: Package, part: Path, store: Path, limits: FetchLimits) -> Manifest:
    """Fill `part`/tree. Raises FetchError."""
    wheels_folder, tree = part / "wheels", part / "tree"
    wheels_folder.mkdir()
    tree.mkdir()
    said = await download(package, part, wheels_folder, limits)
    wheels = read_wheels(wheels_folder)
    root = find_root(wheels, package)
    for wheel in wheels:
        refuse_foreign_sources(wheel)
    lock = "".join(f"{wheel.locked}\n" for wheel in wheels)
    site = tree / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    await install(lock, part, wheels_folder, site, limits)
    make_environment(tree)
    programs = write_programs(root, tree)
    final = find_final(store, package, f"sha256:{root.sha256}")
    await compile_files(tree, final, part, limits)
    described = read_metadata(root)
    return Manifest(
        runner="python",
        programs=programs,
        artefact_hash=f"sha256:{root.sha256}",
        lock=lock,
        metadata={
            **describe(described),
            "dependencies": len(wheels) - 1,
            "startup_files": sorted(path.name for path in site.glob("*.pth")),
        },
        licence=read_licence(described),
        is_yanked="yanked version" in said,
    )


async def download(package: Package, part: Path, wheels: Path, limits: FetchLimits) -> str:
    """What pip said, when it found a wheel for everything."""
    options = ("--only-binary=:all:", "--no-cache-dir", "--dest", str(wheels))
    wanted = f"{package.identifier}=={package.version}"
    ended = await run_pip(("download", *options, wanted), part, limits)
    if ended.status != 0:
        raise await explain_failure(package, ended, part, limits)
    return ended.output


async def run_pip(
    arguments: tuple[str, ...], part: Path, limits: FetchLimits, *, leave_out: str = "-"
) -> Ended:
    scratch = part / "scratch"
    scratch.mkdir(exist_ok=True)
    bounds = ("--no-input", "--disable-pip-version-check", "--retries=1", "--timeout=20", "--no-color")
    return await run_tool(
        (sys.executable, "-I", GUARD, *arguments, *bounds),
        environment=choose_environment(scratch, leave_out=leave_out),
        folder=part,
        limits=limits,
    )


async def explain_failure(package: Package, ended: Ended, part: Path, limits: FetchLimits) -> FetchError:
    """Why there is no set of wheels; pip's own words may name the index and stay here."""
    if "Nothing is built or run" in ended.output:
        return FetchError("foreign_source", "It needs something that would be built from sources elsewhere.")
    missing = _NO_MATCH.search(ended.output)
    if missing is None:
        if _NO_NETWORK.search(ended.output):
            return FetchError("no_network", "The package index can't be reached.")
        return FetchError("broken", "pip could not put together what the package needs.")
    if normalise(missing[1]) != normalise(package.identifier):
        return FetchError("source_only", f"It needs {missing[1][:100]}, of which no fitting wheel is there.")
    listed = await run_pip(("index", "versions", "--pre", package.identifier), part, limits)
    if listed.status == 0 and re.search(rf"[ ,(]{re.escape(package.version)}[,)\n]", listed.output):
        return FetchError(
            "source_only", "This version has no wheel that fits here, only sources to be built."
        )
    if _NO_NETWORK.search(ended.output) or _NO_NETWORK.search(listed.output):
        return FetchError("no_network", "The package index can't be reached.")
    return FetchError("no_such_package", "The package index has no such package or version.")


def normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read_wheels(folder: Path) -> tuple[Wheel, ...]:
    """Each downloaded wheel, by name. Raises FetchError for anything that is none."""
    wheels = []
    for path in sorted(folder.iterdir()):
        parts = path.stem.split("-")
        if path.suffix != ".whl" or len(parts) not in {5, 6}:
            raise FetchError("source_only", "It needs a package that has no wheel.")
        wheels.append(Wheel(path, normalise(parts[0]), parts[1], hash_file(path)))
    return tuple(sorted(wheels, key=lambda wheel: wheel.name))


def find_root(wheels: tuple[Wheel, ...], package: Package) -> Wheel:
    for wheel in wheels:
        if wheel.name == normalise(package.identifier):
            return wheel
    raise FetchError("broken", "Among what was downloaded the package itself is missing.")


def read_metadata(wheel: Wheel) -> email.message.Message:
    return email.parser.Parser().parsestr(read_member(wheel, "METADATA"))


def read_member(wheel: Wheel, name: str) -> str:
    """A file of the wheel's own description; "" when it has none. Raises FetchError."""
    try:
        with zipfile.ZipFile(wheel.path) as archive:
            pattern = re.compile(rf"[^/]+\.dist-info/{re.escape(name)}")
            for member in archive.infolist():
                if pattern.fullmatch(member.filename):
                    if member.file_size > MAX_METADATA_BYTES:
                        raise FetchError("too_large", f"The {name} of {wheel.name} is too large.")
                    return archive.read(member).decode("utf-8", "replace")
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise FetchError("broken", f"The wheel of {wheel.name} can't be read.") from error
    return ""


def refuse_foreign_sources(wheel: Wheel) -> None:
    """What a package names by an address was never held against any index."""
    for needed in read_metadata(wheel).get_all("Requires-Dist") or ():
        if "@" in str(needed).partition(";")[0]:
            raise FetchError("foreign_source", f"{wheel.name} needs something from an address of its own.")


async def install(lock: str, part: Path, wheels: Path, site: Path, limits: FetchLimits) -> None:
    """Unpack exactly the locked wheels; without an index, whatever the machine's configuration says."""
    requirements = part / "lock.txt"
    requirements.write_text(lock, encoding="utf-8")
    options = (
        *("--isolated", "--no-index", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("--no-compile", "--no-cache-dir", "--no-warn-script-location"),
    )
    ended = await run_pip(
        ("install", *options, "--find-links", str(wheels), "--target", str(site), "-r", str(requirements)),
        part,
        limits,
        leave_out="PIP_",
    )
    if "DO NOT MATCH THE HASHES" in ended.output:
        raise FetchError("wrong_hash", "What was downloaded does not fit the lock that was made of it.")
    if ended.status != 0:
        raise FetchError("broken", "One of the wheels is none that could be installed.")


def make_environment(tree: Path) -> None:
    """What makes the tree an environment of its own: the interpreter finds its packages, and no others."""
    python = find_python()
    (tree / "bin").mkdir()
    (tree / "bin" / "python").symlink_to(python)
    version = ".".join(map(str, sys.version_info[:3]))
    lines = (f"home = {python.parent}", "include-system-site-packages = false", f"version = {version}")
    (tree / "pyvenv.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_programs(root: Wheel, tree: Path) -> dict[str, str]:
    """A short file for each program of the package, which starts what the package says that it is."""
    programs: dict[str, str] = {}
    folder = tree / "programs"
    folder.mkdir()
    for name, target in read_entry_points(read_member(root, "entry_points.txt")).items():
        match = _TARGET.fullmatch(target.partition("[")[0].strip())
        if match is None or not _PROGRAM_NAME.fullmatch(name):
            continue
        module, made = match[1], match[2]
        lines = ("import sys", f"from {module} import {made.partition('.')[0]}", f"sys.exit({made}())")
        (folder / f"{name}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
        programs[name] = f"programs/{name}.py"
    return programs


def read_entry_points(text: str) -> dict[str, str]:
    """The section console_scripts: names with the objects that they call."""
    section, found = "", {}
    for line in text.splitlines():
        if line.strip().startswith("["):
            section = line.strip().strip("[]").strip()
        elif section == "console_scripts" and "=" in line and not line.lstrip().startswith(("#", ";")):
            name, _, target = line.partition("=")
            found[name.strip()] = target.strip()
    return found


async def compile_files(tree: Path, final: Path, part: Path, limits: FetchLimits) -> None:
    """Compiled once: nobody can write there afterwards. Files that are no valid Python are passed over."""
    await run_tool(
        (
            *(sys.executable, "-I", "-m", "compileall", "-q", "-f"),
            *("--invalidation-mode", "unchecked-hash", "-s", str(tree), "-p", str(final), str(tree)),
        ),
        environment=choose_environment(part / "scratch"),
        folder=part,
        limits=limits,
    )


def describe(described: email.message.Message) -> dict[str, Any]:
    author = described.get("Author") or described.get("Author-email") or described.get("Maintainer") or ""
    return {
        "name": str(described.get("Name") or ""),
        "version": str(described.get("Version") or ""),
        "summary": str(described.get("Summary") or "")[:500],
        "author": str(author)[:200],
    }


def read_licence(described: email.message.Message) -> str:
    """The expression, else the short text, else what the classifiers say; "" for none."""
    for key in ("License-Expression", "License"):
        text = str(described.get(key) or "").strip()
        if text and text != "UNKNOWN":
            return text.splitlines()[0][:200]
    named = [
        str(item) for item in described.get_all("Classifier") or () if str(item).startswith("License ::")
    ]
    return ", ".join(item.rpartition(" :: ")[2] for item in named)[:200]
