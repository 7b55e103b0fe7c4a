"""Replays, proposals and rules from a request, as a browser uses them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from accounts.principal import RECENT_LOGIN
from engines.models import Engine
from governance.domain.decide import approve_request, deny_request
from governance.domain.rule_proposals import APPROVALS_NEEDED, look_for_proposals
from governance.enums import Confirmation, ProposalState, RequestState, RuleState
from governance.models import (
    PermissionRequest,
    RuleProposal,
    RuleReplay,
    RuleVersion,
    WhitelistAction,
)
from reviews.models import Review
from tests.admin.doors import Page, address, enter, opened_earlier, request_url
from tests.factories import (
    make_engine,
    make_owner,
    make_principal,
    make_request,
    make_rule,
    make_service,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

CONFIRMED = (Confirmation.HIGH_RISK, Confirmation.PAUSE)
CHOICES = {"rung": "0", "in_directory": "on", "expiry": "8h", "until": "", "max_uses": "", "name": ""}


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def person(team: Team) -> User:
    return make_user(team)


def propose_url(request: PermissionRequest) -> str:
    return request_url(request, "propose-rule")


def choose(**values: str) -> dict[str, str]:
    return {**CHOICES, "rule_reason": "", **values}


def replay_offer(client: Client, url: str, **values: str) -> tuple[RuleReplay, str]:
    """Press the button that shows what it would have done; the replay, and the address it leads to."""
    answer = client.post(url, choose(act="replay", **values))
    assert answer.status_code == 302, Page(answer.content.decode()).text
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return RuleReplay.objects.get(pk=query["replay"][0]), answer.headers["Location"]


def approve_offer(client: Client, asked: PermissionRequest, url: str, **values: str) -> Any:
    data = {"fingerprint": asked.fingerprint, "opened": opened_earlier(client, asked.pk), "act": "approve"}
    return client.post(url, choose(**{**data, **values}))


def read(client: Client, url: str) -> Page:
    answer = client.get(url)
    assert answer.status_code == 200
    return Page(answer.content.decode())


# From a request's page --------------------------------------------------------------------------------


def test_a_request_is_approved_and_becomes_a_rule(team: Team, engine: Engine, person: User) -> None:
    asked, past = make_request(engine, "git status"), make_request(engine, "git status")
    client = enter(person)
    assert propose_url(asked) in [link["href"] for link in read(client, request_url(asked)).find("a")]
    replay, url = replay_offer(client, propose_url(asked), name="Status of demo", max_uses="3")
    assert (replay.request_id, replay.result["newly_allowed"]["examples"]) == (asked.pk, [past.pk, asked.pk])
    page = read(client, url)
    assert "Newly allowed 2" in page.text
    before = timezone.now().replace(microsecond=0)
    answer = approve_offer(client, asked, url, name="Status of demo", max_uses="3")
    assert (answer.status_code, answer.headers["Location"]) == (302, request_url(asked))
    asked.refresh_from_db()
    rule = WhitelistAction.objects.get()
    assert (asked.state, asked.decided_by_id) == (RequestState.APPROVED, person.pk)
    assert (rule.name, rule.value, rule.kind, rule.effect) == (
        "Status of demo",
        "git status",
        "strict",
        "allow",
    )
    assert (rule.directory, rule.agent, rule.max_uses, rule.state) == ("/srv/demo", "", 3, RuleState.ACTIVE)
    ends = rule.expires_at
    assert ends is not None
    assert before + timedelta(hours=8) <= ends <= timezone.now() + timedelta(hours=8)
    [version] = RuleVersion.objects.filter(rule_id=rule.pk)
    assert version.replay is not None
    assert (version.replay["replay"], version.note) == (replay.pk, f"Made from request {asked.pk}.")
    page = read(client, address("governance_whitelistaction", "change", rule.pk))
    assert "Held against 2 past requests before it was saved: 2 newly allowed" in page.text


def test_without_a_replay_of_what_is_chosen_nothing_happens(team: Team, engine: Engine, person: User) -> None:
    asked = make_request(engine, "git log --oneline src")
    client = enter(person)
    assert approve_offer(client, asked, propose_url(asked)).status_code == 409
    _, url = replay_offer(client, propose_url(asked))
    for changed in ({"rung": "1"}, {"in_directory": ""}):
        answer = approve_offer(client, asked, url, **changed)
        assert answer.status_code == 409
        assert "Look first at what exactly this would have done" in Page(answer.content.decode()).text
    asked.refresh_from_db()
    assert (asked.state, WhitelistAction.objects.count()) == (RequestState.PENDING, 0)


def test_the_approval_keeps_its_own_guards(team: Team, engine: Engine, person: User) -> None:
    asked = make_request(engine, "git status")
    client = enter(person)
    _, url = replay_offer(client, propose_url(asked))
    assert approve_offer(client, asked, url, opened="").status_code == 409
    assert approve_offer(client, asked, url, fingerprint="0" * 64).status_code == 409
    deny_request(
        principal=make_principal(make_user(team)), request_id=asked.pk, fingerprint=asked.fingerprint
    )
    assert approve_offer(client, asked, url).status_code == 409
    assert not WhitelistAction.objects.exists()


def test_what_is_of_high_risk_needs_its_word_here_too(team: Team, engine: Engine, person: User) -> None:
    asked = make_request(engine, "rm build.log")
    client = enter(person)
    _, url = replay_offer(client, propose_url(asked))
    assert "To approve, type rm" in read(client, url).text
    assert approve_offer(client, asked, url).status_code == 400
    with time_machine.travel(timezone.now() + RECENT_LOGIN, tick=True):
        answer = approve_offer(client, asked, url, confirmation="rm")
    # It asks for the password, and carries everything along.
    page = Page(answer.content.decode())
    assert (answer.status_code, [each["value"] for each in page.find("input", name="act")]) == (
        403,
        ["approve"],
    )
    assert not WhitelistAction.objects.exists()
    assert approve_offer(client, asked, url, confirmation="rm").status_code == 302
    assert WhitelistAction.objects.get().value == "rm build.log"


def test_a_wide_rule_says_so_before_and_waits_for_a_second_person(
    team: Team, engine: Engine, person: User
) -> None:
    make_user(team)
    asked = make_request(engine, "git status")
    client = enter(person)
    assert "Left open, a second person has to approve the rule" in read(client, propose_url(asked)).text
    _, url = replay_offer(client, propose_url(asked), in_directory="")
    page = read(client, url)
    assert "Approve, and ask a second person for the rule" in page.text
    assert approve_offer(client, asked, url, in_directory="").status_code == 302
    asked.refresh_from_db()
    rule = WhitelistAction.objects.get()
    assert (asked.state, rule.state) == (RequestState.APPROVED, RuleState.IN_REVIEW)
    assert Review.objects.get().subject_id == rule.pk


def test_a_decided_request_may_become_a_rule_alone(team: Team, engine: Engine, person: User) -> None:
    asked = make_request(engine, "git status")
    approve_request(principal=make_principal(person), request_id=asked.pk, fingerprint=asked.fingerprint)
    client = enter(person)
    _, url = replay_offer(client, propose_url(asked))
    page = read(client, url)
    assert [button["value"] for button in page.find("button", name="act")] == ["replay", "save"]
    answer = client.post(url, choose(act="save"))
    rule = WhitelistAction.objects.get()
    assert answer.headers["Location"] == address("governance_whitelistaction", "change", rule.pk)


def test_the_ladder_goes_from_exactly_this_to_all_that_begins_so(
    team: Team, engine: Engine, person: User
) -> None:
    asked = make_request(engine, "git log --oneline src")
    html = enter(person).get(propose_url(asked)).content.decode()
    page = Page(html)
    assert len(page.find("input", name="rung")) == 3
    positions = [
        html.index(f"<strong>{label}") for label in ("exactly this", "the same options", "all that begins")
    ]
    assert positions == sorted(positions)


@pytest.mark.parametrize("command", ["cat /proc/1/environ", "ls; if"])
def test_what_no_rule_stands_for_is_said_so(team: Team, engine: Engine, person: User, command: str) -> None:
    asked = make_request(engine, command)
    client = enter(person)
    assert "rule can stand for this" in read(client, propose_url(asked)).text
    assert client.post(propose_url(asked), choose(act="replay")).status_code == 400
    assert not RuleReplay.objects.exists()


def read_parts(page: Page) -> list[tuple[str, bool]]:
    """(what it says of a part, whether the ladder is of it)."""
    section = page.html.partition('class="card offer-parts"')[2].partition("</ol>")[0]
    items = section.split("<li")[1:]
    return [(Page(f"<li{item}").text, item.startswith(' aria-current="step"')) for item in items]


def test_a_chain_gets_one_rule_for_each_part_that_has_none_yet(
    team: Team, engine: Engine, person: User
) -> None:
    make_rule(team, "head *", directory="/srv/demo", name="Heads")
    asked = make_request(engine, "git log --oneline 2>&1 | head -5 && npm test")
    client = enter(person)
    page = read(client, propose_url(asked))
    assert read_parts(page) == [
        ("ask git log --oneline 2>&1 The rule below is about this part.", True),
        ("allow head -5 The rule “Heads” allows it.", False),
        ("ask npm test No rule allows it. Make a rule for this part", False),
    ]
    _, url = replay_offer(client, propose_url(asked), rung="2")
    answer = client.post(url, choose(act="save", rung="2"))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{propose_url(asked)}?part=3")
    page = read(client, answer.headers["Location"])
    assert [is_chosen for _, is_chosen in read_parts(page)] == [False, False, True]
    replay, url = replay_offer(client, answer.headers["Location"])
    assert "part=3" in url
    # With the rules for the other parts, this one lets the whole chain through.
    assert replay.result["newly_allowed"]["examples"] == [asked.pk]
    assert approve_offer(client, asked, url).status_code == 302
    asked.refresh_from_db()
    assert asked.state == RequestState.APPROVED
    assert sorted(WhitelistAction.objects.values_list("value", flat=True)) == [
        "git log *",
        "head *",
        "npm test",
    ]
    assert "No part is left" in read(client, propose_url(asked)).text


def test_a_part_that_a_rule_denies_or_asks_about_is_not_offered(
    team: Team, engine: Engine, person: User
) -> None:
    make_rule(team, "git push *", "deny", name="No pushing")
    make_rule(team, "npm *", "ask", name="Look at npm")
    asked = make_request(engine, "ls; git push origin; npm ci; echo a > b")
    client = enter(person)
    page = read(client, propose_url(asked))
    assert [text.split(" ", 1)[0] for text, _ in read_parts(page)] == ["ask", "deny", "ask", "ask"]
    links = [link["href"] for link in page.find("a") if str(link["href"]).startswith("?part")]
    assert (links, "Even with a rule for each part" in page.text) == (["?part=4"], True)
    assert [is_chosen for _, is_chosen in read_parts(page)] == [True, False, False, False]


@pytest.mark.parametrize(("part", "status"), [("2", 200), ("3", 404), ("0", 404), ("x", 404), ("²", 404)])
def test_a_part_that_is_not_there_is_not_found(
    team: Team, engine: Engine, person: User, part: str, status: int
) -> None:
    asked = make_request(engine, "git status && git log")
    assert enter(person).get(propose_url(asked), {"part": part}).status_code == status


def test_a_secret_in_a_part_is_offered_in_no_rule(team: Team, engine: Engine, person: User) -> None:
    asked = make_request(engine, "grep -r 'password=hunter2hunter2' src && git log")
    page = read(enter(person), f"{propose_url(asked)}?part=1")
    ladder = page.html.partition('<fieldset class="field ladder"')[2].partition("</fieldset>")[0]
    assert ("grep *" in ladder, "hunter2" in ladder) == (True, False)


def test_who_may_not_write_rules_makes_none_of_a_request(team: Team, engine: Engine) -> None:
    asked = make_request(engine, "git status")
    viewer = enter(make_user(team, Role.VIEWER))
    assert "write its rules" in read(viewer, propose_url(asked)).text
    assert viewer.post(propose_url(asked), choose(act="replay")).status_code == 403
    assert propose_url(asked) not in viewer.get(request_url(asked)).content.decode()
    assert enter(make_user(make_team(), Role.ADMIN)).get(propose_url(asked)).status_code == 404
    assert enter(make_owner()).get(propose_url(asked)).status_code == 403
    assert Client().get(propose_url(asked)).status_code == 302
    assert enter(make_service(make_user(team), team)).get(propose_url(asked)).status_code == 302
    assert not RuleReplay.objects.exists()


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"rung": "9"}, 400),
        ({"rung": ""}, 400),
        ({"expiry": "date"}, 400),
        ({"expiry": "date", "until": "2020-01-01"}, 400),
        ({"max_uses": "0"}, 400),
        ({"max_uses": "x"}, 400),
        ({"name": "n" * 121}, 400),
    ],
)
def test_a_wrong_choice_is_said_and_changes_nothing(
    team: Team, engine: Engine, person: User, values: dict[str, str], status: int
) -> None:
    asked = make_request(engine, "git status")
    answer = enter(person).post(propose_url(asked), choose(act="replay", **values))
    assert (answer.status_code, RuleReplay.objects.count()) == (status, 0)


# Replays -----------------------------------------------------------------------------------------------


def make_replay(client: Client, asked: PermissionRequest) -> RuleReplay:
    return replay_offer(client, propose_url(asked))[0]


def test_a_replay_names_what_people_denied_of_what_it_would_allow(
    team: Team, engine: Engine, person: User
) -> None:
    asked, denied = make_request(engine, "git status"), make_request(engine, "git status", session_id="ses_2")
    deny_request(principal=make_principal(person), request_id=denied.pk, fingerprint=denied.fingerprint)
    client = enter(person)
    replay = make_replay(client, asked)
    page = read(client, address("governance_rulereplay", "change", replay.pk))
    assert "People denied 1 of what it would allow." in page.text
    assert request_url(denied) in [link["href"] for link in page.find("a")]


def test_a_replay_goes_on_by_presses_of_its_button(
    team: Team, engine: Engine, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = make_request(engine, "git status")
    make_request(engine, "git status")
    monkeypatch.setattr("governance.domain.replay.step_replay.__kwdefaults__", {"budget_s": 0})
    client = enter(person)
    replay = make_replay(client, asked)
    url = address("governance_rulereplay", "change", replay.pk)
    assert "Under way : 1 of 2 requests." in read(client, url).text
    for _ in range(2):
        assert client.post(address("governance_rulereplay", "step", replay.pk)).headers["Location"] == url
    page = read(client, url)
    assert ("Newly allowed 2" in page.text, page.find("form", id="replay-step")) == (True, [])


def test_masked_words_alone_stand_in_a_replay(team: Team, engine: Engine, person: User) -> None:
    asked = make_request(engine, "curl https://example.org")
    secret = "abcdef0123456789abcdef0123456789"
    make_request(engine, f"curl -H 'Authorization: Bearer {secret}' https://example.org")
    client = enter(person)
    replay, _ = replay_offer(client, propose_url(asked), rung="1")
    html = client.get(address("governance_rulereplay", "change", replay.pk)).content.decode()
    assert (secret in html, "example.org" in html) == (False, True)


def test_the_form_of_rules_begins_where_the_replay_ended(team: Team, engine: Engine, person: User) -> None:
    client = enter(person)
    replay = make_replay(client, make_request(engine, "git status"))
    url = f"{address('governance_whitelistaction', 'add')}?replay={replay.pk}"
    html = client.get(url).content.decode()
    assert "git status" in html
    assert enter(make_user(make_team(), Role.ADMIN)).get(url).status_code == 404


def test_a_replay_of_the_form_saves_nothing(team: Team, engine: Engine, person: User) -> None:
    make_request(engine, "git status")
    client = enter(person)
    url = address("governance_whitelistaction", "add")
    answer = client.post(
        url,
        {
            "team": team.pk,
            "name": "Status",
            "effect": "allow",
            "permission": "bash",
            "kind": "pattern",
            "value": "git status",
            "directory": "/srv/demo",
            "mode": "enforce",
            "act": "replay",
        },
    )
    replay = RuleReplay.objects.get()
    assert answer.headers["Location"] == address("governance_rulereplay", "change", replay.pk)
    assert (replay.draft["value"], WhitelistAction.objects.count()) == ("git status", 0)
    page = read(client, answer.headers["Location"])
    assert f"{url}?replay={replay.pk}" in [link["href"] for link in page.find("a")]


def test_a_replays_page_costs_the_same_queries_whatever_it_shows(
    team: Team, engine: Engine, person: User
) -> None:
    client = enter(person)
    counts = []
    for number in (1, 3):
        asked = [make_request(engine, "git status") for _ in range(number)][-1]
        replay = make_replay(client, asked)
        with CaptureQueriesContext(connection) as queries:
            client.get(address("governance_rulereplay", "change", replay.pk))
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Proposals ---------------------------------------------------------------------------------------------


def make_proposal(engine: Engine, person: User, *commands: str) -> RuleProposal:
    for command in commands or ["git fetch"] * APPROVALS_NEEDED:
        asked = make_request(engine, command)
        approve_request(
            principal=make_principal(person),
            request_id=asked.pk,
            fingerprint=asked.fingerprint,
            confirmed=CONFIRMED,
        )
    look_for_proposals(team=engine.team, now=timezone.now())
    return RuleProposal.objects.get(team=engine.team)


def test_a_proposal_shows_its_evidence_and_becomes_a_rule(team: Team, engine: Engine, person: User) -> None:
    proposal = make_proposal(engine, person, *[f"git log --oneline src/{name}" for name in "abcde"])
    client = enter(person)
    page = read(client, address("governance_ruleproposal", "changelist"))
    assert "git log --oneline *" in page.text
    assert "approved 5 times by 1 person, never denied" in page.text
    page = read(client, address("governance_ruleproposal", "change", proposal.pk))
    assert len([link for link in page.find("a") if "/permissionrequest/" in link["href"]]) >= 5
    url = address("governance_ruleproposal", "make-rule", proposal.pk)
    page = read(client, url)
    # The ladder of its newest example, at the rung that was proposed.
    assert [radio["value"] for radio in page.find("input", name="rung", checked="")] == ["1"]
    replay, url = replay_offer(client, url, rung="1")
    assert (replay.proposal_id, replay.result["newly_allowed"]["approved"]) == (proposal.pk, 5)
    answer = client.post(url, choose(act="save", rung="1"))
    rule = WhitelistAction.objects.get()
    assert answer.headers["Location"] == address("governance_whitelistaction", "change", rule.pk)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.rule_id, proposal.settled_by) == (
        ProposalState.ACCEPTED,
        rule.pk,
        person,
    )
    assert "It is accepted already." in read(client, url).text


def test_making_the_rule_of_a_settled_proposal_changes_nothing(
    team: Team, engine: Engine, person: User
) -> None:
    proposal = make_proposal(engine, person)
    client = enter(person)
    _, url = replay_offer(client, address("governance_ruleproposal", "make-rule", proposal.pk))
    client.post(address("governance_ruleproposal", "dismiss", proposal.pk))
    assert client.post(url, choose(act="save")).status_code == 409
    assert not WhitelistAction.objects.exists()


def test_dismissing_takes_it_from_the_open_ones(team: Team, engine: Engine, person: User) -> None:
    proposal = make_proposal(engine, person)
    client = enter(person)
    answer = client.post(address("governance_ruleproposal", "dismiss", proposal.pk))
    assert answer.headers["Location"] == address("governance_ruleproposal", "changelist")
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.DISMISSED
    assert "Dismiss" not in [
        button.get("value", "") for button in read(client, request_list()).find("button")
    ]


def request_list() -> str:
    return address("governance_ruleproposal", "changelist")


def test_looking_now_is_a_press_for_writers_of_rules(team: Team, engine: Engine, person: User) -> None:
    url = reverse("admin:governance_ruleproposal_look")
    for _ in range(APPROVALS_NEEDED):
        asked = make_request(engine, "git fetch")
        approve_request(
            principal=make_principal(person),
            request_id=asked.pk,
            fingerprint=asked.fingerprint,
            confirmed=CONFIRMED,
        )
    assert enter(make_user(team, Role.VIEWER)).post(url).status_code == 403
    assert enter(person, enforce_csrf_checks=True).post(url).status_code == 403
    assert enter(person).get(url).status_code == 405
    assert Client().post(url).status_code == 302
    assert enter(make_user(make_team())).post(url).status_code == 302
    assert not RuleProposal.objects.exists()
    assert enter(person).post(url).headers["Location"] == request_list()
    assert RuleProposal.objects.get().pattern == "git fetch"


def test_a_list_of_proposals_costs_the_same_queries_however_many(
    team: Team, engine: Engine, person: User
) -> None:
    client = enter(person)
    make_proposal(engine, person)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(request_list())
        counts.append(len(queries))
        first = RuleProposal.objects.first()
        assert first is not None
        for letter in "ab":
            RuleProposal.objects.create(
                **{
                    name: getattr(first, name)
                    for name in (
                        *("team", "permission", "directory", "pattern", "is_strict", "rung", "approvals"),
                        *("people", "evidence", "first_at", "last_at"),
                    )
                },
                shape_hash=f"{letter}{len(counts)}",
            )
    assert counts[0] == counts[1]


def test_other_teams_see_neither_replays_nor_proposals(team: Team, engine: Engine, person: User) -> None:
    make_rule(team)
    proposal = make_proposal(engine, person)
    replay = make_replay(enter(person), make_request(engine, "git status"))
    urls = [
        address("governance_ruleproposal", "change", proposal.pk),
        address("governance_ruleproposal", "make-rule", proposal.pk),
        address("governance_rulereplay", "change", replay.pk),
    ]
    for stranger in (make_user(make_team(), Role.ADMIN), make_owner()):
        client = enter(stranger)
        assert [client.get(url).status_code for url in urls] == [404, 404, 404]
        assert client.post(address("governance_rulereplay", "step", replay.pk)).status_code == 404
