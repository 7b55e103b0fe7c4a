"""Asking for MCP servers: who may, what becomes of it, and what never changes afterwards."""

from __future__ import annotations

import pytest

from mcp_servers.models import McpServer
from mcp_servers.queries import load_enabled
from tests.factories import make_team, make_user
from tests.mcp_servers.make import approve, ask, make_content, work

pytestmark = pytest.mark.django_db


def test_the_way_from_a_request_to_what_engines_may_run() -> None:
    team = make_team()
    approver = make_user(team)
    request = ask(team, make_content("clock"))
    assert (request.state, request.server.state, load_enabled(team)) == ("requested", "requested", ())
    work(request)
    request.refresh_from_db()
    assert (request.state, request.server.state) == ("needs_review", "needs_review")
    assert load_enabled(team) == ()
    outcome = approve(request, approver)
    assert outcome.is_decided
    server = McpServer.objects.get()
    assert (server.state, server.name, server.approved_by_id) == ("approved", "clock", approver.pk)
    [enabled] = load_enabled(team)
    assert (enabled.server, enabled.tools) == (server, ("convert", "now"))
    assert enabled.argv == ("/srv/store/bin/server",)
    assert enabled.content == make_content("clock")
