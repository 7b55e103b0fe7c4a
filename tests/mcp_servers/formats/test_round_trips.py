"""What is written reads as the same, and as nothing more, for everything that a format can say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, strategies as st

from configs.formats.limits import FormatError
from configs.formats.secrets import is_literal_secret, read_env_reference
from configs.model_content import names_secret
from mcp_servers.content import EnvironmentVariable, Header, McpServerContent
from mcp_servers.formats import registry_json
from mcp_servers.formats.entries import FORMATS, read_entry, write_entry
from mcp_servers.formats.values import name_reference
from tests.mcp_servers.formats.contents import contents, names, variable_names

pytestmark = pytest.mark.pure

LOST: dict[str, tuple[str, ...]] = {
    "opencode": (
        *("title", "description", "config_schema", "repository", "website", "publisher"),
        "client_capabilities",
    ),
    "claude": (
        *("title", "description", "config_schema", "repository", "website", "publisher"),
        *("client_capabilities", "timeout_ms"),
    ),
    "docker": ("website", "publisher", "working_directory", "timeout_ms", "client_capabilities"),
    "registry": (),
}


def reads_like_a_secret(content: McpServerContent) -> bool:
    """A literal secret or a reference is taken for a secret, whoever wrote it, and comes back as one."""
    declared: tuple[EnvironmentVariable | Header, ...] = (*content.environment, *content.headers)
    return any(
        not item.is_secret
        and (
            is_literal_secret(item.value, is_named=names_secret(item.name) and bool(item.value))
            or read_env_reference(item.value) != ""
        )
        for item in declared
    )


def strip(content: McpServerContent, format: str) -> McpServerContent:  # noqa: A002
    """The content without what the format has no place for."""
    empty = McpServerContent(name=content.name)
    kept: dict[str, Any] = {name: getattr(empty, name) for name in LOST[format]}
    if format == "registry":
        return content
    if format == "opencode" and content.is_remote:
        kept["transport"] = "streamable-http"
    is_container = content.package is not None and content.package.kind == "oci"
    kept["environment"] = tuple(
        replace(item, is_required=False, description="")
        for item in content.environment
        if item.is_secret or item.value or is_container
    )
    kept["headers"] = tuple(
        replace(item, is_required=False, description="")
        for item in content.headers
        if item.is_secret or item.value or format == "docker"
    )
    return replace(content, **kept)


@pytest.mark.parametrize("format_name", ["registry", "opencode", "claude", "docker"])
@given(content=contents)
def test_what_is_written_reads_as_the_same(format_name: str, content: McpServerContent) -> None:
    if reads_like_a_secret(content):
        return
    try:
        written = write_entry(content, format=format_name)
    except FormatError:
        assert format_name in {"claude", "docker"}
        return
    read = read_entry(written.files[0].text)
    assert read.format == format_name
    assert [server.content for server in read.servers] == [strip(content, format_name)]
    assert [dict(server.secrets) for server in read.servers] == [{}]


@pytest.mark.parametrize("format_name", sorted(FORMATS))
@given(content=contents)
def test_the_same_content_gives_the_same_bytes_and_one_server(
    format_name: str, content: McpServerContent
) -> None:
    try:
        first = write_entry(content, format=format_name)
    except FormatError:
        return
    again = write_entry(McpServerContent.read(content.write()), format=format_name)
    assert first == again
    for file in first.files:
        plain = yaml.safe_load(file.text) if file.path.endswith(".yaml") else json.loads(file.text)
        names = [
            list(plain[key]) for key in ("mcp", "mcpServers", "registry") if isinstance(plain.get(key), dict)
        ]
        assert names == [[content.name]] or (format_name == "registry" and names == [])


@given(content=contents)
def test_a_written_server_json_keeps_to_the_schema(content: McpServerContent) -> None:
    [file] = write_entry(content, format="registry").files
    assert registry_json.check_schema(json.loads(file.text)) == []


@given(content=contents)
def test_contents_read_as_they_were_written(content: McpServerContent) -> None:
    again = McpServerContent.read(content.write())
    assert (again, again.fingerprint()) == (content, content.fingerprint())


@given(one=st.tuples(names, variable_names), other=st.tuples(names, variable_names))
def test_no_two_secrets_have_the_same_reference(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (name_reference(*one) == name_reference(*other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"), [(("a-b", "C"), ("a", "B_C")), (("a--b", "C"), ("a", "_B_C")), (("a", "c"), ("a", "C"))]
)
def test_references_that_look_alike_are_different(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert name_reference(*one) != name_reference(*other)
