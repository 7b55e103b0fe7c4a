"""Which rules apply where, and that what is compiled never outlives them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import F
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team
from governance.models import RuleUse, TeamRules, WhitelistAction
from governance.rulebooks import (
    CACHE,
    KEPT_BOOKS,
    RuleContext,
    applies_to,
    get_books,
    get_rule_book,
    list_applying_rows,
    list_forbidden_folders,
)
from tests.factories import make_engine, make_rule, make_target, make_team, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def names(context: RuleContext, now: datetime = NOW) -> list[str]:
    books = get_books(context, now=now)
    return sorted(row.name for row in books.rows.values()) if books else []


def bump(team: Team) -> None:
    TeamRules.objects.filter(team=team).update(version=F("version") + 1)


def test_a_team_without_rules_costs_one_read(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    team = make_team()
    with django_assert_num_queries(1):
        assert get_books(RuleContext(team.pk), now=NOW) is None


def test_what_is_compiled_is_kept_until_the_number_moves(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    team = make_team()
    make_rule(team, name="first")
    context = RuleContext(team.pk)
    first = get_books(context, now=NOW)
    with django_assert_num_queries(1):
        assert get_books(context, now=NOW) is first
    make_rule(team, name="second")
    assert names(context) == ["first", "second"]


def test_only_what_is_on_applies() -> None:
    team = make_team()
    for state in ("draft", "in_review", "off", "retired", "active"):
        make_rule(team, name=f"rule {state}", state=state)
        make_target(team, name=f"target {state}", state=state)
    make_rule(make_team(), name="of another team")
    assert names(RuleContext(team.pk)) == ["rule active", "target active"]


def test_a_rule_that_was_switched_off_applies_no_more() -> None:
    team = make_team()
    rule = make_rule(team, name="gone")
    assert names(RuleContext(team.pk)) == ["gone"]
    WhitelistAction.objects.filter(pk=rule.pk).update(state="off")
    bump(team)
    assert names(RuleContext(team.pk)) == []


def test_each_scope_is_told_apart() -> None:
    team = make_team()
    engine, user = make_engine(team), make_user(team)
    make_rule(team, name="everywhere")
    make_rule(team, name="agent", agent="build")
    make_rule(team, name="engine", engine=engine)
    make_rule(team, name="directory", directory="/srv/demo")
    make_rule(team, name="user", user=user)
    make_target(team, name="target", agent="build", directory="/srv/demo")
    assert names(RuleContext(team.pk)) == ["everywhere"]
    assert names(RuleContext(team.pk, agent="build")) == ["agent", "everywhere"]
    assert names(RuleContext(team.pk, agent="Build")) == ["everywhere"]
    assert names(RuleContext(team.pk, engine_id=engine.pk)) == ["engine", "everywhere"]
    assert names(RuleContext(team.pk, directory="/srv/demo/")) == ["directory", "everywhere"]
    assert names(RuleContext(team.pk, directory="/srv/demo/sub")) == ["everywhere"]
    assert names(RuleContext(team.pk, user_id=user.pk)) == ["everywhere", "user"]
    assert names(RuleContext(team.pk, "build", engine.pk, "/srv/demo", user.pk)) == [
        "agent",
        "directory",
        "engine",
        "everywhere",
        "target",
        "user",
    ]


def test_what_is_not_known_counts_against_letting_through() -> None:
    team = make_team()
    make_rule(team, name="allow", agent="build")
    make_rule(team, name="deny", agent="build", effect="deny")
    make_rule(team, name="ask", agent="build", effect="ask")
    books = get_books(RuleContext(team.pk, agent=None), now=NOW)
    assert books is not None
    assert sorted(row.name for row in books.rows.values()) == ["ask", "deny"]
    assert books.uncertain == frozenset(books.rows)
    assert [applies_to(row, RuleContext(team.pk, agent="plan")) for row in books.rows.values()] == [False] * 2


def test_nobody_lets_through_what_they_ask_for() -> None:
    team = make_team()
    author = make_user(team)
    make_rule(team, name="allow", author=author)
    make_rule(team, name="deny", author=author, effect="deny")
    assert names(RuleContext(team.pk, asked_by=frozenset({author.pk}))) == ["deny"]
    assert names(RuleContext(team.pk, asked_by=frozenset({make_user(team).pk}))) == ["allow", "deny"]


def test_a_rule_ends_at_its_time_without_anybody_touching_it() -> None:
    team = make_team()
    make_rule(team, name="short", expires_at=NOW + timedelta(minutes=1))
    make_rule(team, name="long", expires_at=NOW + timedelta(hours=1))
    context = RuleContext(team.pk)
    assert names(context) == ["long", "short"]
    assert names(context, NOW + timedelta(minutes=1)) == ["long"]
    assert names(context, NOW + timedelta(minutes=59)) == ["long"]
    assert names(context, NOW + timedelta(hours=1)) == []
    assert names(context, NOW) == ["long", "short"]


def test_a_used_up_rule_applies_no_more() -> None:
    team = make_team()
    rule = make_rule(team, name="twice", max_uses=2)
    make_rule(team, name="always")
    assert names(RuleContext(team.pk)) == ["always", "twice"]
    RuleUse.objects.update_or_create(rule=rule, defaults={"uses": 2})
    assert names(RuleContext(team.pk)) == ["always"]
    assert [row.name for row in list_applying_rows(team.pk)] == ["always"]


def test_observed_rules_are_in_a_book_of_their_own() -> None:
    team = make_team()
    make_rule(team, "ls *", name="enforced")
    observed = make_rule(team, "rm *", name="observed", mode="observe")
    books = get_books(RuleContext(team.pk), now=NOW)
    assert books is not None
    assert books.enforced is not None
    assert books.watched is not None
    assert [rule.pattern for rule in books.enforced.rules] == ["ls *"]
    assert sorted(rule.pattern for rule in books.watched.rules) == ["ls *", "rm *"]
    assert [row.pk for row in list_applying_rows(team.pk)] != [observed.pk]
    lone = make_team()
    make_rule(lone, "rm *", mode="observe")
    books = get_books(RuleContext(lone.pk), now=NOW)
    assert books is not None
    assert books.enforced is None


def test_the_memory_is_bounded() -> None:
    team = make_team()
    for number in range(KEPT_BOOKS + 5):
        make_rule(team, agent=f"agent {number}")
    for number in range(KEPT_BOOKS + 5):
        get_books(RuleContext(team.pk, agent=f"agent {number}"), now=NOW)
    [version] = TeamRules.objects.values_list("version", flat=True)
    assert len(CACHE.get_team(team.pk, version)) == KEPT_BOOKS


def test_our_own_keys_and_data_are_in_every_book() -> None:
    folders = list_forbidden_folders()
    assert str(settings.COUNTERSIGN_KEYS_FILE) in folders
    assert str(Path(settings.COUNTERSIGN_KEYS_FILE).with_name("secret_key")) in folders
    assert str(settings.COUNTERSIGN_DATA_DIR) in folders
    team = make_team()
    assert get_rule_book(RuleContext(team.pk)).forbidden == folders
    make_rule(team)
    assert get_rule_book(RuleContext(team.pk)).forbidden == folders
