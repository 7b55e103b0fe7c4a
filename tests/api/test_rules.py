"""Rules through the API: written, versioned, switched, and nothing for agents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.domain.teams import add_member
from accounts.enums import Role, Scope
from accounts.models import Team, User
from events.errors import Invalid
from governance.models import RuleUse, RuleVersion, WhitelistAction, WhitelistTarget
from reviews.models import Review
from tests.api.clients import ApiClient, call_as, outcome, problem, sign_in, write_signed_in
from tests.factories import ACTOR, make_engine, make_rule, make_service, make_team, make_token, make_user

pytestmark = pytest.mark.django_db

WISH: dict[str, Any] = {
    "name": "Status of the demo",
    "value": "git status",
    "effect": "allow",
    "directory": "/srv/demo",
    "should_match": ["git status"],
    "must_not_match": ["git push"],
}


@pytest.fixture
def team() -> Team:
    team = make_team("Blue")
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    return team


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, Role.APPROVER)


@pytest.fixture
def client(approver: User) -> ApiClient:
    return call_as(approver)


def create(client: ApiClient, **values: Any) -> dict[str, Any]:
    answer = client.write("rules/", {**WISH, **values})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def test_a_rule_is_drafted_and_shown_whole(client: ApiClient, team: Team, approver: User) -> None:
    engine = make_engine(team)
    ends = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    made = create(
        client,
        engine_id=engine.pk,
        expires_at=ends.isoformat(),
        max_uses=3,
        user_id=approver.pk,
        message="Ask.",
        note="first",
    )
    shown = client.read(f"rules/{made['id']}/").json()
    assert shown == made
    me = {"kind": "user", "id": approver.pk, "label": str(approver)}
    expected = {
        **WISH,
        "team": {"id": team.pk, "name": "Blue"},
        "reason": "",
        "agent": "",
        "engine_id": engine.pk,
        "permission": "bash",
        "kind": "pattern",
        "conditions": [],
        "message": "Ask.",
        "user_id": approver.pk,
        "chat_id": None,
        "max_uses": 3,
        "allows_redirects": False,
        "mode": "enforce",
        "state": "draft",
        "applies": False,
        "version": 1,
        "reviewed_version": None,
        "review_id": None,
        "activated_by": None,
        "activated_at": None,
        "created_by": me,
        "use": {"uses": 0, "observed": 0, "last_hit_at": None},
    }
    assert {name: shown[name] for name in expected} == expected
    assert shown["expires_at"].startswith(ends.strftime("%Y-%m-%dT%H:%M:%S"))
    assert "git status" in shown["reading"]["words"]
    [listed] = client.read("rules/").json()["results"]
    assert listed == {name: value for name, value in shown.items() if name != "reading"}


def test_a_failed_example_saves_nothing_and_says_which(client: ApiClient) -> None:
    answer = client.write("rules/", {**WISH, "must_not_match": ["git status", "ls"]})
    assert outcome(answer) == (400, "example_failed")
    document = problem(answer)
    assert [(item["field"], item["line"]) for item in document["examples"]] == [
        ("must_not_match", "git status")
    ]
    assert not WhitelistAction.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"value": ""},
        {"value": "a && b"},
        {"effect": "perhaps"},
        {"max_uses": 0},
        {"max_uses": "3"},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2030-01-01T00:00:00"},
        {"engine_id": "000000000000000"},
        {"conditions": [{"path": "x"}]},
        {"state": "active"},
        {"team": "000000000000000"},
        {"directory": "../x"},
    ],
    ids=str,
)
def test_a_bad_body_is_400_and_saves_nothing(client: ApiClient, values: dict[str, Any]) -> None:
    answer = client.write("rules/", {**WISH, **values})
    assert answer.status_code == 400
    assert problem(answer)
    assert (WhitelistAction.objects.count(), RuleVersion.objects.count()) == (0, 0)


def test_a_change_keeps_what_it_leaves_out_and_names_the_version_it_read(client: ApiClient) -> None:
    made = create(client, activate=True)
    assert (made["state"], made["applies"]) == ("active", True)
    path = f"rules/{made['id']}/save/"
    answer = client.write(path, {"version": 1, "message": "Ask.", "note": "say why"})
    assert answer.status_code == 200
    changed = answer.json()
    assert (changed["version"], changed["message"], changed["state"]) == (2, "Ask.", "active")
    assert {name: changed[name] for name in WISH} == WISH
    again = client.write(path, {"version": 1, "message": "Other."})
    assert outcome(again) == (409, "stale_version")
    assert (problem(again)["version"], problem(again)["state"]) == (2, "active")
    assert outcome(client.write(path, {"message": "x"}))[0] == 400
    versions = client.read(f"rules/{made['id']}/versions/").json()["results"]
    assert [(item["version"], item["note"]) for item in versions] == [(2, "say why"), (1, "")]
    assert versions[0]["content"]["message"] == "Ask."
    restored = client.write(f"rules/{made['id']}/restore/", {"restored": 1, "version": 2}).json()
    assert (restored["version"], restored["message"]) == (3, "")


def test_a_repeated_save_under_one_key_is_one_version(client: ApiClient) -> None:
    made = create(client)
    body = {"version": 1, "message": "Ask."}
    key = {"Idempotency-Key": "once"}
    first = client.write(f"rules/{made['id']}/save/", body, headers=key)
    second = client.write(f"rules/{made['id']}/save/", body, headers=key)
    assert (first.status_code, second.status_code, first.json()) == (200, 200, second.json())
    assert RuleVersion.objects.count() == 2


def test_switching_off_is_at_once_and_the_way_back_names_the_version(client: ApiClient) -> None:
    made = create(client, activate=True)
    path = f"rules/{made['id']}/"
    off = client.write(f"{path}deactivate/").json()
    assert (off["state"], off["applies"]) == ("off", False)
    assert outcome(client.write(f"{path}deactivate/")) == (409, "already")
    assert outcome(client.write(f"{path}activate/", {"version": 9})) == (409, "stale_version")
    assert outcome(client.write(f"{path}activate/"))[0] == 400
    assert client.write(f"{path}activate/", {"version": 1}).json()["state"] == "active"
    assert client.write(f"{path}retire/").json()["state"] == "retired"
    assert outcome(client.write(f"{path}activate/", {"version": 1})) == (409, "retired")


def test_a_wide_rule_waits_for_a_second_person(client: ApiClient, team: Team) -> None:
    assert outcome(client.write("rules/", {**WISH, "directory": "", "activate": True})) == (
        409,
        "unsatisfiable",
    )
    assert not WhitelistAction.objects.exists()
    make_user(team, Role.APPROVER)
    made = create(client, directory="", activate=True)
    assert (made["state"], made["applies"], made["review_id"]) == (
        "in_review",
        False,
        Review.objects.get().pk,
    )
    assert made["reading"]["second_person"] == "It is not limited to one project directory."


def test_a_token_switches_nothing_on_where_tokens_do_not_decide(team: Team, approver: User) -> None:
    make_user(team, Role.APPROVER)
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=False)
    assert create(call_as(approver), activate=True)["state"] == "in_review"
    session = sign_in(approver)
    answer = write_signed_in(session, "rules/", {**WISH, "activate": True})
    assert (answer.status_code, answer.json()["state"]) == (201, "active")


def test_agents_learn_nothing_of_rules(team: Team, approver: User) -> None:
    rule = make_rule(team, "git push *", "deny", message="Ask a person to push.")
    service = make_service(approver, team)
    with pytest.raises(Invalid):
        make_token(service, Scope.RULES_READ)
    secret = make_token(service, Scope.REQUESTS_READ, Scope.REQUESTS_CREATE)
    agent = ApiClient(secret)
    for path in ("rules/", f"rules/{rule.pk}/", f"rules/{rule.pk}/versions/"):
        answer = agent.read(path)
        assert answer.status_code == 403
        assert "git push" not in answer.content.decode()
    assert agent.write("rules/", WISH).status_code == 403


def test_lists_are_filtered(client: ApiClient, team: Team) -> None:
    names = {
        "a": make_rule(team, "ls *", name="a").pk,
        "b": make_rule(team, "rm *", "deny", name="b", state="off").pk,
        "c": make_rule(team, "*", name="c", permission="read", mode="observe").pk,
    }
    make_rule(make_team(), name="foreign")

    def read(query: str) -> set[str]:
        rows = client.read(f"rules/?{query}").json()["results"]
        return {row["name"] for row in rows if names[row["name"]] == row["id"]}

    assert read("") == {"a", "b", "c"}
    assert read("state=active") == {"a", "c"}
    assert read("state=active&state=off") == {"a", "b", "c"}
    assert read("effect=deny") == {"b"}
    assert read("permission=read") == {"c"}
    assert read("mode=observe") == {"c"}
    assert outcome(client.read("rules/?nonsense=1")) == (400, "unknown_parameter")


def test_what_is_used_up_does_not_apply(client: ApiClient, team: Team) -> None:
    rule = make_rule(team, max_uses=2)
    RuleUse.objects.create(rule=rule, uses=2, last_hit_at=timezone.now())
    shown = client.read(f"rules/{rule.pk}/").json()
    assert (shown["state"], shown["applies"], shown["use"]["uses"]) == ("active", False, 2)


def test_path_rules_go_the_same_way(client: ApiClient) -> None:
    wish = {"name": "Demo", "pattern": "/srv/demo/**", "effect": "allow", "directory": "/srv/demo"}
    made = client.write("rule-targets/", {**wish, "verbs": ["read"], "activate": True}).json()
    assert (made["state"], made["verbs"], made["applies"]) == ("active", ["read"], True)
    path = f"rule-targets/{made['id']}/"
    changed = client.write(f"{path}save/", {"version": 1, "verbs": []}).json()
    assert (changed["version"], changed["verbs"]) == (2, [])
    assert client.write("rule-targets/", {**wish, "verbs": ["bash"]}).status_code == 400
    assert client.write(f"{path}deactivate/").json()["state"] == "off"
    assert client.write(f"{path}retire/").json()["state"] == "retired"
    assert WhitelistTarget.objects.count() == 1


def test_of_several_teams_one_is_named(team: Team, approver: User) -> None:
    other = make_team("Red")
    add_member(actor=ACTOR, team=other, user=approver, role=Role.EDITOR)
    client = call_as(approver)
    assert outcome(client.write("rules/", WISH)) == (400, "invalid")
    assert create(client, team=other.pk)["team"]["name"] == "Red"


def test_viewers_read_and_write_nothing(team: Team) -> None:
    rule = make_rule(team)
    viewer = call_as(make_user(team, Role.VIEWER))
    assert viewer.read(f"rules/{rule.pk}/").status_code == 200
    assert viewer.write("rules/", WISH).status_code == 403
    assert viewer.write("rules/", {**WISH, "team": team.pk}).status_code == 403
    assert viewer.write(f"rules/{rule.pk}/deactivate/").status_code == 403
