"""Commands as other programs start servers, and the packages that are behind them.

`npx`, `uvx` and `docker run` fetch what they run each time they start; what is kept of them is the package
that they name. Lists of words, never lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from configs.formats.drafts import Report
from configs.formats.limits import FormatError
from mcp_servers.content import McpServerContent, Package
from mcp_servers.formats.values import read_pair

_NPX_QUIET = frozenset({"-y", "--yes", "-q", "--quiet", "--no-install", "--prefer-offline"})
_CONTAINER_FLAGS = frozenset({"-i", "--interactive", "--rm", "--init", "-t", "--tty", "-it", "-ti", "-q"})
_CONTAINER_RISKS = frozenset({"--privileged"})
_CONTAINER_VALUES = frozenset(
    {
        *("-v", "--volume", "--mount", "--network", "--net", "-p", "--publish", "-u", "--user", "--name"),
        *(
            "-w",
            "--workdir",
            "--entrypoint",
            "--cap-add",
            "--cap-drop",
            "--device",
            "--security-opt",
            "--pid",
        ),
        *("--ipc", "--memory", "-m", "--cpus", "--pull", "--platform", "--add-host", "--env-file", "-l"),
        *("--label", "--hostname", "--dns", "--tmpfs", "--group-add", "--ulimit", "--shm-size", "--runtime"),
    }
)
_HARMLESS = frozenset({"--name", "--pull", "--platform", "--memory", "-m", "--cpus", "-l", "--label"})


def read_command(words: Sequence[str], key: str, report: Report) -> dict[str, Any]:
    """The fields package or program, and arguments. Raises FormatError for what can't be kept."""
    if not words or not words[0].strip():
        raise FormatError(f"{key}: what is started is missing.")
    name = PurePosixPath(words[0]).name
    rest = list(words[1:])
    if name == "uv" and rest[:2] == ["tool", "run"]:
        name, rest = "uvx", rest[2:]
    if name == "npm" and rest[:1] in (["exec"], ["x"]):
        name, rest = "npx", rest[1:]
    readers = {
        "npx": read_npx,
        "uvx": read_uvx,
        "pipx": read_pipx,
        "docker": read_docker,
        "podman": read_docker,
    }
    if name in readers:
        fields = readers[name](rest, key, report)
        report.map(key, "package", fields["package"]["identifier"])
        return fields
    if not words[0].startswith("/"):
        raise FormatError(f"{key}: {words[0][:60]!r} is looked up when it starts; name the program in full.")
    report.map(key, "program", words[0])
    return {"program": words[0], "arguments": rest}


def read_npx(words: list[str], key: str, report: Report) -> dict[str, Any]:
    spec = ""
    while words:
        word = words.pop(0)
        if word == "--":
            continue
        if word in {"-p", "--package"} and words:
            spec = words.pop(0)
        elif word.startswith("--package="):
            spec = word.partition("=")[2]
        elif word.startswith("-"):
            note_option(word, word in _NPX_QUIET, key, report)
        else:
            return make_package("npm", spec or word, words, key, entry_point=word if spec else "")
    raise FormatError(f"{key}: npx names no package.")


def read_uvx(words: list[str], key: str, report: Report) -> dict[str, Any]:
    spec = ""
    while words:
        word = words.pop(0)
        if word == "--from" and words:
            spec = words.pop(0)
        elif word in {"--with", "--python", "-p", "--index", "--index-url", "--extra-index-url"} and words:
            note_option(f"{word} {words.pop(0)}", False, key, report)
        elif word.startswith("-"):
            note_option(word, word in {"-q", "--quiet", "--isolated"}, key, report)
        else:
            return make_package("pypi", spec or word, words, key, entry_point=word if spec else "")
    raise FormatError(f"{key}: uvx names no package.")


def read_pipx(words: list[str], key: str, report: Report) -> dict[str, Any]:
    if words[:1] != ["run"]:
        raise FormatError(f"{key}: pipx starts nothing here.")
    changed = ["--from" if word == "--spec" else word for word in words[1:]]
    return read_uvx(changed, key, report)


