"""The registry's `server.json` of 2025-12-11; older files are read by the other case of their keys."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from configs.formats.drafts import Report
from configs.formats.limits import FormatError
from configs.formats.plain_json import write_json
from configs.formats.sources import ExportedFile
from events.text import make_visible
from mcp_servers.content import McpServerContent, Package
from mcp_servers.formats.commands import read_image, write_image
from mcp_servers.formats.imported import ImportedServer, make_server, read_name, require_map, require_text
from mcp_servers.formats.registry_inputs import (
    read_arguments,
    read_inputs,
    read_template,
    write_argument,
    write_input,
)

NAME = "registry"
LABEL = "registry server.json"
VERSION = "2025-12-11"
SCHEMA = f"https://static.modelcontextprotocol.io/schemas/{VERSION}/server.schema.json"
SCHEMA_FILE = Path(__file__).with_name("schema") / f"server-{VERSION}.json"

PUBLISHER_META = "io.modelcontextprotocol.registry/publisher-provided"
# What of a content has no place in the format stands under this key of the publisher's own part.
OUR_META = "countersign"
MAX_META_BYTES = 4096
NAMESPACE = "local.countersign"
MAX_DESCRIPTION = 100
_KINDS = {"npm": "npm", "pypi": "pypi", "oci": "oci", "docker": "oci"}
_NAMESPACE = re.compile(r"[a-zA-Z0-9.-]{1,150}")
_RUNTIME_HINTS = frozenset({"npx", "uvx", "docker", "node", "python"})


# Reading --------------------------------------------------------------------------------------------


def list_entries(raw: dict[str, Any]) -> dict[str, Any]:
    """Also of an answer of the registry: one `server`, or a list of `servers`."""
    items = raw.get("servers") if isinstance(raw.get("servers"), list) else [raw]
    found = {}
    for position, item in enumerate(items or [], start=1):
        inner = require_map(item, f"servers.{position}")
        document = change_case(require_map(inner.get("server", inner), "server"))
        found[str(document.get("name") or position)] = document
    return found


def change_case(value: Any) -> Any:
    """Keys of files before 2025-09-16 (`registry_type`) in the later case. Names in `_meta` stay."""
    if isinstance(value, dict):
        return {
            key if key == "_meta" else to_camel_case(str(key)): item if key == "_meta" else change_case(item)
            for key, item in value.items()
        }
    return [change_case(item) for item in value] if isinstance(value, list) else value


def to_camel_case(key: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(?:_[a-z0-9]+)+", key):
        return key
    first, *others = key.split("_")
    return first + "".join(word.capitalize() for word in others)


def read_servers(_name: str, document: dict[str, Any], report: Report) -> Iterator[ImportedServer]:
    """One for each package and remote address that the file offers: whichever is asked for."""
    for path, problem in check_schema(document):
        report.warn(path, f"It does not fit the schema of {VERSION}: {problem}.")
    full = require_text(document.get("name"), "name")
    namespace, _, last = full.rpartition("/")
    common = {
        "name": read_name(last, report, "name"),
        "title": require_text(document.get("title"), "title"),
        "description": require_text(document.get("description"), "description"),
        "website": require_text(document.get("websiteUrl"), "websiteUrl"),
        "repository": require_text(
            require_map(document.get("repository") or {}, "repository").get("url"), "repository"
        ),
        "publisher": "" if namespace == NAMESPACE else namespace,
    }
    for key in ("title", "description", "websiteUrl", "repository"):
        if document.get(key):
            report.map(
                key, "website" if key == "websiteUrl" else key, "" if key == "repository" else document[key]
            )
    ours = read_our_meta(document, report)
    if not (document.get("packages") or document.get("remotes")) and ours:
        yield make_server(common | ours, {})
    for position, package in enumerate(list_parts(document, "packages")):
        yield read_package(package, f"packages.{position}", common, ours, report)
    for position, remote in enumerate(list_parts(document, "remotes")):
        yield read_remote(remote, f"remotes.{position}", common, ours, report)


def list_parts(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    items = document.get(key) or []
    if not isinstance(items, list):
        raise FormatError(f"{key}: this is a list.")
    return [require_map(item, f"{key}.{position}") for position, item in enumerate(items)]


def read_our_meta(document: Mapping[str, Any], report: Report) -> dict[str, Any]:
    meta = require_map(document.get("_meta") or {}, "_meta")
    ours = require_map(require_map(meta.get(PUBLISHER_META) or {}, "_meta").get(OUR_META) or {}, "_meta")
    for key in ours:
        report.map(f"_meta.{OUR_META}.{key}", key)
    return ours


def read_package(
    package: dict[str, Any], where: str, common: Mapping[str, Any], ours: Mapping[str, Any], report: Report
) -> ImportedServer:
    kind = require_text(package.get("registryType") or package.get("registryName"), f"{where}.registryType")
    if kind not in _KINDS:
        raise FormatError(f"{where}.registryType: {make_visible(kind)[:40]!r} can't be fetched or run here.")
    transport = require_map(package.get("transport") or {"type": "stdio"}, f"{where}.transport").get("type")
    if transport != "stdio":
        raise FormatError(f"{where}.transport: a package that opens a port of its own is not started here.")
    identifier = require_text(package.get("identifier") or package.get("name"), f"{where}.identifier")
    version = require_text(package.get("version"), f"{where}.version")
    hint = require_text(package.get("runtimeHint"), f"{where}.runtimeHint")
    made = {"kind": _KINDS[kind], "identifier": identifier, "version": version}
    if _KINDS[kind] == "oci":
        made = read_image(identifier)
        made["version"] = made["version"] or version
    report.map(f"{where}.identifier", "package", identifier)
    if package.get("runtimeArguments"):
        report.drop(f"{where}.runtimeArguments", "They are for a launcher, and none is used here.")
    if package.get("fileSha256"):
        report.drop(f"{where}.fileSha256", "The hash is taken of what is fetched.", package["fileSha256"])
    secrets: dict[str, str] = {}
    fields = {
        **common,
        "package": {
            **made,
            "registry": require_text(package.get("registryBaseUrl"), f"{where}.registryBaseUrl"),
            "runtime_hint": hint if hint in _RUNTIME_HINTS else "",
        },
        "arguments": read_arguments(package.get("packageArguments"), f"{where}.packageArguments", report),
        "environment": read_inputs(
            package.get("environmentVariables"), f"{where}.environmentVariables", report, secrets
        ),
        **ours,
    }
    return make_server(fields, secrets)


def read_remote(
    remote: dict[str, Any], where: str, common: Mapping[str, Any], ours: Mapping[str, Any], report: Report
) -> ImportedServer:
    secrets: dict[str, str] = {}
    url = require_text(remote.get("url"), f"{where}.url")
    variables = require_map(remote.get("variables") or {}, f"{where}.variables")
    report.map(f"{where}.url", "url", url)
    fields = {
        **common,
        "transport": require_text(remote.get("type") or remote.get("transportType"), f"{where}.type"),
        "url": read_template(url, variables, f"{where}.url", report),
        "headers": read_inputs(remote.get("headers"), f"{where}.headers", report, secrets, is_header=True),
        **ours,
    }
    return make_server(fields, secrets)


@functools.cache
def load_validator() -> Draft7Validator:
    return Draft7Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def check_schema(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(path, what is wrong) of each place that does not fit; never the value, which may be a secret."""
    found = []
    for error in list(load_validator().iter_errors(dict(document)))[:20]:
        deepest = best_match([error]) or error
        path = ".".join(make_visible(str(part)) for part in deepest.absolute_path) or "server.json"
        found.append((path, f"the rule {deepest.validator} is broken"))
    return sorted(found)


