"""Asking for an MCP server in the admin: the form, its rows and secrets, and the import that fills it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.enums import Role
from accounts.models import Team, User
from mcp_servers.admin.request_form import read_arguments, write_arguments
from mcp_servers.content import EnvironmentVariable, Header, Package
from mcp_servers.models import McpRequest, McpSecret
from tests.admin.doors import address, enter, messages_of, read
from tests.admin.filled_forms import read_form
from tests.factories import make_owner, make_team, make_user
from tests.mcp_servers.make import make_content, make_server, with_secret

pytestmark = pytest.mark.django_db

MODEL = "mcp_servers_mcpserver"
ADD, IMPORT = address(MODEL, "add"), address(MODEL, "import")
WORTH = "s3cr3t-value-9876"


@pytest.fixture
def team() -> Team:
    team = make_team()
    make_user(team, Role.APPROVER)
    return team


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def client(editor: User) -> Client:
    return enter(editor)


def fill(client: Client, page: str = ADD, /, **values: Any) -> dict[str, Any]:
    """The form as it stands, with something typed in; then asked for."""
    return {**read_form(client.get(page).content.decode(), "request-form"), "act": "request", **values}


def package_of(**values: Any) -> dict[str, Any]:
    return {
        "name": "clock",
        "way": "package",
        "package_kind": "pypi",
        "identifier": "mcp-server-time",
        "version": "2026.10.19",
        "reason": "We **need** it.",
        **values,
    }


def row(prefix: str, name: str, *, value: str = "", secret: str = "") -> dict[str, Any]:
    return {
        f"{prefix}_name": [name],
        f"{prefix}_kind": ["secret" if secret else "value"],
        f"{prefix}_value": [value],
        f"{prefix}_secret": [secret],
        f"{prefix}_description": ["What for"],
        f"{prefix}_required": ["yes"],
    }


def test_a_package_is_asked_for(client: Client, team: Team, editor: User) -> None:
    typed = package_of(arguments="--zone\r\nEurope/Berlin\r\n", timeout_ms="5000", valid_days="30")
    response = client.post(ADD, fill(client, **typed, **row("environment", "TZ", value="UTC")))
    request = McpRequest.objects.select_related("server").get()
    assert (response.status_code, response.headers["Location"]) == (
        302,
        address(MODEL, "change", request.server_id),
    )
    content = request.read_content()
    assert (content.name, content.package, content.arguments, content.timeout_ms) == (
        "clock",
        Package(kind="pypi", identifier="mcp-server-time", version="2026.10.19"),
        ("--zone", "Europe/Berlin"),
        5000,
    )
    assert content.environment == (
        EnvironmentVariable(name="TZ", value="UTC", is_required=True, description="What for"),
    )
    assert (request.source, request.reason, request.valid_days) == ("form", "We **need** it.", 30)
    assert (request.requested_by_id, request.server.team_id) == (editor.pk, team.pk)


def test_a_program_and_a_remote_server_are_asked_for(client: Client) -> None:
    client.post(ADD, fill(client, **package_of(name="one", way="program", program="/usr/bin/server")))
    typed = package_of(name="two", way="remote", transport="sse", url="https://mcp.example.com/sse")
    answer = client.post(ADD, fill(client, **typed, **row("header", "Authorization", secret=WORTH)))
    assert answer.status_code == 302
    found = {row.server.name: row.read_content() for row in McpRequest.objects.select_related("server")}
    assert (found["one"].program, found["one"].package) == ("/usr/bin/server", None)
    assert (found["two"].transport, found["two"].url, found["two"].package) == (
        "sse",
        "https://mcp.example.com/sse",
        None,
    )
    assert found["two"].headers == (
        Header(name="Authorization", is_secret=True, is_required=True, description="What for"),
    )


def test_a_secret_is_stored_apart_and_never_shown_again(client: Client) -> None:
    typed = {**package_of(), **row("environment", "API_TOKEN", secret=WORTH)}
    again = client.post(ADD, fill(client, **{**typed, "act": "environment:add"}))
    assert (again.status_code, WORTH in again.content.decode()) == (200, False)
    assert "Type them once more: API_TOKEN" in read(again).text
    refused = client.post(ADD, fill(client, **{**typed, "name": "Not A Name"}))
    assert (refused.status_code, WORTH in refused.content.decode()) == (400, False)
    client.post(ADD, fill(client, **typed))
    secret = McpSecret.objects.get()
    assert (secret.name, secret.last_four, secret.kind) == ("API_TOKEN", "9876", "env")
    assert WORTH not in json.dumps(McpRequest.objects.get().content)


def test_a_value_in_the_wrong_field_is_refused(client: Client) -> None:
    typed = {**package_of(), **row("environment", "TZ", value="UTC")}
    typed["environment_secret"] = [WORTH]
    answer = client.post(ADD, fill(client, **typed))
    assert answer.status_code == 400
    assert "say whether it is a plain value or a secret" in read(answer).text
    assert WORTH not in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "UPPER"}, "use a-z, 0-9 and -"),
        ({"identifier": "../../etc"}, "this is no name of a pypi package"),
        ({"way": "program"}, "needs a package, or a program"),
        ({"way": "program", "program": "server"}, "absolute path"),
        ({"way": "remote"}, "a remote server has an address"),
        ({"reason": ""}, "This field is required."),
        ({"timeout_ms": "0"}, "greater than or equal to 1"),
        ({"arguments": "[1"}, "arguments"),
        ({"arguments": "--key\nghp_abcdefghijklmnopqrstuvwxyz0123456789"}, "literal secret"),
    ],
    ids=["none", "upper", "path", "no-program", "relative", "no-url", "no-reason", "zero", "json", "literal"],
)
def test_what_can_not_be_kept_is_refused_beside_its_field(
    client: Client, typed: dict[str, str], words: str
) -> None:
    answer = client.post(ADD, fill(client, **package_of(**typed)))
    assert (answer.status_code, McpRequest.objects.count()) == (400, 0)
    assert words.lower() in read(answer).text.lower()


def test_a_rows_button_asks_for_nothing(client: Client) -> None:
    answer = client.post(ADD, fill(client, **package_of(act="environment:add")))
    assert (answer.status_code, McpRequest.objects.count()) == (200, 0)
    assert len(read(answer).find("input", name="environment_name")) == 2


def test_exactly_what_is_approved_is_led_to(client: Client, team: Team, editor: User) -> None:
    approver = make_user(team, Role.APPROVER)
    content = make_content("clock", description="")
    server = make_server(team, content, approver=approver, requester=editor)
    answer = client.post(ADD, fill(client, **package_of()))
    assert answer.status_code == 409
    page = read(answer)
    assert "Exactly this is approved already." in page.text
    assert page.find("a", href=address(MODEL, "change", server.pk)) != []


def test_a_change_begins_with_what_is_approved(client: Client, team: Team, editor: User) -> None:
    approver = make_user(team, Role.APPROVER)
    content = with_secret(make_content("clock", arguments=("two\nlines", "--x")))
    server = make_server(team, content, approver=approver, requester=editor, secrets={"API_TOKEN": WORTH})
    url = f"{ADD}?from={server.pk}"
    assert WORTH not in client.get(url).content.decode()
    client.post(url, fill(client, url, version="2026.11.1", reason="Newer."))
    request = McpRequest.objects.get(number=2)
    asked = request.read_content()
    assert asked.package == Package(kind="pypi", identifier="mcp-server-time", version="2026.11.1")
    assert (asked.arguments, asked.secret_names) == (content.arguments, content.secret_names)
    server.refresh_from_db()
    assert server.approval is not None
    assert server.approval.read_content() == content


@pytest.mark.parametrize(
    "arguments",
    [(), ("--a", "b c"), ("two\nlines",), ("[1]",), ("", "x"), ("  ",)],
    ids=["none", "plain", "lines", "bracket", "empty", "blank"],
)
def test_arguments_are_written_so_that_they_are_read_the_same(arguments: tuple[str, ...]) -> None:
    assert tuple(read_arguments(write_arguments(arguments))) == arguments


def test_who_only_reads_does_not_ask(team: Team) -> None:
    reader = enter(make_user(team, Role.VIEWER))
    assert [reader.get(url).status_code for url in (ADD, IMPORT)] == [403, 403]
    assert [reader.post(url, package_of()).status_code for url in (ADD, IMPORT)] == [403, 403]
    assert read(reader.get(address(MODEL, "changelist"))).find("a", href=ADD) == []


def test_nobody_asks_for_a_team_of_others(team: Team, client: Client) -> None:
    other = make_team()
    make_user(other, Role.APPROVER)
    answer = client.post(ADD, {**fill(client, **package_of()), "team": other.pk})
    assert (answer.status_code, McpRequest.objects.count()) == (400, 0)
    owner = enter(make_owner())
    assert owner.get(ADD).status_code == 403


def test_where_nobody_could_approve_it_is_said_at_once() -> None:
    lonely = make_team()
    client = enter(make_user(lonely, Role.ADMIN))
    answer = client.post(ADD, fill(client, **package_of()))
    assert (answer.status_code, McpRequest.objects.count()) == (409, 0)
    assert "Nobody could approve this" in read(answer).text


# Import --------------------------------------------------------------------------------------------------

OPENCODE = {
    "mcp": {
        "git": {
            "type": "local",
            "command": ["uvx", "mcp-server-git==2026.10.19", "--repository", "/srv/shop"],
            "environment": {"GIT_TOKEN": "ghp_abcdefghijklmnopqrstuvwxyz0123456789"},
            "enabled": True,
        }
    }
}
CLAUDE = {
    "mcpServers": {
        "one": {"command": "uvx", "args": ["mcp-server-time==2026.10.19"]},
        "two": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-memory@2026.8.31"]},
    }
}


def test_an_entry_fills_the_form_without_its_secrets(client: Client) -> None:
    answer = client.post(IMPORT, {"text": json.dumps(OPENCODE)})
    page = read(answer)
    assert (answer.status_code, "ghp_abcdef" in page.html) == (200, False)
    assert "Values of secrets were not taken over. Type them below: GIT_TOKEN" in page.text
    values = read_form(page.html, "request-form")
    shown = {name: values[name] for name in ("name", "identifier", "version", "arguments", "source")}
    assert shown == {
        "name": ["git"],
        "identifier": ["mcp-server-git"],
        "version": ["2026.10.19"],
        "arguments": ["--repository\n/srv/shop"],
        "source": ["import"],
    }
    typed = {"act": "request", "reason": "For the shop.", "environment_secret": [WORTH]}
    client.post(ADD, {**values, **typed})
    request = McpRequest.objects.get()
    assert (request.source, request.catalog != "") == ("import", True)
    assert request.read_content().secret_names == (("env", "GIT_TOKEN"),)
    assert McpSecret.objects.get().last_four == "9876"


def test_of_several_servers_one_is_chosen(client: Client) -> None:
    file = SimpleUploadedFile("servers.json", json.dumps(CLAUDE).encode())
    page = read(client.post(IMPORT, {"file": file}))
    assert "There are 2 servers in it." in page.text
    carried = [field["value"] for field in page.find("input", name="carried")]
    assert len(carried) == 2
    chosen = client.post(IMPORT, {"carried": carried[1], "catalog": "servers.json"})
    values = read_form(chosen.content.decode(), "request-form")
    assert (values["name"], values["identifier"], values["package_kind"]) == (
        ["two"],
        ["@modelcontextprotocol/server-memory"],
        ["npm"],
    )


@pytest.mark.parametrize(
    "typed",
    [{}, {"text": "not json: ["}, {"text": "{}"}, {"carried": "x"}, {"carried": "e30="}, {"format": "x"}],
    ids=["nothing", "broken", "empty", "nonsense", "no-content", "no-text"],
)
def test_what_is_no_entry_is_said_so(client: Client, typed: dict[str, str]) -> None:
    answer = client.post(IMPORT, typed)
    assert (answer.status_code, "errornote" in answer.content.decode()) == (400, True)


def test_a_file_that_is_no_text_is_refused(client: Client) -> None:
    answer = client.post(IMPORT, {"file": SimpleUploadedFile("x.json", b"\xff\xfe\x00")})
    assert (answer.status_code, "This file is no text." in read(answer).text) == (400, True)


# Export --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["registry", "opencode", "claude", "docker"])
def test_what_is_approved_is_exported_without_secrets(
    client: Client, team: Team, editor: User, name: str
) -> None:
    approver = make_user(team, Role.APPROVER)
    digest = f"sha256:{'ab' * 32}"
    image = (
        {"package": Package(kind="oci", identifier="mcp/time", version=digest)} if name == "docker" else {}
    )
    content = with_secret(make_content("clock", description="Tells the time.", **image))
    server = make_server(team, content, approver=approver, requester=editor, secrets={"API_TOKEN": WORTH})
    answer = client.get(address(MODEL, "export", server.pk), {"format": name})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/octet-stream")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert WORTH.encode() not in answer.content
    assert client.get(address(MODEL, "export", server.pk), {"format": "x"}).status_code == 404
    assert client.post(address(MODEL, "export", server.pk)).status_code == 405


def test_what_a_format_can_not_hold_is_said(client: Client, team: Team, editor: User) -> None:
    server = make_server(team, approver=make_user(team, Role.APPROVER), requester=editor)
    url = address(MODEL, "export", server.pk)
    answer = client.get(url, {"format": "docker"})
    assert (answer.status_code, answer.headers["Location"]) == (302, address(MODEL, "change", server.pk))
    assert messages_of(answer) == ["A catalogue of Docker runs images; this server is none."]
