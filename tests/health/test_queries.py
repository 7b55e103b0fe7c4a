"""Who sees what of health, and that nothing old is told as if it were so now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team
from accounts.principal import Principal
from events.errors import NotFound
from health.models import HealthCheck, HealthWatch
from health.queries import find_alarms, find_silence, get_check, list_changes, list_checks
from tests.factories import make_owner, make_principal, make_team, make_token, make_user
from tests.health.make import make_finding, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


def member_of(team: Team, role: str = Role.VIEWER) -> Principal:
    return make_principal(make_user(team, role))


def look_was(seconds_ago: float) -> None:
    """As if the last round had ended then."""
    moment = timezone.now() - timedelta(seconds=seconds_ago)
    HealthCheck.objects.update(last_ping_at=moment, created_at=moment)
    HealthWatch.objects.update(round_at=moment)


def names(rows: Any) -> list[str]:
    return sorted(check.name for check in rows)


def test_members_see_their_teams_parts_and_owners_all(team: Team) -> None:
    other = make_team()
    report(
        make_finding("error", team=team, subject_id="ours", name="ours"),
        make_finding("error", team=other, subject_id="theirs", name="theirs"),
        make_finding("error", component="disk", name="disk"),
    )
    member, owner, nobody = member_of(team), make_principal(make_owner()), make_principal(make_user())
    assert names(list_checks(member)) == ["ours"]
    assert names(list_checks(owner)) == ["Background task health", "disk", "ours", "theirs"]
    assert names(list_checks(nobody)) == []
    assert [change.health_check.name for change in list_changes(member)] == ["ours"]
    assert [check.name for check in find_alarms(member).checks] == ["ours"]
    assert [check.name for check in find_alarms(owner).checks] == ["disk", "ours", "theirs"]
    assert find_alarms(nobody).count == 0
    theirs = HealthCheck.objects.get(name="theirs")
    with pytest.raises(NotFound):
        get_check(member, theirs.pk)
    assert get_check(owner, theirs.pk) == theirs


def test_a_token_needs_the_scope(team: Team) -> None:
    report(make_finding("error", team=team, subject_id="e1"))
    user = make_user(team)
    for scope, count in ((Scope.HEALTH_READ, 1), (Scope.ENGINES_READ, 0)):
        make_token(user, scope)
        principal = Principal(user, "api", ApiToken.objects.get(scopes=[scope]))
        assert (list_checks(principal).count(), find_alarms(principal).count) == (count, count)


def test_only_what_is_away_or_broken_is_an_alarm_the_worst_first(team: Team) -> None:
    states = ["ready", "starting", "degraded", "offline", "error"]
    report(*[make_finding(state, team=team, subject_id=state, name=state) for state in states])
    alarms = find_alarms(member_of(team))
    assert [check.name for check in alarms.checks] == ["error", "offline"]
    assert (alarms.count, alarms.more, alarms.silent_since) == (2, 0, None)


def test_a_few_alarms_are_named_and_all_are_counted(team: Team) -> None:
    report(*[make_finding("error", team=team, subject_id=f"e{number}") for number in range(8)])
    alarms = find_alarms(member_of(team))
    assert (len(alarms.checks), alarms.count, alarms.more) == (5, 8, 3)


def test_an_engine_that_is_away_is_one_alarm_with_its_stream(team: Team) -> None:
    parts = [("engine", "e1"), ("event_stream", "e1"), ("event_stream", "e2")]
    report(*[make_finding("offline", team=team, component=kind, subject_id=key) for kind, key in parts])
    alarms = find_alarms(member_of(team))
    assert ([(check.component, check.subject_id) for check in alarms.checks], alarms.count) == (
        [("engine", "e1"), ("event_stream", "e2")],
        2,
    )


def test_what_ended_is_no_alarm(team: Team) -> None:
    report(make_finding("error", team=team, subject_id="e1"))
    report()
    assert not find_alarms(member_of(team))


def test_nobody_reads_in_old_rows_that_all_is_well(team: Team) -> None:
    report(make_finding("ready", team=team, subject_id="e1"))
    look_was(46)
    check = HealthCheck.objects.get(subject_id="e1")
    assert (check.state, check.current_state, check.current_detail) == (
        *("ready", "offline"),
        "Nobody looks at it; when last seen it was ready.",
    )
    alarms = find_alarms(member_of(team))
    assert (alarms.silent_since, alarms.checks, bool(alarms)) == (check.last_ping_at, (), True)
    assert find_silence() == HealthWatch.objects.get().round_at


def test_a_round_of_a_moment_ago_is_no_silence(team: Team) -> None:
    report(make_finding("ready", team=team, subject_id="e1"))
    look_was(40)
    assert HealthCheck.objects.get(subject_id="e1").current_state == "ready"
    assert not find_alarms(member_of(team))
    assert find_silence() is None


def test_before_anybody_ever_looked_there_is_nothing_to_tell(team: Team) -> None:
    assert (bool(find_alarms(member_of(team))), find_silence()) == (False, None)


def test_alarms_are_read_in_one_query(team: Team, django_assert_num_queries: Any) -> None:
    report(*[make_finding("error", team=team, subject_id=f"e{number}") for number in range(3)])
    principal = member_of(team)
    assert principal.team_ids == {team.pk}
    with django_assert_num_queries(1):
        find_alarms(principal)
