"""Several people at once: of two editors one saves, and what is switched off is off for everybody."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import connection

from accounts.enums import Role
from accounts.models import Team
from accounts.principal import Principal
from events.errors import Conflict
from governance.domain.rules import retire_rule, save_rule, switch_off, switch_on
from governance.models import RuleVersion, TeamRules, WhitelistAction
from governance.rule_drafts import RuleDraft
from governance.rulebooks import RuleContext, get_rule_book
from tests.factories import make_principal, make_team, make_user
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db(transaction=True)

DRAFT = RuleDraft(name="Status", value="git status", effect="allow", directory="/srv/demo")
DENIAL = RuleDraft(name="No pushing", value="git push *", effect="deny")


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def people(team: Team) -> list[Principal]:
    return [make_principal(make_user(team, Role.APPROVER)) for _ in range(4)]


def test_of_many_editors_of_one_version_one_saves(team: Team, people: list[Principal]) -> None:
    rule = save_rule(principal=people[0], team=team, draft=DENIAL, activate=True)

    def edit(number: int) -> str:
        draft = replace(DENIAL, message=f"from {number}")
        try:
            save_rule(principal=people[number], team=team, draft=draft, rule_id=rule.pk, version=1)
        except Conflict as error:
            return error.code
        return "saved"

    outcomes = run_together([partial(edit, number) for number in range(4)])
    assert sorted(outcomes) == ["saved", "stale_version", "stale_version", "stale_version"]
    row = WhitelistAction.objects.get()
    winner = outcomes.index("saved")
    assert (row.version, row.message) == (2, f"from {winner}")
    assert [each.version for each in RuleVersion.objects.order_by("version")] == [1, 2]


def test_the_teams_number_counts_every_change_of_those_made_at_once(
    team: Team, people: list[Principal]
) -> None:
    run_together([partial(save_rule, principal=who, team=team, draft=DRAFT) for who in people])
    assert TeamRules.objects.get(team=team).version == 4
    assert WhitelistAction.objects.count() == 4


def test_switching_and_retiring_at_once_ends_in_one_state(team: Team, people: list[Principal]) -> None:
    rule = save_rule(principal=people[0], team=team, draft=DENIAL)

    def act(work: Any, **more: Any) -> str:
        try:
            work(principal=people[0], rule_id=rule.pk, **more)
        except Conflict:
            return "conflict"
        return "done"

    on = partial(act, switch_on, version=1)
    outcomes = run_together([on, partial(act, retire_rule), on])
    assert WhitelistAction.objects.get().state == "retired"
    assert outcomes[1] == "done"


# Another process ---------------------------------------------------------------------------------------

JUDGE = """
import json, sys
from governance.matching.book import judge_call
from governance.matching.calls import Call
from governance.rulebooks import RuleContext, get_rule_book
context = RuleContext(team_id=sys.argv[1], directory="/srv/demo")
for line in sys.stdin:
    verdict = judge_call(Call("bash", command="git status", directory="/srv/demo"), get_rule_book(context))
    print(json.dumps(verdict.effect.value), flush=True)
"""


@pytest.fixture
def other_process(team: Team) -> Iterator[subprocess.Popen[str]]:
    """It keeps what it has read; each line sent to it asks for one verdict."""
    database = connection.settings_dict
    prelude = (
        "import os, sys, django\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'\n"
        "from django.conf import settings\n"
        f"settings.DATABASES['default']['NAME'] = {str(database['NAME'])!r}\n"
        "django.setup()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", prelude + JUDGE, team.pk],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait(30)
    process.stdout.close()


def ask(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("?\n")
    process.stdin.flush()
    verdict: str = json.loads(process.stdout.readline())
    return verdict


def test_what_is_switched_off_here_is_off_in_another_process(
    team: Team, people: list[Principal], other_process: subprocess.Popen[str]
) -> None:
    rule = save_rule(principal=people[0], team=team, draft=DRAFT, activate=True)
    assert ask(other_process) == "allow"
    switch_off(principal=people[1], rule_id=rule.pk)
    assert ask(other_process) == "ask"
    switch_on(principal=people[1], rule_id=rule.pk, version=1)
    assert ask(other_process) == "allow"
    retire_rule(principal=people[1], rule_id=rule.pk)
    assert ask(other_process) == "ask"


def test_a_book_that_was_read_is_not_used_after_a_change(team: Team, people: list[Principal]) -> None:
    context = RuleContext(team_id=team.pk, directory="/srv/demo")
    rule = save_rule(principal=people[0], team=team, draft=DRAFT, activate=True)
    assert [each.id for each in get_rule_book(context).rules] == [rule.pk]
    switch_off(principal=people[0], rule_id=rule.pk)
    assert get_rule_book(context).rules == ()
