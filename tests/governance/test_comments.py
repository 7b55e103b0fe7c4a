"""Comments: between members of the team, kept for ever, never content of the log."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team
from events.errors import Invalid, NotFound, Refused
from events.models import AuditEntry, Event
from governance.domain.comments import MAX_COMMENT_LENGTH, comment_on_request
from governance.domain.decide import deny_request
from governance.models import RequestComment
from governance.queries import count_comments, list_comments
from tests.factories import (
    make_engine,
    make_owner,
    make_principal,
    make_request,
    make_service,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


def test_members_comment_whatever_their_role(team: Team) -> None:
    request = make_request(make_engine(team))
    for role in Role.values:
        comment_on_request(
            principal=make_principal(make_user(team, role)), request_id=request.pk, text=f" I am {role} "
        )
    assert list(RequestComment.objects.values_list("text", flat=True)) == [
        f"I am {role}" for role in Role.values
    ]
    assert count_comments([request.pk, "0" * 15]) == {request.pk: 4}


def test_also_after_the_end(team: Team) -> None:
    person = make_principal(make_user(team))
    request = make_request(make_engine(team))
    deny_request(principal=person, request_id=request.pk, fingerprint=request.fingerprint)
    comment_on_request(principal=person, request_id=request.pk, text="It was the wrong branch.")
    assert [comment.text for comment in list_comments(person, request)] == ["It was the wrong branch."]


def test_the_log_names_it_and_does_not_repeat_it(team: Team) -> None:
    person = make_principal(make_user(team))
    request = make_request(make_engine(team))
    comment = comment_on_request(principal=person, request_id=request.pk, text="xyzzy")
    entry = AuditEntry.objects.latest("n")
    assert (entry.verb, entry.after) == ("permission_request.comment", {"comment_id": comment.pk})
    event = Event.objects.latest("seq")
    assert (event.kind, event.audience, event.words["comment"]) == (
        "permission_request.commented",
        f"team:{team.pk}",
        comment.pk,
    )
    assert "xyzzy" not in str(event.words) + entry.text


@pytest.mark.parametrize("text", ["", " \n ", "x" * (MAX_COMMENT_LENGTH + 1), "a\0b", "\ud800"])
def test_bad_texts_change_nothing(team: Team, text: str) -> None:
    request = make_request(make_engine(team))
    with pytest.raises(Invalid) as caught:
        comment_on_request(principal=make_principal(make_user(team)), request_id=request.pk, text=text)
    assert caught.value.facts["field"] == "text"
    assert not RequestComment.objects.exists()


def test_nobody_else_comments_or_reads(team: Team) -> None:
    request = make_request(make_engine(team))
    comment_on_request(principal=make_principal(make_user(team)), request_id=request.pk, text="secret plan")
    for user in (make_owner(), make_service(make_user(team), team)):
        with pytest.raises(Refused):
            comment_on_request(principal=make_principal(user), request_id=request.pk, text="x")
    assert list(list_comments(make_principal(make_owner()), request)) == []
    former = make_user(team)
    former.memberships.update(ended_at=timezone.now())
    for user in (make_user(make_team()), former):
        with pytest.raises(NotFound):
            comment_on_request(principal=make_principal(user), request_id=request.pk, text="x")
    assert RequestComment.objects.count() == 1
