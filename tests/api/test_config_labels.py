"""Labels through the API: those that move at once, and those that only move with somebody else's approval."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.enums import Role, Scope
from accounts.models import Membership, Team, User
from configs.content import AgentContent, PromptContent
from configs.models import ConfigLabel, LabelChange
from reviews.models import Review
from tests.api.clients import ApiClient, call_as, outcome, problem
from tests.factories import change_config, make_config, make_owner, make_service, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    team = make_team("Blue")
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    return team


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def client(editor: User) -> ApiClient:
    return call_as(editor)


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, Role.APPROVER)


@pytest.fixture
def prompt(team: Team) -> Any:
    """With two versions."""
    return change_config(make_config(team, PromptContent(name="P")), PromptContent(name="P", body="x"))


def move(client: ApiClient, prompt: Any, label: str, version: int | None, **more: Any) -> Any:
    return client.write(f"prompts/{prompt.pk}/labels/", {"label": label, "version": version, **more})


def test_a_free_label_moves_at_once_and_goes_away(client: ApiClient, editor: User, prompt: Any) -> None:
    first = move(client, prompt, "staging", 1)
    assert (first.status_code, first.json()) == (
        200,
        {"label": "staging", "moved": 1, "change_request": None},
    )
    assert move(client, prompt, "staging", 1).json()["moved"] == 0
    [label] = client.read(f"prompts/{prompt.pk}/labels/").json()["results"]
    me = {"kind": "user", "id": editor.pk, "label": str(editor)}
    moved_at = label.pop("moved_at")
    assert (label, bool(moved_at)) == (
        {"name": "staging", "version": 1, "is_protected": False, "moved_by": me},
        True,
    )
    shown = client.read(f"prompts/{prompt.pk}/").json()
    assert shown["labels"] == {"draft": 2, "staging": 1}
    stale = move(client, prompt, "staging", 2, expected_version=2)
    assert (outcome(stale), problem(stale)["number"]) == ((409, "stale_label"), 1)
    assert move(client, prompt, "staging", 2, expected_version=1).status_code == 200
    assert move(client, prompt, "staging", None).json()["moved"] == 1
    assert not ConfigLabel.objects.exists()


@pytest.mark.parametrize("label", ["draft", "Upper", "a b", "../x", "", "x" * 33, "a\u202eb"])
def test_a_label_that_is_none_is_refused(client: ApiClient, prompt: Any, label: str) -> None:
    answer = move(client, prompt, label, 1)
    assert (outcome(answer), problem(answer)["errors"][0]["field"]) == ((400, "invalid"), "label")


@pytest.mark.parametrize("version", [0, -1, "1", 1.5, True, 2**31])
def test_a_version_that_is_none_is_refused(client: ApiClient, prompt: Any, version: Any) -> None:
    assert outcome(move(client, prompt, "staging", version)) == (400, "invalid")


def test_a_version_that_is_not_there_is_not_found(client: ApiClient, prompt: Any) -> None:
    assert outcome(move(client, prompt, "staging", 9)) == (404, "not_found")


def test_a_protected_label_waits_for_somebody_else(
    client: ApiClient, editor: User, approver: User, team: Team, prompt: Any
) -> None:
    asked = move(client, prompt, "production", 2, reason="It is better.")
    review = Review.objects.get()
    assert (asked.status_code, asked.json()) == (
        202,
        {"label": "production", "moved": 0, "change_request": review.pk},
    )
    assert not ConfigLabel.objects.exists()
    shown = client.read(f"change-requests/{review.pk}/")
    document = shown.json()
    digest = client.read(f"prompts/{prompt.pk}/versions/2/").json()["content_hash"]
    expected = {
        "id": review.pk,
        "state": "open",
        "label": "production",
        "team": {"id": team.pk, "name": "Blue"},
        "title": "Move production of prompt P to version 2",
        "reason": "It is better.",
        "moves": [
            {
                "kind": "prompt",
                "object_id": prompt.pk,
                "name": "P",
                "from_version": None,
                "from_hash": None,
                "to_version": 2,
                "to_hash": digest,
            }
        ],
        "requested_by": {"kind": "user", "id": editor.pk, "label": str(editor)},
        "decided_by": None,
        "decision_reason": "",
        "decided_at": None,
    }
    assert {name: document[name] for name in expected} == expected
    listed = client.read("change-requests/?state=open").json()
    assert (listed["total"], listed["results"]) == (1, [document])
    assert client.read("change-requests/?state=approved").json()["total"] == 0
    again = move(client, prompt, "production", 2)
    assert (again.status_code, again.json()["change_request"]) == (202, review.pk)
    other = move(client, prompt, "production", 1)
    assert (outcome(other), problem(other)["review"]) == ((409, "already_open"), review.pk)
    assert LabelChange.objects.count() == 1


@pytest.mark.parametrize("role", Role.values)
def test_no_token_approves_a_change_request(
    client: ApiClient, approver: User, team: Team, prompt: Any, role: str
) -> None:
    review = move(client, prompt, "production", 2).json()["change_request"]
    fingerprint = Review.objects.get().content_hash
    for caller in (client, call_as(approver), call_as(make_user(team, role)), call_as(make_owner())):
        answer = caller.write(f"reviews/{review}/approve/", {"fingerprint": fingerprint})
        assert answer.status_code in {403, 404}
        for path in (f"change-requests/{review}/", f"change-requests/{review}/approve/"):
            assert caller.write(path, {"fingerprint": fingerprint}).status_code in {404, 405}
    assert not ConfigLabel.objects.exists()


def test_a_protected_label_moves_by_no_other_way(client: ApiClient, approver: User, prompt: Any) -> None:
    moves = [{"kind": "prompt", "object_id": prompt.pk, "version": 2}]
    asked = client.write("label-moves/", {"label": "production", "moves": moves})
    assert (asked.status_code, asked.json()["moved"]) == (202, 0)
    etag = {"If-Match": client.read(f"prompts/{prompt.pk}/").headers["ETag"]}
    for body in (
        {"content": {"name": "P"}, "labels": {"production": 2}},
        {"content": {"name": "P", "labels": {"production": 2}}},
    ):
        assert client.send("PUT", f"prompts/{prompt.pk}/", body, headers=etag).status_code == 400
    assert not ConfigLabel.objects.exists()


def test_a_service_account_moves_no_protected_label_nor_asks_for_it(
    editor: User, approver: User, team: Team, prompt: Any
) -> None:
    service = make_service(editor, team)
    Membership.objects.filter(user=service).update(role=Role.EDITOR)
    agent = call_as(service)
    assert move(agent, prompt, "staging", 1).status_code == 200
    moves = [{"kind": "prompt", "object_id": prompt.pk, "version": 2}]
    for answer in (
        move(agent, prompt, "production", 2),
        agent.write("label-moves/", {"label": "production", "moves": moves}),
    ):
        assert outcome(answer) == (403, "refused")
    assert not Review.objects.exists()


def test_many_move_together_or_not_at_all(client: ApiClient, team: Team, prompt: Any) -> None:
    agent = make_config(team, AgentContent(name="a"))
    moves = [
        {"kind": "prompt", "object_id": prompt.pk, "version": 2},
        {"kind": "agent", "object_id": agent.pk, "version": 1},
    ]
    answer = client.write("label-moves/", {"label": "staging", "moves": moves})
    assert (answer.status_code, answer.json()["moved"]) == (200, 2)
    ConfigLabel.objects.all().delete()
    bad = {
        (404, "not_found"): [*moves[:1], {**moves[1], "version": 9}],
        (400, "invalid"): [moves[0], moves[0]],
        (409, "stale_label"): [moves[0], {**moves[1], "expected_version": 1}],
    }
    for expected, wish in bad.items():
        assert outcome(client.write("label-moves/", {"label": "staging", "moves": wish})) == expected
    foreign = make_config(make_team(), AgentContent(name="a"))
    wish = [moves[0], {"kind": "agent", "object_id": foreign.pk, "version": 1}]
    assert outcome(client.write("label-moves/", {"label": "staging", "moves": wish})) == (404, "not_found")
    for wish in ([], [moves[0]] * 501, [{"kind": "secret", "object_id": "x", "version": 1}]):
        assert outcome(client.write("label-moves/", {"label": "staging", "moves": wish})) == (400, "invalid")
    assert not ConfigLabel.objects.exists()


def test_what_wears_a_protected_label_is_not_retired(client: ApiClient, team: Team) -> None:
    worn = make_config(team, PromptContent(name="Worn"), "production")
    assert outcome(client.write(f"prompts/{worn.pk}/retire/")) == (409, "labelled")


def test_change_requests_are_their_team_s(client: ApiClient, approver: User, team: Team, prompt: Any) -> None:
    review = move(client, prompt, "production", 2, reason="Secret plan.").json()["change_request"]
    stranger = call_as(make_user(make_team(), Role.ADMIN))
    assert outcome(stranger.read(f"change-requests/{review}/")) == (404, "not_found")
    assert stranger.read("change-requests/").json()["total"] == 0
    for reader in (call_as(make_owner()), call_as(make_service(make_user(team), team), Scope.CONFIGS_READ)):
        shown = reader.read(f"change-requests/{review}/").json()
        assert (shown["id"], shown["reason"]) == (review, "")
