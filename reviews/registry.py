"""What kinds of reviews there are: apps further right say what happens when one of theirs ends.

register_kind("whitelist_rule", ReviewKindSpec(label="wide rules", apply=activate_reviewed_rule))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts.principal import Principal
from events.actors import Subject
from events.changes import Change
from events.errors import Invalid

if TYPE_CHECKING:
    from reviews.models import Review


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about a review for the people who read it: a name, a plain text, and perhaps a longer note."""

    name: str
    text: str
    note: str = ""

    @property
    def has_lines(self) -> bool:
        """A note that is read line by line, such as a difference."""
        return "\n" in self.note


@dataclass(frozen=True, slots=True)
class ReviewKindSpec:
    """What a kind of review brings.

    `apply(change, review)` makes the approved content take effect. It runs in the transaction of the last
    approval: whatever it raises takes the approval back with it. It must act on `review.content` alone.
    `on_reject(change, review)` runs when a review ends in any other way; `review.state` says which.
    `lock_subject(review)` holds the row it is about, before the review's own is taken: the order in which the
    kind's domain, holding that row, opens, changes and withdraws its reviews.
    `describe(review)` adds facts to its page, `url(review)` leads to what it is about.
    `may_vote(principal, review)` is a further reason why somebody may not review it, "" for none.
    `read_live(subject)` is what is live now, in the shape of the content: the page shows the difference, and
    nobody approves once it is no longer what the review was written against.
    `explain_unapprovable(review)` is a reason why nobody may approve this content as it is, "" for none; it
    may be rejected all the same.
    `confirmation(review)` is what an approver has to type besides, "" for nothing.
    """

    apply: Callable[[Change, Review], None]
    label: str = ""
    on_reject: Callable[[Change, Review], None] | None = None
    lock_subject: Callable[[Review], object] | None = None
    describe: Callable[[Review], list[Fact]] | None = None
    url: Callable[[Review], str] | None = None
    may_vote: Callable[[Principal, Review], str] | None = None
    read_live: Callable[[Subject], dict[str, Any] | None] | None = None
    explain_unapprovable: Callable[[Review], str] | None = None
    confirmation: Callable[[Review], str] | None = None


kinds: dict[str, ReviewKindSpec] = {}


def register_kind(kind: str, spec: ReviewKindSpec) -> None:
    """Called once for each kind, when its app is ready."""
    kinds[kind] = spec


def get_spec(kind: str) -> ReviewKindSpec:
    """Raises Invalid for a kind that nobody registered."""
    spec = kinds.get(kind)
    if spec is None:
        raise Invalid(f"There are no reviews of the kind {kind!r}.", field="kind")
    return spec


def find_spec(kind: str) -> ReviewKindSpec | None:
    """None for the reviews of an app that is no longer there."""
    return kinds.get(kind)


def explain_unapprovable(review: Review) -> str:
    """Why nobody may approve its content as it is; "" when they may."""
    spec = find_spec(review.kind)
    return spec.explain_unapprovable(review) if spec and spec.explain_unapprovable else ""


def find_confirmation(review: Review) -> str:
    """What an approver has to type besides; "" for nothing."""
    spec = find_spec(review.kind)
    return spec.confirmation(review) if spec and spec.confirmation else ""


def list_kinds() -> dict[str, str]:
    """{kind: what people read}, in the order of registration."""
    return {kind: label_kind(kind) for kind in kinds}


def label_kind(kind: str) -> str:
    spec = kinds.get(kind)
    return (spec.label if spec else "") or kind.replace("_", " ")
