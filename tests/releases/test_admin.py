"""The pages of releases: what they show, what their buttons do, and what they cost."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from configs.content import AgentContent, PromptContent
from engines.enums import EngineState
from engines.models import Engine
from events.encryption import seal
from mcp_servers.domain.engine_statuses import record_status
from mcp_servers.domain.incidents import report_incident
from releases.domain.publications import publish
from releases.enums import DriftState, PublicationState
from releases.mcp_gate import is_in_force, list_closures
from releases.models import Drift, EngineDefaults, Publication, Release
from tests.admin.doors import address, enter
from tests.factories import make_config, make_engine, make_principal, make_team, make_user
from tests.mcp_servers.make import make_content, make_server
from tests.releases.make import make_publication, make_release

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine() -> Engine:
    return make_engine(make_team(), name="builder")


@pytest.fixture
def approver(engine: Engine) -> User:
    return make_user(engine.team, Role.ADMIN)


def end(publication: Publication, state: str = PublicationState.LIVE) -> None:
    Publication.objects.filter(pk=publication.pk).update(state=state, ended_at=timezone.now())


def configure(engine: Engine) -> None:
    prompt = make_config(engine.team, PromptContent(name="Reviewer", body="Read first."), "production")
    content = AgentContent(name="reviewer", description="Reads.", mode="all", prompt=prompt.pk)
    make_config(engine.team, content, "production")


def press(user: User, model: str, button: str, key: str, **values: str) -> Any:
    return enter(user).post(address(model, button, key), values, follow=True)


def test_built_published_and_shown_on_the_way(engine: Engine, approver: User) -> None:
    configure(engine)
    asked = press(approver, "engines_engine", "build-release", engine.pk).content.decode()
    assert "It is the first release of this engine: 2 files." in asked
    built = press(approver, "engines_engine", "build-release", engine.pk, confirm="1", note="First.")
    release = Release.objects.get()
    assert built.redirect_chain[-1][0] == address("releases_release", "change", release.pk)
    assert "agent/reviewer.md" in built.content.decode()
    asked = press(approver, "releases_release", "publish", release.pk).content.decode()
    assert "Nothing happens in the engine before its sessions are idle" in asked
    assert Publication.objects.count() == 0
    page = press(approver, "releases_release", "publish", release.pk, confirm="1").content.decode()
    assert "It goes on whether or not this page is open." in page
    assert (Publication.objects.get().state, page.count('aria-current="step"')) == ("queued", 1)


def test_cancel_and_do_not_wait(engine: Engine, approver: User) -> None:
    publication = make_publication(approver, engine)
    page = press(approver, "releases_publication", "force", publication.pk).content.decode()
    assert "Turns that run in the engine are cut off" in page
    press(approver, "releases_publication", "force", publication.pk, confirm="1")
    publication.refresh_from_db()
    assert (publication.state, publication.is_forced) == ("queued", True)
    press(approver, "releases_publication", "cancel", publication.pk)
    publication.refresh_from_db()
    assert publication.state == "cancelled"


def test_rolling_back_says_what_it_changes(engine: Engine, approver: User) -> None:
    principal = make_principal(approver)
    for text in ("One.", "Two."):
        end(publish(principal=principal, release=make_release(principal, engine, text)))
    page = press(approver, "engines_engine", "roll-back", engine.pk).content.decode()
    assert "Release #1 was live before. It is published again." in page
    assert "Against release #2, which is live, it changes 1 file: agent/reviewer.md." in page
    press(approver, "engines_engine", "roll-back", engine.pk, confirm="1")
    found = Publication.objects.get(ended_at=None)
    assert (found.release.number, found.is_rollback) == (1, True)


def test_defaults_are_saved_in_versions_and_a_bad_value_stays_in_the_form(
    engine: Engine, approver: User
) -> None:
    values = {"confirm": "1", "number": "0", "default_agent": "reviewer", "note": "For all."}
    press(approver, "engines_engine", "defaults", engine.pk, **values)
    assert EngineDefaults.objects.get().content["default_agent"] == "reviewer"
    bad = {**values, "number": "1", "default_agent": "Not A Name!"}
    page = press(approver, "engines_engine", "defaults", engine.pk, **bad)
    assert (page.status_code, EngineDefaults.objects.count()) == (400, 1)
    assert "Not A Name!" in page.content.decode()


def test_the_files_come_as_one_archive_and_the_same_each_time(engine: Engine, approver: User) -> None:
    release = make_release(make_principal(approver), engine)
    client, url = enter(approver), address("releases_release", "files", release.pk)
    answer = client.get(url)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = [(name, archive.read(name).decode()) for name in archive.namelist()]
    assert files == release.file_pairs
    assert client.get(url).content == answer.content
    assert enter(make_user(make_team())).get(url).status_code == 404


def test_by_hand_the_steps_stand_on_the_page(engine: Engine, approver: User) -> None:
    release = make_release(make_principal(approver), engine)
    page = enter(approver).get(address("releases_release", "change", release.pk)).content.decode()
    assert "Nobody here reaches this engine" in page
    assert "Restart the engine by hand." in page


def test_drift_shows_on_the_dashboard_and_on_the_engines_page(engine: Engine, approver: User) -> None:
    principal = make_principal(approver)
    end(publish(principal=principal, release=make_release(principal, engine)))
    difference = {"path": "agent.reviewer.prompt", "expected": "10 characters", "found": "nothing <b>"}
    Drift.objects.create(
        engine=engine, state=DriftState.DIFFERENT, differences=[difference], checked_at=timezone.now()
    )
    client = enter(approver)
    dashboard = client.get(reverse("admin:index")).content.decode()
    assert "differs from the release" in dashboard
    assert "<del>10 characters</del> <ins>nothing &lt;b&gt;</ins>" in dashboard
    page = client.get(address("engines_engine", "change", engine.pk)).content.decode()
    assert "agent.reviewer.prompt" in page
    assert "nothing &lt;b&gt;" in page


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("model", ["releases_release", "releases_publication"])
def test_a_list_costs_the_same_however_long_it_is(
    engine: Engine, approver: User, model: str, count: int, django_assert_max_num_queries: Any
) -> None:
    principal = make_principal(approver)
    for number in range(count):
        end(publish(principal=principal, release=make_release(principal, engine, f"Prompt {number}.")))
    client = enter(approver)
    with django_assert_max_num_queries(10):
        assert client.get(address(model, "changelist")).status_code == 200


def test_the_commands_publish_and_roll_back(
    engine: Engine, approver: User, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(engine)
    call_command("publish_release", "builder", username=approver.username)
    assert capsys.readouterr().out == "Release #1 of builder is on its way.\n"
    with pytest.raises(CommandError, match="There is no earlier release to go back to"):
        call_command("rollback_release", "builder", username=approver.username)
    editor = make_user(engine.team, Role.EDITOR)
    with pytest.raises(CommandError, match="Only the team's approvers and admins publish"):
        call_command("publish_release", "builder", username=editor.username)
    with pytest.raises(CommandError, match="builder has no release #9"):
        call_command("publish_release", "builder", username=approver.username, release=9)
    end(Publication.objects.get(ended_at=None), PublicationState.FAILED)


def test_an_engines_page_says_whether_approvals_hold_there(engine: Engine, approver: User) -> None:
    page = enter(approver).get(address("engines_engine", "change", engine.pk)).content.decode()
    assert "Servers that nobody approved could run here." in page
    assert "No release is live" in page
    publication = make_publication(approver, engine)
    end(publication)
    flags = {"OPENCODE_DISABLE_PROJECT_CONFIG": True}
    Drift.objects.create(engine=engine, state=DriftState.SAME, checked_at=timezone.now(), flags=flags)
    server = make_server(engine.team, make_content("time"), approver=approver)
    record_status(server=server, engine=engine, wanted="on", release_id=publication.release_id)
    record_status(server=server, engine=engine, status="failed", error="It ended at once.")
    report_incident(engine=engine, kind="unknown_server", name="sneak", what="There.", action="Gone.")
    seal(engine, "password", "of-the-engine")
    engine.state = EngineState.ONLINE
    engine.save(update_fields=["password", "state"])
    page = enter(approver).get(address("engines_engine", "change", engine.pk)).content.decode()
    assert "Servers that nobody approved could run here." not in page
    for text in ("in force", "rendered, reloaded", "It ended at once.", "sneak", "Gone."):
        assert text in page


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        ("password", "", "Password"),
        ("state", EngineState.OFFLINE, "Watch"),
        ("is_enabled", False, "Watch"),
    ],
)
def test_one_way_around_approvals_is_no_gate(
    engine: Engine, approver: User, column: str, value: object, name: str
) -> None:
    end(make_publication(approver, engine))
    flags = {"OPENCODE_DISABLE_PROJECT_CONFIG": True}
    Drift.objects.create(engine=engine, state=DriftState.SAME, checked_at=timezone.now(), flags=flags)
    seal(engine, "password", "of-the-engine")
    engine.state = EngineState.ONLINE
    assert is_in_force(list_closures(engine))
    setattr(engine, column, value)
    assert [closure.name for closure in list_closures(engine) if not closure.is_closed] == [name]


@pytest.mark.parametrize(
    ("flag", "path", "names"),
    [
        (False, "agent.build.rules", ["Project files"]),
        (None, "file mcp/time.json", ["Project files", "Configuration"]),
        (True, "config.mcp", ["Configuration"]),
    ],
    ids=["read", "unknown", "other"],
)
def test_what_is_not_known_or_differs_is_no_gate(
    engine: Engine, approver: User, flag: bool | None, path: str, names: list[str]
) -> None:
    end(make_publication(approver, engine))
    differences = [{"path": path, "expected": "a", "found": "b"}]
    flags = {"OPENCODE_DISABLE_PROJECT_CONFIG": flag}
    Drift.objects.create(engine=engine, differences=differences, checked_at=timezone.now(), flags=flags)
    seal(engine, "password", "of-the-engine")
    engine.state = EngineState.ONLINE
    assert [closure.name for closure in list_closures(engine) if not closure.is_closed] == names
