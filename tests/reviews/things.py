"""A kind of review for tests: things, whose content is written down when it is approved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from accounts.principal import Principal
from events.actors import Subject
from events.changes import Change, changes
from events.errors import Conflict
from events.identifiers import make_id
from reviews import registry
from reviews.domain.reviews import open_review, revise_review
from reviews.models import Delegation, Review
from reviews.registry import Fact, ReviewKindSpec
from tests.factories import make_principal, make_user

KIND = "thing"


@dataclass
class Things:
    """What became of them. `applied` is written in the transaction, as audit entries `thing.apply`."""

    live: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended: list[tuple[str, str]] = field(default_factory=list)
    refused_voters: set[str] = field(default_factory=set)
    breaks: bool = False
    broken_ends: set[str] = field(default_factory=set)
    unapprovable: str = ""
    confirmation: str = ""

    def apply(self, change: Change, review: Review) -> None:
        change.audit("thing.apply", review.reviewed, after=review.content)
        if self.breaks:
            raise Conflict("The thing can't be applied.", code="thing_broken")

    def note_end(self, change: Change, review: Review) -> None:
        change.audit("thing.drop", review.reviewed, after={"state": review.state})
        if review.pk in self.broken_ends:
            raise RuntimeError("the thing can't be dropped")
        self.ended.append((review.pk, review.state))

    def may_vote(self, principal: Principal, review: Review) -> str:
        return "Not about this thing." if principal.user.pk in self.refused_voters else ""

    def read_live(self, subject: Subject) -> dict[str, Any] | None:
        return self.live.get(subject.id)


@contextmanager
def register_things() -> Iterator[Things]:
    """The kind is there inside this block."""
    things = Things()
    spec = ReviewKindSpec(
        label="things",
        apply=things.apply,
        on_reject=things.note_end,
        describe=lambda review: [Fact("Size", f"{len(review.content)} parts")],
        may_vote=things.may_vote,
        read_live=things.read_live,
        explain_unapprovable=lambda _: things.unapprovable,
        confirmation=lambda _: things.confirmation,
    )
    registry.register_kind(KIND, spec)
    try:
        yield things
    finally:
        registry.kinds.pop(KIND)


def ask_review(requester: User, team: Team, **values: Any) -> Review:
    principal = make_principal(requester)
    asked = {
        "subject": Subject("thing", make_id()),
        "title": "A thing",
        "reason": "We need it.",
        "content": {"size": "1"},
        **values,
    }
    with changes(principal.actor) as change:
        return open_review(change=change, principal=principal, team=team, kind=KIND, **asked)


def revise(author: User, review: Review, content: dict[str, Any], **values: Any) -> Review:
    principal = make_principal(author)
    with changes(principal.actor) as change:
        return revise_review(
            change=change, principal=principal, review_id=review.pk, content=content, **values
        )


def make_delegation(team: Team, delegator: User) -> Delegation:
    """To a viewer of the team, from now on for a day."""
    now = timezone.now()
    return Delegation.objects.create(
        team=team,
        delegator=delegator,
        delegate=make_user(team, Role.VIEWER),
        starts_at=now,
        ends_at=now + timedelta(days=1),
        reason="On leave.",
    )