def note_option(text: str, is_harmless: bool, key: str, report: Report) -> None:
    if is_harmless:
        report.drop(key, f"{text[:60]} has no meaning here.")
    else:
        report.warn(key, f"{text[:60]} changes what is run or from where; not kept.")


def make_package(kind: str, spec: str, arguments: list[str], key: str, *, entry_point: str) -> dict[str, Any]:
    identifier, version = split_spec(spec)
    if not identifier:
        raise FormatError(f"{key}: no package is named.")
    package = {"kind": kind, "identifier": identifier, "version": version}
    if entry_point and entry_point != identifier.rpartition("/")[2]:
        package["entry_point"] = entry_point
    return {"package": package, "arguments": arguments}


def split_spec(spec: str) -> tuple[str, str]:
    """`name@1`, `@scope/name@1` or `name==1`: the name, and its version, "" for none."""
    if "==" in spec:
        name, _, version = spec.partition("==")
        return name, version
    name, sign, version = spec[1:].partition("@")
    return spec[:1] + name, version if sign else ""


def read_docker(words: list[str], key: str, report: Report) -> dict[str, Any]:
    if words[:1] == ["container"]:
        words = words[1:]
    if words[:1] != ["run"]:
        raise FormatError(f"{key}: of containers only `run` is read.")
    words = words[1:]
    names: dict[str, str] = {}
    while words:
        word = words.pop(0)
        option, sign, value = word.partition("=")
        if option in {"-e", "--env"}:
            name, _, literal = (value if sign else words.pop(0) if words else "").partition("=")
            names[name] = literal
        elif option in _CONTAINER_VALUES:
            given = value if sign else (words.pop(0) if words else "")
            note_option(f"{option} {given}", option in _HARMLESS, key, report)
        elif option in _CONTAINER_FLAGS | _CONTAINER_RISKS or (word.startswith("--") and sign):
            note_option(word, option in _CONTAINER_FLAGS, key, report)
        elif word.startswith("-"):
            raise FormatError(f"{key}: what the option {word[:40]} means can't be told.")
        else:
            return {"package": read_image(word), "arguments": words, "passed_on": names}
    raise FormatError(f"{key}: no image is named.")


def read_image(text: str) -> dict[str, Any]:
    """`name:tag@sha256:…`: with a digest the tag says nothing."""
    name, _, digest = text.partition("@")
    place, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return {"kind": "oci", "identifier": f"{place}{slash}{last}", "version": digest or tag}


def write_image(package: Package) -> str:
    if not package.version:
        return package.identifier
    return f"{package.identifier}{'@' if ':' in package.version else ':'}{package.version}"


def write_command(content: McpServerContent, argv: Sequence[str]) -> list[str]:
    """What starts it: `argv` where that is known, else what others would start exactly this package with."""
    package = content.package
    if argv:
        return list(argv)
    if package is None:
        return [content.program, *content.arguments]
    if package.kind == "oci":
        names = [word for variable in content.environment for word in ("-e", variable.name)]
        return ["docker", "run", "-i", "--rm", *names, write_image(package), *content.arguments]
    spec = f"{package.identifier}@{package.version}" if package.version else package.identifier
    if package.kind == "npm":
        chosen = [f"--package={spec}", "--", package.entry_point] if package.entry_point else [spec]
        return ["npx", "-y", *chosen, *content.arguments]
    chosen = ["--from", spec, package.entry_point] if package.entry_point else [spec]
    return ["uvx", *chosen, *content.arguments]


def add_passed_on(
    declared: list[dict[str, Any]],
    passed_on: Mapping[str, str],
    key: str,
    report: Report,
    secrets: dict[str, str],
) -> list[dict[str, Any]]:
    """Variables that a container's command names beside the map: with a value, or handed through."""
    known = {item["name"] for item in declared}
    named = [(name, value) for name, value in passed_on.items() if name not in known]
    return [*declared, *(read_pair(name, value, f"{key}.{name}", report, secrets) for name, value in named)]
