"""The map that the engine reads gives the verdicts of our ordered list."""

from __future__ import annotations

import pytest
from hypothesis import given

from configs.content import MAX_RULES, ToolRule
from configs.opencode.rule_map import (
    MAX_WILDCARD_PERMISSIONS,
    WITHOUT_PATTERNS,
    RuleMapError,
    build_rule_map,
    is_whole_number,
    list_hidden_tools,
    make_rules,
    read_rule_map,
)
from configs.opencode_rules import Rule, evaluate, is_withdrawn
from tests.configs.opencode.samples import NAMED_PERMISSIONS, TEXTS, drawn_rules, rules

pytestmark = pytest.mark.pure


def test_rules_keep_their_order() -> None:
    written = build_rule_map(
        rules(
            ("*", "*", "ask"),
            ("bash", "git *", "allow"),
            ("bash", "git push *", "deny"),
            ("edit", "docs/*", "allow"),
            ("bash", "git push origin *", "ask"),
        )
    )
    assert list(written.items()) == [
        ("*", "ask"),
        ("bash", {"git *": "allow", "git push *": "deny", "git push origin *": "ask"}),
        ("edit", {"docs/*": "allow"}),
    ]
    assert list(written["bash"]) == ["git *", "git push *", "git push origin *"]


def test_a_rule_for_everything_about_a_permission_is_written_as_its_action() -> None:
    assert build_rule_map(rules(("bash", "*", "deny"))) == {"bash": "deny"}


def test_the_later_of_two_equal_patterns_is_kept_in_its_place() -> None:
    written = build_rule_map(rules(("bash", "a", "allow"), ("bash", "*", "ask"), ("bash", "a", "deny")))
    assert list(written["bash"]) == ["*", "a"]
    assert written == {"bash": {"*": "ask", "a": "deny"}}


def test_a_wildcard_between_two_places_of_a_permission_is_repeated_inside() -> None:
    written = build_rule_map(
        rules(
            ("bash", "ls", "allow"),
            ("*", "secret", "deny"),
            ("bash", "cat *", "allow"),
            ("demo_*", "*", "ask"),
        )
    )
    assert list(written.items()) == [
        ("*", {"secret": "deny"}),
        ("demo_*", "ask"),
        ("bash", {"ls": "allow", "secret": "deny", "cat *": "allow"}),
    ]


def test_a_wildcard_that_comes_back_gets_a_key_of_the_same_meaning() -> None:
    written = build_rule_map(
        rules(("*", "*", "ask"), ("demo_*", "*", "allow"), ("*", "secret", "deny"), ("demo_*", "x", "ask"))
    )
    assert list(written.items()) == [
        ("*", "ask"),
        ("demo_*", "allow"),
        ("**", {"secret": "deny"}),
        ("demo_**", {"x": "ask"}),
    ]


def test_a_wildcard_without_a_star_that_comes_back_is_refused() -> None:
    with pytest.raises(RuleMapError, match="ed\\?t stand in several places"):
        build_rule_map(rules(("ed?t", "a", "ask"), ("*", "*", "ask"), ("ed?t", "b", "allow")))


@pytest.mark.parametrize("permission", sorted(WITHOUT_PATTERNS))
def test_patterns_of_a_permission_that_takes_none_stand_under_an_equal_key(permission: str) -> None:
    assert build_rule_map(rules((permission, "*", "ask"))) == {permission: "ask"}
    assert build_rule_map(rules((permission, "*", "ask"), (permission, "x*", "allow"))) == {
        f"{permission} *": {"*": "ask", "x*": "allow"}
    }


def test_a_whole_number_may_come_first_when_nothing_before_it_covers_it() -> None:
    written = build_rule_map(rules(("bash", "ls", "allow"), ("bash", "42", "deny"), ("bash", "7", "allow")))
    assert list(written["bash"]) == ["7", "42", "ls"]


def test_a_whole_number_that_the_engine_would_move_before_its_cover_is_refused() -> None:
    with pytest.raises(RuleMapError, match="The rule for bash with the pattern 42 would have no effect"):
        build_rule_map(rules(("bash", "*", "ask"), ("bash", "42", "allow")))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("0", True),
        ("42", True),
        ("4294967294", True),
        ("4294967295", False),
        ("042", False),
        ("-1", False),
        ("1.5", False),
        ("", False),
        ("٣", False),
    ],
)
def test_whole_numbers_are_those_of_the_engine(key: str, expected: bool) -> None:
    assert is_whole_number(key) is expected


@pytest.mark.parametrize("rule", [("__proto__", "*", "ask"), ("bash", "__proto__", "ask"), ("7", "*", "ask")])
def test_keys_that_the_engine_would_lose_or_move_are_refused(rule: tuple[str, str, str]) -> None:
    with pytest.raises(RuleMapError):
        build_rule_map(rules(rule))


@given(drawn_rules)
def test_every_verdict_is_the_lists(drawn: list[ToolRule]) -> None:
    try:
        written = build_rule_map(drawn)
    except RuleMapError:
        return
    ours, engines = make_rules(drawn), read_rule_map(written)
    for permission in NAMED_PERMISSIONS:
        for text in TEXTS:
            assert evaluate(engines, permission, text) == evaluate(ours, permission, text)
        assert not is_withdrawn(ours, permission) or is_withdrawn(engines, permission)


def test_too_many_wildcards_among_named_permissions_are_refused() -> None:
    tangled = [ToolRule(f"{'*' if number % 2 else 'x'}{number}", "*", "ask") for number in range(MAX_RULES)]
    with pytest.raises(RuleMapError):
        build_rule_map(tangled)
    many = [ToolRule(f"a{number}*", "*", "ask") for number in range(MAX_WILDCARD_PERMISSIONS + 1)]
    with pytest.raises(RuleMapError, match="At most 200"):
        build_rule_map(many)


@pytest.mark.parametrize(
    "written", [{"bash": 7}, {"bash": "maybe"}, {"bash": {"*": "maybe"}}, {"bash": None}]
)
def test_a_map_of_another_shape_is_refused(written: dict[str, object]) -> None:
    with pytest.raises(RuleMapError):
        read_rule_map(written)


def test_a_map_is_read_with_whole_numbers_first() -> None:
    assert read_rule_map({"b": {"x": "ask", "7": "deny"}, "1": "allow"}) == (
        Rule("1", "*", "allow"),
        Rule("b", "7", "deny"),
        Rule("b", "x", "ask"),
    )


def test_tools_that_a_closing_denial_hides_are_named() -> None:
    general = rules(
        ("*", "*", "ask"), ("bash", "*", "deny"), ("demo_add", "*", "deny"), ("edit", "x", "deny")
    )
    assert list_hidden_tools(general) == ("bash", "demo_add")
    assert list_hidden_tools(rules(("*", "*", "deny"), ("read", "*", "ask")), ["demo_sub"])[-1] == "demo_sub"
