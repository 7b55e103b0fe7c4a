"""What people may press, and what becomes of it before anything reaches an engine."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from accounts.enums import Role
from accounts.principal import Principal
from engines.domain.retirement import retire_engine_as
from engines.models import Engine
from events.append_only import suspended
from events.errors import Conflict, Invalid, Refused
from events.models import AuditEntry, Event
from releases.domain.publications import cancel_publication, publish, rollback
from releases.domain.signing import explain_broken_seal
from releases.enums import PublicationState
from releases.models import Publication, Release
from releases.queries import find_live_release, find_rollback_target
from tests.factories import make_engine, make_owner, make_principal, make_service, make_team, make_user
from tests.releases.make import make_release

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine() -> Engine:
    return make_engine(make_team())


@pytest.fixture
def approver(engine: Engine) -> Principal:
    return make_principal(make_user(engine.team, Role.APPROVER))


def end(publication: Publication, state: str = PublicationState.LIVE) -> None:
    """As the publisher would have ended it."""
    Publication.objects.filter(pk=publication.pk).update(state=state, ended_at=timezone.now())


def test_the_same_content_is_the_same_release(engine: Engine, approver: Principal) -> None:
    first, again = make_release(approver, engine, "One."), make_release(approver, engine, "One.")
    other = make_release(approver, engine, "Two.")
    assert (again, first.number, other.number) == (first, 1, 2)
    assert [explain_broken_seal(row) for row in Release.objects.all()] == ["", ""]


def test_a_release_never_changes(engine: Engine, approver: Principal) -> None:
    release = make_release(approver, engine)
    with pytest.raises(DatabaseError), transaction.atomic():
        Release.objects.filter(pk=release.pk).update(note="another")
    with pytest.raises(DatabaseError), transaction.atomic():
        Release.objects.filter(pk=release.pk).delete()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"files": [["opencode.json", "{}"]]},
            "Its files are not those that were built: their hash differs.",
        ),
        ({"inputs": {"objects": []}}, "Its signature is not ours."),
        ({"number": 7}, "Its signature is not ours."),
        ({"key_id": "k9"}, "Its signature can't be checked: the keys file has no key 'k9'."),
    ],
)
def test_a_release_that_was_changed_is_never_published(
    engine: Engine, approver: Principal, change: dict[str, Any], sentence: str
) -> None:
    release = make_release(approver, engine)
    with suspended():
        Release.objects.filter(pk=release.pk).update(**change)
    with pytest.raises(Invalid) as refusal:
        publish(principal=approver, release=Release.objects.get(pk=release.pk))
    assert refusal.value.message == f"This release can't be published. {sentence}"
    assert Publication.objects.count() == 0


def test_publishing_is_queued_on_record_and_told(engine: Engine, approver: Principal) -> None:
    release = make_release(approver, engine)
    publication = publish(principal=approver, release=release)
    words = {
        "engine": engine.pk,
        "release": release.pk,
        "number": 1,
        "state": "queued",
        "is_forced": False,
        "is_rollback": False,
    }
    entry = AuditEntry.objects.get(verb="release.publish")
    assert (entry.actor_id, entry.subject_id, entry.after) == (approver.user.pk, publication.pk, words)
    event = Event.objects.get(kind="release.publishing")
    assert (event.topic, event.audience, event.words) == ("configs", engine.team.audience, words)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_only_those_who_decide_publish(engine: Engine, approver: Principal, role: str) -> None:
    release = make_release(approver, engine)
    other = make_principal(make_user(engine.team, role))
    with pytest.raises(Refused):
        publish(principal=other, release=release)
    with pytest.raises(Refused):
        rollback(principal=other, engine=engine)
    assert Publication.objects.count() == 0


def test_strangers_owners_and_service_accounts_do_not_publish(engine: Engine, approver: Principal) -> None:
    release = make_release(approver, engine)
    stranger = make_user(make_team(), Role.ADMIN)
    service = make_service(approver.user)
    for user in (stranger, service, make_owner()):
        with pytest.raises(Refused):
            publish(principal=make_principal(user), release=release)
    assert Publication.objects.count() == 0


def test_several_clicks_are_one_publication(engine: Engine, approver: Principal) -> None:
    release = make_release(approver, engine)
    first = publish(principal=approver, release=release)
    assert publish(principal=approver, release=release) == first
    assert publish(principal=approver, release=release, force=True) == first
    assert list(Publication.objects.values_list("state", "is_forced")) == [("queued", True)]


def test_a_newer_release_takes_the_place_of_one_that_waits(engine: Engine, approver: Principal) -> None:
    waiting = publish(principal=approver, release=make_release(approver, engine, "One."))
    newer = publish(principal=approver, release=make_release(approver, engine, "Two."))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error) == ("cancelled", "Release #2 took its place.")
    assert list(Publication.objects.filter(ended_at=None)) == [newer]


def test_nothing_takes_the_place_of_one_that_the_engine_takes_over(
    engine: Engine, approver: Principal
) -> None:
    taken = publish(principal=approver, release=make_release(approver, engine, "One."))
    other = make_release(approver, engine, "Two.")
    for state in PublicationState.unfinished() - PublicationState.cancellable():
        Publication.objects.filter(pk=taken.pk).update(state=state)
        with pytest.raises(Conflict) as conflict:
            publish(principal=approver, release=other)
        assert conflict.value.code == "publishing"
        with pytest.raises(Conflict):
            cancel_publication(principal=approver, publication=taken)
    assert Publication.objects.count() == 1


def test_one_unfinished_publication_an_engine_is_the_databases_word(
    engine: Engine, approver: Principal
) -> None:
    release = make_release(approver, engine)
    publish(principal=approver, release=release)
    with pytest.raises(IntegrityError), transaction.atomic():
        Publication.objects.create(engine=engine, release=release, requested_by_kind="user")


def test_what_is_over_never_changes(engine: Engine, approver: Principal) -> None:
    publication = publish(principal=approver, release=make_release(approver, engine))
    cancel_publication(principal=approver, publication=publication)
    with pytest.raises(DatabaseError), transaction.atomic():
        Publication.objects.filter(pk=publication.pk).update(error="")
    with pytest.raises(Conflict) as conflict:
        cancel_publication(principal=approver, publication=publication)
    assert conflict.value.code == "already_over"


def test_rolling_back_undoes_the_last_publication_and_then_the_one_before(
    engine: Engine, approver: Principal
) -> None:
    releases = [make_release(approver, engine, text) for text in ("One.", "Two.", "Three.")]
    for release in releases:
        end(publish(principal=approver, release=release))
    assert find_live_release(engine) == releases[2]
    for expected in (releases[1], releases[0]):
        publication = rollback(principal=approver, engine=engine)
        assert (publication.release, publication.is_rollback) == (expected, True)
        end(publication)
    assert find_rollback_target(engine) is None
    with pytest.raises(Conflict) as conflict:
        rollback(principal=approver, engine=engine)
    assert conflict.value.code == "nothing_to_roll_back_to"


def test_an_older_release_that_was_published_anew_is_undone_as_any_other(
    engine: Engine, approver: Principal
) -> None:
    one, two = (make_release(approver, engine, text) for text in ("One.", "Two."))
    for release in (one, two, one):
        end(publish(principal=approver, release=release))
    assert rollback(principal=approver, engine=engine).release == two


def test_what_did_not_go_live_is_nothing_to_go_back_to(engine: Engine, approver: Principal) -> None:
    one, two = (make_release(approver, engine, text) for text in ("One.", "Two."))
    end(publish(principal=approver, release=one))
    end(publish(principal=approver, release=two), PublicationState.ROLLED_BACK)
    assert find_live_release(engine) == one
    assert find_rollback_target(engine) is None


def test_a_retired_engine_gets_nothing_any_more(engine: Engine, approver: Principal) -> None:
    release = make_release(approver, engine)
    publication = publish(principal=approver, release=release)
    retire_engine_as(principal=make_principal(make_owner()), engine=engine)
    publication.refresh_from_db()
    assert (publication.state, publication.error) == ("cancelled", "The engine was retired.")
    with pytest.raises(Refused):
        publish(principal=approver, release=Release.objects.get(pk=release.pk))
