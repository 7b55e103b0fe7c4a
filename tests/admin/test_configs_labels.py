"""Lists, labels, versions and the plain editor's own pages of what is configured."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Role
from accounts.models import Team, User
from configs.content import (
    AgentContent,
    InstructionContent,
    ModelContent,
    PromptContent,
    ProviderContent,
    ToolRulesContent,
)
from configs.domain.protection import set_protected
from configs.models import ConfigLabel, ConfigVersion, Prompt
from configs.pages.acts import ACTS
from configs.pages.kinds import KINDS
from configs.queries import list_protected
from events.models import AuditEntry
from reviews.domain.voting import approve_review
from reviews.models import Review
from tests.admin.config_doors import DOORS, url_of
from tests.admin.doors import Page, enter, messages_of, open_page
from tests.factories import change_config, make_config, make_owner, make_principal, make_team, make_user

pytestmark = pytest.mark.django_db

PAGES = ("show", "edit", "versions", "history")
MAKERS: dict[str, Any] = {
    "prompt": lambda name: PromptContent(name=name),
    "agent": lambda name: AgentContent(name=name),
    "instruction": lambda name: InstructionContent(name=name),
}


@pytest.fixture
def team() -> Team:
    return make_team("Blue")


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def client(editor: User) -> Client:
    return enter(editor)


def make_prompt(team: Team | None, *labels: str, versions: int = 1, name: str = "Reviewer") -> Any:
    row = make_config(team, PromptContent(name=name, body="Version 1"), *labels)
    for number in range(2, versions + 1):
        row = change_config(row, PromptContent(name=name, body=f"Version {number}"))
    return row


def lift(team: Team) -> None:
    admin = make_principal(make_user(team, Role.ADMIN))
    set_protected(principal=admin, team=team, label="production", is_protected=False)


def names_in(page: Page) -> list[str]:
    """The rows of a list, by the addresses that they lead to."""
    start = page.html.find('id="result_list"')
    if start < 0:
        return []
    part = Page(page.html[start : page.html.index("</table>", start)])
    return [found["href"].split("/")[-3] for found in part.find("a")]


def list_page(client: Client, kind: str = "prompt", door: str = "admin", **query: str) -> Page:
    return open_page(client, url_of(kind, "list", door=door), data=query)


def label_of(row: Any, name: str = "production") -> int | None:
    return ConfigLabel.objects.filter(object_id=row.pk, name=name).values_list("number", flat=True).first()


# Lists --------------------------------------------------------------------------------------------


def test_lists_are_searched_and_filtered(client: Client, team: Team) -> None:
    live = make_prompt(team, "production", name="Live")
    older = make_prompt(team, "production", versions=2, name="Older")
    draft = make_prompt(team, name="Draft")
    shared = make_prompt(None, name="Shared")
    retired = make_prompt(team, name="Gone")
    client.post(url_of("prompt", "retire", retired.pk))
    found: dict[tuple[tuple[str, str], ...], list[Any]] = {
        (): [shared, draft, older, live],
        (("q", "old"),): [older],
        (("production", "latest"),): [live],
        (("production", "older"),): [older],
        (("production", "none"),): [shared, draft],
        (("team", "everybody"),): [shared],
        (("team", team.pk), ("q", "r")): [draft, older],
        (("state", "retired"),): [retired],
        (("state", "all"), ("q", "o")): [retired, older],
        (("state", "nonsense"),): [],
        (("production", "\0"),): [shared, draft, older, live],
    }
    for query, rows in found.items():
        listed = names_in(list_page(client, **dict(query)))
        assert listed == [row.pk for row in rows], query


def test_a_list_says_why_it_is_empty(client: Client, team: Team) -> None:
    assert "No prompt yet" in list_page(client).text
    make_prompt(team)
    assert "Nothing here matches." in list_page(client, q="zzz").text


def test_other_teams_things_stand_in_no_list(client: Client) -> None:
    make_prompt(make_team("Red"), name="Theirs")
    page = list_page(client)
    assert (names_in(page), "Theirs" in page.html) == ([], False)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", MAKERS)
def test_a_list_of_three_asks_as_often_as_a_list_of_one(
    client: Client, team: Team, kind: str, door: str
) -> None:
    make_config(team, MAKERS[kind]("one"), "staging")
    list_page(client, kind, door)
    counts = []
    for names in ((), ("two", "three")):
        for name in names:
            make_config(team, MAKERS[kind](name), "staging")
        with CaptureQueriesContext(connection) as queries:
            list_page(client, kind, door)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14


# Labels -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
def test_an_open_label_moves_at_once(client: Client, team: Team, door: str) -> None:
    row = make_prompt(team, versions=2)
    data = {"label": "staging", "number": "1"}
    response = client.post(url_of("prompt", "move-label", row.pk, door=door), data)
    assert (messages_of(response), label_of(row, "staging")) == (["staging stands on version 1."], 1)
    assert response.headers["Location"] == url_of("prompt", "show", row.pk, door=door)
    page = open_page(client, url_of("prompt", "show", row.pk, door=door))
    assert "staging version 1 (1 behind)" in page.text
    data = {"label": "staging", "expected": "1"}
    client.post(url_of("prompt", "drop-label", row.pk, door=door), data)
    assert label_of(row, "staging") is None


def test_a_protected_label_asks_a_second_person_and_the_page_leads_there(
    client: Client, team: Team, editor: User
) -> None:
    row = make_prompt(team, "production", versions=2)
    approver = make_user(team, Role.APPROVER)
    data = {"label": "production", "number": "2", "expected-production": "1", "reason": "tested"}
    response = client.post(url_of("prompt", "move-label", row.pk), data)
    review = Review.objects.get()
    assert (review.reason, review.requested_by_id, label_of(row)) == ("tested", editor.pk, 1)
    address = reverse("admin:reviews_review_change", args=[review.pk])
    assert address in messages_of(response)[0]
    page = open_page(client, response.headers["Location"])
    assert address in [found["href"] for found in page.find("a")]
    approve_review(principal=make_principal(approver), review_id=review.pk, fingerprint=review.content_hash)
    assert label_of(row) == 2
    assert "waits for a second person" not in open_page(client, url_of("prompt", "show", row.pk)).text


def test_a_label_that_moved_meanwhile_stays_where_it_is(client: Client, team: Team) -> None:
    lift(team)
    row = make_prompt(team, "production", versions=3)
    data = {"label": "production", "expected-production": "1"}
    client.post(url_of("prompt", "move-label", row.pk), {**data, "number": "2"})
    response = client.post(url_of("prompt", "move-label", row.pk), {**data, "number": "3"})
    assert ("moved meanwhile" in messages_of(response)[-1], label_of(row)) == (True, 2)


@pytest.mark.parametrize("label", ["draft", "a/b", "", "x" * 40])
def test_a_label_that_can_not_be_is_said(client: Client, team: Team, label: str) -> None:
    row = make_prompt(team)
    response = client.post(url_of("prompt", "move-label", row.pk), {"label": label, "number": "1"})
    assert (messages_of(response)[0][:6], ConfigLabel.objects.count()) == ("label:", 0)


def test_many_things_move_at_once_with_what_would_change(client: Client, team: Team) -> None:
    lift(team)
    prompt = make_prompt(team, "production", versions=2)
    agent = make_config(team, AgentContent(name="builder"))
    make_config(team, ToolRulesContent(), "production")
    page = open_page(client, reverse("configure:production"))
    boxes = [found["value"] for found in page.find("input", name="move")]
    assert boxes == [f"agent:{agent.pk}:1:0", f"prompt:{prompt.pk}:2:1"]
    for words in ("2 things would change", "version 1 → 2", "Version 2", "not there yet → version 1"):
        assert words in page.text
    data = {"team": team.pk, "label": "production", "source": "draft", "move": boxes}
    response = client.post(reverse("configure:production"), data)
    assert messages_of(response) == ["production moved on 2 things."]
    assert (label_of(prompt), label_of(agent)) == (2, 1)
    page = open_page(client, response.headers["Location"])
    assert "Nothing: production stands where draft does." in page.text


def test_many_moves_of_a_protected_label_are_one_review(client: Client, team: Team) -> None:
    make_user(team, Role.APPROVER)
    rows = [make_prompt(team, name=name) for name in ("A", "B")]
    data = {"team": team.pk, "label": "production", "source": "draft", "reason": "first release"}
    moves = [f"prompt:{row.pk}:1:0" for row in rows]
    client.post(reverse("configure:production"), {**data, "move": moves})
    review = Review.objects.get()
    assert [move["object_id"] for move in review.content["moves"]] == [row.pk for row in rows]
    assert ConfigLabel.objects.count() == 0


def test_a_set_with_one_wrong_move_moves_nothing(client: Client, team: Team) -> None:
    lift(team)
    row, theirs = make_prompt(team), make_prompt(make_team(), name="Theirs")
    data = {"team": team.pk, "label": "production", "source": "draft"}
    good, url = f"prompt:{row.pk}:1:0", reverse("configure:production")
    answers = [
        client.post(url, {**data, "move": [good, other]}).status_code
        for other in (f"prompt:{theirs.pk}:1:0", "nonsense", good, "prompt:x:1:0")
    ]
    assert (answers, ConfigLabel.objects.count()) == ([404, 302, 302, 404], 0)


def test_only_team_admins_lift_and_restore_a_protection(client: Client, team: Team) -> None:
    data = {"team": team.pk, "label": "production", "protected": "no"}
    assert client.post(reverse("configure:protect"), data).status_code == 403
    assert list_protected(team.pk) == {"production"}
    admin = enter(make_user(team, Role.ADMIN))
    admin.post(reverse("configure:protect"), data)
    assert list_protected(team.pk) == frozenset()
    page = open_page(admin, reverse("configure:labels"))
    assert "production moves at once" in page.text
    assert len(page.find("button", aria_label="Protect production")) == 1
    assert (
        open_page(client, reverse("configure:labels")).find("button", aria_label="Protect production") == []
    )
    admin.post(reverse("configure:protect"), {**data, "protected": "yes"})
    assert list_protected(team.pk) == {"production"}


# Versions -----------------------------------------------------------------------------------------


def test_versions_are_compared_both_ways_and_restored(client: Client, team: Team) -> None:
    row = make_prompt(team, versions=3)
    url = url_of("prompt", "versions", row.pk)
    side = open_page(client, url, data={"from": "1", "to": "3"})
    assert "Version 1 Version 3 1 removed: Version 1 1 added: Version 3" in side.text
    unified = open_page(client, url, data={"from": "1", "to": "3", "view": "unified"})
    assert "1 − removed Version 1 1 + added Version 3" in unified.text
    assert client.get(url, {"from": "9"}).status_code == 404
    assert "No difference." in open_page(client, url, data={"from": "2", "to": "2"}).text
    response = client.post(url_of("prompt", "restore", row.pk), {"number": "1", "version": "3"})
    assert messages_of(response) == ["Version 1 says it again, as version 4."]
    assert ConfigVersion.objects.get(object_id=row.pk, number=4).content["body"] == "Version 1"
    stale = client.post(url_of("prompt", "restore", row.pk), {"number": "2", "version": "3"})
    assert "It was changed meanwhile" in messages_of(stale)[-1]


def test_things_are_retired_taken_back_and_duplicated(client: Client, team: Team) -> None:
    row = make_prompt(team)
    client.post(url_of("prompt", "retire", row.pk))
    assert "Take back" in open_page(client, url_of("prompt", "show", row.pk)).text
    client.post(url_of("prompt", "unretire", row.pk))
    row.refresh_from_db()
    assert row.retired_at is None
    response = client.post(url_of("prompt", "copy", row.pk), {"name": "Second", "team": team.pk})
    copied = Prompt.objects.get(name="Second")
    assert response.headers["Location"] == url_of("prompt", "edit", copied.pk)
    taken = client.post(url_of("prompt", "copy", row.pk), {"name": "Second", "team": team.pk})
    assert "There is prompt Second" in messages_of(taken)[-1]
    elsewhere = client.post(url_of("prompt", "copy", row.pk), {"name": "Third", "team": make_team().pk})
    assert (messages_of(elsewhere)[-1], Prompt.objects.count()) == ("Say for which of your teams.", 2)


def test_what_is_used_is_not_retired_and_says_by_whom(client: Client, team: Team) -> None:
    row = make_prompt(team)
    agent = make_config(team, AgentContent(name="builder", prompt=row.pk))
    page = open_page(client, url_of("prompt", "show", row.pk))
    assert url_of("agent", "show", agent.pk) in [found["href"] for found in page.find("a")]
    client.post(url_of("prompt", "retire", row.pk))
    row.refresh_from_db()
    assert row.retired_at is None


@pytest.mark.parametrize("door", DOORS)
def test_agents_and_providers_too_say_where_they_are_used(client: Client, team: Team, door: str) -> None:
    called = make_config(team, AgentContent(name="explore", mode="subagent"))
    caller = make_config(team, AgentContent(name="builder", subagents=("explore",)))
    provider = make_config(team, ProviderContent(name="acme"))
    model = make_config(team, ModelContent(provider="acme", identifier="large"))
    for used, user in ((called, caller), (provider, model)):
        page = open_page(client, url_of(used.kind, "show", used.pk, door=door))
        assert url_of(user.kind, "show", user.pk, door=door) in [found["href"] for found in page.find("a")]
    assert "Nothing uses it." in open_page(client, url_of("agent", "show", caller.pk, door=door)).text


def test_the_history_is_the_audit_chains(client: Client, team: Team) -> None:
    row = make_prompt(team, versions=2)
    page = open_page(client, url_of("prompt", "history", row.pk))
    assert AuditEntry.objects.filter(subject_id=row.pk).count() == page.text.count("config.save") == 2
    assert "Version 1" not in page.text


# Who may come in ----------------------------------------------------------------------------------


def list_addresses(rows: dict[str, Any]) -> list[str]:
    """Every page of the plain editor."""
    single = [reverse(f"configure:{name}") for name in ("index", "production", "labels")]
    lists = [url_of(kind, view, door="configure") for kind in KINDS for view in ("list", "add")]
    shown = [url_of(kind, view, pk, door="configure") for kind, pk in rows.items() for view in PAGES]
    return [*single, *lists, *shown]


def list_buttons(rows: dict[str, Any]) -> list[str]:
    previews = [url_of(kind, "preview", door="configure") for kind in KINDS]
    acts = [url_of(kind, act, pk, door="configure") for kind, pk in rows.items() for act in ACTS]
    return [reverse("configure:protect"), *previews, *acts]


@pytest.fixture
def rows(team: Team) -> dict[str, str]:
    return {
        "prompt": make_prompt(team).pk,
        "agent": make_config(team, AgentContent(name="builder")).pk,
        "tool_rules": make_config(team, ToolRulesContent()).pk,
    }


def test_who_is_not_logged_in_goes_to_the_login_page_and_comes_back(rows: dict[str, str]) -> None:
    outsider = enter(make_user())
    for url in [*list_addresses(rows), *list_buttons(rows)]:
        for browser in (Client(), outsider):
            for method in (browser.get, browser.post):
                response = method(url)
                expected = f"{reverse('admin:login')}?next={url}"
                assert (response.status_code, response.headers["Location"]) == (302, expected)


def test_members_open_every_page(client: Client, rows: dict[str, str]) -> None:
    urls = list_addresses(rows)
    assert {url: client.get(url).status_code for url in urls} == dict.fromkeys(urls, 200)
    assert client.get("/configure/engines/").status_code == 404


def test_buttons_are_posted_with_the_forms_token_and_nothing_else(editor: User, rows: dict[str, str]) -> None:
    urls, versions = list_buttons(rows), ConfigVersion.objects.count()
    opened = enter(editor)
    assert {url: opened.get(url).status_code for url in urls} == dict.fromkeys(urls, 405)
    tokenless = enter(editor, enforce_csrf_checks=True)
    assert {url: tokenless.post(url).status_code for url in urls} == dict.fromkeys(urls, 403)
    assert ConfigVersion.objects.count() == versions


@pytest.mark.parametrize("door", DOORS)
def test_another_teams_things_do_not_exist(rows: dict[str, str], door: str) -> None:
    stranger = enter(make_user(make_team(), Role.ADMIN))
    pages = [url_of(kind, view, pk, door=door) for kind, pk in rows.items() for view in PAGES]
    acts = [url_of(kind, act, pk, door=door) for kind, pk in rows.items() for act in ACTS]
    assert {url: stranger.get(url).status_code for url in pages} == dict.fromkeys(pages, 404)
    assert {url: stranger.post(url).status_code for url in acts} == dict.fromkeys(acts, 404)
    preview = url_of("prompt", "preview", door=door)
    assert stranger.post(preview, {"object": rows["prompt"]}).status_code == 404


def test_viewers_change_nothing(team: Team, rows: dict[str, str]) -> None:
    viewer = enter(make_user(team, Role.VIEWER))
    data = {"label": "staging", "number": "1", "version": "1", "team": team.pk, "name": "x"}
    before = (ConfigVersion.objects.count(), ConfigLabel.objects.count())
    for act in ACTS:
        assert viewer.post(url_of("prompt", act, rows["prompt"]), data).status_code in {302, 403}, act
    assert viewer.get(reverse("configure:production")).status_code == 403
    row = Prompt.objects.get()
    assert (ConfigVersion.objects.count(), ConfigLabel.objects.count()) == before
    assert (row.version, row.retired_at) == (1, None)


def test_owners_edit_what_is_everybodys(team: Team) -> None:
    row = make_prompt(None)
    owner, member = enter(make_owner()), enter(make_user(team, Role.ADMIN))
    data = {"label": "staging", "number": "1"}
    assert member.post(url_of("prompt", "move-label", row.pk), data).status_code == 403
    assert owner.post(url_of("prompt", "move-label", row.pk), data).status_code == 302
    assert label_of(row, "staging") == 1
