"""What a request asks for, and what an approval binds, as lines that people read."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from mcp_servers.content import EnvironmentVariable, Header, McpServerContent
from mcp_servers.models import McpRequest

REGISTRIES = {"pypi": "PyPI", "npm": "npm", "oci": "an image"}


@dataclass(frozen=True, slots=True)
class AskedFact:
    """`is_code`: to be read character by character."""

    name: str
    text: str
    is_code: bool = False
    note: str = ""


def describe_content(content: McpServerContent) -> list[AskedFact]:
    """What it is and how it runs; its variables and headers stand apart."""
    facts = [
        AskedFact("Title", content.title),
        AskedFact("What for", content.description),
        *describe_start(content),
        AskedFact("Arguments", join_arguments(content.arguments), is_code=True),
        AskedFact("Directory", content.working_directory, is_code=True),
        AskedFact("Timeout", f"{content.timeout_ms} ms" if content.timeout_ms else ""),
        AskedFact("Client declares", ", ".join(content.client_capabilities)),
        AskedFact("Publisher", content.publisher),
        AskedFact("Repository", content.repository, is_code=True),
        AskedFact("Website", content.website, is_code=True),
    ]
    return [fact for fact in facts if fact.text]


def describe_start(content: McpServerContent) -> list[AskedFact]:
    if content.is_remote:
        return [AskedFact("Address", content.url, is_code=True, note=f"spoken as {content.transport}")]
    package = content.package
    if package is None:
        return [AskedFact("Program", content.program, is_code=True)]
    version = package.version or "no version"
    return [
        AskedFact(
            "Package", f"{package.identifier} {version}", is_code=True, note=REGISTRIES.get(package.kind, "")
        ),
        AskedFact("Its program", package.entry_point, is_code=True),
        AskedFact("Registry", package.registry, is_code=True),
    ]


def join_arguments(arguments: tuple[str, ...]) -> str:
    """For reading: quoted as a shell would want them, though none ever reads them."""
    return shlex.join(arguments)


def list_entries(content: McpServerContent) -> tuple[EnvironmentVariable | Header, ...]:
    return content.headers if content.is_remote else content.environment


def describe_source(request: McpRequest) -> str:
    """Who asked, and through which door."""
    words = f"asked for by {request.requested_by_label or request.requested_by_id}"
    if request.source == "import" and request.catalog:
        return f"{words}, from {request.catalog}"
    return words
