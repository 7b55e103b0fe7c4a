"""What a content may hold: hostile values are refused where they stand, and secrets are never kept."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_servers.content import ContentError, McpServerContent

pytestmark = pytest.mark.pure

LOCAL: dict[str, Any] = {"name": "x", "program": "/usr/bin/x"}
REMOTE: dict[str, Any] = {"name": "x", "transport": "sse", "url": "https://a.example.com/"}
TOKEN = "ghp_" + "a1B2" * 9


def packaged(**package: Any) -> dict[str, Any]:
    return {"name": "x", "package": {"kind": "npm", "identifier": "a", "version": "1.0.0", **package}}


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({**LOCAL, "name": "X"}, "name"),
        ({**LOCAL, "name": "a_b"}, "name"),
        ({**LOCAL, "name": "a\nb: c"}, "name"),
        ({**LOCAL, "name": "../x"}, "name"),
        ({**LOCAL, "name": "a" * 41}, "name"),
        ({**LOCAL, "name": ""}, "name"),
        ({**LOCAL, "unknown": 1}, "unknown"),
        ({**LOCAL, "state": "approved"}, "state"),
        ({**LOCAL, "approved_by": "me"}, "approved_by"),
        ({**LOCAL, "title": "a\nb"}, "title"),
        ({**LOCAL, "title": "a\u202eb"}, "title"),
        ({**LOCAL, "program": "x"}, "program"),
        ({**LOCAL, "program": "/usr/../bin/x"}, "program"),
        ({**LOCAL, "program": "/usr/bin/x\n"}, "program"),
        ({**LOCAL, "working_directory": "~"}, "working_directory"),
        ({**LOCAL, "arguments": "a b"}, "arguments"),
        ({**LOCAL, "arguments": ["a\0b"]}, "arguments.0"),
        ({**LOCAL, "arguments": ["a", TOKEN]}, "arguments.1"),
        ({**LOCAL, "arguments": ["a"] * 101}, "arguments"),
        ({**LOCAL, "environment": {"A": "b"}}, "environment"),
        ({**LOCAL, "environment": [{"name": "A=B"}]}, "environment.0.name"),
        ({**LOCAL, "environment": [{"name": "A\nLD_PRELOAD"}]}, "environment.0.name"),
        ({**LOCAL, "environment": [{"name": "1A"}]}, "environment.0.name"),
        ({**LOCAL, "environment": [{"name": "A"}, {"name": "A"}]}, "environment"),
        ({**LOCAL, "environment": [{"name": "A", "value": TOKEN}]}, "environment.0.value"),
        ({**LOCAL, "environment": [{"name": "A", "value": "b", "is_secret": True}]}, "environment.0.value"),
        ({**LOCAL, "environment": [{"name": "A", "is_secret": "yes"}]}, "environment.0.is_secret"),
        ({**LOCAL, "timeout_ms": 0}, "timeout_ms"),
        ({**LOCAL, "timeout_ms": True}, "timeout_ms"),
        ({**LOCAL, "client_capabilities": ["admin"]}, "client_capabilities.0"),
        ({**LOCAL, "url": "https://a.example.com/"}, "url"),
        ({**LOCAL, "package": packaged()["package"]}, "program"),
        ({"name": "x"}, "package"),
        ({**REMOTE, "program": "/x"}, "program"),
        ({**REMOTE, "environment": [{"name": "A"}]}, "environment"),
        ({**REMOTE, "url": ""}, "url"),
        ({**REMOTE, "url": "file:///etc/passwd"}, "url"),
        ({**REMOTE, "url": "https://u:p@a.example.com/"}, "url"),
        ({**REMOTE, "url": f"https://a.example.com/{TOKEN}"}, "url"),
        ({**REMOTE, "url": "https://a.example.com/\r\nX: y"}, "url"),
        ({**REMOTE, "headers": [{"name": "A B"}]}, "headers.0.name"),
        ({**REMOTE, "headers": [{"name": "A\r\nB"}]}, "headers.0.name"),
        ({**REMOTE, "headers": [{"name": "A", "value": "b\nC: d"}]}, "headers.0.value"),
        ({**REMOTE, "headers": [{"name": "A"}, {"name": "a"}]}, "headers"),
        (packaged(kind="gem"), "package.kind"),
        (packaged(identifier="--global"), "package.identifier"),
        (packaged(identifier="../x"), "package.identifier"),
        (packaged(identifier="a b"), "package.identifier"),
        (packaged(identifier="https://a.example/x.tgz"), "package.identifier"),
        (packaged(identifier="file:x"), "package.identifier"),
        (packaged(identifier="a@npm:b"), "package.identifier"),
        (packaged(kind="pypi", identifier="a[b]"), "package.identifier"),
        (packaged(kind="pypi", identifier="a @ file:x"), "package.identifier"),
        (packaged(kind="oci", identifier="a:1"), "package.identifier"),
        (packaged(kind="oci", identifier="A\nimage: b"), "package.identifier"),
        (packaged(version="1\n2"), "package.version"),
        (packaged(version="../1"), "package.version"),
        (packaged(entry_point="../../bin/sh"), "package.entry_point"),
        (packaged(runtime_hint="sh"), "package.runtime_hint"),
        (packaged(registry="https://u:p@a.example.com/"), "package.registry"),
    ],
)
def test_what_can_not_be_kept_is_refused_where_it_stands(raw: dict[str, Any], field: str) -> None:
    with pytest.raises(ContentError) as refused:
        McpServerContent.read(raw)
    assert refused.value.field == field
    assert TOKEN not in str(refused.value)


def test_order_of_variables_headers_and_capabilities_means_nothing() -> None:
    one = {
        **LOCAL,
        "environment": [{"name": "B"}, {"name": "A", "is_secret": True}],
        "client_capabilities": ["sampling", "roots"],
    }
    other = {
        **LOCAL,
        "environment": [{"name": "A", "is_secret": True}, {"name": "B"}],
        "client_capabilities": ["roots", "sampling"],
    }
    first, second = McpServerContent.read(one), McpServerContent.read(other)
    assert (first, first.fingerprint()) == (second, second.fingerprint())
    assert first.secret_names == (("env", "A"),)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("arguments", ["b", "a"]),
        ("title", "t"),
        ("program", "/usr/bin/y"),
        ("timeout_ms", 1),
        ("environment", [{"name": "A"}]),
        ("environment", [{"name": "A", "is_required": True}]),
        ("config_schema", {"a": 1}),
        ("client_capabilities", ["roots"]),
    ],
)
def test_every_change_is_another_fingerprint(field: str, value: Any) -> None:
    base = McpServerContent.read({**LOCAL, "arguments": ["a", "b"]})
    changed = McpServerContent.read({**LOCAL, "arguments": ["a", "b"], field: value})
    assert changed.fingerprint() != base.fingerprint()


def test_a_content_that_is_too_large_is_refused() -> None:
    with pytest.raises(ContentError) as refused:
        McpServerContent.read({**LOCAL, "arguments": ["x" * 8000] * 50})
    assert refused.value.field == "content"
