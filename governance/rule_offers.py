"""A rule made from one request: the rungs it can stand on, how far it reaches, how long it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices

from events.masking import mask_secrets
from governance.calls import read_call
from governance.content import RequestContent
from governance.enums import RuleEffect, RuleKind
from governance.matching.calls import BASH, FETCH, TASK, Call
from governance.matching.ladder import Shape, list_shapes
from governance.matching.width import needs_second_person, read_in_words
from governance.models import PermissionRequest, RuleProposal
from governance.rule_drafts import RuleDraft, build_rule
from governance.rulebooks import build_context

MAX_NAME_LENGTH = 120


class OfferExpiry(TextChoices):
    """For how long, counted from when the rule is saved."""

    HOUR = "1h", "1 hour"
    SHIFT = "8h", "8 hours"
    WEEK = "7d", "7 days"
    DATE = "date", "until a date"
    NEVER = "never", "without end"


LENGTHS = {
    OfferExpiry.HOUR: timedelta(hours=1),
    OfferExpiry.SHIFT: timedelta(hours=8),
    OfferExpiry.WEEK: timedelta(days=7),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the request came from: what the rule can be limited to. "" where that is not known."""

    team_id: str
    permission: str
    directory: str
    agent: str
    engine_id: str = ""
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class Rung:
    """One width. `words` says what it covers; `second_person` why it takes one, "" when it does not."""

    shape: Shape
    words: str
    second_person: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person chose. `expires_at` is the moment that the chosen length comes to."""

    rung: int
    in_directory: bool = True
    by_agent: bool = True
    on_engine: bool = False
    for_user: bool = False
    expires_at: datetime | None = None
    max_uses: int | None = None
    name: str = ""
    reason: str = ""


def find_place(request: PermissionRequest, content: RequestContent) -> Place:
    context = build_context(request, content)
    return Place(
        request.team_id,
        content.permission,
        context.directory or "",
        context.agent or "",
        context.engine_id or "",
        context.user_id or "",
    )


def place_proposal(proposal: RuleProposal) -> Place:
    return Place(proposal.team_id, proposal.permission, proposal.directory, proposal.agent)


def list_offered_shapes(content: RequestContent) -> list[Shape]:
    """Narrowest first; empty when no single rule can stand for it, as for lists of commands.

    What holds a recognised secret is not offered: a rule is read by the whole team.
    """
    return [
        shape for shape in read_shapes(read_call(content)) if mask_secrets(shape.pattern) == shape.pattern
    ]


def read_shapes(call: Call) -> tuple[Shape, ...]:
    if call.permission == BASH:
        return list_shapes(call.command, place=call.directory)
    exact = {FETCH: call.url, TASK: call.subagent}.get(call.permission, "")
    return (Shape(exact, True, "exactly this"),) if exact else ()


def build_rungs(permission: str, shapes: Sequence[Shape]) -> list[Rung]:
    rungs = []
    for shape in shapes:
        rule = build_rule(draft_shape(permission, shape))
        rungs.append(Rung(shape, read_in_words(rule), needs_second_person(rule)))
    return rungs


def draft_shape(permission: str, shape: Shape) -> RuleDraft:
    """A rule of this shape, without any limit yet."""
    return RuleDraft(
        name=shorten(shape.pattern),
        permission=permission,
        kind=RuleKind.STRICT if shape.is_strict else RuleKind.PATTERN,
        value=shape.pattern,
        effect=RuleEffect.ALLOW,
    )


def build_draft(shape: Shape, place: Place, choices: Choices) -> RuleDraft:
    named = draft_shape(place.permission, shape)
    return RuleDraft(
        name=choices.name or named.name,
        reason=choices.reason,
        permission=named.permission,
        kind=named.kind,
        value=named.value,
        effect=named.effect,
        directory=place.directory if choices.in_directory else "",
        agent=place.agent if choices.by_agent else "",
        engine_id=place.engine_id if choices.on_engine else "",
        user_id=place.user_id if choices.for_user else "",
        expires_at=choices.expires_at,
        max_uses=choices.max_uses,
    )


def end_of(expiry: OfferExpiry, until: datetime | None, now: datetime) -> datetime | None:
    """The moment it ends; None for never. `until` is for `DATE` alone."""
    if expiry == OfferExpiry.DATE:
        return until
    length = LENGTHS.get(expiry)
    return now + length if length is not None else None


def shorten(pattern: str) -> str:
    """A name, as long as a name may be, on one line."""
    line = " ".join(pattern.split())
    return line if len(line) <= MAX_NAME_LENGTH else line[: MAX_NAME_LENGTH - 1] + "…"
