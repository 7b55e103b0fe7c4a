"""What each format's files become, and what a hostile one does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from configs.formats.drafts import Fate
from configs.formats.limits import FormatError
from mcp_servers.content import EnvironmentVariable, Header, McpServerContent, Package
from mcp_servers.formats.entries import read_entry, write_entry
from mcp_servers.formats.imported import ImportedServer

pytestmark = pytest.mark.pure

TOKEN = "ghp_" + "a1B2" * 9
DIGEST = "sha256:" + "0f" * 32

REGISTRY = {
    "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
    "name": "io.github.someone/Weather_Service",
    "title": "Weather",
    "description": "Forecasts",
    "version": "1.0.2",
    "websiteUrl": "https://example.com/weather",
    "repository": {"url": "https://github.com/someone/weather", "source": "github"},
    "packages": [
        {
            "registryType": "npm",
            "identifier": "@someone/weather-mcp",
            "version": "1.0.2",
            "runtimeHint": "npx",
            "runtimeArguments": [{"type": "positional", "value": "--unsafe"}],
            "packageArguments": [
                {"type": "positional", "value": "stdio", "valueHint": "mode"},
                {"type": "named", "name": "--units", "default": "metric"},
                {"type": "named", "name": "--verbose"},
                {"type": "positional", "valueHint": "city"},
                {"type": "named", "name": "--key", "value": "x", "isSecret": True},
            ],
            "environmentVariables": [
                {"name": "WEATHER_API_KEY", "isRequired": True, "isSecret": True, "description": "The key"},
                {"name": "LANGUAGE", "default": "en"},
            ],
            "transport": {"type": "stdio"},
        }
    ],
    "remotes": [
        {
            "type": "streamable-http",
            "url": "https://{region}.weather.example.com/mcp",
            "variables": {"region": {"default": "eu"}},
            "headers": [{"name": "X-Key", "isSecret": True, "isRequired": True}],
        }
    ],
}


def read_one(document: Any) -> ImportedServer:
    [server] = read_entry(document if isinstance(document, str) else json.dumps(document)).servers
    return server


def test_a_registry_file_offers_its_package_and_its_remote() -> None:
    read = read_entry(json.dumps(REGISTRY))
    common: dict[str, Any] = {
        "name": "weather-service",
        "title": "Weather",
        "description": "Forecasts",
        "website": "https://example.com/weather",
        "repository": "https://github.com/someone/weather",
        "publisher": "io.github.someone",
    }
    package = McpServerContent(
        **common,
        package=Package(kind="npm", identifier="@someone/weather-mcp", version="1.0.2", runtime_hint="npx"),
        arguments=("stdio", "--units=metric", "--verbose"),
        environment=(
            EnvironmentVariable(name="LANGUAGE", value="en"),
            EnvironmentVariable(
                name="WEATHER_API_KEY", is_secret=True, is_required=True, description="The key"
            ),
        ),
    )
    remote = McpServerContent(
        **common,
        transport="streamable-http",
        url="https://eu.weather.example.com/mcp",
        headers=(Header(name="X-Key", is_secret=True, is_required=True),),
    )
    assert [server.content for server in read.servers] == [package, remote]
    assert read.format == "registry"
    assert [finding.key for finding in read.findings if finding.fate is Fate.RISKY] == [
        "name",
        "packages.0.packageArguments.3",
        "packages.0.packageArguments.4",
    ]


def test_an_older_registry_file_is_read_by_the_other_case_of_its_keys() -> None:
    old = {
        "name": "io.github.someone/weather",
        "description": "Forecasts",
        "status": "active",
        "version": "1.0.2",
        "packages": [
            {
                "registry_type": "pypi",
                "registry_base_url": "https://packages.example.com",
                "identifier": "weather-mcp",
                "version": "1.0.2",
                "runtime_hint": "uvx",
                "transport": {"type": "stdio"},
                "package_arguments": [{"type": "positional", "value": "run", "value_hint": "x"}],
                "environment_variables": [{"name": "KEY_OF_MINE", "is_required": True, "is_secret": True}],
            }
        ],
    }
    assert read_one(old).content == McpServerContent(
        name="weather",
        description="Forecasts",
        publisher="io.github.someone",
        package=Package(
            kind="pypi",
            identifier="weather-mcp",
            version="1.0.2",
            registry="https://packages.example.com",
            runtime_hint="uvx",
        ),
        arguments=("run",),
        environment=(EnvironmentVariable(name="KEY_OF_MINE", is_secret=True, is_required=True),),
    )


def test_an_answer_of_the_registry_is_read_as_what_it_wraps() -> None:
    wrapped = {"servers": [{"server": REGISTRY, "_meta": {"x": 1}}]}
    assert read_entry(json.dumps(wrapped)).servers == read_entry(json.dumps(REGISTRY)).servers


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {"type": "local", "command": ["npx", "-y", "@scope/pkg@1.2.3", "--flag", "a b"], "enabled": True},
            McpServerContent(
                name="x",
                package=Package(kind="npm", identifier="@scope/pkg", version="1.2.3"),
                arguments=("--flag", "a b"),
            ),
        ),
        (
            {"type": "local", "command": ["uvx", "--from", "pkg==2.0", "prog"], "timeout": 5000},
            McpServerContent(
                name="x",
                package=Package(kind="pypi", identifier="pkg", version="2.0", entry_point="prog"),
                timeout_ms=5000,
            ),
        ),
        (
            {
                "type": "local",
                "command": ["docker", "run", "-i", "--rm", "-e", "TOKEN", f"mcp/x@{DIGEST}", "a"],
            },
            McpServerContent(
                name="x",
                package=Package(kind="oci", identifier="mcp/x", version=DIGEST),
                arguments=("a",),
                environment=(EnvironmentVariable(name="TOKEN"),),
            ),
        ),
        (
            {"type": "local", "command": ["/usr/bin/node", "/srv/x.js"], "cwd": "/srv"},
            McpServerContent(
                name="x", program="/usr/bin/node", arguments=("/srv/x.js",), working_directory="/srv"
            ),
        ),
        (
            {"type": "remote", "url": "https://a.example.com/mcp", "headers": {"X-A": "b"}, "oauth": False},
            McpServerContent(
                name="x",
                transport="streamable-http",
                url="https://a.example.com/mcp",
                headers=(Header(name="X-A", value="b"),),
            ),
        ),
    ],
)
def test_an_entry_of_the_engine_becomes_the_package_behind_its_launcher(
    entry: dict[str, Any], expected: McpServerContent
) -> None:
    assert read_one({"mcp": {"x": entry}}).content == expected


def test_an_entry_of_claude_keeps_its_references_and_its_secrets_apart() -> None:
    entry = {
        "command": "npx",
        "args": ["-y", "pkg@1.0.0"],
        "env": {"A_TOKEN": TOKEN, "B_TOKEN": "${B}", "C": "plain", "D": "{env:D}", "PASSWORD": "hunter2"},
    }
    read = read_entry(json.dumps({"mcpServers": {"x": entry}}))
    [server] = read.servers
    assert server == ImportedServer(
        McpServerContent(
            name="x",
            package=Package(kind="npm", identifier="pkg", version="1.0.0"),
            environment=(
                EnvironmentVariable(name="A_TOKEN", is_secret=True),
                EnvironmentVariable(name="B_TOKEN", is_secret=True),
                EnvironmentVariable(name="C", value="plain"),
                EnvironmentVariable(name="D", is_secret=True),
                EnvironmentVariable(name="PASSWORD", is_secret=True),
            ),
        ),
        {"A_TOKEN": TOKEN, "PASSWORD": "hunter2"},
    )
    said = f"{read.findings} {read!r} {server!r}"
    assert (TOKEN in said, "hunter2" in said) == (False, False)


def test_a_catalogue_of_docker_gives_images_and_remotes() -> None:
    text = f"""
