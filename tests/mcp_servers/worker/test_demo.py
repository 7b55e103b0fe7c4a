"""The demo's server is probed as it stands, and its one person may approve it."""

from __future__ import annotations

import pytest

from accounts.enums import Role, Scope
from accounts.models import ApiToken
from accounts.principal import Principal
from events.actors import Door
from mcp_servers.demo import seed_request
from mcp_servers.models import McpRequest, McpServer
from tests.factories import make_service, make_token, make_user
from tests.mcp_servers.make import approve
from tests.mcp_servers.worker.conftest import Site, working

pytestmark = pytest.mark.usefixtures("sandbox")


async def test_the_demos_server_waits_for_its_person(site: Site) -> None:
    def seed() -> McpRequest:
        agent = make_service(make_user(), site.team)
        make_token(agent, Scope.MCP_REQUEST)
        return seed_request(Principal(agent, Door.COMMAND, ApiToken.objects.get(user=agent)), site.team)

    def decide(request: McpRequest) -> McpServer:
        person = make_user(site.team, Role.ADMIN, is_superuser=True)
        approve(request, person)
        return McpServer.objects.select_related("approval").get(pk=request.server_id)

    async with working():
        request = await site.wait(await site.run(seed))
    checks = await site.list_checks(request)
    assert {name: said for name, said in checks.items() if said[1] in {"high", "blocking"}} == {}
    server = await site.run(decide, request)
    assert (server.state, server.tools_on) == ("approved", ("greet", "list_languages"))
