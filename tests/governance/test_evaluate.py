"""What rules say of a call: lines of files, the API, the try box and the live path say the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Self

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Team
from accounts.principal import Principal
from events.text import is_storable
from governance.content import RequestContent
from governance.domain.automatic import weigh_ahead
from governance.domain.requests import Wish, create_request
from governance.evaluation import evaluate_line, judge_for_team
from governance.management.commands import evaluate as command_module
from governance.matching.rules import Effect, Rule
from governance.matching.verdicts import Verdict
from governance.models import RuleUse, WhitelistAction
from governance.rule_drafts import read_draft
from governance.tryouts import try_line
from tests.api.clients import ApiClient
from tests.factories import (
    make_principal,
    make_rule,
    make_target,
    make_team,
    make_token,
    make_user,
)
from tests.governance.matching.corpus import PLACE, Case, read_corpus

ROOT = Path(__file__).parents[2]
RULES = [
    {"permission": "bash", "pattern": "git *", "action": "allow", "id": "r1"},
    {"permission": "bash", "pattern": "rm *", "action": "deny"},
    {"permission": "edit", "pattern": "*", "action": "allow"},
]


def ask_nobody(_content: RequestContent) -> Verdict:
    raise AssertionError("no stored rules are meant")


def run_command(lines: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "manage.py", "evaluate"],
        cwd=ROOT,
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


# Lines ---------------------------------------------------------------------------------------------------


def test_lines_in_are_lines_out_in_their_order() -> None:
    lines = [
        {"id": 7, "note": "kept", "rules": RULES, "command": "git status", "directory": "/work/project"},
        {"rules": RULES, "command": "git status; rm -rf /", "directory": "/work/project"},
        {"rules": RULES, "command": "reboot"},
        {"command": "ls"},
    ]
    answers = run_command([*(json.dumps(line) for line in lines), "", "not json"])
    assert answers[0] == {
        "id": 7,
        "note": "kept",
        "command": "git status",
        "directory": "/work/project",
        "verdict": "allow",
        "reason": "The rule “r1” allows it.",
        "rule": "r1",
        "rule_version": None,
        "commands": [
            {
                "command": "git status",
                "verdict": "allow",
                "reason": "The rule “r1” allows it.",
                "rule": "r1",
            }
        ],
        "findings": [],
        "risks": [],
    }
    assert [(answer["verdict"], answer["rule"]) for answer in answers] == [
        ("allow", "r1"),
        ("deny", "deny rm *"),
        ("ask", None),
        ("ask", None),
        ("ask", None),
    ]
    # There is no database here at all.
    assert [answer["reason"] for answer in answers[2:4]] == ["No rule allows it.", command_module.NO_TEAM]


def test_what_can_not_be_read_is_asked_about() -> None:
    lines = [
        "[]",
        "{",
        '{"command": 1}',
        '{"command": "ls", "rules": {}}',
        '{"command": "ls", "rules": [1]}',
        '{"command": "ls", "rules": [{"pattern": "ls", "action": "maybe"}]}',
        '{"command": "ls", "rules": [{"pattern": "ls", "action": ["allow"]}]}',
        '{"command": "ls", "rules": [{"pattern": "ls", "action": "allow", "conditions": ["a"]}]}',
        '{"command": "ls", "rules": [], "targets": [{"pattern": "/a", "action": "ask"}]}',
        '{"command": "ls", "rules": [], "targets": [{"pattern": "/a", "action": "deny", "verbs": "read"}]}',
        '{"command": "ls", "directory": 1, "rules": []}',
        '{"command": "ls", "arguments": [], "rules": []}',
        '{"command": "ls", "patterns": "ls", "rules": []}',
        '{"command": "\\ud800", "rules": []}',
        "[" * 100_000,
    ]
    answers = [json.loads(evaluate_line(line, ask_nobody)) for line in lines]
    assert {answer["verdict"] for answer in answers} == {"ask"}


def judge(**given: Any) -> str:
    return str(json.loads(evaluate_line(json.dumps(given), ask_nobody))["verdict"])


def test_a_verdict_says_the_risks_too() -> None:
    answer = json.loads(
        evaluate_line('{"command": "rm x", "directory": "/srv/demo", "rules": []}', ask_nobody)
    )
    assert answer["risks"] == [{"kind": "destructive", "word": "rm", "sentence": "removes files"}]


def test_every_verb_is_judged() -> None:
    inside = {"directory": "/srv/demo"}
    read = [{"permission": "read", "pattern": "*", "action": "allow"}]
    here = [{"pattern": "/srv/demo/**", "action": "allow", "verbs": ["read"]}]
    assert judge(permission="read", patterns=["a"], rules=read, targets=here, **inside) == "allow"
    assert judge(permission="read", patterns=["/etc/x"], rules=read, targets=here, **inside) == "ask"
    fetch = [{"permission": "webfetch", "pattern": "https://example.org/*", "action": "allow"}]
    assert judge(permission="webfetch", patterns=["https://example.org/a"], rules=fetch) == "allow"
    assert judge(permission="webfetch", patterns=["https://example.com/a"], rules=fetch) == "ask"
    tool = [{"permission": "demo_add", "pattern": "*", "action": "allow", "conditions": [["a", "1"]]}]
    assert judge(permission="demo_add", arguments={"a": "1"}, rules=tool) == "allow"
    assert judge(permission="demo_add", arguments={"a": "2"}, rules=tool) == "ask"
    assert (
        judge(permission="doom_loop", rules=[{"permission": "*", "pattern": "*", "action": "allow"}]) == "ask"
    )


def test_an_exact_rule_is_one_that_says_so_or_has_no_wildcard() -> None:
    strict = [{"pattern": "ls *", "action": "allow", "kind": "strict"}]
    assert judge(command="ls -l", rules=strict) == "ask"
    assert judge(command="ls -l", rules=[{"pattern": "ls *", "action": "allow"}]) == "allow"
    assert judge(command="ls -l", rules=[{"pattern": "ls", "action": "allow"}]) == "ask"


# Stored rules --------------------------------------------------------------------------------------------


@pytest.fixture
def only_team() -> Iterator[Team]:
    command_module.find_only_team.cache_clear()
    yield make_team("The only one")
    command_module.find_only_team.cache_clear()


def call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *options: str
) -> dict[str, Any]:
    monkeypatch.setattr("sys.stdin", iter(['{"command": "git status", "directory": "/srv/demo"}\n']))
    call_command("evaluate", *options)
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.django_db
def test_a_line_without_rules_is_judged_by_those_of_the_team(
    only_team: Team, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = make_rule(only_team, "git *")
    expected = ("allow", rule.pk, 1)
    for options in ([], ["--team", "The only one"], ["--team", only_team.pk]):
        answer = call(capsys, monkeypatch, *options)
        assert (answer["verdict"], answer["rule"], answer["rule_version"]) == expected
    other = make_team("Another")
    command_module.find_only_team.cache_clear()
    assert call(capsys, monkeypatch)["reason"] == command_module.NO_TEAM
    assert call(capsys, monkeypatch, "--team", other.pk)["verdict"] == "ask"
    with pytest.raises(CommandError, match="There is no team 'Nobody'"):
        call(capsys, monkeypatch, "--team", "Nobody")


@pytest.mark.django_db
def test_asking_counts_nothing_and_minds_observed_rules_as_little_as_deciding_does() -> None:
    team = make_team()
    make_rule(team, "git *", mode="observe")
    judge_stored = judge_for_team(team.pk)

    def ask(command: str) -> Effect:
        return judge_stored(RequestContent("bash", [], "/srv/demo", "", command=command)).effect

    forbidden = f"cat {settings.COUNTERSIGN_KEYS_FILE}"
    assert [ask("git status"), ask(forbidden)] == [Effect.ASK, Effect.ASK]
    make_rule(team, "ls *")
    assert [ask("ls"), ask(forbidden)] == [Effect.ALLOW, Effect.DENY]
    assert not RuleUse.objects.filter(uses__gt=0).exists()


# The API -------------------------------------------------------------------------------------------------


def make_client(team: Team, role: str = Role.VIEWER) -> ApiClient:
    return ApiClient(make_token(make_user(team, role), Scope.RULES_EVALUATE))


@pytest.mark.django_db
def test_the_api_judges_by_the_rules_it_is_given_and_by_the_stored_ones() -> None:
    team = make_team()
    rule = make_rule(team, "git *")
    make_target(team, "/srv/demo/**")
    client = make_client(team)
    stored = client.write("evaluate/", {"command": "git status", "directory": "/srv/demo"})
    assert (stored.status_code, stored.json()) == (
        200,
        {
            "verdict": "allow",
            "reason": f"The rule “{rule.name}” allows it.",
            "rule": rule.pk,
            "rule_version": 1,
            "commands": [
                {
                    "command": "git status",
                    "verdict": "allow",
                    "reason": f"The rule “{rule.name}” allows it.",
                    "rule": rule.pk,
                }
            ],
            "findings": [],
            "risks": [],
        },
    )
    given = client.write(
        "evaluate/", {"command": "git status", "rules": [{"pattern": "git *", "action": "deny"}]}
    )
    assert (given.json()["verdict"], given.json()["rule"]) == ("deny", "deny git *")


@pytest.mark.django_db
def test_only_ones_own_teams_rules_can_be_asked() -> None:
    team, other = make_team(), make_team()
    make_rule(other, "git *")
    client = make_client(team)
    answer = client.write("evaluate/", {"command": "git status", "team": other.pk})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        {"command": "ls", "rules": [{"pattern": "ls", "action": "maybe"}]},
        {"command": "ls", "rules": [{"action": "allow"}]},
        {"command": "ls", "rules": {"pattern": "ls", "action": "allow"}},
        {"command": "ls", "rules": [{"pattern": "ls", "action": "allow", "conditions": [["a"]]}]},
        {"command": 1.5, "rules": [], "unknown": True},
    ],
)
def test_what_can_not_be_read_is_refused(body: dict[str, Any]) -> None:
    assert make_client(make_team()).write("evaluate/", body).status_code == 400


# Every door ----------------------------------------------------------------------------------------------


def store_rules(rules: tuple[Rule, ...]) -> tuple[Team, list[WhitelistAction]]:
    team = make_team()
    author = make_user(team)
    return team, [
        make_rule(team, rule.pattern, rule.effect.value, name=f"rule {number}", author=author)
        for number, rule in enumerate(rules)
    ]


def name_rules(answer: dict[str, Any], rows: list[WhitelistAction]) -> dict[str, Any]:
    """The same answer with names in place of ids, and without versions."""
    text = json.dumps({**answer, "rule_version": None})
    for row in rows:
        text = text.replace(row.pk, row.name)
    named: dict[str, Any] = json.loads(text)
    return named


def list_groups() -> list[tuple[tuple[Rule, ...], list[Case]]]:
    cases = sorted(read_corpus(), key=lambda case: str(case.rules))
    return [(rules, list(group)) for rules, group in groupby(cases, key=lambda case: case.rules)]


# Every command goes through the command line, the cheapest of the doors. Each other door takes every twelfth,
# each another one, since a request of its own takes a hundred times as long; `make fuzz` takes all at all.
STEP = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else 12


@pytest.mark.hypothesis
@pytest.mark.sqlite
@pytest.mark.django_db
def test_every_door_says_the_same_of_every_command_of_the_corpus() -> None:
    groups = list_groups()
    lines = [
        json.dumps(
            {
                "rules": [
                    {"pattern": rule.pattern, "action": rule.effect, "id": f"rule {number}"}
                    for number, rule in enumerate(rules)
                ],
                "command": case.command,
                "directory": PLACE,
            }
        )
        for rules, cases in groups
        for case in cases
    ]
    answers = iter(enumerate(run_command(lines)))
    doors = (check_weighing, check_api, check_try_box, check_live_path)
    seen = {"allow": 0, "ask": 0, "deny": 0}
    for rules, cases in groups:
        doorway = Doorway.build(rules)
        for case in cases:
            number, expected = next(answers)
            verdict = {key: expected[key] for key in expected if key not in {"command", "directory"}}
            seen[verdict["verdict"]] += 1
            for place, check in enumerate(doors):
                if (number + place) % STEP == 0:
                    check(doorway, case, verdict)
    assert min(seen.values()) > 50


@dataclass(frozen=True)
class Doorway:
    """A team whose stored rules are those of some cases, and who asks at its doors."""

    team: Team
    rows: list[WhitelistAction]
    client: ApiClient
    asker: Principal

    @classmethod
    def build(cls, rules: tuple[Rule, ...]) -> Self:
        team, rows = store_rules(rules)
        return cls(team, rows, make_client(team), make_principal(make_user(team)))


def check_api(doorway: Doorway, case: Case, verdict: dict[str, Any]) -> None:
    answered = doorway.client.write("evaluate/", {"command": case.command, "directory": PLACE})
    if answered.status_code == 200:  # else text that no request can hold
        assert name_rules(answered.json(), doorway.rows) == verdict, case


def check_try_box(doorway: Doorway, case: Case, verdict: dict[str, Any]) -> None:
    team_id, [first, *_] = doorway.team.pk, doorway.rows
    tried = try_line(read_draft(first), case.command, team_id=team_id, directory=PLACE, replaced_id=first.pk)
    assert tried.together.effect == verdict["verdict"], case


def check_weighing(doorway: Doorway, case: Case, verdict: dict[str, Any]) -> None:
    """The stored rules, and what the live path weighs before it begins."""
    content = RequestContent("bash", [], PLACE, "", command=case.command)
    assert judge_for_team(doorway.team.pk)(content).effect == verdict["verdict"], case
    ahead = weigh_ahead(principal=doorway.asker, team_id=doorway.team.pk, content=content, now=timezone.now())
    assert ahead.weighing is not None
    assert ahead.weighing.verdict is not None
    assert ahead.weighing.verdict.effect == verdict["verdict"], case


def check_live_path(doorway: Doorway, case: Case, verdict: dict[str, Any]) -> None:
    """The request gets this verdict, but for what could fool a reader: people alone decide that."""
    if not is_storable(case.command):
        return  # text that no request can hold
    wish = Wish(permission="bash", command=case.command, directory=PLACE)
    request, _ = create_request(principal=doorway.asker, team=doorway.team, wish=wish)
    states = {"allow": "approved", "deny": "denied", "ask": "pending"}
    expected = "pending" if request.findings else states[verdict["verdict"]]
    assert request.state == expected, case
    if request.state != "pending":
        assert request.decided_by_label == (verdict["rule"] or "Built-in denial"), case
