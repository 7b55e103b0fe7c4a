"""Where an engine is and how we log in there is changed only to what answers; the relay takes it up."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.enums import Role
from accounts.models import Team
from engines.domain.access import change_access, change_access_as
from engines.domain.retirement import retire_engine
from engines.models import Engine
from events.encryption import reveal
from events.errors import Conflict, Invalid, Refused
from events.models import AuditEntry, Event
from relay.supervisor import describe_access
from tests.admin.doors import Page, address, enter, messages_of
from tests.factories import ACTOR, make_engine, make_owner, make_principal, make_team, make_user
from tests.relay.fake_engine import FakeEngine

pytestmark = pytest.mark.django_db

OLD, NEW = "the-old-password", "the-new-password"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team, address="http://127.0.0.1:9", password=OLD)


@pytest.fixture
def server(apart: FakeEngine) -> FakeEngine:
    apart.password = NEW
    return apart


def row() -> tuple[str, str, str]:
    engine = Engine.objects.get()
    return engine.address, engine.username, reveal(engine, "password")


def test_it_is_changed_once_the_engine_has_answered(engine: Engine, server: FakeEngine) -> None:
    before = describe_access(Engine.objects.get())
    look = change_access(
        actor=ACTOR, engine=engine, address=f"{server.address}/", username="opencode", password=NEW
    )
    assert (row(), look.version) == ((server.address, "opencode", NEW), "1.18.33")
    # What the supervisor compares each second: another connection is made.
    assert describe_access(Engine.objects.get()) != before
    entry = AuditEntry.objects.get(verb="engine.change_access")
    assert (entry.before, entry.after) == (
        {"address": "http://127.0.0.1:9", "username": "opencode", "has_password": True},
        {
            "address": server.address,
            "username": "opencode",
            "has_password": True,
            "password_changed": True,
        },
    )
    assert Event.objects.filter(kind="engine.changed").count() == 1


@pytest.mark.parametrize("password", [OLD, "", "wrong"])
def test_nothing_changes_when_it_does_not_let_us_in(
    engine: Engine, server: FakeEngine, password: str
) -> None:
    with pytest.raises(Invalid, match=r"refused the user name or password .* Nothing was changed"):
        change_access(
            actor=ACTOR, engine=engine, address=server.address, username="opencode", password=password
        )
    assert row() == ("http://127.0.0.1:9", "opencode", OLD)


def test_a_kept_password_is_not_sent_to_another_address(engine: Engine, server: FakeEngine) -> None:
    with pytest.raises(Invalid, match="Give the password too"):
        change_access(actor=ACTOR, engine=engine, address=server.address, username="opencode", password=None)
    assert (row(), server.received) == (("http://127.0.0.1:9", "opencode", OLD), [])


def test_an_address_that_another_engine_has_is_refused(
    team: Team, engine: Engine, server: FakeEngine
) -> None:
    make_engine(team, address=server.address)
    with pytest.raises(Conflict, match="registered already"):
        change_access(actor=ACTOR, engine=engine, address=server.address, username="opencode", password=NEW)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.APPROVER])
def test_only_admins_and_owners_have_it_asked(
    team: Team, engine: Engine, server: FakeEngine, role: str
) -> None:
    for stranger in (make_user(team, role), make_user(make_team(), Role.ADMIN)):
        with pytest.raises(Refused):
            change_access_as(
                principal=make_principal(stranger),
                engine=engine,
                address=server.address,
                username="opencode",
                password=NEW,
            )
    assert (server.received, AuditEntry.objects.filter(verb="refused").count()) == ([], 2)


def test_a_retired_engine_is_not_changed(engine: Engine, server: FakeEngine) -> None:
    retire_engine(actor=ACTOR, engine=engine)
    with pytest.raises(Conflict, match="retired"):
        change_access_as(
            principal=make_principal(make_owner()),
            engine=engine,
            address=server.address,
            username="opencode",
            password=NEW,
        )
    assert server.received == []


def test_the_page_never_shows_a_password_and_saves_what_answered(
    team: Team, engine: Engine, server: FakeEngine
) -> None:
    client = enter(make_user(team, Role.ADMIN))
    url = address("engines_engine", "change-access", engine.pk)
    page = Page(client.post(url).content.decode())
    assert [found.get("value", "") for found in page.find("input", name="password")] == [""]
    assert OLD not in page.html

    values = {"confirm": "1", "address": server.address, "username": "opencode", "password": "wrong"}
    refused = client.post(url, values)
    assert (refused.status_code, "refused the user name" in refused.content.decode()) == (400, True)
    assert Page(refused.content.decode()).find("input", value="wrong") == []
    assert row() == ("http://127.0.0.1:9", "opencode", OLD)

    saved: Any = client.post(url, {**values, "password": NEW})
    assert (saved.status_code, row()) == (302, (server.address, "opencode", NEW))
    assert any("the relay connects anew" in message for message in messages_of(saved))


def test_the_command_changes_what_is_given_alone(engine: Engine, server: FakeEngine, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(NEW)
    out = StringIO()
    arguments = ["--address", server.address, "--password-file", str(secret)]
    call_command("change_engine", engine.name, *arguments, stdout=out, no_color=True)
    assert out.getvalue().splitlines()[0] == f"Changed {engine.name}; it answered (version 1.18.33)."
    assert row() == (server.address, "opencode", NEW)
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("change_engine", engine.pk, "--no-password")
    assert row() == (server.address, "opencode", NEW)