version: 3
registry:
  time:
    title: Time
    description: Tells it
    type: server
    image: mcp/time@{DIGEST}
    command: [--utc]
    env:
      - {{name: ZONE, value: UTC}}
      - {{name: FILLED, value: "{{{{time.filled}}}}"}}
    secrets:
      - {{name: time.token, env: TIME_TOKEN}}
    volumes: ["/:/host"]
  far:
    type: remote
    remote:
      transport_type: sse
      url: https://far.example.com/sse
      headers: {{Authorization: "Bearer ${{T}}"}}
"""
    read = read_entry(text)
    assert [server.content for server in read.servers] == [
        McpServerContent(
            name="time",
            title="Time",
            description="Tells it",
            package=Package(kind="oci", identifier="mcp/time", version=DIGEST),
            arguments=("--utc",),
            environment=(
                EnvironmentVariable(name="FILLED"),
                EnvironmentVariable(name="TIME_TOKEN", is_secret=True),
                EnvironmentVariable(name="ZONE", value="UTC"),
            ),
        ),
        McpServerContent(
            name="far",
            transport="sse",
            url="https://far.example.com/sse",
            headers=(Header(name="Authorization", is_secret=True),),
        ),
    ]
    risky = [finding.key for finding in read.findings if finding.fate is Fate.RISKY]
    assert risky == ["registry.time.env.FILLED", "registry.time.volumes"]


def test_one_broken_entry_is_named_and_left_out() -> None:
    servers = {"good": {"command": "/usr/bin/python3", "args": ["/x.py"]}, "bad": {"command": "python"}}
    read = read_entry(json.dumps({"mcpServers": servers}))
    assert [server.content.name for server in read.servers] == ["good"]
    assert [finding.draft for finding in read.findings if finding.fate is Fate.RISKY] == ["bad"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"mcp": {"x": {"type": "local", "command": "npx -y pkg"}}}, "this is a list of texts"),
        ({"mcp": {"x": {"type": "local", "command": []}}}, "what is started is missing"),
        ({"mcp": {"x": {"type": "other"}}}, "this is local or remote"),
        ({"mcp": {"../../etc": {"type": "local", "command": ["/bin/x"]}}}, "is a path, not a name"),
        ({"mcp": {"a\nb/c": {"type": "local", "command": ["/bin/x"]}}}, "is a path, not a name"),
        ({"mcp": {"123": {"type": "local", "command": ["/bin/x"]}}}, "leaves nothing to make a name of"),
        ({"mcp": {"x": {"type": "local", "command": ["/bin/x"], "timeout": 0}}}, "timeout_ms"),
        ({"mcp": {"x": {"type": "remote", "url": "file:///etc/passwd"}}}, "begins with https"),
        ({"mcp": {"x": {"type": "remote", "url": "https://u:p@example.com/"}}}, "holds no login"),
        ({"mcpServers": {"x": {"command": "/bin/x", "args": [TOKEN]}}}, "literal secret"),
        ({"mcpServers": {"x": {"command": "npx", "args": ["-y"]}}}, "names no package"),
        (
            {"mcpServers": {"x": {"command": "npx", "args": ["git+https://a.example/x.git"]}}},
            "no name of a npm",
        ),
        ({"mcpServers": {"x": {"command": "uvx", "args": ["--from", "./here", "x"]}}}, "no name of a pypi"),
        ({"mcpServers": {"x": {"command": "docker", "args": ["run", "-Z", "a"]}}}, "can't be told"),
        (
            {"mcpServers": {"x": {"command": "/bin/x", "env": {"A=B": "c"}}}},
            "name of an environment variable",
        ),
        (
            {"mcpServers": {"x": {"command": "/bin/x", "env": {"A\nB": "c"}}}},
            "name of an environment variable",
        ),
        ({"mcpServers": {"x": {"command": "/bin/x", "env": {"A": ["c"]}}}}, "this is a text"),
        ({"mcpServers": {}}, "names no MCP server"),
        ({"registry": {"x": {"image": "Bad Image!"}}}, "no name of a oci package"),
        ({"registry": {"x": {"type": "server"}}}, "an image or a remote address is missing"),
        ({"hello": 1}, "can't be told what kind"),
        ({"mcp": {}, "mcpServers": {}}, "can't be told what kind"),
        ([1], "no map of settings"),
        pytest.param("a: &b 1\nc: *b", "anchors and aliases are not read", id="alias"),
        pytest.param("!!python/object/apply:os.system [x]", "tags are not read", id="tag"),
        pytest.param("mcpServers:\n  x: 1\n  x: 2", "stands twice", id="twice"),
        pytest.param("x" * (1024 * 1024 + 1), "more than 1,048,576 bytes", id="huge"),
        ({"mcp": {"x": {"type": "remote", "url": "https://a.example/\u0007"}}}, "control characters"),
    ],
)
def test_what_can_not_be_kept_is_refused_with_a_reason(document: Any, said: str) -> None:
    with pytest.raises(FormatError) as refused:
        read_one(document)
    assert said in str(refused.value)
    assert TOKEN not in str(refused.value)


def test_a_registry_file_that_breaks_the_schema_says_where() -> None:
    broken = {**REGISTRY, "description": "x" * 101, "remotes": []}
    findings = read_entry(json.dumps(broken)).findings
    assert [
        finding.sentence
        for finding in findings
        if finding.fate is Fate.RISKY and finding.key == "description"
    ] == ["It does not fit the schema of 2025-12-11: the rule maxLength is broken."]


@pytest.mark.parametrize("format_name", ["opencode", "claude", "docker", "registry"])
def test_an_export_holds_references_and_names_of_secrets_alone(format_name: str) -> None:
    content = McpServerContent.read(
        {
            "name": "x",
            "package": {"kind": "oci", "identifier": "mcp/x", "version": DIGEST},
            "environment": [{"name": "X_TOKEN", "is_secret": True}, {"name": "PLAIN", "value": "a"}],
        }
    )
    files = write_entry(content, format=format_name, tools=("one",)).files
    text = files[0].text
    expected = {
        "opencode": '"X_TOKEN": "{env:MCP_X__X_TOKEN}"',
        "claude": '"X_TOKEN": "${MCP_X__X_TOKEN}"',
        "docker": "env: X_TOKEN",
        "registry": '"isSecret": true',
    }
    assert expected[format_name] in text
    assert [file.path for file in files] == {
        "opencode": ["x.opencode.json"],
        "claude": ["x.mcp.json"],
        "docker": ["x.catalog.yaml", "registry.yaml"],
        "registry": ["x.server.json"],
    }[format_name]


def test_a_literal_that_reads_like_a_reference_is_none_to_the_engine() -> None:
    content = McpServerContent(
        name="x", program="/usr/bin/x", arguments=("{env:OPENCODE_SERVER_PASSWORD} and {file:/etc/passwd}",)
    )
    [file] = write_entry(content, format="opencode").files
    assert ("{env:" in file.text, "{file:" in file.text) == (False, False)
    assert json.loads(file.text)["mcp"]["x"]["command"] == ["/usr/bin/x", *content.arguments]


@pytest.mark.parametrize("format_name", ["claude", "docker"])
def test_a_literal_that_a_format_would_fill_in_is_not_written(format_name: str) -> None:
    content = McpServerContent(
        name="x", package=Package(kind="oci", identifier="a", version=DIGEST), arguments=("${HOME}",)
    )
    with pytest.raises(FormatError, match="fill in something of its own"):
        write_entry(content, format=format_name)


def test_an_approved_command_stands_in_the_export_as_it_is() -> None:
    content = McpServerContent(name="x", package=Package(kind="npm", identifier="a", version="1.0.0"))
    argv = ("/usr/bin/node", "/store/a/index.js")
    [file] = write_entry(content, format="opencode", argv=argv).files
    assert json.loads(file.text)["mcp"]["x"]["command"] == list(argv)


@pytest.mark.parametrize(
    "text",
    [
        "---\nname: helper\nmcpServers:\n  x:\n    command: npx\n    args: [-y, pkg@1.0.0]\n---\nBody\n",
        '{// a comment\n"mcpServers": {"x": {"command": "npx", "args": ["-y", "pkg@1.0.0",],},},}',
        '{"servers": {"x": {"type": "stdio", "command": "npx", "args": ["-y", "pkg@1.0.0"]}}}',
        '{"x": {"command": "npx", "args": ["-y", "pkg@1.0.0"]}}',
        '{"x": {"type": "local", "command": ["npm", "exec", "--", "pkg@1.0.0"]}}',
    ],
    ids=["a profile's front matter", "comments", "an editor's", "bare", "bare, the engine's"],
)
def test_the_same_server_is_read_from_what_people_have(text: str) -> None:
    package = Package(kind="npm", identifier="pkg", version="1.0.0")
    assert read_one(text) == ImportedServer(McpServerContent(name="x", package=package))
