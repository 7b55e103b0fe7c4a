"""Engines: registered once under one address, their state told when it is news."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role
from engines.domain.registry import (
    normalize_address,
    register_engine,
    set_engine_enabled,
    set_engine_state,
    stamp_engine_seen,
)
from engines.enums import EngineState
from engines.models import Engine
from engines.policies import can_manage_engine, can_see_chat, can_see_engine, can_see_subagent
from engines.queries import list_chats, list_engines, list_subagents
from events.actors import RELAY_ACTOR
from events.encryption import reveal
from events.errors import Conflict, Invalid, Refused
from events.models import AuditEntry, Event
from tests.factories import (
    ACTOR,
    make_engine,
    make_owner,
    make_principal,
    make_service,
    make_session,
    make_team,
    make_user,
)
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:4096", "http://127.0.0.1:4096"),
        (" http://127.0.0.1:4096/ ", "http://127.0.0.1:4096"),
        ("http://Engine-1.Example.ORG", "http://engine-1.example.org:80"),
        ("https://engine", "https://engine:443"),
        ("https://engine:443", "https://engine:443"),
        ("http://engine_1:4096", "http://engine_1:4096"),
        ("http://[::1]:4096", "http://[::1]:4096"),
        ("http://[FE80::1]", "http://[fe80::1]:80"),
        ("HTTP://engine:0080", "http://engine:80"),
    ],
)
def test_one_address_is_one_text(address: str, expected: str) -> None:
    assert normalize_address(address) == expected
    assert normalize_address(expected) == expected


@pytest.mark.parametrize(
    "address",
    [
        *("", "engine", "engine:4096", "ftp://engine", "http://", "http://:4096", "file:///etc/passwd"),
        *("http://engine:0", "http://engine:65536", "http://engine:x", "http://[::1", "http://engine:-1"),
        *(
            "http://me@engine",
            "http://me:pw@engine",
            "http://@engine",
            "http://engine/path",
            "http://engine?x=1",
        ),
        *("http://engine#x", "http://eng ine", "http://eng\0ine", "http://ängine", "http://engine\u202e"),
        *("http://-engine", "http://<script>", "javascript://engine", "http://a%20b"),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as caught:
        normalize_address(address)
    assert caught.value.facts == {"field": "address"}


def test_a_password_is_stored_encrypted_and_named_nowhere() -> None:
    engine = make_engine(make_team(), password="hunter2hunter2")
    row = Engine.objects.values().get()
    assert "hunter2" not in f"{row} {list(AuditEntry.objects.values())} {list(Event.objects.values())}"
    assert reveal(engine, "password") == "hunter2hunter2"
    entry = AuditEntry.objects.get(verb="engine.register")
    assert entry.after == {"team": engine.team_id, "address": engine.address, "has_password": True}


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"name": "a\0"},
        {"name": "a\u202eb"},
        {"username": "u" * 81},
        {"username": "\ud800"},
        {"password": "a\0b"},
        {"password": "\ud800"},
        {"directories": ["relative"]},
        {"directories": ["/a\0b"]},
        {"address": "http://" + "a" * 300},
    ],
)
def test_what_can_not_be_stored_registers_nothing(values: dict[str, Any]) -> None:
    team = make_team()
    with pytest.raises(Invalid):
        register_engine(
            **{"actor": ACTOR, "team": team, "name": "engine", "address": "http://127.0.0.1:4096", **values}
        )
    assert not Engine.objects.exists()


def test_a_name_in_a_team_and_a_live_address_are_taken_once() -> None:
    team, other = make_team(), make_team()
    first = make_engine(team, name="one", address="http://engine")
    for values in (
        {"team": team, "name": "one", "address": "http://elsewhere"},
        {"team": other, "name": "two", "address": "http://ENGINE:80/"},
    ):
        with pytest.raises(Conflict):
            make_engine(**values)  # type: ignore[arg-type]
    make_engine(other, name="one", address="http://elsewhere")
    Engine.objects.filter(pk=first.pk).update(retired_at=timezone.now())
    assert make_engine(other, name="two", address="http://engine").pk != first.pk


def test_a_state_is_recorded_when_it_is_news() -> None:
    engine = make_engine(make_team())
    entries = AuditEntry.objects.count()
    tell = partial(set_engine_state, actor=RELAY_ACTOR, engine_id=engine.pk)
    assert tell(state=EngineState.ONLINE, version="1.18.34") is True
    assert tell(state=EngineState.ONLINE) is False
    assert tell(state=EngineState.ONLINE, version="1.18.34") is False
    assert tell(state=EngineState.OFFLINE, reason="a\0b\ud800" + "x" * 500) is True
    assert tell(state=EngineState.OFFLINE, reason="a\0b\ud800" + "x" * 500) is False
    engine.refresh_from_db()
    assert (engine.state, engine.version, len(engine.state_reason)) == (EngineState.OFFLINE, "1.18.34", 300)
    assert AuditEntry.objects.count() == entries + 2
    assert list(Event.objects.filter(kind="engine.state").values_list("words__state", flat=True)) == [
        "online",
        "offline",
    ]


@pytest.mark.django_db(transaction=True)
def test_the_same_news_told_by_many_is_one_entry() -> None:
    engine = make_engine(make_team())
    tell = partial(set_engine_state, actor=RELAY_ACTOR, engine_id=engine.pk, state=EngineState.ONLINE)
    assert Counter(run_together([tell] * 6)) == {True: 1, False: 5}
    assert AuditEntry.objects.filter(verb="engine.state").count() == 1


def test_a_sign_of_life_is_no_news() -> None:
    engine = make_engine(make_team())
    entries, events = AuditEntry.objects.count(), Event.objects.count()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    stamp_engine_seen(engine_id=engine.pk, at=at)
    assert Engine.objects.get().last_seen_at == at
    assert (AuditEntry.objects.count(), Event.objects.count()) == (entries, events)


def test_the_teams_admins_and_owners_pause_and_resume() -> None:
    team = make_team()
    engine = make_engine(team)
    admin, owner = make_user(team, Role.ADMIN), make_owner()
    for user in (make_user(team), make_user(make_team(), Role.ADMIN), make_service(admin, team)):
        with pytest.raises(Refused):
            set_engine_enabled(principal=make_principal(user), engine=engine, is_enabled=False)
    set_engine_enabled(principal=make_principal(admin), engine=engine, is_enabled=False)
    with pytest.raises(Conflict):
        set_engine_enabled(principal=make_principal(owner), engine=engine, is_enabled=False)
    set_engine_enabled(principal=make_principal(owner), engine=engine, is_enabled=True)
    Engine.objects.filter(pk=engine.pk).update(retired_at=timezone.now())
    with pytest.raises(Conflict):
        set_engine_enabled(principal=make_principal(owner), engine=engine, is_enabled=False)


def test_lists_hold_exactly_what_the_policies_allow() -> None:
    team, other = make_team(), make_team()
    for place in (team, other):
        engine = make_engine(place)
        root = make_session(engine)
        make_session(engine, parent_id=root)
    users = [make_user(team), make_user(team, Role.VIEWER), make_user(other), make_owner(), make_user()]
    seen = []
    for user in users:
        principal = make_principal(user)
        engines, chats, subagents = list_engines(principal), list_chats(principal), list_subagents(principal)
        assert [row for row in Engine.objects.all() if can_see_engine(principal, row)] == list(engines)
        assert {row.pk for row in chats} == {
            row.pk for row in chats.model.objects.all() if can_see_chat(principal, row)
        }
        assert {row.pk for row in subagents} == {
            row.pk for row in subagents.model.objects.all() if can_see_subagent(principal, row)
        }
        seen.append((engines.count(), chats.count(), subagents.count()))
        assert not any(can_manage_engine(principal, row) for row in engines) or user.is_superuser
    # Owners see that an engine is there, not what is said on it.
    assert seen == [(1, 1, 1), (1, 1, 1), (1, 1, 1), (2, 0, 0), (0, 0, 0)]
