"""The dashboard, the engines' and the chats' pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.enums import Role
from accounts.models import Team
from engines.domain.messages import MessageFacts, record_message, record_part
from engines.domain.parts import PartFacts
from engines.domain.registry import set_engine_enabled, set_engine_state
from engines.models import Chat, Engine, Subagent
from governance.domain.decide import approve_request, deny_request
from tests.admin.doors import address, enter, open_page
from tests.factories import (
    ACTOR,
    make_engine,
    make_owner,
    make_principal,
    make_request,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

INDEX = "/admin/"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def client(team: Team) -> Client:
    return enter(make_user(team))


def numbers(client: Client) -> list[str]:
    html = open_page(client, INDEX).html
    parts = html.split('class="tile-number">')[1:]
    return [" ".join(strip_tags(part.split("</strong>")[0]).split()) for part in parts]


def test_an_empty_portal_says_how_to_begin(client: Client) -> None:
    page = open_page(client, INDEX)
    assert numbers(client) == ["0", "–", "0", "0 of 0"]
    assert "No engine yet. An operator connects one at the server's command line:" in page.text
    assert "manage.py connect_opencode http://127.0.0.1:4096 --password-file FILE" in page.text
    assert "Nothing waits for a decision." in page.text
    assert "Nobody has decided anything yet." in page.text


def test_the_tiles_count_ones_own_teams(client: Client, team: Team) -> None:
    engine = make_engine(team)
    set_engine_state(actor=ACTOR, engine_id=engine.pk, state="online", version="1.2.3")
    make_engine(team)
    now = timezone.now()
    make_request(engine, now=now - timedelta(minutes=7))
    make_request(engine, now=now - timedelta(minutes=2))
    decided = make_request(engine, "git log")
    bob = make_principal(make_user(team, name="Bob"))
    approve_request(principal=bob, request_id=decided.pk, fingerprint=decided.fingerprint)
    foreign = make_engine(make_team())
    make_request(foreign, now=now - timedelta(hours=1, minutes=-1))
    assert numbers(client) == ["2", "7 min", "1", "1 of 2"]
    assert numbers(enter(make_owner())) == ["3", "59 min", "1", "1 of 3"]
    assert "git log approved reply waiting to be sent Bob," in open_page(client, INDEX).text


def test_last_decisions_are_ordered_by_decision(client: Client, team: Team) -> None:
    engine, bob = make_engine(team), make_principal(make_user(team))
    early = make_request(engine, "early", session_id="ses_1", now=timezone.now() - timedelta(minutes=30))
    late = make_request(engine, "late", session_id="ses_2")
    approve_request(principal=bob, request_id=late.pk, fingerprint=late.fingerprint)
    deny_request(principal=bob, request_id=early.pk, fingerprint=early.fingerprint)
    text = open_page(client, INDEX).text
    decisions = text[text.index("Last decisions") :]
    assert decisions.index("early") < decisions.index("late")


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(
    client: Client, team: Team, count: int, django_assert_num_queries: Any
) -> None:
    bob = make_principal(make_user(team))
    for number in range(count):
        engine = make_engine(team)
        make_session(engine, f"ses_{number}")
        make_request(engine, session_id=f"ses_{number}")
        decided = make_request(engine, session_id=f"ses_{number}")
        approve_request(principal=bob, request_id=decided.pk, fingerprint=decided.fingerprint)
    # Session, user, may enter, roles; waiting; oldest; decisions twice; three related tables (no subagents);
    # replies, votes, siblings; two numbers; engines, their teams, gates and the gates' folders; what reviews,
    # rules and MCP servers add.
    with django_assert_num_queries(26):
        open_page(client, INDEX)


# Engines ------------------------------------------------------------------------------------------


def test_an_engines_page_shows_no_password(client: Client, team: Team) -> None:
    engine = make_engine(team, password="engine-password-1", directories=["/srv/shop"])
    page = open_page(client, address("engines_engine", "change", engine.pk))
    assert "stored, encrypted" in page.text
    assert "/srv/shop" in page.text
    assert ("engine-password-1" in page.html, Engine.objects.get().password in page.html) == (False, False)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.APPROVER])
def test_only_team_admins_and_owners_pause(team: Team, role: str) -> None:
    engine = make_engine(team)
    client = enter(make_user(team, role))
    assert "Pause" not in open_page(client, address("engines_engine", "change", engine.pk)).text
    assert client.post(address("engines_engine", "pause", engine.pk)).status_code == 403
    assert Engine.objects.get().is_enabled


def test_pausing_and_resuming(team: Team) -> None:
    engine = make_engine(team)
    for client in (enter(make_user(team, Role.ADMIN)), enter(make_owner())):
        response = client.post(address("engines_engine", "pause", engine.pk), follow=True)
        assert "paused" in response.content.decode()
        assert not Engine.objects.get().is_enabled
        client.post(address("engines_engine", "resume", engine.pk))
        assert Engine.objects.get().is_enabled


def test_pausing_what_is_paused_is_a_message(team: Team) -> None:
    engine = make_engine(team)
    admin = make_user(team, Role.ADMIN)
    set_engine_enabled(principal=make_principal(admin), engine=engine, is_enabled=False)
    response = enter(admin).post(address("engines_engine", "pause", engine.pk), follow=True)
    assert "The engine is in that state already." in response.content.decode()


# Chats --------------------------------------------------------------------------------------------


def say(engine: Engine, number: int, role: str, text: str) -> None:
    message_id = f"msg_{number}"
    record_message(
        engine=engine,
        facts=MessageFacts(message_id, "ses_1", role, "", timezone.now(), is_completed=True, error=""),
    )
    record_part(engine=engine, facts=PartFacts(f"prt_{number}", message_id, "ses_1", "text", text=text))


def test_an_agents_words_are_markdown_and_never_html(client: Client, team: Team) -> None:
    engine = make_engine(team)
    make_session(engine, "ses_1", title="Fix <b>it</b>")
    say(engine, 1, "user", "please")
    say(engine, 2, "assistant", "<script>alert(1)</script> **bold** \u202etxt")
    page = open_page(client, address("engines_chat", "change", Chat.objects.get().pk))
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <strong>bold</strong> ⟨U+202E⟩txt" in page.html
    assert "<b>it</b>" not in page.html
    text = page.text[page.text.index("Conversation") :]
    assert text.index("please") < text.index("alert(1)")


def test_delegations_are_a_tree(client: Client, team: Team) -> None:
    engine = make_engine(team)
    make_session(engine, "ses_1", title="Root")
    make_session(engine, "ses_a", "ses_1", title="A")
    make_session(engine, "ses_b", "ses_1", title="B")
    make_session(engine, "ses_aa", "ses_a", title="AA")
    pages = [
        address("engines_chat", "change", Chat.objects.get().pk),
        address("engines_subagent", "change", Subagent.objects.get(source_ref="ses_aa").pk),
    ]
    for url in pages:
        items = open_page(client, url).html.split('<li class="level-')[1:]
        tree = [(item[0], strip_tags("<" + item.split("<", 1)[1]).split()[0]) for item in items]
        assert tree == [("1", "A"), ("2", "AA"), ("1", "B")]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("model", ["engines_engine", "engines_chat", "engines_subagent"])
def test_lists_cost_the_same_for_more_rows(
    client: Client, team: Team, model: str, count: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        engine = make_engine(team)
        make_session(engine, f"ses_{number}")
        make_session(engine, f"ses_{number}_child", f"ses_{number}")
    with django_assert_max_num_queries(10):
        open_page(client, address(model, "changelist"))


def test_the_pulse_is_for_those_inside() -> None:
    response = Client().get(reverse("admin:pulse"))
    assert response.status_code == 302
