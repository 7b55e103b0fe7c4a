"""Contents of every shape, hostile ones included, for properties over the formats."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from events.masking import mask_certain_secrets
from mcp_servers.content import McpServerContent

# What breaks out of a value where texts are pasted together: lines, quotes, markers of YAML, braces, shells.
HOSTILE = (
    "a\nb: c",
    "x\nregistry:\n  evil:\n    image: evil",
    "'; rm -rf / #",
    '"quoted" \\" end',
    "- item",
    "---\n...\n",
    "{}[]: *&!|>%@`",
    "\ttab and  blanks ",
    "yes",
    "null",
    "0x10",
    "1e3",
    "é😀",
    "#comment",
    "key: value",
    "{env:HOME} inside",
    "{file:/etc/passwd} inside",
    "A=B\nLD_PRELOAD=/x.so",
)
texts = st.sampled_from(HOSTILE) | st.text(alphabet="ab-_/.= :\n\"'#{}[]&*!|>%@`\\é$", max_size=30)
kept_texts = texts.filter(lambda text: mask_certain_secrets(text) == text)
lines = kept_texts.map(lambda text: " ".join(text.split()))
names = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True)
variable_names = st.from_regex(r"[A-Z][A-Z_]{0,8}", fullmatch=True)


def declare(name: st.SearchStrategy[str], value: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    def make(name: str, value: str, is_secret: bool, is_required: bool, description: str) -> dict[str, Any]:
        return {
            "name": name,
            "value": "" if is_secret else value,
            "is_secret": is_secret,
            "is_required": is_required,
            "description": description,
        }

    return st.builds(make, name, value, st.booleans(), st.booleans(), lines)


packages = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just("npm"),
            "identifier": st.sampled_from(["@scope/server", "server-x"]),
            "version": st.sampled_from(["1.2.3", "", "latest", "^1.0.0"]),
            "entry_point": st.sampled_from(["", "other"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("pypi"),
            "identifier": st.sampled_from(["mcp-server-x", "Server.Y"]),
            "version": st.sampled_from(["1.2.3", "", "2026.1.1"]),
            "entry_point": st.sampled_from(["", "other"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("oci"),
            "identifier": st.sampled_from(["mcp/time", "ghcr.example:5000/a/b_c"]),
            "version": st.sampled_from(["sha256:" + "a1" * 32, "", "1.0"]),
        }
    ),
)


def unique(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({item["name"].lower(): item for item in items}.values())


common = {
    "name": names,
    "title": lines.map(lambda line: line[:100].strip()),
    "description": kept_texts,
    "timeout_ms": st.none() | st.integers(1, 60_000),
    "config_schema": st.dictionaries(kept_texts, kept_texts | st.integers(0, 9), max_size=2),
    "website": st.sampled_from(["", "https://example.com/a?b=c"]),
    "repository": st.sampled_from(["", "https://example.com/r"]),
    "publisher": st.sampled_from(["", "io.example", "Somebody & sons: #1"]),
    "client_capabilities": st.sampled_from([[], ["roots"], ["roots", "sampling"]]),
}
environments = st.lists(declare(variable_names, kept_texts), max_size=3).map(unique)
packaged = st.fixed_dictionaries(
    {
        **common,
        "package": packages,
        "arguments": st.lists(kept_texts, max_size=3),
        "environment": environments,
        "working_directory": st.sampled_from(["", "/srv/a b"]),
    }
)
programs = st.fixed_dictionaries(
    {
        **common,
        "program": st.sampled_from(["/usr/bin/python3", "/opt/a b/server"]),
        "arguments": st.lists(kept_texts, max_size=3),
        "environment": environments,
    }
)
remotes = st.fixed_dictionaries(
    {
        **common,
        "transport": st.sampled_from(["streamable-http", "sse"]),
        "url": st.sampled_from(["https://mcp.example.com/a", "https://mcp.example.com/?a=b&c=%7B"]),
        "headers": st.lists(declare(names, lines), max_size=3).map(unique),
    }
)
contents = (packaged | programs | remotes).map(McpServerContent.read)
