"""The catalogue of Docker's MCP gateway, and its `registry.yaml`, the names that are switched on.

A catalogue runs images and reaches remote servers; packages of PyPI and npm have no place in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from configs.formats.drafts import Report
from configs.formats.limits import FormatError
from configs.formats.plain_yaml import write_yaml
from configs.formats.sources import ExportedFile
from configs.json_values import write_json_value
from mcp_servers.content import EnvironmentVariable, Header, McpServerContent
from mcp_servers.formats.commands import read_image, write_image
from mcp_servers.formats.imported import (
    ImportedServer,
    drop_unknown,
    make_server,
    read_name,
    require_map,
    require_text,
    require_texts,
)
from mcp_servers.formats.values import name_reference, read_pair, read_pairs, refuse_filled_in

NAME = "docker"
LABEL = "Docker catalogue"
VERSION = 3

_KNOWN = frozenset(
    {
        *("description", "title", "type", "image", "command", "env", "secrets", "remote", "config", "tools"),
        *("upstream", "source", "ref", "dateAdded", "icon", "readme", "toolsUrl", "metadata", "prompts"),
    }
)
_RISKY = {
    "volumes": "It would be given folders of the machine; not kept.",
    "user": "It would run as another user; not kept.",
    "allowHosts": "It would be bound to these hosts; here its network follows from the engine's.",
    "extraHosts": "Names would lead elsewhere; not kept.",
    "longLived": "It would stay between calls; not kept.",
}
# `{{…}}` is filled in with settings, `$NAME` and `${NAME}` with secrets; neither can be written as text.
_SIGNS = re.compile(r"\{\{|\$(?:\{|[A-Za-z_])")
_TEMPLATE = re.compile(r"\{\{[^}]*\}\}")


def list_entries(raw: dict[str, Any]) -> dict[str, Any]:
    return require_map(raw.get("registry"), "registry")


def read_server(name: str, raw: Any, report: Report) -> ImportedServer:
    """Raises FormatError."""
    where = f"registry.{name}"
    entry = require_map(raw, where)
    secrets: dict[str, str] = {}
    fields: dict[str, Any] = {
        "name": read_name(name, report, where),
        "title": require_text(entry.get("title"), f"{where}.title"),
        "description": require_text(entry.get("description"), f"{where}.description"),
        "repository": require_text(entry.get("upstream") or entry.get("source"), f"{where}.upstream"),
        "config_schema": read_settings(entry.get("config"), where, report),
    }
    if entry.get("image"):
        image = require_text(entry["image"], f"{where}.image")
        fields |= {
            "package": read_image(image),
            "arguments": require_texts(entry.get("command"), f"{where}.command"),
            "environment": read_variables(entry, where, report, secrets),
        }
        report.map(f"{where}.image", "package", image)
    elif entry.get("remote"):
        fields |= read_remote(require_map(entry["remote"], f"{where}.remote"), entry, where, report, secrets)
    else:
        raise FormatError(f"{where}: an image or a remote address is missing.")
    for key, value in entry.items():
        if key in _RISKY and value:
            report.warn(f"{where}.{key}", _RISKY[key], value=value)
    drop_unknown(entry, _KNOWN | frozenset(_RISKY), where, report)
    return make_server(fields, secrets)


def read_settings(raw: Any, where: str, report: Report) -> dict[str, Any]:
    """The schema of the settings; of several only one map can stand here, by their names."""
    if not raw:
        return {}
    if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
        raise FormatError(f"{where}.config: this is a list of maps.")
    report.map(f"{where}.config", "config_schema")
    if len(raw) == 1:
        return dict(raw[0])
    return {str(item.get("name") or position): item for position, item in enumerate(raw, start=1)}


def list_maps(raw: Any, key: str) -> list[dict[str, Any]]:
    if raw is None:
        return []
    if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
        raise FormatError(f"{key}: this is a list of maps.")
    return raw


def read_variables(
    entry: dict[str, Any], where: str, report: Report, secrets: dict[str, str]
) -> list[dict[str, Any]]:
    found = []
    for item in list_maps(entry.get("env"), f"{where}.env"):
        name, value = require_text(item.get("name"), f"{where}.env"), item.get("value")
        if isinstance(value, str) and _TEMPLATE.search(value):
            report.warn(f"{where}.env.{name}", "Its value is filled in by the gateway; give it one here.")
            value = ""
        found.append(read_pair(name, value, f"{where}.env.{name}", report, secrets))
    for item in list_maps(entry.get("secrets"), f"{where}.secrets"):
        name = require_text(item.get("env"), f"{where}.secrets")
        report.map(f"{where}.secrets.{name}", "environment", sentence="A secret; its value is given here.")
        found.append({"name": name, "is_secret": True})
    return found


def read_remote(
    remote: dict[str, Any], entry: dict[str, Any], where: str, report: Report, secrets: dict[str, str]
) -> dict[str, Any]:
    kind = require_text(remote.get("transport_type"), f"{where}.remote.transport_type") or "streamable-http"
    if kind in {"http", "streamable", "streaming"}:
        kind = "streamable-http"
    report.map(f"{where}.remote", "url")
    drop_unknown(remote, frozenset({"transport_type", "url", "headers"}), f"{where}.remote", report)
    headers = read_pairs(remote.get("headers"), f"{where}.remote.headers", report, secrets, is_header=True)
    if entry.get("env"):
        report.drop(f"{where}.env", "A remote server is started nowhere, and so has no variables.")
    return {
        "transport": kind,
        "url": require_text(remote.get("url"), f"{where}.remote.url"),
        "headers": headers,
    }


def write_entry(content: McpServerContent, tools: Sequence[str], report: Report) -> dict[str, Any]:
    """Raises FormatError for what no catalogue can run, and for a text that the gateway would change."""
    for name in ("website", "publisher", "working_directory", "timeout_ms", "client_capabilities"):
        if getattr(content, name):
            report.drop(name, "A catalogue has no place for it.")
    written = {
        "title": content.title,
        "description": content.description,
        **dict(write_remote(content) if content.is_remote else write_image_fields(content, report)),
        "upstream": content.repository,
        "config": [write_json_value(content.config_schema)] if content.config_schema else [],
        "tools": [{"name": tool} for tool in tools],
    }
    return {key: value for key, value in written.items() if value not in ("", [], {})}


def write_image_fields(content: McpServerContent, report: Report) -> Iterator[tuple[str, Any]]:
    package = content.package
    if package is None or package.kind != "oci":
        raise FormatError("A catalogue of Docker runs images; this server is none.")
    for name in ("registry", "entry_point", "runtime_hint"):
        if getattr(package, name):
            report.drop(f"package.{name}", "A catalogue has no place for it.")
    plain = [variable for variable in content.environment if not variable.is_secret]
    texts = {f"argument {number}": text for number, text in enumerate(content.arguments, start=1)}
    refuse_filled_in({**texts, **{variable.name: variable.value for variable in plain}}, _SIGNS)
    yield from (("type", "server"), ("image", write_image(package)), ("command", list(content.arguments)))
    yield "env", [{"name": variable.name, "value": variable.value} for variable in plain]
    yield "secrets", write_secrets(content, content.environment)
    for variable in content.environment:
        if variable.description or variable.is_required:
            report.drop(f"env.{variable.name}", "Whether it is required, and what it is for, has no place.")


def write_secrets(
    content: McpServerContent, items: Sequence[EnvironmentVariable | Header]
) -> list[dict[str, str]]:
    """`name` is what the gateway keeps the secret under, `env` the variable that it is given in."""
    return [
        {
            "name": f"{content.name}.{item.name}",
            "env": item.name
            if isinstance(item, EnvironmentVariable)
            else name_reference(content.name, item.name),
        }
        for item in items
        if item.is_secret
    ]


def write_remote(content: McpServerContent) -> Iterator[tuple[str, Any]]:
    plain = {header.name: header.value for header in content.headers if not header.is_secret}
    refuse_filled_in({"url": content.url, **plain}, _SIGNS)
    secret = {
        header.name: f"${{{name_reference(content.name, header.name)}}}"
        for header in content.headers
        if header.is_secret
    }
    headers = {header.name: {**plain, **secret}[header.name] for header in content.headers}
    yield "type", "remote"
    yield "remote", {"transport_type": content.transport, "url": content.url, "headers": headers}
    yield "secrets", write_secrets(content, content.headers)


def write(
    content: McpServerContent, _argv: Sequence[str], tools: Sequence[str], report: Report
) -> tuple[ExportedFile, ...]:
    entry = write_entry(content, tools, report)
    catalogue = {
        "version": VERSION,
        "name": "countersign",
        "displayName": "Countersign",
        "registry": {content.name: entry},
    }
    enabled = {"registry": {content.name: {"ref": ""}}}
    return (
        ExportedFile(f"{content.name}.catalog.yaml", write_yaml(catalogue)),
        ExportedFile("registry.yaml", write_yaml(enabled)),
    )
