"""Labels that nobody protects move at once, all or none; what is wrong moves nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team
from accounts.principal import Principal
from configs.content import AgentContent, InstructionContent, PromptContent
from configs.domain.label_moves import Move
from configs.domain.labels import MAX_MOVES, LabelMoved, drop_label, move_label, move_labels
from configs.domain.objects import retire_object
from configs.models import ConfigLabel, LabelPolicy
from configs.queries import list_label_names, list_labels, list_labels_of
from events.errors import DomainError
from events.models import AuditEntry, Event
from tests.configs.acts import refuse, set_role
from tests.factories import (
    change_config,
    make_config,
    make_owner,
    make_principal,
    make_service,
    make_team,
    make_user,
)
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

AGENT = AgentContent(name="a")


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def editor(team: Team) -> Principal:
    return make_principal(make_user(team, Role.EDITOR))


@pytest.fixture
def agent(team: Team) -> Any:
    """At version 3."""
    row = make_config(team, AGENT)
    for text in ("second", "third"):
        row = change_config(row, replace(AGENT, description=text))
    return row


def move(principal: Principal, row: Any, number: int | None, **values: Any) -> Any:
    values = {"label": "staging", **values}
    return move_label(principal=principal, kind=row.kind, object_id=row.pk, number=number, **values)


def test_a_label_is_put_moved_forth_and_back_and_taken_away(editor: Principal, agent: Any) -> None:
    seen = []
    for number in (2, 3, 1, None):
        assert move(editor, agent, number) == LabelMoved("staging", 1)
        seen.append(list_labels(agent))
    draft = {"draft": 3}
    assert seen == [{**draft, "staging": 2}, {**draft, "staging": 3}, {**draft, "staging": 1}, draft]
    hashes = {version.number: version.content_hash for version in versions_of(agent)} | {None: None}
    entries = AuditEntry.objects.filter(verb="config.move_label").order_by("n")
    assert list(entries.values_list("before", "after")) == [
        (
            {"label": "staging", "version": before, "content_hash": hashes[before]},
            {
                "label": "staging",
                "version": after,
                "content_hash": hashes[after],
                "team": agent.team_id,
                "name": "a",
            },
        )
        for before, after in [(None, 2), (2, 3), (3, 1), (1, None)]
    ]
    events = Event.objects.filter(kind="config.label_moved").order_by("seq")
    assert [event.words for event in events] == [
        {"kind": "agent", "name": "a", "version": 3, "label": "staging", "labelled": number}
        for number in (2, 3, 1, None)
    ]


def versions_of(row: Any) -> Any:
    from configs.queries import list_versions

    return list_versions(row)


def test_a_label_that_is_there_already_moves_nothing(editor: Principal, agent: Any) -> None:
    move(editor, agent, 2)
    logged = AuditEntry.objects.count()
    assert move(editor, agent, 2) == LabelMoved("staging", 0)
    drop = partial(drop_label, principal=editor, kind="agent", object_id=agent.pk, label="mine")
    assert drop() == LabelMoved("mine", 0)
    assert AuditEntry.objects.count() == logged


def test_draft_is_the_latest_version_and_never_moves(editor: Principal, agent: Any) -> None:
    refuse("invalid", partial(move, editor, agent, 1, label="draft"))
    assert list_labels(agent) == {"draft": 3}


@pytest.mark.parametrize("label", ["", "A", "a b", "a/b", "a.b", "../x", "x" * 33, "-a", "a\n", "a\x00", "ä"])
def test_a_label_is_a_short_word(editor: Principal, agent: Any, label: str) -> None:
    assert refuse("invalid", partial(move, editor, agent, 1, label=label)).facts == {"field": "label"}


def test_only_versions_that_there_are_wear_labels(editor: Principal, agent: Any) -> None:
    for number in (0, 4, -1):
        refuse("not_found", partial(move, editor, agent, number))


@pytest.mark.parametrize(("there", "expected"), [(2, 1), (2, 0), (None, 1)])
def test_a_label_that_moved_meanwhile_is_shown(
    editor: Principal, agent: Any, there: int | None, expected: int
) -> None:
    move(editor, agent, there)
    error = refuse("stale_label", partial(move, editor, agent, 3, expected_number=expected))
    assert error.facts == {"number": there or 0}
    move(editor, agent, 3, expected_number=there or 0)
    assert list_labels(agent)["staging"] == 3


@pytest.mark.django_db(transaction=True)
def test_of_many_moves_at_once_from_one_place_one_wins(team: Team) -> None:
    agent = make_config(team, AGENT, "staging")
    for text in ("second", "third"):
        agent = change_config(agent, replace(AGENT, description=text))
    editors = [make_principal(make_user(team, Role.EDITOR)) for _ in range(4)]

    def attempt(editor: Principal, number: int) -> str:
        try:
            move(editor, agent, number, expected_number=1)
        except DomainError as error:
            return error.code
        return "moved"

    results = run_together([partial(attempt, editor, 2 + index % 2) for index, editor in enumerate(editors)])
    assert Counter(results) == {"moved": 1, "stale_label": 3}
    assert AuditEntry.objects.filter(verb="config.move_label", actor_kind="user").count() == 1


def test_many_move_together_or_not_at_all(team: Team, editor: Principal, agent: Any) -> None:
    prompt = make_config(team, PromptContent(name="P"))
    moves = [
        Move(kind="agent", object_id=agent.pk, number=2),
        Move(kind="prompt", object_id=prompt.pk, number=1),
    ]
    act = partial(move_labels, principal=editor, label="staging")
    bad = [
        ("not_found", [*moves, Move(kind="prompt", object_id="0" * 15, number=1)]),
        ("not_found", [*moves, Move(kind="agent", object_id=prompt.pk, number=1)]),
        ("not_found", [*moves, Move(kind="robot", object_id=prompt.pk, number=1)]),
        ("not_found", [moves[0], Move(kind="prompt", object_id=prompt.pk, number=2)]),
        ("invalid", [*moves, moves[0]]),
        ("invalid", []),
        ("invalid", moves * MAX_MOVES),
    ]
    for code, wrong in bad:
        refuse(code, partial(act, moves=wrong))
    assert act(moves=moves) == LabelMoved("staging", 2)
    assert [list_labels(row)["staging"] for row in (agent, prompt)] == [2, 1]


def test_things_of_two_teams_do_not_move_together(team: Team, editor: Principal, agent: Any) -> None:
    shared = make_config(None, InstructionContent(name="shared"))
    moves = [Move(kind=row.kind, object_id=row.pk, number=1) for row in (agent, shared)]
    refuse("invalid", partial(move_labels, principal=editor, label="staging", moves=moves))


def test_a_retired_one_wears_no_label(editor: Principal, agent: Any) -> None:
    retire_object(principal=editor, kind="agent", object_id=agent.pk)
    refuse("retired", partial(move, editor, agent, 1))


# Who may --------------------------------------------------------------------------------------------------


def test_editors_and_admins_of_the_team_move_labels(team: Team, agent: Any) -> None:
    for role, code in [
        (Role.EDITOR, ""),
        (Role.ADMIN, ""),
        (Role.VIEWER, "refused"),
        (Role.APPROVER, "refused"),
    ]:
        principal = make_principal(make_user(team, role))
        if code:
            refuse(code, partial(move, principal, agent, 1, label=role.value))
        else:
            move(principal, agent, 1, label=role.value)
    assert list_labels(agent) == {"draft": 3, "admin": 1, "editor": 1}
    stranger = make_principal(make_user(make_team(), Role.EDITOR))
    refuse("not_found", partial(move, stranger, agent, 1))
    refuse("refused", partial(move, make_principal(make_owner()), agent, 1))


def test_a_service_account_moves_labels_but_never_production(
    team: Team, editor: Principal, agent: Any
) -> None:
    service = make_service(editor.user, team)
    set_role(service, team, Role.EDITOR)
    token = ApiToken(scopes=[Scope.CONFIGS_READ, Scope.CONFIGS_WRITE])
    principal = replace(make_principal(service), token=token)
    assert move(principal, agent, 1) == LabelMoved("staging", 1)
    refuse("refused", partial(move, principal, agent, 1, label="production"))
    LabelPolicy.objects.create(team=team, label="production", is_protected=False)
    LabelPolicy.objects.create(team=team, label="staging", is_protected=True)
    refuse("refused", partial(move, principal, agent, 1, label="production"))
    refuse("refused", partial(move, principal, agent, 2))
    person = replace(editor, token=token)
    assert move(person, agent, 1, label="production") == LabelMoved("production", 1)


# Lists ----------------------------------------------------------------------------------------------------


def test_labels_of_many_are_read_in_one_query(team: Team, agent: Any, django_assert_num_queries: Any) -> None:
    rows = [agent, *(make_config(team, AgentContent(name=f"b{index}"), "staging", "x") for index in range(3))]
    with django_assert_num_queries(1):
        found = list_labels_of("agent", rows)
    assert found == {
        agent.pk: {"draft": 3},
        **{row.pk: {"draft": 1, "staging": 1, "x": 1} for row in rows[1:]},
    }


def test_the_names_of_labels_are_the_known_ones_and_the_teams_own(team: Team) -> None:
    make_config(team, AGENT, "canary", "production")
    make_config(make_team(), AGENT, "foreign")
    LabelPolicy.objects.create(team=team, label="audited", is_protected=True)
    assert list_label_names(team.pk) == ["draft", "staging", "production", "audited", "canary"]
    assert list_label_names(None) == ["draft", "staging", "production"]
    assert ConfigLabel.objects.filter(name="draft").count() == 0
