"""The list of chats: what is in it, how it is narrowed, and that it stays cheap."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chats.domain.chats import archive_chat, change_chat
from engines.enums import Turn
from engines.models import Chat
from tests.admin.doors import Page, address, enter, open_page
from tests.chats.pages.conftest import SESSION, Scene
from tests.factories import make_chat, make_principal, make_prompt, make_request, make_session, make_user

pytestmark = pytest.mark.django_db

LIST = "/chats/"


def titles(page: Page, client: Client) -> set[str]:
    ids = [row["data-id"] for row in page.find("li") if "data-id" in row]
    return set(Chat.objects.filter(pk__in=ids).values_list("title", flat=True))


def list_titles(client: Client, **query: str) -> set[str]:
    return titles(open_page(client, LIST, data=query), client)


@pytest.fixture
def many(scene: Scene) -> Scene:
    """Ann's chats in every state, a colleague's, and one that the engine began."""
    ann = make_principal(scene.ann)
    working = make_chat(scene.ann, scene.engine, "ses_w", title="Working")
    Chat.objects.filter(pk=working.pk).update(turn=Turn.ASSISTANT)
    unread = make_chat(scene.ann, scene.engine, "ses_u", title="Unread")
    Chat.objects.filter(pk=unread.pk).update(last_reply_at=timezone.now(), preview="The answer is 42")
    make_chat(scene.ann, scene.engine, "ses_q", title="Asks")
    make_request(scene.engine, "npm test", session_id="ses_q")
    old = make_chat(scene.ann, scene.engine, "ses_a", title="Old", tags=["billing"])
    archive_chat(principal=ann, chat_id=old.pk)
    change_chat(principal=ann, chat_id=scene.chat.pk, tags=["billing", "urgent"])
    make_chat(scene.colleague, scene.engine, "ses_c", title="A colleague's")
    make_session(scene.engine, "ses_e", title="Of the engine")
    return scene


OWN = {"Fix the total", "Working", "Unread", "Asks"}
EVERYBODYS = {*OWN, "A colleague's", "Of the engine"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, OWN),
        ({"whose": "all"}, EVERYBODYS),
        ({"turn": "assistant"}, {"Working"}),
        ({"turn": "waiting"}, {"Asks"}),
        ({"show": "unread"}, {"Unread"}),
        ({"show": "archived"}, {"Old"}),
        ({"tag": "urgent"}, {"Fix the total"}),
        ({"tag": "billing", "show": "archived"}, {"Old"}),
        ({"q": "total"}, {"Fix the total"}),
        ({"q": "answer is"}, {"Unread"}),
        ({"q": "ses_w"}, {"Working"}),
        ({"q": "nothing like it"}, set()),
        ({"turn": "nobody's", "show": "\x00", "whose": "'"}, OWN),
        ({"q": "\x00", "tag": "\x00", "p": "99999999999"}, OWN),
    ],
    ids=lambda value: str(sorted(value)) if isinstance(value, set) else str(value),
)
def test_the_list_is_narrowed(many: Scene, query: dict[str, str], found: set[str]) -> None:
    assert list_titles(enter(many.ann), **query) == found


def test_a_row_says_whose_turn_it_is_and_what_waits(many: Scene) -> None:
    make_prompt(Chat.objects.get(title="Working"), "later")
    text = open_page(enter(many.ann), LIST).text
    shown = {
        "Asks Nothing was said yet. waits for a person": True,
        "1 waits for a person": True,
        "Working Nothing was said yet. working": True,
        "1 to be sent": True,
        "Unread: Unread The answer is 42 your turn": True,
        "A colleague's": False,
    }
    assert {words: words in text for words in shown} == shown


def test_only_ones_own_turn_is_called_yours(many: Scene) -> None:
    text = open_page(enter(many.ann), LIST, data={"whose": "all", "q": "colleague"}).text
    assert "A colleague's Nothing was said yet. the user's turn" in text


def test_who_has_no_chat_is_shown_the_way_to_everybodys(scene: Scene) -> None:
    page = open_page(enter(scene.viewer), LIST)
    assert "You have no chat yet. Show everybody's" in page.text
    assert page.find("a", id="new-chat") == []
    assert list_titles(enter(scene.viewer), whose="all") == {"Fix the total"}


def test_other_teams_are_not_in_it(many: Scene) -> None:
    client = enter(many.stranger)
    assert list_titles(client, whose="all") == set()
    assert open_page(client, LIST, data={"whose": "all"}).find("a", class_="chip", href="?tag=urgent") == []


def test_people_without_a_team_are_sent_to_the_login_page() -> None:
    assert enter(make_user()).get(LIST).status_code == 302


def test_the_list_takes_as_many_queries_for_many_chats_as_for_few(scene: Scene) -> None:
    client = enter(scene.ann)
    counts = []
    for number in (1, 3):
        for each in range(number):
            chat = make_chat(scene.ann, scene.engine, f"ses_{number}_{each}", tags=[f"tag{each}"])
            make_request(scene.engine, "ls", session_id=f"ses_{number}_{each}")
            make_prompt(chat, "more")
        client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_menu_alone_is_read_again_by_pages_that_stay_open(many: Scene) -> None:
    page = open_page(enter(many.ann), "/chats/menu/", data={"here": many.chat.pk})
    [here] = page.find("a", aria_current="page")
    assert here["href"] == reverse("chats:show", args=[many.chat.pk])
    assert page.find("nav") == []


def test_operators_see_every_chat_in_the_admin(many: Scene) -> None:
    client = enter(many.boss)
    for query, shown in (
        ({}, {"Of the engine", "A colleague&#x27;s", "Asks"}),
        ({"show": "archived"}, {"Old"}),
        ({"turn": "waiting"}, {"Asks"}),
        ({"tag": "urgent"}, {"Fix the total"}),
        ({"q": SESSION}, {"Fix the total"}),
    ):
        html = open_page(client, address("engines_chat", "changelist"), data=query).html
        rows = html[html.index('id="rows"') :]
        names = {*(name.replace("'", "&#x27;") for name in EVERYBODYS), "Old"}
        assert {name for name in names if f">{name}<" in rows} >= shown, query
        if query:
            assert {name for name in names if f">{name}<" in rows} == shown, query
