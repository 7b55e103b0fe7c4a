"""Change requests: moves of a protected label that somebody else approves, by a review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.urls import reverse

from accounts.models import Team
from accounts.principal import Principal
from configs.content import Content, read_content as read_content_of
from configs.differences import describe_differences
from configs.domain.config_log import announce_config
from configs.domain.label_moves import HeldMove, group_keys, read_labels, read_moves
from configs.kinds import KINDS
from configs.models import Configured, ConfigVersion, LabelChange, LabelPolicy
from events.actors import Subject
from events.changes import Change, lock_rows
from events.errors import Conflict
from reviews.domain.reviews import open_review, withdraw_reviews_of
from reviews.enums import ReviewKind, ReviewState
from reviews.models import Review
from reviews.registry import Fact, ReviewKindSpec, register_kind

MAX_NOTE_LENGTH = 20_000
MAX_DESCRIBED = 50


def register_label_reviews() -> None:
    """Called once, when the app is ready."""
    register_kind(
        ReviewKind.CONFIG_LABEL,
        ReviewKindSpec(
            label="protected labels",
            apply=apply_change,
            describe=describe,
            url=find_url,
            lock_subject=lock_change,
            read_live=read_live,
        ),
    )


def request_change(
    change: Change, principal: Principal, label: str, moves: Sequence[HeldMove], reason: str
) -> tuple[Review, bool]:
    """Put the moves before the team; the caller holds the rows. Returns (review, whether it is new).

    Raises Conflict when another request for one of them waits (`already_open`, with `review`), when nobody
    could approve it, or when it is not said who reviews what is everybody's (`no_reviewers`).
    """
    team = moves[0].row.team
    written = [write_move(move) for move in moves]
    for there in find_waiting(label, team, [move.row.pk for move in moves]):
        if there.moves == written:
            return waiting_review(there), False
        if read_live(there.subject) == waiting_review(there).base:
            raise Conflict(
                "A request to move this label waits for its review already.",
                code="already_open",
                review=there.review_id,
            )
        # Nobody can approve it any more, and it must not stand in the way of one that they can.
        withdraw_reviews_of(change=change, subject=there.subject, reason="The label has moved since.")
    wanted = LabelChange.objects.create(team=team, label=label, moves=written)
    review = open_review(
        change=change,
        # Whoever may move labels may say what their request is about, whatever else their token is for.
        principal=replace(principal, token=None),
        team=find_reviewers(team, label),
        kind=ReviewKind.CONFIG_LABEL,
        subject=wanted.subject,
        title=title_of(label, moves),
        content=write_wanted(wanted),
        reason=reason,
    )
    LabelChange.objects.filter(pk=wanted.pk, review=None).update(review=review)
    for move in moves:
        after = {"label": label, "from": move.before, "to": move.number, "review": review.pk}
        change.audit("config.request_change", move.row.subject, after=after)
        announce_config(
            change, move.row, "change_requested", label=label, labelled=move.number, review=review.pk
        )
    return review, True


def write_move(move: HeldMove) -> dict[str, Any]:
    return {
        "kind": move.row.kind,
        "object_id": move.row.pk,
        "name": move.row.name,
        "from": move.before,
        "from_hash": move.before_hash,
        "to": move.number,
        "to_hash": move.number_hash,
    }


def write_wanted(wanted: LabelChange) -> dict[str, Any]:
    return {"label": wanted.label, "moves": wanted.moves}


def title_of(label: str, moves: Sequence[HeldMove]) -> str:
    """Also read by people who are not members: names and numbers."""
    if len(moves) > 1:
        return f"Move {label} of {len(moves)} things"
    [move] = moves
    where = f"to version {move.number}" if move.number else "away"
    return f"Move {label} of {KINDS[move.row.kind].label} {move.row.name} {where}"[:200]


def find_reviewers(team: Team | None, label: str) -> Team:
    """The team itself; for what is everybody's the one that its policy names."""
    if team is not None:
        return team
    policy = LabelPolicy.objects.select_related("reviewing_team").filter(team=None, label=label).first()
    if policy is None or policy.reviewing_team is None or policy.reviewing_team.retired_at is not None:
        raise Conflict(
            f"Nobody reviews {label} of what is everybody's yet: an owner has to name a team for it, or "
            "let the label move without a review.",
            code="no_reviewers",
        )
    return policy.reviewing_team


def waiting_review(wanted: LabelChange) -> Review:
    assert wanted.review is not None  # noqa: S101 - found by its review
    return wanted.review


def list_waiting(team_id: str | None) -> Any:
    """The team's change requests whose review is open, oldest first."""
    rows = LabelChange.objects.select_related("review").filter(team_id=team_id)
    return rows.filter(review__state=ReviewState.OPEN).order_by("created_at", "pk")


def find_waiting(label: str, team: Team | None, object_ids: Sequence[str]) -> list[LabelChange]:
    """The open requests for this label of any of these things."""
    ids = set(object_ids)
    waiting = list_waiting(team.pk if team else None).filter(label=label)
    return [wanted for wanted in waiting if ids & {move["object_id"] for move in wanted.moves}]


