"""SSH keys through the API: people keep their own, the sandbox reads who may log in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Membership, SshKey, Team, User
from accounts.ssh.parsing import read_public_key
from tests.accounts.ssh.lines import make_ed25519_line, make_rsa_line
from tests.api.clients import ApiClient, call_as, outcome, problem, sign_in, write_signed_in
from tests.factories import make_owner, make_service, make_team, make_user

pytestmark = pytest.mark.django_db

LIST = "ssh-keys/authorized_keys"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def ada(team: Team) -> User:
    """A member who holds `ssh`."""
    user = make_user(team, Role.VIEWER)
    Membership.objects.filter(user=user).update(has_ssh=True)
    return user


@pytest.fixture
def sandbox(team: Team) -> ApiClient:
    return call_as(make_service(make_user(team), team), Scope.SSH_KEYS_SYNC)


def add(user: User, line: str = "", **values: Any) -> dict[str, Any]:
    answer = call_as(user).write("ssh-keys/", {"public_key": line or make_ed25519_line(), **values})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def soon(**delta: float) -> str:
    return (timezone.now() + timedelta(**delta)).isoformat().replace("+00:00", "Z")


# A person's own -------------------------------------------------------------------------------------------


def test_a_key_is_added_and_shown_as_it_was_read(ada: User) -> None:
    line, client, expires_at = make_ed25519_line(), call_as(ada), soon(days=1)
    wish = {"public_key": f"{line} ada@laptop\n", "expires_at": expires_at}
    made = client.write("ssh-keys/", wish)
    shown = made.json()
    row = SshKey.objects.get()
    expected = {
        "id": row.pk,
        "user_id": ada.pk,
        "name": "ada@laptop",
        "key_type": "ssh-ed25519",
        "bits": 256,
        "public_key": line,
        "fingerprint": read_public_key(line).fingerprint,
        "expires_at": expires_at,
        "is_active": True,
        "is_expired": False,
        "last_used_at": None,
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
        "deactivated_at": None,
    }
    assert (made.status_code, shown) == (201, expected)
    assert made.headers["Location"] == f"http://testserver/api/v1/ssh-keys/{row.pk}/"
    assert client.read("ssh-keys/").json()["results"] == [expected]
    assert client.read(f"ssh-keys/{row.pk}/").json() == expected


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n", "private key"),
        ('command="sh" ssh-ed25519 AAAA', "Options"),
        ("ssh-dss AAAA", "DSA"),
        ("ssh-ed25519 AAAA", "Copy the line again"),
        ("hello", "Paste the one line"),
    ],
)
def test_what_is_no_key_is_refused_with_a_way_forward(ada: User, line: str, word: str) -> None:
    answer = call_as(ada).write("ssh-keys/", {"public_key": line})
    [error] = problem(answer)["errors"]
    assert (outcome(answer), error["field"], word in error["detail"]) == (
        (400, "invalid"),
        "public_key",
        True,
    )
    assert not SshKey.objects.exists()


def test_a_weak_key_is_refused(ada: User) -> None:
    answer = call_as(ada).write("ssh-keys/", {"public_key": make_rsa_line(2048)})
    assert problem(answer)["detail"].startswith("This RSA key has 2048 bits; at least 3072 are needed.")


def test_a_known_key_is_a_conflict(team: Team, ada: User) -> None:
    line = make_ed25519_line()
    add(ada, line)
    for user in (ada, make_user(team)):
        answer = call_as(user).write("ssh-keys/", {"public_key": line})
        assert outcome(answer) == (409, "duplicate_key")
    assert SshKey.objects.count() == 1


def test_the_same_key_of_idempotency_adds_one(ada: User) -> None:
    client, wish = call_as(ada), {"public_key": make_ed25519_line()}
    first, again = (client.write("ssh-keys/", wish, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"


def test_name_and_end_are_changed_and_nothing_else(ada: User) -> None:
    client, made = call_as(ada), add(ada, name="laptop", expires_at=soon(days=1))
    path = f"ssh-keys/{made['id']}/"
    assert client.send("PATCH", path, {"name": "desk"}).json() == {**made, "name": "desk"}
    answer = client.send("PATCH", path, {"expires_at": None})
    assert answer.json() == {**made, "name": "desk", "expires_at": None}
    for body in ({"public_key": make_ed25519_line()}, {"is_active": False}, {"user_id": "0" * 15}):
        assert outcome(client.send("PATCH", path, body)) == (400, "invalid")
    assert outcome(client.send("PATCH", path, {"expires_at": soon(days=-1)})) == (400, "invalid")
    assert client.read(path).json() == {**made, "name": "desk", "expires_at": None}


def test_a_key_is_deactivated_taken_back_and_deleted(ada: User) -> None:
    client, made = call_as(ada), add(ada)
    path = f"ssh-keys/{made['id']}/"
    off = client.write(f"{path}deactivate/")
    assert (off.status_code, off.json()["is_active"]) == (200, False)
    assert outcome(client.write(f"{path}deactivate/"))[0] == 409
    assert client.write(f"{path}activate/").json() == made
    gone = client.write(f"{path}delete/")
    assert (gone.status_code, gone.content) == (204, b"")
    assert outcome(client.read(path)) == (404, "not_found")
    assert client.read("ssh-keys/").json()["results"] == []
    assert add(ada, made["public_key"])["id"] != made["id"]


def test_nobody_but_its_person_sees_or_changes_a_key(team: Team, ada: User) -> None:
    made = add(ada)
    path = f"ssh-keys/{made['id']}/"
    for other in (make_user(team, Role.ADMIN), make_owner()):
        client = call_as(other)
        assert client.read("ssh-keys/").json()["results"] == []
        for answer in (
            client.read(path),
            client.send("PATCH", path, {"name": "mine"}),
            *(client.write(f"{path}{verb}/") for verb in ("deactivate", "activate", "delete")),
        ):
            assert outcome(answer) == (404, "not_found")
    assert call_as(ada).read(path).json() == made


def test_an_owner_ends_anybody_s_key_in_a_session(ada: User) -> None:
    made, session = add(ada), sign_in(make_owner())
    assert [row["id"] for row in session.read("ssh-keys/").json()["results"]] == [made["id"]]
    answer = write_signed_in(session, f"ssh-keys/{made['id']}/delete/")
    assert (answer.status_code, call_as(ada).read("ssh-keys/").json()["results"]) == (204, [])


def test_a_token_that_only_reads_adds_nothing(ada: User) -> None:
    client = call_as(ada, Scope.SSH_KEYS_READ)
    answer = client.write("ssh-keys/", {"public_key": make_ed25519_line()})
    assert outcome(answer) == (403, "missing_scope")
    assert not SshKey.objects.exists()


# The sandbox ----------------------------------------------------------------------------------------------


def read_list(sandbox: ApiClient, query: str = "") -> str:
    answer = sandbox.read(LIST + query)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    text: str = answer.content.decode()
    return text


def test_the_list_has_a_line_for_each_key_that_lets_somebody_in(
    team: Team, ada: User, sandbox: ApiClient
) -> None:
    first, second = add(ada), add(ada, expires_at=soon(days=1))
    add(make_user(team))
    off = add(ada)
    call_as(ada).write(f"ssh-keys/{off['id']}/deactivate/")
    stranger = make_user(make_team())
    Membership.objects.filter(user=stranger).update(has_ssh=True)
    add(stranger)
    lines = [f"restrict,pty {key['public_key']} {ada.pk}\n" for key in (first, second)]
    assert read_list(sandbox) == "".join(lines)
    assert read_list(sandbox, f"?user={ada.pk}") == "".join(lines)
    assert read_list(sandbox, f"?user={stranger.pk}") == ""


def test_an_empty_list_is_empty(sandbox: ApiClient) -> None:
    assert read_list(sandbox) == ""


def test_the_list_is_not_sent_again_until_it_changes(ada: User, sandbox: ApiClient) -> None:
    made = add(ada)
    etag = sandbox.read(LIST).headers["ETag"]
    again = sandbox.read(LIST, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    call_as(ada).write(f"ssh-keys/{made['id']}/deactivate/")
    emptied = sandbox.read(LIST, headers={"If-None-Match": etag})
    assert (emptied.status_code, emptied.content) == (200, b"")
    assert sandbox.read(LIST, headers={"If-None-Match": emptied.headers["ETag"]}).status_code == 304


def test_a_key_ends_by_itself_whatever_the_sandbox_has_seen(ada: User, sandbox: ApiClient) -> None:
    add(ada, expires_at=soon(hours=1))
    etag = sandbox.read(LIST).headers["ETag"]
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        answer = sandbox.read(LIST, headers={"If-None-Match": etag})
        assert (answer.status_code, answer.content) == (200, b"")
        [shown] = call_as(ada).read("ssh-keys/").json()["results"]
    assert (shown["is_expired"], shown["is_active"]) == (True, True)


@pytest.mark.parametrize("change", [{"is_active": False}, {"membership": {"has_ssh": False}}])
def test_who_may_not_log_in_stands_in_no_list(ada: User, sandbox: ApiClient, change: dict[str, Any]) -> None:
    add(ada)
    if "membership" in change:
        Membership.objects.filter(user=ada).update(**change["membership"])
    else:
        User.objects.filter(pk=ada.pk).update(**change)
    assert read_list(sandbox) == ""


def test_a_problem_of_the_list_is_a_problem_document(sandbox: ApiClient) -> None:
    assert outcome(ApiClient().read(LIST)) == (401, "not_authenticated")
    for query, code in (("?user=x", "invalid"), ("?team=a\0", "invalid"), ("?x=1", "unknown_parameter")):
        assert outcome(sandbox.read(LIST + query)) == (400, code)
    assert outcome(sandbox.read(f"{LIST}?team={make_team().pk}")) == (404, "not_found")
    assert outcome(sandbox.write(LIST)) == (405, "method_not_allowed")


def test_who_belongs_to_several_teams_says_which(team: Team, ada: User) -> None:
    made = add(ada)
    admin = make_user(team, Role.ADMIN)
    Membership.objects.create(user=admin, team=make_team(), role=Role.ADMIN)
    client = call_as(admin)
    assert problem(client.read(LIST))["errors"][0]["field"] == "team"
    assert client.read(f"{LIST}?team={team.pk}").content.decode() == (
        f"restrict,pty {made['public_key']} {ada.pk}\n"
    )


def test_the_sandbox_says_which_key_was_used(ada: User, sandbox: ApiClient) -> None:
    made = add(ada)
    answer = sandbox.write("ssh-keys/report-use/", {"fingerprint": made["fingerprint"]})
    assert (answer.status_code, answer.content) == (204, b"")
    assert call_as(ada).read(f"ssh-keys/{made['id']}/").json()["last_used_at"] is not None
    unknown = sandbox.write("ssh-keys/report-use/", {"fingerprint": "SHA256:unknown"})
    assert outcome(unknown) == (404, "not_found")
    assert outcome(call_as(ada).write("ssh-keys/report-use/", {"fingerprint": "x"})) == (403, "refused")


@pytest.mark.parametrize("count", [1, 3])
def test_the_lists_cost_the_same_whatever_their_length(
    ada: User, sandbox: ApiClient, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        add(ada)
    client = call_as(ada)
    for caller in (client, sandbox):
        caller.read("users/me/")
    with django_assert_num_queries(1):
        client.read("ssh-keys/")
    with django_assert_num_queries(3):
        sandbox.read(LIST)
