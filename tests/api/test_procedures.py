"""Proposals and procedures through the API: written by agents too, approved by people, checked by anybody."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from accounts.models import Team, User
from procedures.models import Proposal, ProposalComment, Sop
from reviews.models import Review
from tests.api.clients import ApiClient, call_as, outcome, problem, sign_in, write_signed_in
from tests.factories import make_owner, make_service, make_team, make_user
from tests.procedures.making import CONTENT, approve, make_next_version, make_sop, make_sop_proposal

pytestmark = pytest.mark.django_db

BETTER = CONTENT + "3. Look.\n"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, Role.APPROVER)


@pytest.fixture
def agent(team: Team) -> ApiClient:
    return call_as(make_service(make_user(team, Role.EDITOR), team))


def wish(slug: str = "deploy-web", **values: Any) -> dict[str, Any]:
    return {
        "slug": slug,
        "name": "Deploy the web",
        "description": "How to deploy the web.",
        "content": CONTENT,
        **values,
    }


# Proposals ------------------------------------------------------------------------------------------------


def test_an_agent_writes_revises_and_submits_and_people_decide(approver: User, agent: ApiClient) -> None:
    made = agent.write("proposals/", wish())
    row, path = made.json(), f"proposals/{made.json()['id']}/"
    assert (made.status_code, made.headers["Location"]) == (201, f"http://testserver/api/v1/{path}")
    assert (row["state"], row["revision"], row["authored_by"]) == ("draft", 1, "agent")
    text = {name: value for name, value in wish(content=BETTER).items() if name != "slug"}
    revised = agent.send("PUT", path, text, headers={"If-Match": made.headers["ETag"]})
    assert (revised.status_code, revised.json()["revision"]) == (200, 2)
    submitted = agent.write(f"{path}submit/", {"reason": "We all do it."})
    assert (submitted.status_code, submitted.json()["state"]) == (200, "submitted")
    approve(Proposal.objects.get(), approver)
    assert agent.read(path).json()["state"] == "approved"
    read = agent.read("sops/deploy-web/").json()
    assert (read["holding"], read["sealed"]["content"], read["sealed"]["seal_problem"]) == (1, BETTER, "")


@pytest.mark.parametrize(
    "lie",
    [{"author": "ada"}, {"authored_by": "human"}, {"state": "approved"}, {"approvers": []}, {"source": "x"}],
    ids=lambda lie: next(iter(lie)),
)
def test_nobody_claims_another_author_or_state(agent: ApiClient, lie: dict[str, Any]) -> None:
    assert outcome(agent.write("proposals/", wish(**lie))) == (400, "invalid")
    assert not Proposal.objects.exists()


def test_who_has_not_seen_it_as_it_is_replaces_nothing(agent: ApiClient) -> None:
    made = agent.write("proposals/", wish())
    path = f"proposals/{made.json()['id']}/"
    text = {name: value for name, value in wish(content=BETTER).items() if name != "slug"}
    assert outcome(agent.send("PUT", path, text)) == (428, "precondition_required")
    etag = {"If-Match": made.headers["ETag"]}
    assert agent.send("PUT", path, text, headers=etag).status_code == 200
    stale = agent.send("PUT", path, {**text, "name": "Another"}, headers=etag)
    assert (outcome(stale), problem(stale)["revision"]) == ((412, "precondition_failed"), 2)
    assert outcome(agent.write(f"{path}submit/", {}, headers=etag)) == (412, "precondition_failed")


def test_the_same_key_writes_one_draft(agent: ApiClient) -> None:
    first, again = (agent.write("proposals/", wish(), headers={"Idempotency-Key": "p-1"}) for _ in range(2))
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert Proposal.objects.count() == 1


def test_what_the_lint_finds_is_shown_and_keeps_it_from_being_submitted(
    approver: User, agent: ApiClient
) -> None:
    made = agent.write("proposals/", wish(content="No headings.")).json()
    assert "error" in {found["severity"] for found in made["findings"]}
    assert outcome(agent.write(f"proposals/{made['id']}/submit/")) == (400, "lint_failed")


@pytest.mark.parametrize("slug", ["../etc", "a/b", "A", "a--b", "-a", "a.b", "a" * 65, "x\n"])
def test_a_slug_leads_nowhere_else(agent: ApiClient, slug: str) -> None:
    assert outcome(agent.write("proposals/", wish(slug)))[0] == 400
    assert not Proposal.objects.exists()


def test_revisions_and_what_lies_between_them(team: Team, approver: User, agent: ApiClient) -> None:
    sop = make_sop(team, approver, slug="deploy-web")
    made = agent.write("proposals/", wish(supersedes=sop.pk))
    path = f"proposals/{made.json()['id']}/"
    text = {name: value for name, value in wish(content=BETTER, supersedes=sop.pk).items() if name != "slug"}
    agent.send("PUT", path, text, headers={"If-Match": made.headers["ETag"]})
    assert [row["number"] for row in agent.read(f"{path}revisions/").json()["results"]] == [2, 1]
    assert agent.read(f"{path}revisions/1/").json()["content"] == CONTENT
    between = agent.read(f"{path}diff/").json()
    assert (between["from_revision"], between["from_version"], between["to_revision"]) == (1, None, 2)
    assert [(field["field"], "+3. Look." in field["unified"]) for field in between["fields_changed"]] == [
        ("content", True)
    ]
    against = agent.read(f"{path}diff/?from=live&to=2").json()
    assert (against["from_revision"], against["from_version"]) == (None, 1)
    assert "content" in {field["field"] for field in against["fields_changed"]}
    assert outcome(agent.read(f"{path}diff/?from=nonsense")) == (404, "not_found")


def test_people_comment_on_lines_and_agents_read_it(team: Team, approver: User, agent: ApiClient) -> None:
    path = f"proposals/{agent.write('proposals/', wish()).json()['id']}/"
    person = call_as(approver)
    said = person.write(f"{path}comments/", {"text": "Why?", "line": 3})
    assert (said.status_code, said.json()["line"], said.json()["revision"]) == (201, 3, 1)
    assert outcome(person.write(f"{path}comments/", {"text": "?", "line": 4000})) == (400, "invalid")
    assert [row["text"] for row in agent.read(f"{path}comments/").json()["results"]] == ["Why?"]
    assert outcome(agent.write(f"{path}comments/", {"text": "Because."})) == (403, "refused")
    settled = person.write(f"{path}resolve-comment/", {"comment": said.json()["id"]})
    assert settled.json()["resolved_by"]["id"] == approver.pk
    assert ProposalComment.objects.get().is_resolved


def test_an_agent_sees_its_own_proposals_alone(team: Team, agent: ApiClient) -> None:
    other = make_sop_proposal(team)
    mine = agent.write("proposals/", wish()).json()
    assert [row["id"] for row in agent.read("proposals/").json()["results"]] == [mine["id"]]
    assert outcome(agent.read(f"proposals/{other.pk}/")) == (404, "not_found")


@pytest.mark.parametrize("role", Role.values)
def test_no_token_decides_a_proposal(team: Team, approver: User, agent: ApiClient, role: str) -> None:
    path = f"proposals/{agent.write('proposals/', wish()).json()['id']}/"
    agent.write(f"{path}submit/")
    review = Review.objects.get()
    caller, body = call_as(make_user(team, role)), {"fingerprint": review.content_hash, "reason": "So."}
    assert outcome(caller.write(f"reviews/{review.pk}/approve/", {**body}))[0] == 403
    assert outcome(caller.write(f"{path}request-changes/", body))[0] == 403
    assert (Proposal.objects.get().state, Sop.objects.exists()) == ("submitted", False)


def test_in_a_session_an_approver_sends_it_back(approver: User, agent: ApiClient) -> None:
    path = f"proposals/{agent.write('proposals/', wish()).json()['id']}/"
    agent.write(f"{path}submit/")
    body = {"fingerprint": Review.objects.get().content_hash, "reason": "Say how to go back."}
    answer = write_signed_in(sign_in(approver), f"{path}request-changes/", body)
    assert (answer.status_code, answer.json()["state"]) == (200, "changes_requested")


# Procedures -------------------------------------------------------------------------------------------------


def test_a_version_is_read_by_its_number_with_hash_and_signature(
    team: Team, approver: User, agent: ApiClient
) -> None:
    sop = make_sop(team, approver, slug="deploy-web")
    make_next_version(sop, approver, content=BETTER)
    first, latest = agent.read("sops/deploy-web/?version=1").json(), agent.read("sops/deploy-web/").json()
    assert (first["sealed"]["content"], first["holding"]) == (CONTENT, 2)
    assert (latest["sealed"]["content"], latest["sealed"]["number"]) == (BETTER, 2)
    for shown in (first, latest):
        text = shown["sealed"]["content"].encode()
        assert shown["sealed"]["content_hash"] == hashlib.sha256(text).hexdigest()
    assert [row["number"] for row in agent.read("sops/deploy-web/versions/").json()["results"]] == [2, 1]
    assert outcome(agent.read("sops/deploy-web/?version=3")) == (404, "not_found")
    assert outcome(agent.read("sops/deploy-web/?version=x")) == (404, "not_found")
    assert outcome(agent.read("sops/no-such-thing/")) == (404, "not_found")


def test_a_seal_is_checked_elsewhere_with_nothing_but_the_public_key(
    team: Team, approver: User, agent: ApiClient
) -> None:
    make_sop(team, approver, slug="deploy-web")
    proof = agent.read("sops/deploy-web/verify/").json()
    published = {key["key_id"]: key["public_key"] for key in ApiClient().read("sop-keys/").json()["keys"]}
    assert (proof["is_whole"], proof["problem"], proof["algorithm"]) == (True, "", "Ed25519")
    assert proof["content_hash"] in proof["sealed_text"]
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(published[proof["key_id"]]))
    key.verify(base64.b64decode(proof["signature"]), proof["sealed_text"].encode())


def test_the_public_keys_say_nothing_else_to_anybody() -> None:
    answer = ApiClient().read("sop-keys/")
    assert answer.status_code == 200
    assert {frozenset(key) for key in answer.json()["keys"]} == {
        frozenset({"key_id", "public_key", "is_current", "algorithm"})
    }
    assert "RateLimit" in answer.headers
    assert outcome(ApiClient().read("sop-keys/?x=1")) == (400, "unknown_parameter")


def test_it_is_revoked_in_a_session_and_by_no_token(team: Team, approver: User) -> None:
    make_sop(team, approver, slug="deploy-web")
    body = {"reason": "It is wrong."}
    assert outcome(call_as(approver).write("sops/deploy-web/revoke/", body)) == (403, "refused")
    answer = write_signed_in(sign_in(approver), "sops/deploy-web/revoke/", body)
    assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
    shown = call_as(approver).read("sops/deploy-web/").json()
    assert (shown["holding"], shown["revoked_reason"]) == (None, "It is wrong.")


def test_an_owner_outside_the_team_lists_names_and_reads_no_text(team: Team, approver: User) -> None:
    make_sop(team, approver, slug="deploy-web")
    owner = call_as(make_owner())
    assert [row["slug"] for row in owner.read("sops/").json()["results"]] == ["deploy-web"]
    assert outcome(owner.read("sops/deploy-web/")) == (404, "not_found")
    [proposal] = owner.read("proposals/").json()["results"]
    shown = owner.read(f"proposals/{proposal['id']}/").json()
    assert (shown["latest"], shown["findings"], shown["description"]) == (None, [], "")


def test_lists_take_as_many_queries_for_many_as_for_one(team: Team, approver: User) -> None:
    counts = {}
    caller = call_as(approver)
    # What is looked up once for all later calls.
    for path in ("sops/", "proposals/"):
        caller.read(path)
    for many in (1, 4):
        while Sop.objects.count() < many:
            make_sop(team, approver)
        for path in ("sops/", "proposals/"):
            with CaptureQueriesContext(connection) as queries:
                assert len(caller.read(path).json()["results"]) == many
            counts[path, many] = len(queries)
    assert counts["sops/", 1] == counts["sops/", 4]
    assert counts["proposals/", 1] == counts["proposals/", 4]
