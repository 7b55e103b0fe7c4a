"""Votes: one word of one person on one thing, for ever."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from accounts.principal import Principal
from events.actors import Door, Subject
from events.changes import changes
from events.errors import Conflict, Refused
from events.models import AuditEntry
from reviews.domain.votes import cast_vote
from reviews.enums import Verdict
from reviews.models import Vote
from tests.factories import make_principal, make_service, make_user
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

THING = Subject("thing", "000000000000001")


def vote(principal: Principal, subject: Subject = THING, verdict: str = Verdict.APPROVE) -> Vote:
    with changes(principal.actor) as change:
        return cast_vote(
            change=change,
            principal=principal,
            subject=subject,
            verdict=verdict,
            reason="why",
            fingerprint="f" * 64,
        )


def test_a_vote_says_who_what_when_and_through_which_door() -> None:
    user = make_user(name="Alice")
    row = vote(Principal(user, Door.ADMIN))
    assert (row.voter_id, row.voter_label, row.verdict, row.reason, row.fingerprint, row.door) == (
        user.pk,
        "Alice",
        "approve",
        "why",
        "f" * 64,
        Door.ADMIN,
    )
    entry = AuditEntry.objects.order_by("-n")[0]
    assert (entry.verb, entry.subject_id, entry.after) == (
        "vote.cast",
        THING.id,
        {"verdict": "approve", "fingerprint": "f" * 64},
    )


def test_a_second_vote_is_a_conflict_whatever_it_says_and_wherever_it_comes_from() -> None:
    user = make_user()
    vote(make_principal(user))
    for door in Door.values:
        for verdict in Verdict.values:
            with pytest.raises(Conflict) as caught:
                vote(Principal(user, door), verdict=verdict)
            assert caught.value.code == "already_voted"
    assert Vote.objects.count() == 1
    vote(make_principal(user), Subject("thing", "000000000000002"))
    vote(make_principal(user), Subject("other", THING.id))
    vote(make_principal(make_user()))
    assert Vote.objects.count() == 4


def test_a_conflict_leaves_the_act_around_it_whole() -> None:
    principal = make_principal(make_user())
    vote(principal)
    with changes(principal.actor) as change:
        with pytest.raises(Conflict):
            vote(principal)
        change.audit("thing.other", THING)
    assert list(AuditEntry.objects.order_by("-n").values_list("verb", flat=True)[:2]) == [
        "thing.other",
        "vote.cast",
    ]


def test_service_accounts_never_vote() -> None:
    service = make_service(make_user())
    with pytest.raises(Refused):
        vote(make_principal(service))
    assert not Vote.objects.exists()
    assert AuditEntry.objects.order_by("-n")[0].verb == "refused"


@pytest.mark.django_db(transaction=True)
def test_one_person_who_votes_at_every_door_at_once_counts_once() -> None:
    user = make_user()

    def cast(door: str) -> str:
        try:
            vote(Principal(user, door))
        except Conflict as conflict:
            return conflict.code
        return "voted"

    results = run_together([partial(cast, door) for door in Door.values])
    assert Counter(results) == {"voted": 1, "already_voted": len(Door.values) - 1}
    assert Vote.objects.count() == 1
