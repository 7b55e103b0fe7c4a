"""What an MCP server is asked for with, apart from where that is stored. Pure: no Django.

Contents hold no secrets: a variable or header marked as secret has no value here, only its name. Whether a
content is wise (pinned versions, allowed launchers, public addresses) is for the checks to say; what is
refused here could never be kept or run.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from configs.content_reader import ContentError, ContentReader
from configs.content_writer import Written, names_of
from events.canonical import canonical_json
from events.masking import mask_certain_secrets

__all__ = [
    "CAPABILITIES",
    "NAME",
    "PACKAGE_KINDS",
    "TRANSPORTS",
    "ContentError",
    "EnvironmentVariable",
    "Header",
    "McpServerContent",
    "Package",
]

# The engine calls a tool NAME_tool: without "_" in it, where a name ends is never in doubt.
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
NAME_SENTENCE = "use a-z, 0-9 and -, beginning with a letter, at most 40 characters."
ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")

TRANSPORTS = ("stdio", "streamable-http", "sse")
PACKAGE_KINDS = ("pypi", "npm", "oci")
# What the engine says of itself to the server; some servers show other tools for it.
CAPABILITIES = ("elicitation", "roots", "sampling")
RUNTIME_HINTS = ("", "npx", "uvx", "docker", "node", "python")

MAX_CONTENT_BYTES = 256 * 1024
MAX_DESCRIPTION_BYTES = 8 * 1024
MAX_ARGUMENTS = 100
MAX_VARIABLES = 100
MAX_HEADERS = 50
MAX_VALUE_BYTES = 8 * 1024
MAX_TIMEOUT_MS = 3_600_000

# None of these begins with "-" or names a place, so that an installer takes each for a name alone.
IDENTIFIERS: Mapping[str, re.Pattern[str]] = {
    "pypi": re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?"),
    "npm": re.compile(
        r"(?=.{1,214}\Z)(?:@[a-z0-9~][a-z0-9._~-]*/)?[a-z0-9~](?:[a-z0-9._~-]*[a-z0-9~_-])?", re.IGNORECASE
    ),
    "oci": re.compile(
        r"(?=.{1,255}\Z)[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?::[0-9]{1,5}(?=/))?"
        r"(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
    ),
}
_VERSION = re.compile(r"[A-Za-z0-9^~<>=*@][A-Za-z0-9^~<>=*.,+!_:| -]{0,199}")
_ENTRY_POINT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_ABSOLUTE_PATH = re.compile(r"/(?:[^/\n\t]+/?)*")
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\^`|]{1,2000}", re.IGNORECASE)
_LOGIN = re.compile(r"https?://[^/?#]*@", re.IGNORECASE)

LITERAL = "this holds a literal secret; declare a variable or header as secret and give its value there."


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentVariable:
    """`value` is a literal for everybody to read; of a secret it is "", and stored sealed elsewhere."""

    name: str
    value: str = ""
    is_secret: bool = False
    is_required: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """As EnvironmentVariable, for each call of a remote server."""

    name: str
    value: str = ""
    is_secret: bool = False
    is_required: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """`version` is the exact one; of an image (`oci`) its digest, "sha256:…".

    `registry` is where a file that was brought in says that the package comes from, "" for none; packages are
    fetched from the deployment's own index alone. `entry_point` is the package's program, "" for its only
    one. `runtime_hint` is what others would start it with; nothing here ever does.
    """

    kind: str
    identifier: str
    version: str = ""
    registry: str = ""
    entry_point: str = ""
    runtime_hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServerContent(Written):
    """A local server runs `package` or `program` (an absolute path) with `arguments`; a remote one has `url`.

    `environment` and `headers` stand in the order of their names, `client_capabilities` in their own;
    `config_schema` is a JSON schema of settings, for people to read.
    """

    kind: ClassVar[str] = "mcp_server"
    name: str
    title: str = ""
    description: str = ""
    transport: str = "stdio"
    package: Package | None = None
    program: str = ""
    arguments: tuple[str, ...] = ()
    working_directory: str = ""
    environment: tuple[EnvironmentVariable, ...] = ()
    url: str = ""
    headers: tuple[Header, ...] = ()
    timeout_ms: int | None = None
    config_schema: Mapping[str, Any] = field(default_factory=dict)
    repository: str = ""
    website: str = ""
    publisher: str = ""
    client_capabilities: tuple[str, ...] = ()

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        """Raises ContentError for the first field that can't be kept, also for one of another transport."""
        reader = ContentReader(raw, names_of(cls))
        content = cls(
            name=reader.matching("name", NAME, NAME_SENTENCE, is_required=True),
            title=reader.line("title", 100),
            description=reader.body("description", MAX_DESCRIPTION_BYTES),
            transport=reader.choice("transport", TRANSPORTS, "stdio"),
            package=read_package(reader),
            program=read_path(reader, "program"),
            arguments=read_arguments(reader),
            working_directory=read_path(reader, "working_directory"),
            environment=read_environment(reader),
            url=read_address(reader, "url"),
            headers=read_headers(reader),
            timeout_ms=reader.integer("timeout_ms", least=1, most=MAX_TIMEOUT_MS),
            config_schema=reader.mapping("config_schema"),
            repository=read_address(reader, "repository"),
            website=read_address(reader, "website"),
            publisher=reader.line("publisher", 200),
            client_capabilities=read_capabilities(reader),
        )
        require_one_kind(content)
        if len(content.write_canonical()) > MAX_CONTENT_BYTES:
            raise ContentError("content", f"all of it together has at most {MAX_CONTENT_BYTES // 1024} KB.")
        return content

    @property
    def is_remote(self) -> bool:
        return self.transport != "stdio"

    @property
    def secret_names(self) -> tuple[tuple[str, str], ...]:
        """What needs a value from the store of secrets: ("env" or "header", name)."""
        variables = [("env", variable.name) for variable in self.environment if variable.is_secret]
        return (*variables, *(("header", header.name) for header in self.headers if header.is_secret))

    def write_canonical(self) -> bytes:
        return canonical_json(self.write()).encode()

    def fingerprint(self) -> str:
        """SHA-256, hex, over the canonical JSON."""
        return hashlib.sha256(self.write_canonical()).hexdigest()


