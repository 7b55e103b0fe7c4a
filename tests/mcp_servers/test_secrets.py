"""Secrets of MCP servers: written, never read back but by an admin who says who they are; and audited."""

from __future__ import annotations

import pytest

from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team, User
from accounts.principal import Principal
from events.actors import Door
from events.errors import Conflict, Invalid, NotFound, Refused
from events.models import AuditEntry, Event
from mcp_servers.domain.secrets import clear_secret, open_secrets, reveal_secret, set_secret
from mcp_servers.models import McpRequest, McpSecret, McpServer
from reviews.models import Review
from tests.factories import make_owner, make_principal, make_service, make_team, make_user
from tests.mcp_servers.make import (
    approve,
    ask,
    make_content,
    make_remote_content,
    make_server,
    with_secret,
    work,
)

pytestmark = pytest.mark.django_db

VALUE = "sesame-open-1234"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def server(team: Team, approver: User) -> McpServer:
    content = with_secret(make_content("clock"))
    return make_server(team, content, approver=approver, secrets={"API_TOKEN": VALUE})


def set_value(user: User, server: McpServer, value: str = VALUE, **values: str) -> McpSecret:
    asked = {"kind": "env", "name": "API_TOKEN", **values}
    return set_secret(principal=make_principal(user), server_id=server.pk, value=value, **asked)


def test_a_value_is_sealed_and_shown_by_its_last_four(server: McpServer) -> None:
    secret = McpSecret.objects.get()
    assert (secret.last_four, secret.masked, secret.request) == ("1234", "…1234", None)
    assert VALUE not in secret.value
    assert open_secrets(server=server) == {("env", "API_TOKEN"): VALUE}


@pytest.mark.parametrize(
    ("value", "shown"),
    [("short", ""), ("12345678", "5678"), ("longer-\x07-\x07\x07", "")],
    ids=["short", "long", "unprintable"],
)
def test_of_a_short_value_nothing_is_shown(server: McpServer, approver: User, value: str, shown: str) -> None:
    assert set_value(approver, server, value).last_four == shown


def test_the_log_the_review_and_the_content_never_hold_a_value(server: McpServer, approver: User) -> None:
    set_value(approver, server, "another-value-9876")
    reveal_secret(
        principal=make_principal(make_user(server.team, Role.ADMIN)), secret_id=McpSecret.objects.get().pk
    )
    kept = [
        *AuditEntry.objects.values_list("text"),
        *Event.objects.values_list("words"),
        *Review.objects.values_list("content", "base"),
        *McpRequest.objects.values_list("content", "bound"),
    ]
    for value in (VALUE, "another-value-9876"):
        assert value not in str(kept)


def test_only_an_admin_with_a_recent_login_reads_a_value_and_that_is_audited(
    server: McpServer, approver: User
) -> None:
    """Every login could read them in the earlier implementation."""
    secret = McpSecret.objects.get()
    admin = make_user(server.team, Role.ADMIN)
    service = make_service(admin, server.team)
    scopes = list(Scope.values)
    refused = [
        make_principal(approver),
        make_principal(make_user(server.team, Role.EDITOR)),
        make_principal(make_user(server.team, Role.VIEWER)),
        make_principal(make_owner()),
        Principal(service, Door.API, ApiToken(user=service, scopes=scopes)),
        Principal(admin, Door.API, ApiToken(user=admin, scopes=scopes)),
        Principal(admin, Door.ADMIN),
    ]
    for principal in refused:
        with pytest.raises(Refused):
            reveal_secret(principal=principal, secret_id=secret.pk)
    with pytest.raises(NotFound):
        reveal_secret(principal=make_principal(make_user(make_team(), Role.ADMIN)), secret_id=secret.pk)
    assert AuditEntry.objects.filter(verb="mcp_secret.reveal").count() == 0
    assert reveal_secret(principal=make_principal(admin), secret_id=secret.pk) == VALUE
    entry = AuditEntry.objects.get(verb="mcp_secret.reveal")
    assert (entry.actor_id, entry.subject_id, entry.after["name"]) == (admin.pk, server.pk, "API_TOKEN")


