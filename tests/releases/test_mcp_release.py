"""Only what people approved is in a release; what they take back leaves running engines by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.enums import Role
from configs.content import PromptContent
from engines.models import Engine
from events.errors import Conflict
from events.models import AuditEntry
from mcp_servers.domain.drift import record_drift
from mcp_servers.domain.servers import resume_server, revoke_server, suspend_server, switch_tool
from mcp_servers.models import McpEngineStatus, McpServer
from releases.config_agent.countersign_config_agent import SECRETS
from releases.domain.build import build_release, draft_release
from releases.domain.publications import publish
from releases.domain.restrictions import restrict_engine
from releases.domain.taken_back import list_engines_to_restrict
from releases.models import Publication, Release
from tests.factories import make_config, make_engine, make_principal, make_team, make_user
from tests.mcp_servers.make import (
    ask,
    make_content,
    make_remote_content,
    make_server,
    with_secret,
    work,
)
from tests.releases.conftest import Site

VALUE = "value-of-a-secret-0123456789"


def read_permission(files: dict[str, str]) -> dict[str, Any]:
    permission: dict[str, Any] = json.loads(files["opencode.json"])["permission"]
    return permission


def list_names(engine: Engine) -> list[str]:
    return list(json.loads(dict(draft_release(engine).files)["opencode.json"])["mcp"])


def stop_by(verb: Callable[..., object]) -> Callable[[McpServer], object]:
    return lambda server: verb(
        principal=make_principal(make_user(server.team)), server_id=server.pk, reason="Not any more."
    )


# What is in it


@pytest.mark.django_db
def test_a_release_holds_exactly_the_approved_servers_and_says_by_which_approval() -> None:
    engine = make_engine(make_team())
    first = make_server(engine.team, make_content("time", arguments=("--zone", "UTC")))
    make_server(make_team(), make_content("elsewhere"))
    ask(engine.team, make_content("asked"))
    principal = make_principal(make_user(engine.team, Role.EDITOR))
    release = build_release(principal=principal, engine=engine)
    assert first.approval is not None
    assert release.inputs["mcp"] == [
        [first.pk, first.approval.pk, "time", first.approval.bound_hash, ["convert", "now"]]
    ]
    files = dict(release.file_pairs)
    assert list(json.loads(files["opencode.json"])["mcp"]) == ["time"]
    assert json.loads(files["mcp/time.json"]) == {
        "approval": first.approval.pk,
        "command": ["/srv/store/bin/server", "--zone", "UTC"],
        "working_directory": "",
        "environment": {},
        "secrets": {},
    }
    assert sorted(path for path in files if path.startswith("mcp/")) == ["mcp/launch.py", "mcp/time.json"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "stop",
    [stop_by(suspend_server), stop_by(revoke_server), lambda server: record_drift(server=server)],
    ids=["suspended", "revoked", "drifted"],
)
def test_a_server_that_was_stopped_is_in_no_release(stop: Callable[[McpServer], object]) -> None:
    engine = make_engine(make_team())
    server = make_server(engine.team, make_content("time"))
    make_server(engine.team, make_content("git"))
    assert list_names(engine) == ["git", "time"]
    stop(server)
    assert list_names(engine) == ["git"]


@pytest.mark.django_db
def test_an_approval_that_ran_out_is_in_no_release() -> None:
    engine = make_engine(make_team())
    make_server(engine.team, make_content("time"), valid_days=1)
    assert list_names(engine) == ["time"]
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        assert list_names(engine) == []


@pytest.mark.django_db
def test_nothing_of_a_new_request_is_in_a_release_before_its_own_approval() -> None:
    """The earlier trap: another image under an approved name."""
    engine = make_engine(make_team())
    make_server(engine.team, make_content("time", arguments=("--old",)))
    before = draft_release(engine).files
    request = ask(engine.team, make_content("time", arguments=("--swapped",)))
    assert draft_release(engine).files == before
    work(request)
    assert draft_release(engine).files == before


@pytest.mark.django_db
def test_agents_have_the_tools_that_are_on_and_no_other() -> None:
    engine = make_engine(make_team())
    server = make_server(engine.team, make_content("time"))
    assert read_permission(dict(draft_release(engine).files)) == {
        "*": "ask",
        "time_*": "deny",
        "time_convert": "ask",
        "time_now": "ask",
    }
    approver = make_principal(make_user(engine.team))
    switch_tool(principal=approver, server_id=server.pk, tool="now", is_on=False)
    permission = read_permission(dict(draft_release(engine).files))
    assert permission == {"*": "ask", "time_*": "deny", "time_convert": "ask"}


@pytest.mark.django_db
def test_a_release_holds_names_of_secrets_and_no_value() -> None:
    engine = make_engine(make_team())
    secrets = {"API_TOKEN": VALUE}
    make_server(engine.team, with_secret(make_content("time"), is_required=True), secrets=secrets)
    principal = make_principal(make_user(engine.team, Role.EDITOR))
    release = build_release(principal=principal, engine=engine)
    assert json.loads(dict(release.file_pairs)["mcp/time.json"])["secrets"] == {"API_TOKEN": True}
    stored = json.dumps([release.files, release.inputs, list(AuditEntry.objects.values_list("text"))])
    assert VALUE not in stored


@pytest.mark.django_db
def test_a_release_with_something_that_may_not_run_is_not_published() -> None:
    engine = make_engine(make_team())
    server = make_server(engine.team, make_content("time"))
    approver = make_principal(make_user(engine.team))
    release = build_release(principal=approver, engine=engine)
    suspend_server(principal=approver, server_id=server.pk, reason="Wait.")
    with pytest.raises(Conflict, match="not approved any more: time") as refusal:
        publish(principal=approver, release=release)
    assert refusal.value.code == "mcp_not_approved"
    resume_server(principal=approver, server_id=server.pk)
    assert publish(principal=approver, release=release).state == "queued"


@pytest.mark.django_db
def test_a_release_from_before_another_approval_is_not_published() -> None:
    engine = make_engine(make_team())
    make_server(engine.team, make_content("time", arguments=("--old",)))
    approver = make_principal(make_user(engine.team))
    release = build_release(principal=approver, engine=engine)
    make_server(engine.team, make_content("time", arguments=("--new",)))
    with pytest.raises(Conflict, match="Something else was approved since for: time"):
        publish(principal=approver, release=release)


# On its way to an engine


async def build_live(site: Site, *servers: Callable[[], McpServer]) -> tuple[list[McpServer], Release]:
    """Approved, built, published and live."""

    def prepare() -> tuple[list[McpServer], Release]:
        made = [server() for server in servers]
        release = build_release(principal=site.approver, engine=site.engine)
        publish(principal=site.approver, release=release)
        return made, release

    made, release = await site.run(prepare)
    await site.finish()
    newest = await site.run(lambda: Publication.objects.get(release=release))
    assert (newest.state, newest.error) == ("live", "")
    return made, release


async def read_statuses(site: Site) -> list[tuple[str, str, bool]]:
    rows = McpEngineStatus.objects.filter(engine=site.engine).order_by("server__name")
    return await site.run(
        lambda: [(row.server.name, row.wanted, bool(row.release_id)) for row in rows.select_related("server")]
    )


async def test_a_revoked_server_leaves_the_engine_by_a_release_of_our_own(site: Site) -> None:
    def make(name: str) -> Callable[[], McpServer]:
        return lambda: make_server(site.engine.team, make_content(name))

    [time, _], live = await build_live(site, make("time"), make("git"))
    assert await read_statuses(site) == [("git", "on", True), ("time", "on", True)]
    assert await site.run(list_engines_to_restrict) == []

    def take_back() -> Publication | None:
        # Something else waits for a person to publish it: it may not go along.
        make_config(site.engine.team, PromptContent(name="Later", body="Not yet."), "production")
        revoke_server(principal=site.approver, server_id=time.pk, reason="It leaks.")
        assert list_engines_to_restrict() == [site.engine]
        return restrict_engine(site.engine)

    publication = await site.run(take_back)
    assert publication is not None
    assert publication.requested_by_kind == "system"
    assert await site.run(lambda: restrict_engine(site.engine)) is None
    await site.finish()
    done = await site.load(publication)
    assert (done.state, done.error) == ("live", "")
    assert list(site.server.read_config()["mcp"]) == ["git"]
    assert done.release.inputs["objects"] == live.inputs["objects"]
    assert await read_statuses(site) == [("git", "on", True), ("time", "off", False)]
    assert await site.run(list_engines_to_restrict) == []


async def test_a_tool_that_is_switched_off_leaves_the_engine_too(site: Site) -> None:
    [time], _ = await build_live(site, lambda: make_server(site.engine.team, make_content("time")))

    def switch() -> Publication | None:
        switch_tool(principal=site.approver, server_id=time.pk, tool="now", is_on=False)
        return restrict_engine(site.engine)

    publication = await site.run(switch)
    assert publication is not None
    await site.finish()
    assert site.server.read_config()["permission"] == {"*": "ask", "time_*": "deny", "time_convert": "ask"}


async def test_what_failed_to_arrive_is_not_pressed_upon_the_engine_again_at_once(site: Site) -> None:
    [time], _ = await build_live(site, lambda: make_server(site.engine.team, make_content("time")))

    def take_back() -> Publication | None:
        revoke_server(principal=site.approver, server_id=time.pk, reason="It leaks.")
        return restrict_engine(site.engine)

    site.server.ignores_dispose = True
    publication = await site.run(take_back)
    assert publication is not None
    await site.finish()
    assert (await site.load(publication)).state == "rolled_back"
    assert await site.run(lambda: restrict_engine(site.engine)) is None

    def later() -> Publication | None:
        with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
            return restrict_engine(site.engine)

    assert await site.run(later) is not None


async def test_a_server_that_is_revoked_while_its_release_waits_is_never_shown(site: Site) -> None:
    def prepare() -> Publication:
        server = make_server(site.engine.team, make_content("time"))
        release = build_release(principal=site.approver, engine=site.engine)
        publication = publish(principal=site.approver, release=release)
        revoke_server(principal=site.approver, server_id=server.pk, reason="It leaks.")
        return publication

    publication = await site.run(prepare)
    await site.finish()
    done = await site.load(publication)
    assert (done.state, "not approved any more: time" in done.error) == ("failed", True)
    assert await read_statuses(site) == []


async def test_secrets_lie_beside_the_release_as_long_as_it_needs_them(site: Site) -> None:
    def make() -> McpServer:
        content = with_secret(make_content("time"), is_required=True)
        return make_server(site.engine.team, content, secrets={"API_TOKEN": VALUE})

    def make_remote() -> McpServer:
        content = with_secret(make_remote_content("tickets"), "Authorization")
        return make_approved_remote(site, content)

    [time, _], _ = await build_live(site, make, make_remote)
    folder: Path = site.server.folder / SECRETS
    found = {entry.name: entry.read_text() for entry in folder.iterdir()}
    # One that nobody has set is an empty file: without it the engine would refuse everything.
    assert found == {"time.env.API_TOKEN": VALUE, "tickets.header.Authorization": ""}

    def take_back() -> None:
        revoke_server(principal=site.approver, server_id=time.pk, reason="It leaks.")
        restrict_engine(site.engine)

    await site.run(take_back)
    await site.finish()
    assert sorted(entry.name for entry in folder.iterdir()) == ["tickets.header.Authorization"]


def make_approved_remote(site: Site, content: Any) -> McpServer:
    """Through its trial, as every remote one."""
    from mcp_servers.domain.trials import begin_trial
    from tests.mcp_servers.make import approve

    request = work(ask(site.engine.team, content))
    begin_trial(principal=site.approver, request_id=request.pk)
    request.refresh_from_db()
    work(request)
    approve(request, make_user(site.engine.team))
    return McpServer.objects.select_related("team", "approval__request").get(pk=request.server_id)
