"""Who brings releases to an engine is changed only to what answers, by the command and on its page."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.enums import Role
from accounts.models import Team
from engines.domain.retirement import retire_engine
from engines.enums import EngineControl
from engines.models import Engine
from events.encryption import reveal
from events.errors import Conflict, Invalid, Refused
from events.models import AuditEntry
from releases.controls.change import NO_RESTART, NOT_TOLD, ControlWish, change_control, change_control_as
from releases.controls.local import LocalControl
from releases.controls.opening import open_control
from releases.controls.remote import AgentControl
from tests.admin.doors import Page, address, enter, messages_of
from tests.factories import ACTOR, make_engine, make_owner, make_principal, make_team, make_user
from tests.releases.controls.running_agent import TOKEN, RunningAgent, start_agent, wait_ready

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    agent = start_agent(tmp_path_factory.mktemp("agent"))
    wait_ready(agent)
    yield agent
    agent.process.kill()
    agent.process.wait()


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


def url_of(agent: RunningAgent) -> str:
    return f"http://127.0.0.1:{agent.port}"


def row() -> tuple[str, str, str, str]:
    engine = Engine.objects.get()
    return engine.control, engine.control_folder, engine.control_address, reveal(engine, "control_token")


NONE = ("none", "", "", "")


def test_an_agent_that_answers_is_stored_and_its_token_sealed(engine: Engine, agent: RunningAgent) -> None:
    wish = ControlWish(EngineControl.AGENT, address=f"{url_of(agent)}/", token=TOKEN)
    assert change_control(actor=ACTOR, engine=engine, wish=wish) == [NOT_TOLD, NO_RESTART]
    assert row() == ("agent", "", url_of(agent), TOKEN)
    stored = Engine.objects.get()
    assert TOKEN not in stored.control_token
    assert isinstance(open_control(stored), AgentControl)
    entry = AuditEntry.objects.get(verb="engine.change_control")
    assert (entry.before, entry.after) == (
        {"control": "none", "folder": "", "address": "", "has_certificate": False},
        {
            "control": "agent",
            "folder": "",
            "address": url_of(agent),
            "has_certificate": False,
            "token_changed": True,
        },
    )
    # The stored token serves the same address again, and no other.
    change_control(actor=ACTOR, engine=stored, wish=ControlWish(EngineControl.AGENT, address=url_of(agent)))
    elsewhere = ControlWish(EngineControl.AGENT, address="http://127.0.0.1:9")
    with pytest.raises(Invalid, match="not sent to another address"):
        change_control(actor=ACTOR, engine=stored, wish=elsewhere)
    change_control(actor=ACTOR, engine=stored, wish=ControlWish(EngineControl.NONE))
    assert row() == NONE


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"address": "http://127.0.0.1:9", "token": TOKEN}, "does not answer"),
        ({"address": "http://agent.example:1", "token": TOKEN}, "https"),
        ({"address": "AGENT", "token": "y" * 40}, "another token"),
        ({"address": "AGENT", "token": "short"}, "at least 32"),
        ({"address": "AGENT", "token": TOKEN, "certificate": "\0"}, "no certificate"),
        ({"address": "https://127.0.0.1:9", "token": TOKEN, "certificate": "no PEM"}, "Nothing was changed"),
    ],
)
def test_what_does_not_answer_changes_nothing(
    engine: Engine, agent: RunningAgent, values: dict[str, str], sentence: str
) -> None:
    values = {name: url_of(agent) if value == "AGENT" else value for name, value in values.items()}
    with pytest.raises(Invalid, match=sentence):
        change_control(actor=ACTOR, engine=engine, wish=ControlWish(EngineControl.AGENT, **values))
    assert row() == NONE


def test_a_folder_of_this_host_is_named_on_this_host_alone(
    engine: Engine, team: Team, tmp_path: Path
) -> None:
    wish = ControlWish(EngineControl.CHILD, folder=str(tmp_path))
    with pytest.raises(Invalid, match="control_engine"):
        change_control_as(principal=make_principal(make_owner()), engine=engine, wish=wish)
    assert change_control(actor=ACTOR, engine=engine, wish=wish) == [NOT_TOLD]
    assert row() == ("child", str(tmp_path), "", "")
    assert isinstance(open_control(Engine.objects.get()), LocalControl)
    for folder in ("relative", str(tmp_path / "missing"), ""):
        with pytest.raises(Invalid):
            change_control(actor=ACTOR, engine=engine, wish=ControlWish(EngineControl.CHILD, folder=folder))
    assert row() == ("child", str(tmp_path), "", "")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER, Role.EDITOR])
def test_only_who_manages_the_team_changes_it(engine: Engine, team: Team, role: Role) -> None:
    principal = make_principal(make_user(team, role))
    with pytest.raises(Refused):
        change_control_as(principal=principal, engine=engine, wish=ControlWish(EngineControl.NONE))
    assert not AuditEntry.objects.filter(verb="engine.change_control").exists()


def test_a_retired_engine_is_left_alone(engine: Engine) -> None:
    retire_engine(actor=ACTOR, engine=engine)
    with pytest.raises(Conflict, match="retired"):
        change_control(actor=ACTOR, engine=engine, wish=ControlWish(EngineControl.NONE))


def test_the_command_says_what_it_did(engine: Engine, agent: RunningAgent, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n")
    out = StringIO()
    arguments = ["--agent", url_of(agent), "--token-file", str(secret)]
    call_command("control_engine", engine.name, *arguments, stdout=out, no_color=True)
    lines = [f"{engine.name}: an agent beside it.", NOT_TOLD, NO_RESTART]
    assert out.getvalue().splitlines() == lines
    assert row() == ("agent", "", url_of(agent), TOKEN)
    with pytest.raises(CommandError, match="does not answer"):
        call_command(
            "control_engine", engine.pk, "--agent", "http://127.0.0.1:9", "--token-file", str(secret)
        )
    call_command("control_engine", engine.pk, "--by-hand", stdout=out)
    assert row() == NONE


def test_the_page_asks_the_agent_and_never_shows_its_token(
    engine: Engine, team: Team, agent: RunningAgent
) -> None:
    client = enter(make_user(team, Role.ADMIN))
    url = address("engines_engine", "change-control", engine.pk)
    assert client.get(url).status_code == 405
    form = Page(client.post(url).content.decode())
    assert [found.get("value", "") for found in form.find("input", name="token")] == [""]

    values = {"confirm": "1", "control": "agent", "address": url_of(agent), "token": "y" * 40}
    refused = client.post(url, values)
    assert (refused.status_code, "another token" in refused.content.decode()) == (400, True)
    assert Page(refused.content.decode()).find("input", value="y" * 40) == []
    assert row() == NONE

    saved: Any = client.post(url, {**values, "token": TOKEN})
    assert (saved.status_code, row()) == (302, ("agent", "", url_of(agent), TOKEN))
    assert messages_of(saved) == [f"Releases reach {engine} so: an agent beside it.", NOT_TOLD, NO_RESTART]
    kept: Any = client.post(url, {**values, "token": ""})
    assert (kept.status_code, row()) == (302, ("agent", "", url_of(agent), TOKEN))

    back: Any = client.post(url, {"confirm": "1", "control": "none"})
    assert (back.status_code, row()) == (302, NONE)
    child: Any = client.post(url, {"confirm": "1", "control": "child", "address": "/etc"})
    assert (child.status_code, row()) == (400, NONE)
