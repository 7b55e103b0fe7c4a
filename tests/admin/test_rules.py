"""Rules in the admin: the list, the page, the form with its try box, the buttons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from governance.domain.rules import save_rule
from governance.models import RuleUse, RuleVersion, WhitelistAction, WhitelistTarget
from governance.rule_drafts import RuleDraft
from tests.admin.doors import Page, address, enter
from tests.factories import (
    make_engine,
    make_principal,
    make_request,
    make_rule,
    make_service,
    make_target,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

RULES, TARGETS = "governance_whitelistaction", "governance_whitelisttarget"
TYPED = {
    "name": "Status of the demo",
    "effect": "allow",
    "permission": "bash",
    "kind": "pattern",
    "value": "git status",
    "mode": "enforce",
    "lasts": "",
    "directory": "/srv/demo",
    "should_match": "git status",
    "must_not_match": "git push\r\nrm -rf /",
}
TYPED_PATH = {
    "name": "The demo",
    "effect": "allow",
    "pattern": "/srv/demo/**",
    "mode": "enforce",
    "lasts": "",
    "directory": "/srv/demo",
}


@pytest.fixture
def team() -> Team:
    return make_team("Blue")


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, Role.APPROVER)


@pytest.fixture
def client(approver: User) -> Client:
    return enter(approver)


def post_form(client: Client, team: Team, rule: Any = None, *, act: str = "save", **typed: str) -> Any:
    model = TARGETS if isinstance(rule, WhitelistTarget) or "pattern" in typed else RULES
    base = TYPED_PATH if model == TARGETS else TYPED
    data = {**base, "team": team.pk, "act": act, **typed}
    if rule is None:
        return client.post(address(model, "add"), data)
    return client.post(
        address(model, "edit", rule.pk), {"version": str(rule.version), "rule": rule.pk, **data}
    )


def read(client: Client, url: str) -> Page:
    response = client.get(url)
    assert response.status_code == 200
    return Page(response.content.decode())


def test_a_rule_is_written_and_switched_on_in_one_go(client: Client, team: Team, approver: User) -> None:
    response = post_form(client, team, act="activate", note="asked for")
    [rule] = WhitelistAction.objects.all()
    assert (response.status_code, response.headers["Location"]) == (302, address(RULES, "change", rule.pk))
    assert (rule.name, rule.value, rule.state, rule.directory) == (
        *("Status of the demo", "git status", "active", "/srv/demo"),
    )
    assert (rule.should_match, rule.must_not_match) == (["git status"], ["git push", "rm -rf /"])
    page = read(client, address(RULES, "change", rule.pk))
    for words in ("Status of the demo", "git status", "Version 1", "asked for", "/srv/demo", "git push"):
        assert words in page.text


def test_saving_keeps_a_draft_a_draft_and_says_so(client: Client, team: Team) -> None:
    response = post_form(client, team)
    assert WhitelistAction.objects.get().state == "draft"
    page = client.get(response.headers["Location"]).content.decode()
    assert "Saved as version 1. It is draft and applies to nothing." in page


def test_a_wrong_example_is_shown_at_its_field_and_what_was_typed_stays(client: Client, team: Team) -> None:
    response = post_form(client, team, must_not_match="git status")
    assert (response.status_code, WhitelistAction.objects.exists()) == (400, False)
    page = Page(response.content.decode())
    assert "“git status” must not be covered and is" in page.text
    [typed] = page.find("input", name="name")
    assert typed["value"] == TYPED["name"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"value": "git status && ls"}, "one simple command"),
        ({"value": ""}, "required"),
        ({"directory": "demo"}, "absolute path"),
        ({"lasts": "date"}, "Say until when"),
        ({"lasts": "date", "expires_at": "2020-01-01T00:00"}, "this moment has passed"),
        ({"conditions": "nonsense"}, "Each line is path = pattern"),
        ({"max_uses": "0"}, "greater than or equal to 1"),
        ({"chat": "x"}, "no such chat"),
    ],
    ids=str,
)
def test_a_bad_value_saves_nothing(client: Client, team: Team, typed: dict[str, str], words: str) -> None:
    response = post_form(client, team, **typed)
    assert (response.status_code, WhitelistAction.objects.exists()) == (400, False)
    assert words in Page(response.content.decode()).text


def test_an_edit_is_a_new_version_with_its_difference(client: Client, team: Team) -> None:
    post_form(client, team, act="activate")
    [rule] = WhitelistAction.objects.all()
    response = post_form(client, team, rule, message="Use the portal.", note="say what to do")
    assert response.status_code == 302
    rule.refresh_from_db()
    assert (rule.version, rule.state, rule.message) == (2, "active", "Use the portal.")
    page = read(client, address(RULES, "change", rule.pk))
    for words in (
        "Version 2",
        "Version 1",
        "say what to do",
        "Restore version 1",
        "message – Use the portal.",
    ):
        assert words in page.text


def test_of_two_editors_the_second_is_told_and_keeps_what_was_typed(client: Client, team: Team) -> None:
    post_form(client, team)
    [rule] = WhitelistAction.objects.all()
    post_form(client, team, rule, message="first")
    response = post_form(client, team, rule, message="second")
    assert response.status_code == 409
    page = Page(response.content.decode())
    assert "It was changed meanwhile" in page.text
    assert "second" in page.text
    rule.refresh_from_db()
    assert (rule.version, rule.message) == (2, "first")


def test_the_form_shows_what_is_stored(client: Client, team: Team) -> None:
    ends = (timezone.now() + timedelta(hours=3)).replace(microsecond=0)
    rule = make_rule(team, "git log *", expires_at=ends, max_uses=5, directory="/srv/demo", mode="observe")
    page = read(client, address(RULES, "edit", rule.pk))
    [until] = page.find("input", name="expires_at")
    assert until["value"] == ends.strftime("%Y-%m-%dT%H:%M:%S")
    assert page.find("input", name="max_uses")[0]["value"] == "5"
    assert "git log *" in page.text
    [mode] = [item for item in page.find("input", name="mode") if "checked" in item]
    assert mode["value"] == "observe"


# Trying ---------------------------------------------------------------------------------------------


def test_lines_are_tried_against_the_draft_and_all_rules_and_nothing_is_saved(
    client: Client, team: Team
) -> None:
    make_rule(team, "git push *", "deny", name="No pushing")
    response = post_form(
        client,
        team,
        act="try",
        value="git *",
        must_not_match="",
        try_lines="git log\r\ngit push origin\r\nls",
    )
    assert response.status_code == 200
    text = Page(response.content.decode()).text
    tried = text[text.index("Try it") :]
    assert "git log This rule alone allow" in tried
    assert "All rules of the team deny No pushing" in tried
    assert "ls This rule alone ask" in tried
    assert WhitelistAction.objects.count() == 1


def test_the_page_script_gets_a_piece_of_the_page(client: Client, team: Team) -> None:
    data = {**TYPED, "team": team.pk, "try_lines": "git status; rm x"}
    response = client.post(address(RULES, "try"), data)
    assert response.status_code == 200
    html = response.content.decode()
    assert "<html" not in html
    text = Page(html).text
    assert "This rule alone ask" in text
    assert "rm x" in text
    assert (
        "can't be read yet: value"
        in Page(client.post(address(RULES, "try"), {**data, "value": ""}).content.decode()).text
    )


def test_a_wide_draft_says_that_it_needs_somebody_else(client: Client, team: Team) -> None:
    text = Page(post_form(client, team, act="try", directory="").content.decode()).text
    assert "A second person has to approve it: It is not limited to one project directory." in text


def test_paths_are_tried_too(client: Client, team: Team) -> None:
    make_rule(team, "*", permission="read", name="Reading")
    response = client.post(
        address(TARGETS, "add"),
        {
            **TYPED_PATH,
            "team": team.pk,
            "act": "try",
            "try_lines": "/srv/demo/a.py\n/etc/passwd",
            "try_verb": "read",
        },
    )
    text = Page(response.content.decode()).text
    assert "/srv/demo/a.py This rule alone allow" in text
    assert "/etc/passwd This rule alone ask" in text


def test_bad_arguments_of_a_tool_are_said(client: Client, team: Team) -> None:
    typed = {"permission": "github_create_issue", "value": "*", "should_match": "", "must_not_match": ""}
    text = Page(post_form(client, team, act="try", try_lines="nonsense", **typed).content.decode()).text
    assert "one JSON object a line" in text


# Buttons --------------------------------------------------------------------------------------------


def test_the_buttons_switch_retire_and_restore(client: Client, team: Team) -> None:
    post_form(client, team)
    [rule] = WhitelistAction.objects.all()
    page = read(client, address(RULES, "change", rule.pk))
    [switch] = [form["action"] for form in page.find("form") if "switch-on" in form.get("action", "")]
    client.post(switch)
    rule.refresh_from_db()
    assert rule.state == "active"
    post_form(client, team, rule, message="other")
    client.post(address(RULES, "restore", rule.pk), {"restored": "1", "version": "2"})
    rule.refresh_from_db()
    assert (rule.version, rule.message, rule.state) == (3, "", "active")
    client.post(address(RULES, "switch-off", rule.pk))
    rule.refresh_from_db()
    assert rule.state == "off"
    client.post(address(RULES, "retire", rule.pk))
    rule.refresh_from_db()
    assert rule.state == "retired"
    page = read(client, address(RULES, "change", rule.pk))
    assert [form["action"] for form in page.find("form") if rule.pk in form.get("action", "")] == []


def test_a_switch_of_what_was_not_shown_does_nothing(client: Client, team: Team) -> None:
    post_form(client, team)
    [rule] = WhitelistAction.objects.all()
    for query in ("?version=7", "", "?version=x"):
        client.post(address(RULES, "switch-on", rule.pk) + query)
    rule.refresh_from_db()
    assert rule.state == "draft"


def test_viewers_read_and_try_but_have_no_buttons(team: Team) -> None:
    rule = make_rule(team)
    viewer = enter(make_user(team, Role.VIEWER))
    page = read(viewer, address(RULES, "change", rule.pk))
    assert [form["action"] for form in page.find("form") if rule.pk in form.get("action", "")] == []
    form = read(viewer, address(RULES, "edit", rule.pk))
    assert [button["value"] for button in form.find("button", name="act")] == ["try"]
    assert post_form(viewer, team, rule, act="try").status_code == 200
    before = WhitelistAction.objects.values_list("version", "state").get()
    assert post_form(viewer, team, rule).status_code == 403
    for button in ("switch-off", "retire"):
        assert viewer.post(address(RULES, button, rule.pk)).status_code == 403
    assert viewer.get(address(RULES, "add")).status_code == 403
    assert WhitelistAction.objects.values_list("version", "state").get() == before


@pytest.mark.parametrize("model", [RULES, TARGETS])
def test_strangers_find_no_form(team: Team, model: str) -> None:
    made = make_rule(team) if model == RULES else make_target(team)
    stranger = enter(make_user(make_team(), Role.ADMIN))
    service = enter(make_service(make_user(team), team))
    for view in ("edit", "change"):
        assert stranger.get(address(model, view, made.pk)).status_code == 404
        assert service.get(address(model, view, made.pk)).status_code == 302
    assert stranger.post(address(model, "try"), {"rule": made.pk}).status_code == 404
    assert stranger.post(address(model, "edit", made.pk), TYPED).status_code == 404
    typed = {**(TYPED if model == RULES else TYPED_PATH), "team": team.pk, "act": "save"}
    before = WhitelistAction.objects.count() + WhitelistTarget.objects.count()
    assert stranger.post(address(model, "add"), typed).status_code == 400
    assert WhitelistAction.objects.count() + WhitelistTarget.objects.count() == before


# The list --------------------------------------------------------------------------------------------


def list_names(client: Client, **query: str) -> set[str]:
    page = read(client, f"{address(RULES, 'changelist')}?" + "&".join(f"{k}={v}" for k, v in query.items()))
    return {name for name in ("Plain", "Denial", "Ended", "Idle", "Watcher", "Fetch") if name in page.text}


def test_the_list_is_filtered_by_chips(client: Client, team: Team) -> None:
    now = timezone.now()
    plain = make_rule(team, name="Plain")
    RuleUse.objects.create(rule=plain, uses=3, last_hit_at=now)
    make_rule(team, "rm *", "deny", name="Denial", state="draft")
    make_rule(team, name="Ended", expires_at=now - timedelta(days=1))
    unused = make_rule(team, name="Idle")
    WhitelistAction.objects.filter(pk=unused.pk).update(activated_at=now - timedelta(days=40))
    make_rule(team, name="Watcher", mode="observe")
    make_rule(team, "https://example.com/*", permission="webfetch", name="Fetch")
    make_rule(make_team(), name="Foreign")
    everything = {"Plain", "Denial", "Ended", "Idle", "Watcher", "Fetch"}
    assert list_names(client) == everything
    assert list_names(client, state="active") == everything - {"Denial", "Ended"}
    assert list_names(client, state="over") == {"Ended"}
    assert list_names(client, state="draft") == {"Denial"}
    assert list_names(client, effect="deny") == {"Denial"}
    assert list_names(client, permission="webfetch") == {"Fetch"}
    assert list_names(client, mode="observe") == {"Watcher"}
    assert list_names(client, unused="30") == {"Idle"}
    assert list_names(client, unused="90") == set()
    assert list_names(client, state="nonsense") == set()
    assert list_names(client, q="example.com") == {"Fetch"}


def test_an_empty_list_says_what_that_means(client: Client) -> None:
    assert "No rule yet: every call is asked about." in read(client, address(RULES, "changelist")).text
    assert "No path rule yet" in read(client, address(TARGETS, "changelist")).text


@pytest.mark.parametrize(("model", "make"), [(RULES, make_rule), (TARGETS, make_target)])
def test_the_list_asks_as_often_for_three_rows_as_for_one(
    client: Client, team: Team, approver: User, model: str, make: Any
) -> None:
    engine = make_engine(team)
    url = address(model, "changelist")
    counts = []
    for number in (1, 2):
        for _ in range(number):
            make(team, author=approver, engine=engine)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(url)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_what_a_rule_decided_stands_on_its_page(client: Client, team: Team) -> None:
    rule = make_rule(team)
    request = make_request(make_engine(team), "make all")
    type(request).objects.filter(pk=request.pk).update(
        state="denied",
        decided_at=timezone.now(),
        decision_door="rule",
        decided_by_kind="rule",
        decided_by_id=rule.pk,
        rule_id=rule.pk,
        rule_version=1,
    )
    page = read(client, address(RULES, "change", rule.pk))
    assert "denied, version 1" in page.text
    assert address("governance_permissionrequest", "change", request.pk) in {
        link["href"] for link in page.find("a") if "href" in link
    }


def test_marks_stand_for_what_nobody_would_see(client: Client, team: Team, approver: User) -> None:
    draft = RuleDraft(name="Status", value="git status", effect="allow", message="a\u202eb")
    rule = save_rule(principal=make_principal(approver), team=team, draft=draft)
    page = read(client, address(RULES, "change", rule.pk))
    assert "a⟨U+202E⟩b" in page.text
    assert "\u202e" not in page.text
    assert RuleVersion.objects.count() == 1
