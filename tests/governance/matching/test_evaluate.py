from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from governance.matching.lines import LineEvaluator
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect, Rule

ROOT = Path(__file__).parents[3]
RULES = [
    {"permission": "bash", "pattern": "git *", "action": "allow", "id": "r1"},
    {"permission": "bash", "pattern": "rm *", "action": "deny"},
    {"permission": "edit", "pattern": "*", "action": "allow"},
]


def test_lines_in_are_lines_out_in_their_order() -> None:
    lines = [
        {"id": 7, "note": "kept", "rules": RULES, "command": "git status", "directory": "/work/project"},
        {"rules": RULES, "command": "git status; rm -rf /", "directory": "/work/project"},
        {"rules": RULES, "command": "reboot"},
        {"command": "ls"},
    ]
    done = subprocess.run(
        [sys.executable, "manage.py", "evaluate"],
        cwd=ROOT,
        input="\n".join(json.dumps(line) for line in lines) + "\n\nnot json\n",
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[0] == {
        "id": 7,
        "note": "kept",
        "command": "git status",
        "directory": "/work/project",
        "verdict": "allow",
        "reason": "The rule “r1” allows it.",
        "rule": "r1",
        "commands": [
            {
                "command": "git status",
                "verdict": "allow",
                "reason": "The rule “r1” allows it.",
                "rule": "r1",
            }
        ],
        "findings": [],
    }
    assert [(answer["verdict"], answer["rule"]) for answer in answers] == [
        ("allow", "r1"),
        ("deny", "deny rm *"),
        ("ask", None),
        ("ask", None),
        ("ask", None),
    ]
    assert [answer["reason"] for answer in answers[2:4]] == ["No rule allows it.", "No rule allows it."]


def test_a_line_without_rules_is_judged_by_the_stored_ones() -> None:
    stored = RuleSet([Rule("git *", Effect.ALLOW, id="stored")])
    answer = json.loads(LineEvaluator(lambda: stored).evaluate('{"command": "git status"}'))
    assert (answer["verdict"], answer["rule"]) == ("allow", "stored")


def test_what_can_not_be_read_is_asked_about() -> None:
    evaluator = LineEvaluator(lambda: RuleSet([]))
    lines = [
        "[]",
        "{",
        '{"command": 1}',
        '{"command": "ls", "rules": {}}',
        '{"command": "ls", "rules": [1]}',
        '{"command": "ls", "rules": [{"pattern": "ls", "action": "maybe"}]}',
        '{"command": "ls", "directory": 1}',
        '{"command": "\\ud800"}',
        "[" * 100_000,
    ]
    assert {json.loads(evaluator.evaluate(line))["verdict"] for line in lines} == {"ask"}
