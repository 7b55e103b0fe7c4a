"""A remote server through the worker: nothing is visited before somebody who may approve it says so."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from mcp_servers.domain.trials import begin_trial
from mcp_servers.models import McpProbe
from tests.factories import make_principal
from tests.mcp_servers.make import make_remote_content
from tests.mcp_servers.probing.test_remote import build_server, serving
from tests.mcp_servers.worker.conftest import Site, working


@pytest.fixture(autouse=True)
def passing_addresses(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    """The check of a content knows no allow-list; where a visit may go is said by the deployment alone."""
    from mcp_servers.checks.results import passed

    monkeypatch.setattr(
        "mcp_servers.first_look.run_static_checks", lambda *_, **__: (passed("remote", "It is a test."),)
    )
    settings.COUNTERSIGN_EGRESS_ALLOW = ["127.0.0.1"]


async def test_a_trial_sees_what_it_offers_and_comes_back_for_review(site: Site) -> None:
    async with serving(build_server().streamable_http_app()) as port, working():
        content = make_remote_content(url=f"http://127.0.0.1:{port}/mcp")
        request = await site.wait(await site.ask(content))
        assert await site.list_checks(request) == {
            "remote": ("passed", "info"),
            "probe": ("not_checked", "info"),
        }
        assert await site.run(McpProbe.objects.count) == 0
        await site.run(lambda: begin_trial(principal=make_principal(site.approver), request_id=request.pk))
        tried = await site.wait_for(lambda: load_tried(request.pk))
        request = await site.wait(request)
    assert tried.listing["tools"][0]["name"] == "read_page"
    assert (tried.state, tried.cause) == ("done", "trial")
    checks = await site.list_checks(request)
    assert (checks["address_resolved"], checks["probe"]) == (("passed", "info"), ("passed", "info"))
    assert (request.tools, request.tried_at is not None) == (["read_page"], True)


def load_tried(request_id: str) -> McpProbe | None:
    return McpProbe.objects.filter(request=request_id, ended_at__isnull=False).first()


async def test_a_name_that_leads_inside_is_not_visited(site: Site, settings: LazySettings) -> None:
    settings.COUNTERSIGN_EGRESS_ALLOW = []
    async with working():
        request = await site.wait(await site.ask(make_remote_content(url="https://localhost/mcp")))
        await site.run(lambda: begin_trial(principal=make_principal(site.approver), request_id=request.pk))
        tried = await site.wait_for(lambda: load_tried(request.pk))
        request = await site.wait(request)
    assert tried.state == "not_run"
    assert tried.error.startswith("Not visited: localhost leads to a private or reserved address.")
    checks = await site.list_checks(request)
    assert (checks["address_resolved"], checks["probe"]) == (("finding", "high"), ("not_checked", "info"))
