"""Similar past decisions: the same words, decided before; near ones first; quick whatever the history."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Team
from accounts.principal import Principal
from engines.models import Engine
from governance.domain.decide import approve_request, deny_request
from governance.models import PermissionRequest
from governance.similar import SHOWN, SimilarCounts, count_similar, find_similar_decisions
from tests.factories import make_engine, make_owner, make_principal, make_request, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def person(team: Team) -> Principal:
    return make_principal(make_user(team))


def decide(
    person: Principal, request: PermissionRequest, verdict: str, reason: str = ""
) -> PermissionRequest:
    act = approve_request if verdict == "approve" else deny_request
    act(principal=person, request_id=request.pk, fingerprint=request.fingerprint, reason=reason)
    return request


def test_same_words_of_the_team_with_those_of_the_same_place_first(
    team: Team, engine: Engine, person: Principal
) -> None:
    old_near = decide(person, make_request(engine, "git push a"), "approve", "fine")
    near = decide(person, make_request(engine, "git push b"), "deny", "not on Friday")
    far = decide(person, make_request(engine, "git push c", directory="/srv/other"), "approve")
    decide(person, make_request(engine, "git pull"), "approve")
    decide(person, make_request(engine, "git push && ls"), "approve")
    make_request(engine, "git push waiting")
    stranger = make_principal(make_user(other := make_team()))
    decide(stranger, make_request(make_engine(other), "git push"), "approve")
    asked = make_request(engine, "git push now")
    found = find_similar_decisions(person, asked)
    assert found is not None
    assert ([row.pk for row in found.near], [row.pk for row in found.far]) == (
        [near.pk, old_near.pk],
        [far.pk],
    )
    assert (found.approved, found.denied, found.looked_at) == (2, 1, 5)
    assert found.near[0].decision_message == "not on Friday"
    assert count_similar(person, [asked]) == {asked.pk: SimilarCounts(2, 1)}


def test_nothing_for_who_may_not_read_and_nothing_without_words(engine: Engine, person: Principal) -> None:
    decide(person, make_request(engine, "git push"), "approve")
    asked, piped = make_request(engine, "git push"), make_request(engine, "git push | cat")
    owner = make_principal(make_owner())
    assert (find_similar_decisions(owner, asked), count_similar(owner, [asked])) == (None, {})
    assert (find_similar_decisions(person, piped), count_similar(person, [piped])) == (None, {})
    other = make_request(engine, "ls")
    assert count_similar(person, [other]) == {}


def test_at_most_twenty_are_shown(engine: Engine, person: Principal) -> None:
    for number in range(SHOWN + 3):
        decide(person, make_request(engine, f"ls {number}", session_id=f"ses_{number}"), "approve")
    found = find_similar_decisions(person, make_request(engine, "ls"))
    assert found is not None
    assert (len(found.near), len(found.far), found.approved) == (SHOWN, 0, SHOWN + 3)


def test_a_page_costs_one_query(engine: Engine, person: Principal) -> None:
    for word in ("ls", "cat", "wc"):
        decide(person, make_request(engine, f"{word} a"), "approve")
    asked = [make_request(engine, f"{word} b") for word in ("ls", "cat", "wc", "ls")]
    person.roles  # noqa: B018 - read once for a principal
    with CaptureQueriesContext(
        connection,
    ) as queries:
        counts = count_similar(person, asked)
    assert (counts, len(queries)) == ({request.pk: SimilarCounts(1, 0) for request in asked}, 1)
