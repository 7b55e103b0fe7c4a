"""A protected label moves only once somebody else has approved exactly that, from where it was then."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team
from accounts.principal import Principal
from configs.content import AgentContent, PromptContent, ToolRulesContent
from configs.domain.label_changes import list_waiting
from configs.domain.label_moves import Move
from configs.domain.labels import ChangeRequested, LabelMoved, drop_label, move_label, move_labels
from configs.domain.objects import retire_object
from configs.domain.protection import set_protected
from configs.models import ConfigLabel, LabelChange
from configs.queries import list_labels, list_protected, list_versions
from events.errors import Conflict, DomainError, Invalid, Refused
from events.models import AuditEntry, Event
from reviews.domain.reviews import withdraw_review
from reviews.domain.voting import approve_review, reject_review
from reviews.models import Review
from reviews.registry import find_spec
from tests.configs.acts import add_to, refuse
from tests.factories import (
    change_config,
    make_config,
    make_owner,
    make_principal,
    make_service,
    make_team,
    make_user,
    put_label,
)
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

AGENT = AgentContent(name="reviewer", description="first")


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def editor(team: Team) -> Principal:
    return make_principal(make_user(team, Role.EDITOR))


@pytest.fixture
def approver(team: Team) -> Principal:
    return make_principal(make_user(team, Role.APPROVER))


@pytest.fixture
def agent(team: Team) -> Any:
    """Production is on version 1, version 2 is there."""
    row = make_config(team, AGENT, "production")
    return change_config(row, replace(AGENT, description="second"))


def ask(principal: Principal, row: Any, number: int | None = 2, **values: Any) -> Review:
    values = {"label": "production", **values}
    outcome = move_label(principal=principal, kind=row.kind, object_id=row.pk, number=number, **values)
    assert isinstance(outcome, ChangeRequested)
    return Review.objects.get(pk=outcome.review_id)


def approve(principal: Principal, review: Review) -> Any:
    return approve_review(principal=principal, review_id=review.pk, fingerprint=review.content_hash)


def hashes(row: Any) -> dict[int | None, str | None]:
    numbers = dict(list_versions(row).values_list("number", "content_hash"))
    return dict([(None, None), *numbers.items()])


def test_asking_moves_nothing_and_says_exactly_what_would(
    editor: Principal, approver: Principal, agent: Any
) -> None:
    review = ask(editor, agent, reason="Better words.")
    told = hashes(agent)
    what = {"kind": "agent", "object_id": agent.pk, "name": "reviewer", "from": 1, "from_hash": told[1]}
    assert list_labels(agent) == {"draft": 2, "production": 1}
    assert (review.kind, review.state, review.team, review.title, review.reason) == (
        "config_label",
        "open",
        agent.team,
        "Move production of agent reviewer to version 2",
        "Better words.",
    )
    assert review.content == {"label": "production", "moves": [{**what, "to": 2, "to_hash": told[2]}]}
    assert review.base == {"label": "production", "moves": [{**what, "to": 1, "to_hash": told[1]}]}
    [entry] = AuditEntry.objects.filter(verb="config.request_change")
    assert entry.after == {"label": "production", "from": 1, "to": 2, "review": review.pk}
    [event] = Event.objects.filter(kind="config.change_requested")
    assert (event.audience, event.words) == (
        f"team:{agent.team_id}",
        {
            "kind": "agent",
            "name": "reviewer",
            "version": 2,
            "label": "production",
            "labelled": 2,
            "review": review.pk,
        },
    )
    assert [change.review for change in list_waiting(agent.team_id)] == [review]


def describe(review: Review) -> list[tuple[str, str, str]]:
    spec = find_spec("config_label")
    assert spec is not None
    assert spec.describe is not None
    return [(fact.name, fact.text, fact.note) for fact in spec.describe(review)]


def test_the_reviewer_sees_what_differs_line_by_line(
    editor: Principal, approver: Principal, agent: Any
) -> None:
    review = ask(editor, agent)
    told = ("agent reviewer", "production: version 1 → version 2", "description:\n-first\n+second")
    assert describe(review) == [told]
    client = Client()
    client.force_login(approver.user)
    page = client.get(f"/admin/reviews/review/{review.pk}/change/").content.decode()
    assert '<pre class="fact-lines">description:\n-first\n+second</pre>' in page


def test_a_long_difference_says_where_the_rest_is(team: Team, editor: Principal, approver: Principal) -> None:
    row = make_config(team, PromptContent(name="P", body="x\n" * 15_000))
    [(_, _, note)] = describe(ask(editor, row, 1))
    assert note.endswith("\n… cut here: all of it stands among the versions of P.")
    assert len(note) < 21_000


@pytest.mark.parametrize("count", [1, 3])
def test_what_differs_is_read_in_as_many_queries_however_much_there_is(
    team: Team, editor: Principal, approver: Principal, count: int, django_assert_num_queries: Any
) -> None:
    rows = [make_config(team, PromptContent(name=f"P{index}"), "production") for index in range(count)]
    moves = []
    for row in rows:
        change_config(row, PromptContent(name=row.name, body="second"))
        moves.append(Move(kind="prompt", object_id=row.pk, number=2))
    outcome = move_labels(principal=editor, label="production", moves=moves)
    assert isinstance(outcome, ChangeRequested)
    review = Review.objects.get(pk=outcome.review_id)
    with django_assert_num_queries(2):
        assert len(describe(review)) == count


def test_the_review_leads_to_what_it_is_about(
    team: Team, editor: Principal, approver: Principal, agent: Any
) -> None:
    spec = find_spec("config_label")
    assert spec is not None
    assert spec.url is not None
    client = Client()
    client.force_login(approver.user)
    rules = make_config(team, ToolRulesContent())
    for row, number in ((agent, 2), (rules, 1)):
        url = spec.url(ask(editor, row, number))
        assert client.get(url).status_code == 200
        assert row.pk in url
    prompts = [make_config(team, PromptContent(name=name)) for name in ("P", "Q")]
    moves = [Move(kind="prompt", object_id=prompt.pk, number=1) for prompt in prompts]
    outcome = move_labels(principal=editor, label="production", moves=moves)
    assert isinstance(outcome, ChangeRequested)
    assert spec.url(Review.objects.get(pk=outcome.review_id)) == ""


def test_somebody_elses_approval_moves_it(editor: Principal, approver: Principal, agent: Any) -> None:
    review = ask(editor, agent)
    assert approve(approver, review).is_decided
    assert list_labels(agent) == {"draft": 2, "production": 2}
    told = hashes(agent)
    [entry] = AuditEntry.objects.filter(verb="config.move_label", actor_id=approver.user.pk)
    assert (entry.before, entry.after) == (
        {"label": "production", "version": 1, "content_hash": told[1]},
        {
            "label": "production",
            "version": 2,
            "content_hash": told[2],
            "team": agent.team_id,
            "name": "reviewer",
            "review": review.pk,
            "requested_by": editor.user.pk,
        },
    )
    [label] = ConfigLabel.objects.filter(name="production")
    assert (label.moved_by_id, label.number) == (approver.user.pk, 2)
    assert list(list_waiting(agent.team_id)) == []


def test_what_was_approved_moves_not_what_was_saved_since(
    editor: Principal, approver: Principal, agent: Any
) -> None:
    review = ask(editor, agent)
    change_config(agent, replace(AGENT, description="third", name="renamed"))
    approve(approver, review)
    assert list_labels(agent)["production"] == 2


def test_a_label_is_first_put_and_taken_away_by_review_too(
    team: Team, editor: Principal, approver: Principal
) -> None:
    row = make_config(team, PromptContent(name="P"))
    review = ask(editor, row, 1)
    assert review.content["moves"][0]["from"] is None
    approve(approver, review)
    assert list_labels(row) == {"draft": 1, "production": 1}
    drop = drop_label(principal=editor, kind="prompt", object_id=row.pk, label="production")
    assert isinstance(drop, ChangeRequested)
    review = Review.objects.get(pk=drop.review_id)
    assert review.title == "Move production of prompt P away"
    approve(approver, review)
    assert list_labels(row) == {"draft": 1}


def test_a_set_moves_with_one_review(team: Team, editor: Principal, approver: Principal, agent: Any) -> None:
    prompt = make_config(team, PromptContent(name="P"))
    moves = [
        Move(kind="agent", object_id=agent.pk, number=2),
        Move(kind="prompt", object_id=prompt.pk, number=1),
    ]
    outcome = move_labels(principal=editor, label="production", moves=moves)
    assert isinstance(outcome, ChangeRequested)
    review = Review.objects.get(pk=outcome.review_id)
    assert review.title == "Move production of 2 things"
    approve(approver, review)
    assert [list_labels(row)["production"] for row in (agent, prompt)] == [2, 1]


def test_a_label_that_is_there_already_asks_nobody(editor: Principal, agent: Any) -> None:
    outcome = move_label(principal=editor, kind="agent", object_id=agent.pk, label="production", number=1)
    assert outcome == LabelMoved("production", 0)
    assert Review.objects.count() == 0


# Self-approval --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["admin", "api", "command"])
def test_nobody_approves_what_they_asked_for(team: Team, agent: Any, door: str) -> None:
    make_user(team, Role.APPROVER)
    admin = make_principal(make_user(team, Role.ADMIN), door)
    review = ask(admin, agent)
    with pytest.raises(Refused, match="Nobody reviews what they"):
        approve(admin, review)
    assert list_labels(agent)["production"] == 1


def test_no_token_moves_it_or_approves_it(team: Team, agent: Any, approver: Principal) -> None:
    token = ApiToken(scopes=list(Scope.values))
    admin = replace(make_principal(make_user(team, Role.ADMIN)), token=token)
    review = ask(admin, agent)
    assert list_labels(agent)["production"] == 1
    with pytest.raises(Refused, match="API tokens never vote"):
        approve(replace(approver, token=token), review)
    service = replace(make_principal(make_service(approver.user, team)), token=token)
    with pytest.raises(Refused):
        move_label(principal=service, kind="agent", object_id=agent.pk, label="production", number=2)


def test_without_anybody_else_to_approve_nothing_is_asked(team: Team, editor: Principal, agent: Any) -> None:
    act = partial(
        move_label, principal=editor, kind="agent", object_id=agent.pk, label="production", number=2
    )
    refuse("unsatisfiable", act)
    assert (Review.objects.count(), LabelChange.objects.count()) == (0, 0)


def test_a_viewer_or_approver_asks_for_nothing(team: Team, agent: Any, approver: Principal) -> None:
    for principal in (approver, make_principal(make_user(team, Role.VIEWER))):
        with pytest.raises(Refused):
            ask(principal, agent)


# Stale approval -------------------------------------------------------------------------------------------


def moved_by_somebody(team: Team, agent: Any) -> None:
    change_config(agent, replace(AGENT, description="third"))
    put_label(agent, "production", 3)


def moved_there_and_back(team: Team, agent: Any) -> None:
    """The same place again: what the reviewers saw is true again."""
    put_label(agent, "production", 2)
    put_label(agent, "production", 1)


def taken_away(team: Team, agent: Any) -> None:
    ConfigLabel.objects.all().delete()


def retired(team: Team, agent: Any) -> None:
    """Past the domain, which withdraws the review."""
    type(agent).objects.update(retired_at="2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("happens", "code"),
    [(moved_by_somebody, "base_moved"), (taken_away, "base_moved"), (retired, "base_moved")],
)
def test_an_approval_is_stale_once_the_base_moved(
    team: Team, editor: Principal, approver: Principal, agent: Any, happens: Any, code: str
) -> None:
    review = ask(editor, agent)
    happens(team, agent)
    before = list_labels(agent)
    refuse(code, partial(approve, approver, review))
    review.refresh_from_db()
    assert (review.state, list_labels(agent)) == ("open", before)


def test_a_label_that_came_back_may_still_move(
    team: Team, editor: Principal, approver: Principal, agent: Any
) -> None:
    review = ask(editor, agent)
    moved_there_and_back(team, agent)
    approve(approver, review)
    assert list_labels(agent)["production"] == 2


def test_one_part_of_a_set_that_moved_makes_all_of_it_stale(
    team: Team, editor: Principal, approver: Principal, agent: Any
) -> None:
    prompt = make_config(team, PromptContent(name="P"))
    moves = [
        Move(kind="agent", object_id=agent.pk, number=2),
        Move(kind="prompt", object_id=prompt.pk, number=1),
    ]
    outcome = move_labels(principal=editor, label="production", moves=moves)
    assert isinstance(outcome, ChangeRequested)
    review = Review.objects.get(pk=outcome.review_id)
    put_label(prompt, "production", 1)
    refuse("base_moved", partial(approve, approver, review))
    assert list_labels(agent)["production"] == 1


def test_an_approval_of_another_content_is_refused(
    editor: Principal, approver: Principal, agent: Any
) -> None:
    review = ask(editor, agent)
    with pytest.raises(Conflict):
        approve_review(principal=approver, review_id=review.pk, fingerprint="0" * 64)
    assert list_labels(agent)["production"] == 1


# One at a time --------------------------------------------------------------------------------------------


def test_a_stale_wish_does_not_stand_in_the_way_of_another(
    editor: Principal, approver: Principal, agent: Any
) -> None:
    stale = ask(editor, agent)
    put_label(agent, "production", 2)
    fresh = ask(editor, agent, 1)
    stale.refresh_from_db()
    assert (stale.state, stale.decision_reason) == ("withdrawn", "The label has moved since.")
    approve(approver, fresh)
    assert list_labels(agent)["production"] == 1


def test_the_same_wish_again_is_the_same_review(editor: Principal, approver: Principal, agent: Any) -> None:
    review = ask(editor, agent)
    again = move_label(principal=editor, kind="agent", object_id=agent.pk, label="production", number=2)
    assert again == ChangeRequested("production", review.pk, is_new=False)
    error = refuse("already_open", partial(ask, editor, agent, None))
    assert error.facts == {"review": review.pk}
    reject_review(principal=approver, review_id=review.pk, fingerprint=review.content_hash, reason="No.")
    assert ask(editor, agent).pk != review.pk


def test_a_rejected_or_withdrawn_wish_moves_nothing(
    editor: Principal, approver: Principal, agent: Any
) -> None:
    first = ask(editor, agent)
    reject_review(principal=approver, review_id=first.pk, fingerprint=first.content_hash, reason="No.")
    second = ask(editor, agent)
    withdraw_review(principal=editor, review_id=second.pk)
    assert list_labels(agent)["production"] == 1
    with pytest.raises(Conflict):
        approve(approver, second)


def test_a_retired_thing_takes_its_wish_with_it(team: Team, editor: Principal, approver: Principal) -> None:
    row = make_config(team, PromptContent(name="P"))
    review = ask(editor, row, 1)
    retire_object(principal=editor, kind="prompt", object_id=row.pk)
    review.refresh_from_db()
    assert (review.state, review.decision_reason) == ("withdrawn", "P was retired.")


def attempt(act: Any) -> str:
    try:
        act()
    except DomainError as error:
        return error.code
    return "done"


@pytest.mark.django_db(transaction=True)
def test_the_same_wish_from_many_at_once_is_one_review(team: Team) -> None:
    make_user(team, Role.APPROVER)
    agent = change_config(make_config(team, AGENT, "production"), replace(AGENT, description="second"))
    editors = [make_principal(make_user(team, Role.EDITOR)) for _ in range(4)]
    reviews = run_together([partial(ask, editor, agent) for editor in editors])
    assert len({review.pk for review in reviews}) == Review.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_approvals_of_two_wishes_at_once_apply_once_each(team: Team) -> None:
    """Two reviews that both begin at version 1: the first that is approved makes the other one stale."""
    agent = make_config(team, AGENT, "production")
    for text in ("second", "third"):
        agent = change_config(agent, replace(AGENT, description=text))
    editor = make_principal(make_user(team, Role.EDITOR))
    approvers = [make_principal(make_user(team, Role.APPROVER)) for _ in range(4)]
    first = ask(editor, agent, 2)
    withdrawn = LabelChange.objects.get()
    # The second as an older version of the domain, which let two wait for one label, might have left it.
    wanted = [{**withdrawn.moves[0], "to": 3, "to_hash": hashes(agent)[3]}]
    second = copy_review(first, LabelChange.objects.create(team=team, label="production", moves=wanted))
    results = run_together(
        [
            partial(attempt, partial(approve, approver, review))
            for approver, review in zip(approvers, [first, second, first, second], strict=True)
        ]
    )
    assert results.count("done") == 1
    assert set(results) <= {"done", "base_moved", "already_decided"}
    number = list_labels(agent)["production"]
    assert number == (2 if Review.objects.get(state="approved").pk == first.pk else 3)


def copy_review(review: Review, wanted: LabelChange) -> Review:
    from reviews.domain.reviews import hash_content

    content = {"label": wanted.label, "moves": wanted.moves}
    digest = hash_content(
        kind=review.kind, subject=wanted.subject, title=review.title, content=content, base=review.base
    )
    values = {field.attname: getattr(review, field.attname) for field in Review._meta.concrete_fields}
    values |= {"id": "z" * 15, "subject_id": wanted.pk, "content": content, "content_hash": digest}
    return Review.objects.create(**values)


@pytest.mark.django_db(transaction=True)
def test_approval_and_rejection_and_another_move_at_once_end_in_one_way(team: Team) -> None:
    for round_ in range(4):
        content = AgentContent(name=f"a{round_}")
        agent = make_config(team, content, "production")
        agent = change_config(agent, replace(content, description="second"))
        editor = make_principal(make_user(team, Role.EDITOR))
        yes, no = (make_principal(make_user(team, Role.APPROVER)) for _ in range(2))
        review = ask(editor, agent)
        reject = partial(
            reject_review, principal=no, review_id=review.pk, fingerprint=review.content_hash, reason="No."
        )
        results = run_together(
            [
                partial(attempt, partial(approve, yes, review)),
                partial(attempt, reject),
                partial(attempt, partial(withdraw_review, principal=editor, review_id=review.pk)),
            ]
        )
        assert Counter(results) == {"done": 1, "already_decided": 2}
        assert list_labels(agent)["production"] == (2 if results[0] == "done" else 1)


@pytest.mark.django_db(transaction=True)
def test_an_approval_races_a_save_and_a_retirement_without_waiting_for_ever(team: Team) -> None:
    for round_ in range(4):
        prompt = make_config(team, PromptContent(name=f"P{round_}"))
        agent = make_config(team, AgentContent(name=f"a{round_}", prompt=prompt.pk))
        editor, saver = (make_principal(make_user(team, Role.EDITOR)) for _ in range(2))
        yes = make_principal(make_user(team, Role.APPROVER))
        moves = [Move(kind=row.kind, object_id=row.pk, number=1) for row in (prompt, agent)]
        outcome = move_labels(principal=editor, label="production", moves=moves)
        assert isinstance(outcome, ChangeRequested)
        review = Review.objects.get(pk=outcome.review_id)
        changed = AgentContent(name=f"a{round_}", description="second", prompt=prompt.pk)
        results = run_together(
            [
                partial(attempt, partial(approve, yes, review)),
                partial(attempt, partial(change_config, agent, changed, author=saver.user)),
                partial(
                    attempt,
                    partial(retire_object, principal=saver, kind="agent", object_id=agent.pk),
                ),
            ]
        )
        approved, saved, gone = results
        ends = {("done", "labelled"), ("already_decided", "done"), ("base_moved", "done")}
        assert (approved, gone) in ends
        assert saved in {"done", "retired", "stale_version"}


# Protection -----------------------------------------------------------------------------------------------


def test_production_is_protected_until_a_team_admin_says_otherwise(
    team: Team, editor: Principal, agent: Any
) -> None:
    admin = make_principal(make_user(team, Role.ADMIN))
    assert list_protected(team.pk) == {"production"}
    set_protected(principal=admin, team=team, label="production", is_protected=False)
    set_protected(principal=admin, team=team, label="staging", is_protected=True)
    assert list_protected(team.pk) == {"staging"}
    assert list_protected(make_team().pk) == list_protected(None) == {"production"}
    outcome = move_label(principal=editor, kind="agent", object_id=agent.pk, label="production", number=2)
    assert outcome == LabelMoved("production", 1)
    entries = AuditEntry.objects.filter(verb="config.protect").order_by("n")
    assert list(entries.values_list("subject_kind", "subject_id", "before", "after")) == [
        (
            "team",
            team.pk,
            {"label": label, "is_protected": not is_protected},
            {"label": label, "is_protected": is_protected, "reviewing_team": None},
        )
        for label, is_protected in [("production", False), ("staging", True)]
    ]
    assert [event.words for event in Event.objects.filter(kind="config.protection_changed")] == [
        {"label": "production", "is_protected": False},
        {"label": "staging", "is_protected": True},
    ]


def test_only_admins_in_a_fresh_session_change_what_is_protected(team: Team, editor: Principal) -> None:
    admin = make_user(team, Role.ADMIN)
    stale = Principal(admin, "admin")
    token = replace(make_principal(admin), token=ApiToken(scopes=list(Scope.values)))
    approver = make_principal(make_user(team, Role.APPROVER))
    for principal in (editor, approver, stale, token, make_principal(make_user(make_team(), Role.ADMIN))):
        with pytest.raises(Refused):
            set_protected(principal=principal, team=team, label="production", is_protected=False)
    with pytest.raises(Refused):
        set_protected(principal=make_principal(admin), team=None, label="production", is_protected=False)
    with pytest.raises(Invalid):
        set_protected(principal=make_principal(admin), team=team, label="draft", is_protected=True)
    assert list_protected(team.pk) == {"production"}


# What is everybody's --------------------------------------------------------------------------------------


def test_what_is_everybodys_is_reviewed_by_the_team_that_owners_name(team: Team, approver: Principal) -> None:
    owner = make_principal(make_owner())
    row = make_config(None, AGENT)
    act = partial(move_label, principal=owner, kind="agent", object_id=row.pk, label="production", number=1)
    refuse("no_reviewers", act)
    set_protected(principal=owner, team=None, label="production", is_protected=True, reviewing_team=team)
    review = ask(owner, row, 1)
    assert review.team == team
    add_to(team, owner.user)
    with pytest.raises(Refused):
        approve(make_principal(owner.user), review)
    approve(approver, review)
    assert list_labels(row) == {"draft": 1, "production": 1}
    with pytest.raises(Invalid):
        set_protected(principal=owner, team=team, label="x", is_protected=True, reviewing_team=make_team())


def test_owners_may_let_what_is_everybodys_move_freely() -> None:
    owner = make_principal(make_owner())
    row = make_config(None, AGENT)
    set_protected(principal=owner, team=None, label="production", is_protected=False)
    set_protected(principal=owner, team=None, label="production", is_protected=False)
    outcome = move_label(principal=owner, kind="agent", object_id=row.pk, label="production", number=1)
    assert outcome == LabelMoved("production", 1)


# The tables -----------------------------------------------------------------------------------------------


def test_a_wish_is_never_changed_once_it_is_made(editor: Principal, approver: Principal, agent: Any) -> None:
    ask(editor, agent)
    changes: list[dict[str, Any]] = [{"moves": []}, {"label": "x"}, {"review": None}]
    for values in changes:
        with pytest.raises(IntegrityError, match="rows are kept"), transaction.atomic():
            LabelChange.objects.update(**values)
    with pytest.raises(IntegrityError, match="rows are kept"), transaction.atomic():
        ConfigLabel.objects.update(name="x")
    with pytest.raises(IntegrityError, match="draft_is_no_row"), transaction.atomic():
        ConfigLabel.objects.create(
            kind="agent", object_id=agent.pk, name="draft", version=agent.latest, number=2
        )
