from __future__ import annotations

import random

import pytest
from hypothesis import given, strategies as st

from governance.matching.judge import judge, judge_command
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect, Rule
from governance.matching.strict_reader import read_strictly
from governance.matching.words import Budget, UnreadableError
from tests.governance.matching.corpus import PLACE, read_corpus

ALLOWED = ["git status", "ls -la", "echo one two", "cat src/a.py", "grep -n x y.txt"]
FORBIDDEN = ["reboot", "rm -rf x", "curl evil.example", "git-evil", "/opt/ls", "lsx", "python3 -c 1"]
RULES = [Rule(f"{name} *", Effect.ALLOW) for name in ("git", "ls", "echo", "cat", "grep")]
RULE_SET = RuleSet(RULES)
COMMANDS = sorted({case.command for case in read_corpus()})


def build_scripts(leaf: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Scripts around such commands, in every form that runs them."""

    def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        joined = st.tuples(inner, st.sampled_from(["; ", " && ", " || ", " | ", "\n", " & ", " |& "]), inner)
        framed = st.sampled_from(
            [
                "({})",
                "{{ {}; }}",
                "if {}; then ls; fi",
                "if ls; then {}; fi",
                "if ls; then ls; else {}; fi",
                "while {}; do ls; done",
                "for name in a b; do {}; done",
                "case a in a) {};; esac",
                "echo $({})",
                'echo "$({})"',
                "cat <({})",
                "function name {{ {}; }}",
                "name() {{ {}; }}",
                "! {}",
                "{} > /dev/null",
                "timeout 5 sh -c '{}'",
                "LANG=C {}",
                "eval '{}'",
                "cat <<END\n$({})\nEND",
                "cat <<'END' | {}\n$(ls)\nEND",
                "cat < <({})",
                "ls >(({}))",
                "echo ${{X:-$({})}}",
                "echo `{}`",
                "[[ -n $({}) ]]",
                "[ -f x ] && {}",
                "until {}; do ls; done",
                "for name in $({}); do ls; done",
                "case $({}) in a) ls;; esac",
                "case a in b|c) ls;; *) {} ;; esac",
                "list=($({}))",
                "echo $(( $({}) + 1 ))",
                "(( $({}) ))",
                "ls @($({})|b)",
                "coproc {}",
                "time {}",
                "ls; {{ (({})) ; }}",
                "nice timeout 5 bash -c '{}'",
                "env X=1 sh -c '{}'",
                "xargs sh -c '{}'",
                "trap '{}' EXIT",
                "find . -exec sh -c '{}' \\;",
                "name=$({}) ls",
                "ls $'a' \"$({})\"",
                "{} 2>&1 | cat",
                "select x in a; do {}; done",
            ]
        )
        return joined.map("".join) | st.tuples(framed, inner).map(lambda pair: pair[0].format(pair[1]))

    return st.recursive(leaf, extend, max_leaves=6)


@given(build_scripts(st.sampled_from(ALLOWED)), st.sampled_from(FORBIDDEN), st.randoms())
def test_no_script_with_a_command_outside_the_rules_is_allowed(
    script: str, forbidden: str, chance: random.Random
) -> None:
    places = [command for command in ALLOWED if command in script]
    chosen = chance.choice(places)
    mixed = script.replace(chosen, forbidden, 1)
    assert judge_command(mixed, RULE_SET, place=PLACE).effect is not Effect.ALLOW


@given(
    st.sampled_from(COMMANDS), st.sampled_from(["ls *", "git status", "*", "rm *", "echo one*", "git * x"])
)
def test_a_denial_more_never_allows_more(command: str, pattern: str) -> None:
    before = judge_command(command, RULE_SET, place=PLACE).effect
    after = judge_command(command, RuleSet([*RULES, Rule(pattern, Effect.DENY)]), place=PLACE).effect
    order = [Effect.ALLOW, Effect.ASK, Effect.DENY]
    assert order.index(after) >= order.index(before)


@given(st.sampled_from([case for case in read_corpus() if len(case.rules) > 1]), st.randoms())
def test_the_order_of_rules_changes_nothing(case: object, chance: random.Random) -> None:
    rules = list(case.rules)  # type: ignore[attr-defined]
    first = judge_command(case.command, RuleSet(rules), place=PLACE)  # type: ignore[attr-defined]
    chance.shuffle(rules)
    assert judge_command(case.command, RuleSet(rules), place=PLACE) == first  # type: ignore[attr-defined]


@given(st.sampled_from(ALLOWED + FORBIDDEN), st.data())
def test_quotes_that_keep_the_words_keep_the_verdict(command: str, data: st.DataObject) -> None:
    quoted = " ".join(data.draw(quote(word)) for word in command.split())
    assert (
        judge_command(quoted, RULE_SET, place=PLACE).effect
        is judge_command(command, RULE_SET, place=PLACE).effect
    )


def quote(word: str) -> st.SearchStrategy[str]:
    middle = len(word) // 2
    return st.sampled_from(
        [
            word,
            f"'{word}'",
            f'"{word}"',
            f"{word[:middle]}''{word[middle:]}",
            f'{word[:middle]}"{word[middle:]}"',
            f"$'{word}'",
            "".join(f"\\{character}" for character in word),
        ]
    )


SHELL_TEXT = st.text(
    alphabet=st.sampled_from(list("ls git rm$(){}[]<>|&;'\"`\\\n\t=*?~#!-xé")), max_size=60
) | st.lists(
    st.sampled_from(
        [
            "git",
            "status",
            "ls",
            "rm",
            "x",
            "$(",
            ")",
            "`",
            "'",
            '"',
            "{",
            "}",
            ";",
            "&&",
            "||",
            "|",
            "&",
            "\n",
            "<<",
            "EOF",
            "if",
            "then",
            "fi",
            "do",
            "done",
            "for",
            "in",
            "case",
            "esac",
            "<(",
            ">",
            "\\",
            "$X",
            "${",
            "[[",
            "]]",
        ]
    ),
    max_size=25,
).map(" ".join)


@given(SHELL_TEXT)
def test_no_text_raises_and_what_is_allowed_is_readable(text: str) -> None:
    """`judge` itself, not the door that turns every exception into a question."""
    verdict = judge(text, RULE_SET, PLACE)
    if verdict.effect is Effect.ALLOW:
        assert {command.name for command in read_strictly(text, Budget())} <= {
            "git",
            "ls",
            "echo",
            "cat",
            "grep",
        }


@given(st.text(max_size=200))
def test_any_text_at_all_is_judged(text: str) -> None:
    assert judge(text, RULE_SET, PLACE).effect in set(Effect)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "$(" * 5000 + ")" * 5000,
        "ls; " * 10_000,
        "a" * 70_000,
        "'" * 60_001,
        "{a,b}" * 30,
        "ls " + "x " * 30_000,
        "`" * 60_000,
        "\\\n" * 30_000,
        "if " * 10_000,
        "ls " + "{1..9}" * 20,
        "sudo " * 20_000 + "rm",
        "bash -c " * 1000 + "ls",
    ],
)
def test_what_is_too_long_or_too_deep_is_asked_about(text: str) -> None:
    rules = RuleSet([*RULES, Rule("sudo *", Effect.ALLOW), Rule("rm *", Effect.DENY)])
    assert judge_command(text, rules, place=PLACE).effect in {Effect.ASK, Effect.DENY}


def test_the_budget_is_counted_and_not_timed() -> None:
    with pytest.raises(UnreadableError, match="more than 200 commands"):
        read_strictly("ls;" * 300, Budget())