def withdraw_changes_of(change: Change, row: Configured, *, reason: str) -> None:
    """The thing goes: whatever waits to be moved on it, ends."""
    for wanted in list_waiting(row.team_id):
        if any(move["object_id"] == row.pk for move in wanted.moves):
            withdraw_reviews_of(change=change, subject=wanted.subject, reason=reason)


def find_change(subject: Subject) -> LabelChange | None:
    return LabelChange.objects.select_related("team").filter(pk=subject.id).first()


def read_rows(wanted: LabelChange, *, is_held: bool) -> dict[str, Configured]:
    """{id: row} of everything it would move, in the order in which rows are held."""
    rows: dict[str, Configured] = {}
    for kind, ids in group_keys((move["kind"], move["object_id"]) for move in wanted.moves):
        found = KINDS[kind].model.objects.filter(pk__in=ids)
        rows |= {row.pk: row for row in (lock_rows(found) if is_held else found)}
    return rows


def lock_change(review: Review) -> object:
    wanted = find_change(review.reviewed)
    return read_rows(wanted, is_held=True) if wanted else None


def read_live(subject: Subject) -> dict[str, Any] | None:
    """Where the label is now, in the shape of what is wanted; things that were retired are left out."""
    wanted = find_change(subject)
    if wanted is None:
        return None
    rows = read_rows(wanted, is_held=False)
    labels = read_labels(wanted.label, rows)
    live = []
    for move in wanted.moves:
        if rows[move["object_id"]].is_retired:
            continue
        there = labels.get(move["object_id"])
        number = there.number if there else None
        digest = there.version.content_hash if there else None
        live.append({**move, "from": number, "from_hash": digest, "to": number, "to_hash": digest})
    return {"label": wanted.label, "moves": live}


def apply_change(change: Change, review: Review) -> None:
    """The last approval: exactly what was approved moves, if every label is still where it was."""
    from configs.domain.labels import apply_moves  # it asks this module for reviews

    wanted = find_change(review.reviewed)
    if wanted is None or review.content != write_wanted(wanted):
        raise Conflict("This review is not about this change.", code="base_moved")
    rows = read_rows(wanted, is_held=True)
    moves = read_moves(wanted.label, [(rows[move["object_id"]], move["to"]) for move in wanted.moves])
    for move, said in zip(moves, wanted.moves, strict=True):
        is_same = (move.before, move.before_hash, move.number_hash) == (
            said["from"],
            said["from_hash"],
            said["to_hash"],
        )
        if move.row.is_retired or not is_same:
            raise Conflict(
                f"The label {wanted.label} of {said['name']} has moved since this was asked for.",
                code="base_moved",
            )
    apply_moves(change, wanted.label, moves, review=review.pk, requested_by=review.requested_by_id)


def find_url(review: Review) -> str:
    """The thing's own page; "" for a set of them."""
    wanted = find_change(review.reviewed)
    if wanted is None or len(wanted.moves) != 1:
        return ""
    [move] = wanted.moves
    slug = KINDS[move["kind"]].plural.replace("_", "-")
    return reverse("configure:show", args=[slug, move["object_id"]])


def describe(review: Review) -> list[Fact]:
    """For each thing what would change, as a difference of texts."""
    wanted = find_change(review.reviewed)
    if wanted is None:
        return []
    shown = wanted.moves[:MAX_DESCRIBED]
    contents = read_contents(shown)
    facts = [describe_move(wanted.label, move, contents) for move in shown]
    if (left := len(wanted.moves) - MAX_DESCRIBED) > 0:
        facts.append(Fact("And", f"{left} more, listed below."))
    return facts


def read_contents(moves: Sequence[dict[str, Any]]) -> dict[tuple[str, int], Content]:
    """{(id, version number): content} of both sides of every move, in one query."""
    wanted = {(move["object_id"], number) for move in moves for number in (move["from"], move["to"])}
    versions = ConfigVersion.objects.filter(
        object_id__in={object_id for object_id, _ in wanted},
        number__in={number for _, number in wanted if number is not None},
    )
    return {
        (version.object_id, version.number): read_content_of(version.kind, version.content)
        for version in versions
        if (version.object_id, version.number) in wanted
    }


def describe_move(label: str, move: dict[str, Any], contents: dict[tuple[str, int], Content]) -> Fact:
    before, after = (contents.get((move["object_id"], move[side])) for side in ("from", "to"))
    name = f"{KINDS[move['kind']].label} {move['name']}"
    text = f"{label}: {show_number(move['from'])} → {show_number(move['to'])}"
    note = describe_differences(before, after)
    if len(note) > MAX_NOTE_LENGTH:
        note = f"{note[:MAX_NOTE_LENGTH]}\n… cut here: all of it stands among the versions of {move['name']}."
    return Fact(name, text, note)


def show_number(number: int | None) -> str:
    return f"version {number}" if number else "no version"