# Writing --------------------------------------------------------------------------------------------


def write(
    content: McpServerContent, _argv: Sequence[str], _tools: Sequence[str], report: Report
) -> tuple[ExportedFile, ...]:
    document = dict(write_document(content))
    rest = find_rest(content, document)
    if rest:
        document["_meta"] = {PUBLISHER_META: {OUR_META: rest}}
        for key in rest:
            report.map(f"_meta.{OUR_META}.{key}", key, sentence="No other program reads it there.")
    if len(write_json(document.get("_meta", {})).encode()) > MAX_META_BYTES:
        document.pop("_meta")
        for key in rest:
            report.drop(key, "The format has no place for so much of it.")
    return (ExportedFile(f"{content.name}.server.json", write_json(document)),)


def write_document(content: McpServerContent) -> Iterator[tuple[str, Any]]:
    package = content.package
    namespace = content.publisher if _NAMESPACE.fullmatch(content.publisher) else NAMESPACE
    line = " ".join(content.description.split()) or content.title or content.name
    yield from (("$schema", SCHEMA), ("name", f"{namespace}/{content.name}"))
    if content.title:
        yield "title", content.title
    yield "description", line if len(line) <= MAX_DESCRIPTION else f"{line[: MAX_DESCRIPTION - 1]}…"
    exact = package.version if package and package.kind != "oci" and package.version != "latest" else ""
    yield "version", exact or f"0.0.0-{content.fingerprint()[:12]}"
    if content.website:
        yield "websiteUrl", content.website
    if content.repository:
        yield "repository", {"url": content.repository, "source": "other"}
    if package:
        yield "packages", [dict(write_package(content, package))]
    if content.is_remote:
        remote: dict[str, Any] = {"type": content.transport, "url": content.url}
        if content.headers:
            remote["headers"] = [write_input(header) for header in content.headers]
        yield "remotes", [remote]


def write_package(content: McpServerContent, package: Package) -> Iterator[tuple[str, Any]]:
    yield "registryType", package.kind
    if package.registry:
        yield "registryBaseUrl", package.registry
    if package.kind == "oci":
        yield "identifier", write_image(package)
    else:
        yield "identifier", package.identifier
        # "latest" is none to this format; what is left out stands in our own part.
        if package.version and package.version != "latest":
            yield "version", package.version
    if package.runtime_hint:
        yield "runtimeHint", package.runtime_hint
    if content.arguments:
        yield "packageArguments", [write_argument(argument) for argument in content.arguments]
    if content.environment:
        yield "environmentVariables", [write_input(variable) for variable in content.environment]
    yield "transport", {"type": "stdio"}


def find_rest(content: McpServerContent, document: dict[str, Any]) -> dict[str, Any]:
    """The fields that whoever reads the document without our part would not get, as they are kept."""
    own = content.write()
    plain = dict(document)
    try:
        servers = list(read_servers("", plain, Report()))
    except FormatError:
        servers = []
    read = servers[0].content.write() if servers else {}
    return {key: value for key, value in own.items() if value != read.get(key) and key != "name"}