def test_editors_and_above_write_them_and_nobody_else(server: McpServer, approver: User) -> None:
    service = make_service(approver, server.team)
    for user in (make_user(server.team, Role.VIEWER), make_owner()):
        with pytest.raises(Refused):
            set_value(user, server)
    everything = ApiToken(user=service, scopes=list(Scope.values))
    with pytest.raises(Refused):
        set_secret(
            principal=Principal(service, Door.MCP, everything),
            server_id=server.pk,
            kind="env",
            name="API_TOKEN",
            value="x",
        )
    assert set_value(make_user(server.team, Role.EDITOR), server, "newer-value").last_four == "alue"
    with pytest.raises(Refused):
        clear_secret(
            principal=make_principal(make_user(server.team, Role.VIEWER)),
            secret_id=McpSecret.objects.get().pk,
        )
    clear_secret(principal=make_principal(approver), secret_id=McpSecret.objects.get().pk)
    assert (McpSecret.objects.count(), open_secrets(server=server)) == (0, {})


def test_only_what_is_declared_has_a_value(server: McpServer, approver: User) -> None:
    wrong = [{"name": "PATH"}, {"kind": "header"}, {"name": "API_TOKEN\nLD_PRELOAD=/x"}]
    for values in wrong:
        with pytest.raises(Invalid):
            set_value(approver, server, **values)


@pytest.mark.parametrize(
    "value", ["", "x" * 40_000, "nul\x00byte", "\ud800"], ids=["empty", "long", "nul", "half"]
)
def test_what_can_not_be_kept_is_refused_without_saying_it(
    server: McpServer, approver: User, value: str
) -> None:
    with pytest.raises(Invalid) as caught:
        set_value(approver, server, value)
    assert not value or value not in str(caught.value)


def test_a_header_is_one_line(team: Team, approver: User) -> None:
    content = with_secret(make_remote_content(), "Authorization")
    with pytest.raises(Invalid):
        ask(team, content, secrets={"Authorization": "Bearer x\r\nX-Evil: 1"})


def test_values_of_a_request_reach_nothing_before_it_is_approved(
    team: Team, server: McpServer, approver: User
) -> None:
    """Else whoever may ask could swap the secret under a server that runs."""
    content = with_secret(make_content("clock", timeout_ms=5))
    request = ask(team, content, secrets={"API_TOKEN": "from-the-request"})
    assert open_secrets(server=server) == {("env", "API_TOKEN"): VALUE}
    assert open_secrets(server=server, request=request) == {("env", "API_TOKEN"): "from-the-request"}
    approve(work(request), approver)
    server = McpServer.objects.select_related("approval__request").get()
    assert open_secrets(server=server) == {("env", "API_TOKEN"): "from-the-request"}
    assert McpSecret.objects.count() == 1


def test_a_value_stays_where_the_new_request_brings_none(
    team: Team, server: McpServer, approver: User
) -> None:
    approve(work(ask(team, with_secret(make_content("clock", timeout_ms=5)))), approver)
    server = McpServer.objects.select_related("approval__request").get()
    assert open_secrets(server=server) == {("env", "API_TOKEN"): VALUE}


def test_what_nothing_declares_any_more_is_forgotten(team: Team, server: McpServer, approver: User) -> None:
    approve(work(ask(team, make_content("clock"))), approver)
    assert McpSecret.objects.count() == 0


def test_a_required_value_is_there_before_it_is_approved(team: Team, approver: User) -> None:
    request = work(ask(team, with_secret(make_content("clock"), is_required=True)))
    with pytest.raises(Conflict, match="API_TOKEN"):
        approve(request, approver)
    set_value(make_user(team, Role.EDITOR), request.server)
    assert McpSecret.objects.get().request_id == request.pk
    assert approve(request, approver).is_decided


def test_a_persons_value_for_the_open_request_is_said_by_its_id(
    team: Team, server: McpServer, approver: User
) -> None:
    request = ask(team, with_secret(make_content("clock", timeout_ms=5)))
    set_value(approver, server, "for-the-request", request_id=request.pk)
    set_value(approver, server, "for-what-runs")
    assert open_secrets(server=server) == {("env", "API_TOKEN"): "for-what-runs"}
    assert open_secrets(server=server, request=request) == {("env", "API_TOKEN"): "for-the-request"}
    with pytest.raises(Conflict):
        set_value(approver, server, request_id="0" * 15)


def test_one_servers_values_never_reach_another(team: Team, server: McpServer) -> None:
    other = make_server(team, with_secret(make_content("other")))
    assert open_secrets(server=other) == {}