def require_one_kind(content: McpServerContent) -> None:
    """A server runs here or stands elsewhere, never a bit of both."""
    if content.is_remote:
        if not content.url:
            raise ContentError("url", "a remote server has an address.")
        for name in ("package", "program", "arguments", "working_directory", "environment"):
            if getattr(content, name):
                raise ContentError(name, "a remote server starts nothing here; leave this empty.")
        return
    for name in ("url", "headers"):
        if getattr(content, name):
            raise ContentError(name, "a server that runs here is reached by its pipes; leave this empty.")
    if content.package and content.program:
        raise ContentError("program", "give a package or a program, not both.")
    if not content.package and not content.program:
        raise ContentError("package", "a server that runs here needs a package, or a program.")


def read_package(reader: ContentReader) -> Package | None:
    if not reader.get("package", None):
        return None
    inner = ContentReader(reader.get("package", {}), names_of(Package), reader.at("package"))
    kind = inner.choice("kind", PACKAGE_KINDS, "")
    return Package(
        kind=kind,
        identifier=inner.matching(
            "identifier", IDENTIFIERS[kind], f"this is no name of a {kind} package.", is_required=True
        ),
        version=inner.matching("version", _VERSION, "this is no version.", is_required=False),
        registry=read_address(inner, "registry"),
        entry_point=inner.matching(
            "entry_point", _ENTRY_POINT, "this is the name of a program, not a path.", is_required=False
        ),
        runtime_hint=inner.choice("runtime_hint", RUNTIME_HINTS, ""),
    )


def read_path(reader: ContentReader, name: str) -> str:
    path = reader.check_line(name, reader.text(name), 1000)
    if path and (not _ABSOLUTE_PATH.fullmatch(path) or {".", ".."} & set(path.split("/"))):
        raise reader.refuse(name, "this is an absolute path without . and .. in it.")
    return refuse_secret(reader, name, path)


def read_address(reader: ContentReader, name: str) -> str:
    """An http or https address; how safe is for the checks to say. A login in it would be a stored secret."""
    address = reader.check_line(name, reader.text(name), 2000)
    if address and not _ADDRESS.fullmatch(address):
        raise reader.refuse(name, "this is an address that begins with https://.")
    if _LOGIN.match(address):
        raise reader.refuse(name, "an address holds no login; declare a header as secret for it.")
    return refuse_secret(reader, name, address)


def read_arguments(reader: ContentReader) -> tuple[str, ...]:
    """Texts of any lines, as they are."""
    texts = {str(index): text for index, text in reader.texts("arguments", MAX_ARGUMENTS)}
    inner = ContentReader(texts, texts, reader.at("arguments"))
    return tuple(refuse_secret(inner, key, inner.body(key, MAX_VALUE_BYTES)) for key in texts)


def refuse_secret(reader: ContentReader, name: str, text: str) -> str:
    if mask_certain_secrets(text) != text:
        raise reader.refuse(name, LITERAL)
    return text


def read_environment(reader: ContentReader) -> tuple[EnvironmentVariable, ...]:
    variables = reader.parts("environment", MAX_VARIABLES, read_variable)
    if len({variable.name for variable in variables}) != len(variables):
        raise reader.refuse("environment", "each variable stands here once.")
    return tuple(sorted(variables, key=lambda variable: variable.name))


def read_variable(raw: Any, path: str) -> EnvironmentVariable:
    reader = ContentReader(raw, names_of(EnvironmentVariable), path)
    sentence = "this is the name of an environment variable."
    return EnvironmentVariable(
        name=reader.matching("name", ENVIRONMENT_NAME, sentence, is_required=True),
        value=refuse_secret(reader, "value", reader.body("value", MAX_VALUE_BYTES)),
        **read_declaration(reader),
    )


def read_headers(reader: ContentReader) -> tuple[Header, ...]:
    """Names of headers have no case: two that differ in it alone are one."""
    headers = reader.parts("headers", MAX_HEADERS, read_header)
    if len({header.name.lower() for header in headers}) != len(headers):
        raise reader.refuse("headers", "each header stands here once.")
    return tuple(sorted(headers, key=lambda header: header.name.lower()))


def read_header(raw: Any, path: str) -> Header:
    reader = ContentReader(raw, names_of(Header), path)
    return Header(
        name=reader.matching("name", HEADER_NAME, "this is the name of a header.", is_required=True),
        value=refuse_secret(reader, "value", reader.line("value", MAX_VALUE_BYTES)),
        **read_declaration(reader),
    )


def read_declaration(reader: ContentReader) -> dict[str, Any]:
    is_secret = reader.flag("is_secret")
    if is_secret and reader.text("value"):
        raise reader.refuse("value", "the value of a secret is given apart from the request's content.")
    return {
        "is_secret": is_secret,
        "is_required": reader.flag("is_required"),
        "description": reader.line("description", 1000),
    }


def read_capabilities(reader: ContentReader) -> tuple[str, ...]:
    named = reader.lines("client_capabilities", most=len(CAPABILITIES), max_length=40)
    for index, name in enumerate(named):
        if name not in CAPABILITIES:
            raise reader.refuse(
                f"client_capabilities.{index}", f"there are {', '.join(CAPABILITIES)}, no others."
            )
    return tuple(sorted(named))
