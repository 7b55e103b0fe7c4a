"""Whatever JSON or bytes come in: never a 5xx, and nothing changes unless the answer says so."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from accounts.api.bodies import MAX_DEPTH, MAX_VALUES, OrjsonRenderer, StrictJSONParser, parse_json
from accounts.models import Team
from engines.models import Chat, Message
from events.errors import Invalid
from events.models import AuditEntry, Event
from governance.models import PermissionRequest
from reviews.models import Vote
from tests.api.clients import ApiClient, call_as, problem
from tests.factories import make_chat, make_engine, make_request, make_service, make_team, make_user

pytestmark = pytest.mark.django_db

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

texts = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(["\0", "\ud800", "\u202e", ""])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)
WISH_FIELDS = [
    "permission",
    "patterns",
    "command",
    "diff",
    "arguments",
    "directory",
    "agent",
    "session_id",
    "expires_in_s",
    "team",
]
good_wishes = st.fixed_dictionaries(
    {"permission": st.text("abc", min_size=1, max_size=5)},
    optional={
        "patterns": st.lists(texts, max_size=3),
        "command": texts,
        "arguments": st.dictionaries(texts, values, max_size=3),
        "expires_in_s": st.integers(5, 100),
    },
)
wishes = good_wishes | st.dictionaries(st.sampled_from(WISH_FIELDS) | texts, values, max_size=6) | values
decisions = st.dictionaries(st.sampled_from(["fingerprint", "reason"]) | texts, values, max_size=3) | values


@pytest.fixture
def team() -> Team:
    team = make_team()
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    return team


@pytest.fixture
def agent(team: Team) -> ApiClient:
    return call_as(make_service(make_user(team), team))


@pytest.fixture
def approver(team: Team) -> ApiClient:
    return call_as(make_user(team))


@pytest.fixture
def row(team: Team) -> PermissionRequest:
    return make_request(make_engine(team))


def read_state() -> tuple[Any, ...]:
    return (
        list(PermissionRequest.objects.order_by("pk").values_list("pk", "state", "approvals", "fingerprint")),
        Vote.objects.count(),
        Message.objects.count(),
        Event.objects.count(),
        AuditEntry.objects.exclude(verb="refused").count(),
    )


def send(client: ApiClient, path: str, body: bytes) -> Any:
    """The answer; when it is a 4xx, nothing has changed."""
    before = read_state()
    answer = client.send("POST", path, body)
    assert answer.status_code < 500, answer.content
    if answer.status_code >= 400:
        problem(answer)
        assert read_state() == before
    return answer


@FEW
@given(wish=wishes)
def test_any_json_makes_a_request_or_a_clear_error(agent: ApiClient, wish: Any) -> None:
    answer = send(agent, "permission-requests/", json.dumps(wish).encode())
    assert answer.status_code in {201, 400}
    if answer.status_code == 201:
        made = PermissionRequest.objects.get(pk=answer.json()["id"])
        assert (made.state, made.permission[:5]) == ("pending", wish["permission"][:5])
        assert agent.read(f"permission-requests/{made.pk}/").status_code == 200


@FEW
@given(body=st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_a_clear_error(agent: ApiClient, body: bytes) -> None:
    assert send(agent, "permission-requests/", body).status_code == 400


@FEW
@given(decision=decisions, verb=st.sampled_from(["approve", "deny", "cancel"]))
def test_any_decision_without_the_fingerprint_decides_nothing(
    approver: ApiClient, row: PermissionRequest, decision: Any, verb: str
) -> None:
    answer = send(approver, f"permission-requests/{row.pk}/{verb}/", json.dumps(decision).encode())
    assert answer.status_code in {400, 403, 409}


MESSAGE_FIELDS = ["text", "agent", "provider", "model", "variant"]
said = st.fixed_dictionaries({"text": texts}, optional={"agent": texts})
messages = (
    said | st.dictionaries(st.sampled_from(MESSAGE_FIELDS) | texts, texts | values, max_size=5) | values
)
CHAT_FIELDS = ["title", "description", "tags"]
chat_changes = st.dictionaries(st.sampled_from(CHAT_FIELDS) | texts, texts | values, max_size=4) | values


@pytest.fixture
def chat(team: Team) -> Chat:
    return make_chat(make_user(team), make_engine(team))


@FEW
@given(message=messages)
def test_any_json_is_said_or_a_clear_error(chat: Chat, message: Any) -> None:
    assert chat.user is not None
    answer = send(call_as(chat.user), f"chats/{chat.pk}/messages/", json.dumps(message).encode())
    # 409: so many have been said that no more may wait.
    assert answer.status_code in {201, 400, 409}
    if answer.status_code == 201:
        [part] = Message.objects.get(pk=answer.json()["id"]).parts
        assert (part["type"], bool(part["text"])) == ("text", True)


@FEW
@given(change=chat_changes)
def test_any_json_describes_a_chat_or_is_a_clear_error(chat: Chat, change: Any) -> None:
    assert chat.user is not None
    client, path = call_as(chat.user), f"chats/{chat.pk}/"
    before = client.read(path).json()
    answer = client.send("PATCH", path, json.dumps(change).encode())
    assert answer.status_code in {200, 400}
    after = client.read(path).json()
    if answer.status_code == 400:
        assert (problem(answer)["status"], after) == (400, before)
    described = {*CHAT_FIELDS, "updated"}
    assert {name: after[name] for name in after if name not in described} == {
        name: before[name] for name in before if name not in described
    }


# The parser itself -----------------------------------------------------------------------------------------

finite = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
trees = st.recursive(
    finite,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(tree=trees)
def test_what_is_json_is_read_as_it_was_written(tree: Any) -> None:
    assert parse_json(json.dumps(tree).encode()) == tree


@given(tree=trees)
def test_what_is_rendered_is_read_back(tree: Any) -> None:
    assert json.loads(OrjsonRenderer().render({"value": tree})) == {"value": tree}


@given(text=texts)
def test_any_text_is_rendered(text: str) -> None:
    assert json.loads(OrjsonRenderer().render({"text": text})) == {"text": text}


def parse(value: Any) -> Any:
    return StrictJSONParser().parse(BytesIO(json.dumps(value).encode()))


def test_depth_is_bounded_exactly() -> None:
    deep: Any = "x"
    for _ in range(MAX_DEPTH - 2):
        deep = [deep]
    assert parse({"a": deep}) == {"a": deep}
    with pytest.raises(Invalid, match="nested deeper"):
        parse({"a": [deep]})


def test_number_of_values_is_bounded_exactly() -> None:
    # The object, the list, and its members.
    fits = {"a": [0] * (MAX_VALUES - 2)}
    assert parse(fits) == fits
    with pytest.raises(Invalid, match="more than"):
        parse({"a": [0] * (MAX_VALUES - 1)})
