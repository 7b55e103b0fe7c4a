"""What a release holds of approved servers: references for secrets, texts for all that somebody wrote."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from configs.content import ConfigSet, EngineDefaultsContent
from configs.opencode.problems import has_errors
from configs.opencode.tree import render_tree
from mcp_servers.content import EnvironmentVariable, Header, McpServerContent, Package
from releases.config_agent.countersign_config_agent import RELEASE_PATH, SECRET_NAME
from releases.mcp_part import LAUNCHER, LAUNCHER_SOURCE, ReleasedServer, list_servers_of, render_servers

pytestmark = pytest.mark.pure

LOCAL = ReleasedServer(
    McpServerContent(
        name="time",
        package=Package(kind="pypi", identifier="mcp-server-time", version="2026.10.19"),
        environment=(
            EnvironmentVariable(name="TOKEN", is_secret=True, is_required=True),
            EnvironmentVariable(name="ZONE", value="{env:OPENCODE_SERVER_PASSWORD}"),
        ),
    ),
    ("/srv/mcp/bin/python", "-m", "server", "a\nb: {file:/etc/passwd}"),
    ("convert_time",),
    "approval-of-time",
)
REMOTE = ReleasedServer(
    McpServerContent(
        name="tickets",
        transport="streamable-http",
        url="https://tickets.example/mcp",
        headers=(
            Header(name="Authorization", is_secret=True, is_required=True),
            Header(name="X-Team", value="{env:OPENCODE_SERVER_PASSWORD}"),
        ),
        timeout_ms=5000,
    ),
    (),
    (),
)


def render(*servers: ReleasedServer) -> dict[str, str]:
    part = render_servers(servers)
    tree = render_tree(ConfigSet(), EngineDefaultsContent(), mcp=part.config, mcp_tools=part.tools)
    assert not has_errors([*tree.problems, *part.problems])
    return {**{file.path: file.text for file in tree.files}, **dict(part.files)}


def test_servers_are_rendered_as_references_to_launcher_and_secrets() -> None:
    files = render(REMOTE, LOCAL)
    config = json.loads(files["opencode.json"])
    assert config["mcp"] == {
        "tickets": {
            "type": "remote",
            "url": "https://tickets.example/mcp",
            "headers": {
                "Authorization": "{file:./mcp-secrets/tickets.header.Authorization}",
                "X-Team": "{env:OPENCODE_SERVER_PASSWORD}",
            },
            "oauth": False,
            "enabled": True,
            "timeout": 5000,
        },
        "time": {
            "type": "local",
            "command": ["/usr/bin/env", "python3", "-I", "{env:OPENCODE_CONFIG_DIR}/mcp/launch.py", "time"],
            "enabled": True,
            "timeout": 30000,
        },
    }
    # A text that somebody wrote is escaped, so that the engine does not put its own secrets in.
    assert "{env:OPENCODE_SERVER_PASSWORD}" not in files["opencode.json"]
    assert json.loads(files["mcp/time.json"]) == {
        "approval": "approval-of-time",
        "command": ["/srv/mcp/bin/python", "-m", "server", "a\nb: {file:/etc/passwd}"],
        "working_directory": "",
        "environment": {"ZONE": "{env:OPENCODE_SERVER_PASSWORD}"},
        "secrets": {"TOKEN": True},
    }
    assert files[LAUNCHER] == LAUNCHER_SOURCE.read_text()
    assert sorted(files) == ["mcp/launch.py", "mcp/tickets.json", "mcp/time.json", "opencode.json"]
    assert list_servers_of(tuple(files.items())) == ["tickets", "time"]


def test_the_same_servers_give_the_same_bytes() -> None:
    assert render(LOCAL, REMOTE) == render(REMOTE, LOCAL)


def test_without_servers_nothing_is_added() -> None:
    assert sorted(render()) == ["opencode.json"]


def test_only_what_is_switched_on_is_left_to_the_agents() -> None:
    permission = json.loads(render(LOCAL, REMOTE)["opencode.json"])["permission"]
    assert permission == {"*": "ask", "tickets_*": "deny", "time_*": "deny", "time_convert_time": "ask"}


def test_another_approval_of_the_same_thing_makes_another_release() -> None:
    again = replace(LOCAL, approval="another-approval")
    assert render(LOCAL) != render(again)


def test_what_was_approved_without_a_list_is_asked_about_tool_by_tool() -> None:
    permission = json.loads(render(replace(LOCAL, tools=None))["opencode.json"])["permission"]
    assert permission == {"*": "ask"}


@pytest.mark.parametrize(
    ("server", "sentence"),
    [
        (replace(LOCAL, content=replace(LOCAL.content, name="plan")), "plan_enter"),
        (replace(LOCAL, argv=()), "absolute path"),
        (replace(LOCAL, argv=("python3", "-m", "server")), "absolute path"),
    ],
    ids=["permission", "nothing", "relative"],
)
def test_what_can_not_be_said_to_the_engine_is_left_out_and_told(
    server: ReleasedServer, sentence: str
) -> None:
    part = render_servers([server, REMOTE])
    assert (list(part.config), list(part.tools)) == (["tickets"], ["tickets"])
    assert [sentence in problem.sentence for problem in part.problems] == [True]


def test_every_path_of_it_is_one_that_a_folder_takes() -> None:
    assert all(RELEASE_PATH.fullmatch(path) for path in render(LOCAL, REMOTE))
    assert SECRET_NAME.fullmatch("tickets.header.Authorization")
    refused = ["mcp/../launch.py", "mcp/x/y.json", "mcp/x.py", "mcp/.json", "mcp/A.json", "mcp/launch.py/x"]
    assert [path for path in refused if RELEASE_PATH.fullmatch(path)] == []
