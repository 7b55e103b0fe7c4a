"""Claims, snoozes, comments and past decisions through the API; what tokens may not decide."""

from __future__ import annotations

import pytest

from accounts.enums import Role, Scope
from accounts.models import Team, User
from engines.models import Engine
from governance.domain.comments import comment_on_request
from governance.domain.decide import approve_request, deny_request
from governance.models import PermissionRequest, RequestComment, RequestSnooze
from tests.api.clients import ApiClient, call_as, outcome, sign_in, write_signed_in
from tests.factories import (
    make_engine,
    make_owner,
    make_principal,
    make_request,
    make_service,
    make_team,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    team = make_team()
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    team.refresh_from_db()
    return team


@pytest.fixture
def alice(team: Team) -> User:
    return make_user(team, name="Alice")


@pytest.fixture
def client(alice: User) -> ApiClient:
    return call_as(alice)


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


def path(request: PermissionRequest, verb: str = "") -> str:
    return f"permission-requests/{request.pk}/" + (f"{verb}/" if verb else "")


def test_what_is_known_of_a_request(client: ApiClient, alice: User, engine: Engine) -> None:
    request = make_request(engine, "git push origin main")
    client.send("POST", path(request, "claim"), {})
    comment_on_request(principal=make_principal(alice), request_id=request.pk, text="Hm.")
    shown = client.send("GET", path(request)).json()
    names = ("prefix", "risk", "claimed_by", "comments_count")
    assert {name: shown[name] for name in names} == {
        "prefix": "git push",
        "risk": "normal",
        "claimed_by": {"kind": "user", "id": alice.pk, "label": "Alice"},
        "comments_count": 1,
    }
    assert shown["claimed_at"] is not None
    listed = client.send("GET", "permission-requests/").json()["results"][0]
    assert {name: listed[name] for name in names} == {name: shown[name] for name in names}


def test_an_owner_outside_the_team_learns_no_words(alice: User, engine: Engine) -> None:
    request = make_request(engine, "git push origin main")
    past = make_request(engine, "git push past")
    person = make_principal(alice)
    approve_request(principal=person, request_id=past.pk, fingerprint=past.fingerprint)
    comment_on_request(principal=person, request_id=request.pk, text="Hm.")
    owner = call_as(make_owner())
    shown = owner.send("GET", path(request)).json()
    assert (shown["prefix"], shown["comments_count"], shown["risk"]) == ("", 0, "normal")
    assert outcome(owner.send("GET", path(request, "comments"))) == (403, "refused")
    assert owner.send("GET", path(request, "similar")).json() == {
        "near": [],
        "far": [],
        "approved": 0,
        "denied": 0,
        "looked_at": 0,
    }


def test_taking_over_names_the_holder(client: ApiClient, team: Team, alice: User, engine: Engine) -> None:
    request, bob = make_request(engine), make_user(team, name="Bob")
    other = call_as(bob)
    client.send("POST", path(request, "claim"), {})
    refused = other.send("POST", path(request, "claim"), {})
    assert outcome(refused) == (409, "claimed")
    assert refused.json()["claimed_by"] == "Alice"
    taken = other.send("POST", path(request, "claim"), {"take_over_from": alice.pk})
    assert taken.json()["claimed_by"]["id"] == bob.pk
    assert client.send("POST", path(request, "release"), {}).json()["claimed_by"] is None


def test_putting_off_and_taking_up(client: ApiClient, alice: User, engine: Engine) -> None:
    request = make_request(engine)
    answer = client.send("POST", path(request, "snooze"), {"length": "15m"})
    assert (answer.status_code, answer.json()["request"]) == (200, request.pk)
    assert RequestSnooze.objects.get().user_id == alice.pk
    assert outcome(client.send("POST", path(request, "snooze"), {"length": "1y"})) == (400, "invalid")
    assert client.send("POST", path(request, "unsnooze"), {}).status_code == 204
    assert not RequestSnooze.objects.exists()


def test_comments_are_listed_in_pages_oldest_first(client: ApiClient, alice: User, engine: Engine) -> None:
    request = make_request(engine)
    for number in range(3):
        made = client.send("POST", path(request, "comments"), {"text": f"**{number}**"})
        assert (made.status_code, made.json()["text"]) == (201, f"**{number}**")
    first = client.send("GET", path(request, "comments") + "?page_size=2").json()
    assert [item["text"] for item in first["results"]] == ["**0**", "**1**"]
    assert first["results"][0]["author"] == {"kind": "user", "id": alice.pk, "label": "Alice"}
    rest = client.get(first["next"]).json()
    assert [item["text"] for item in rest["results"]] == ["**2**"]


def test_a_comment_with_a_key_is_made_once(client: ApiClient, engine: Engine) -> None:
    request = make_request(engine)
    headers = {"Idempotency-Key": "once"}
    answers = [
        client.send("POST", path(request, "comments"), {"text": "Hm."}, headers=headers) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert RequestComment.objects.count() == 1


def test_agents_read_no_comments(team: Team, alice: User, engine: Engine) -> None:
    request = make_request(engine)
    comment_on_request(principal=make_principal(alice), request_id=request.pk, text="Let us see.")
    agent = ApiClient(make_token(make_service(alice, team), Scope.REQUESTS_READ))
    assert outcome(agent.send("GET", path(request, "comments"))) == (403, "refused")
    assert agent.send("GET", path(request)).json()["comments_count"] == 0


def test_similar_decisions(client: ApiClient, alice: User, engine: Engine) -> None:
    person = make_principal(alice)
    near = make_request(engine, "git push a")
    far = make_request(engine, "git push b", directory="/srv/other")
    approve_request(principal=person, request_id=near.pk, fingerprint=near.fingerprint)
    deny_request(principal=person, request_id=far.pk, fingerprint=far.fingerprint, reason="no")
    shown = client.send("GET", path(make_request(engine, "git push c"), "similar")).json()
    assert [[row["id"] for row in shown[name]] for name in ("near", "far")] == [[near.pk], [far.pk]]
    assert (shown["approved"], shown["denied"], shown["looked_at"]) == (1, 1, 3)
    assert (shown["far"][0]["decision_message"], shown["far"][0]["decided_by"]["label"]) == ("no", "Alice")


@pytest.mark.parametrize("verb", ["approve", "deny"])
def test_a_token_never_decides_high_risk(client: ApiClient, engine: Engine, verb: str) -> None:
    request = make_request(engine, "rm -rf build")
    shown = client.send("GET", path(request)).json()
    assert (shown["risk"], shown["can_decide"], shown["cannot_decide_because"]) == (
        "high",
        False,
        "API tokens never decide requests of high risk.",
    )
    answer = client.send("POST", path(request, verb), {"fingerprint": request.fingerprint})
    assert outcome(answer) == (403, "refused")
    request.refresh_from_db()
    assert request.state == "pending"


def test_a_session_approves_high_risk_on_the_page_alone(team: Team, engine: Engine) -> None:
    request = make_request(engine, "rm -rf build")
    session = sign_in(make_user(team, Role.APPROVER))
    decision = {"fingerprint": request.fingerprint}
    answer = write_signed_in(session, path(request, "approve"), decision)
    assert outcome(answer) == (409, "confirmation_needed")
    assert write_signed_in(session, path(request, "deny"), decision).json()["state"] == "denied"
