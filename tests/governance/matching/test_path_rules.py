from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, strategies as st

from governance.matching.book import RuleBook, Target, judge_call
from governance.matching.calls import PATH_VERBS, Call
from governance.matching.path_globs import PathGlob, split_path
from governance.matching.patterns import build_wildcards
from governance.matching.rules import Effect, Rule
from governance.matching.verdicts import CommandVerdict, Verdict
from governance.matching.words import Budget

PLACE = "/work/project"
ALLOW, ASK, DENY = Effect.ALLOW, Effect.ASK, Effect.DENY


def cut(text: str) -> tuple[str, str, str]:
    return text.partition(" ")


def judge(
    verb: str,
    path: str,
    *targets: str,
    rules: tuple[str, ...] = (),
    place: str = PLACE,
    forbidden: tuple[str, ...] = (),
) -> Effect:
    """`targets` and `rules` as "allow src/**"; without rules the verb is allowed."""
    made = [Rule(pattern, Effect(effect), permission=verb) for effect, _, pattern in map(cut, rules)]
    book = RuleBook(
        made or [Rule("*", ALLOW, permission=verb)],
        [Target(pattern, Effect(effect)) for effect, _, pattern in map(cut, targets)],
        forbidden,
    )
    return judge_call(Call(verb, paths=(path,), directory=place), book).effect


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("src/*", "src/a.py"),
        ("src/*", "/work/project/src/a.py"),
        ("src/*", "./src//a.py"),
        ("src/*", "lib/../src/a.py"),
        ("src/**", "src/a/b/c.py"),
        ("src/**", "src"),
        ("src/**", "src/"),
        ("**", "a/b"),
        ("**/*.py", "a.py"),
        ("**/*.py", "a/b/c.py"),
        ("src/**/test_*.py", "src/a/b/test_x.py"),
        ("src/**/test_*.py", "src/test_x.py"),
        ("src/?.py", "src/a.py"),
        ("/etc/hosts", "/etc/hosts"),
        ("/etc/**", "../../etc/a/b"),
        ("a*b*c", "aXbbYc"),
        ("src/a [1].py", "src/a [1].py"),
        ("*", "*"),
    ],
)
def test_a_target_covers(pattern: str, path: str) -> None:
    assert judge("read", path, f"allow {pattern}") is ALLOW


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("src/*", "src/a/b.py"),
        ("src/*", "src"),
        ("src/*", "src2/a.py"),
        ("src/**", "src2/a.py"),
        ("src/**", "srca"),
        ("src/**", "src/../secret"),
        ("src/**", "src/a/../../secret"),
        ("src/**", "/src/a.py"),
        ("src/?.py", "src/ab.py"),
        ("**/*.py", "a.pyc"),
        ("src/a.py", "src/A.py"),
        ("SRC/**", "src/a.py"),
        ("/work/project/**", "/work/project2/a"),
        ("/work/project/**", "/work/projec"),
        ("src/../**", "lib/x"),
        ("~/x/**", "/root/x/y"),
        ("~/x/**", "~/x/y"),
        ("**", "../other"),
        ("**", "/etc/passwd"),
    ],
)
def test_a_target_does_not_cover(pattern: str, path: str) -> None:
    assert judge("read", path, f"allow {pattern}") is ASK


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "  ",
            "a\0b",
            "a\nb",
            "a\tb",
            "a\x1b[2Jb",
            "a\u202eb",
            "a\u200bb",
            "a\rb",
            "a\u00a0b",
            "\ud800",
        ),
        *("~", "~/x", "~root/x", "$HOME/x", "${HOME}/x", "a\\..\\b", "file:///etc/passwd", "x" * 5000),
        *("C:/x", "\ud800"),
    ],
)
def test_unclear_paths_are_asked_about(path: str) -> None:
    book = RuleBook([Rule("*", ALLOW, permission="read")], [Target("/**", ALLOW), Target("**", ALLOW)])
    assert judge_call(Call("read", paths=(path,), directory=PLACE), book).effect is ASK


def test_it_is_said_why() -> None:
    action = Rule("*", ALLOW, permission="edit", id="r1", version=2)
    target = Target("src/**", ALLOW, id="t1")
    denial = Target("src/keys", DENY, id="t2")
    book = RuleBook([action], [target, denial])
    paths = ("src/a.py", "docs/a.md", "src/keys/x")
    within = "The rule “r1” allows it, within the target “t1”."
    denied = "src/keys/x is denied by “t2”."
    assert judge_call(Call("edit", paths=paths, directory=PLACE), book) == Verdict(
        DENY,
        denied,
        denial,
        (
            CommandVerdict("src/a.py", ALLOW, within, action, (action, target)),
            CommandVerdict("docs/a.md", ASK, "No target allows it."),
            CommandVerdict("src/keys/x", DENY, denied, denial),
        ),
        rules=(denial,),
    )
    assert judge_call(Call("edit", paths=paths[:1], directory=PLACE), book).rules == (action, target)


def test_every_path_has_to_be_covered() -> None:
    book = RuleBook([Rule("*", ALLOW, permission="read")], [Target("src/**", ALLOW)])
    assert judge_call(Call("read", paths=("src/a", "src/b"), directory=PLACE), book).effect is ALLOW
    assert judge_call(Call("read", paths=("src/a", "lib/b"), directory=PLACE), book).effect is ASK
    assert judge_call(Call("read", directory=PLACE), book).effect is ASK
    assert judge_call(Call("read", paths=("src/a",) * 201, directory=PLACE), book).effect is ASK


def test_an_action_has_to_allow_the_verb() -> None:
    targets = [Target("**", ALLOW)]
    assert judge_call(Call("read", paths=("a",), directory=PLACE), RuleBook([], targets)).effect is ASK
    reading = RuleBook([Rule("*", ALLOW, permission="read")], targets)
    assert judge_call(Call("edit", paths=("a",), directory=PLACE), reading).effect is ASK
    assert judge("read", "a") is ASK
    bound = RuleBook([Rule("*", ALLOW, permission="read")], [Target("**", ALLOW, verbs=("edit",))])
    assert judge_call(Call("read", paths=("a",), directory=PLACE), bound).effect is ASK


def test_an_action_may_name_its_paths_itself() -> None:
    assert judge("read", "src/a/b", rules=("allow src/**",)) is ALLOW
    assert judge("read", "lib/a", rules=("allow src/**",)) is ASK
    assert judge("read", "lib/a", "allow lib/**", rules=("allow src/**",)) is ASK
    assert judge("read", "src/a", "deny src/a", rules=("allow src/**",)) is DENY
    assert judge("read", "src/a", rules=("allow src/**", "deny src/a*")) is DENY
    assert judge("read", "src/a", rules=("allow src/**", "ask src/a*")) is ASK


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("secrets", "secrets"),
        ("secrets", "a/secrets/b"),
        ("*.pem", "a/b.pem"),
        ("*.pem", "/etc/ssl/x.pem"),
        ("src/secret", "src/secret/deep/x"),
        ("src/secret/**", "src/x/../secret/a"),
        ("**/private/*", "a/private/x/y"),
        ("/etc", "/etc/passwd"),
        ("/etc/", "../../etc/passwd"),
        ("~/.ssh", "/root/.ssh/id"),
        ("~/.ssh", "/home/anna/.ssh/id"),
        ("~/.ssh", "~/.ssh/id"),
        ("*", "anything"),
        ("src/../lib", "lib/x"),
    ],
)
def test_a_denial_sees_rather_too_much(pattern: str, path: str) -> None:
    assert judge("read", path, "allow **", "allow /**", f"deny {pattern}") is DENY
    assert judge("read", path, "allow **", "allow /**", rules=("allow *", f"deny {pattern}")) is DENY


def test_a_denial_that_differs_in_case_alone_is_asked_about() -> None:
    assert judge("read", "Keys/a", "allow **", "deny keys") is ASK
    assert judge("read", "KE\u0301YS", "allow **", "deny k\u00e9ys") is ASK


def test_without_a_project_only_absolute_patterns_cover() -> None:
    assert judge("read", "/srv/a", "allow **", place="") is ASK
    assert judge("read", "/srv/a", "allow /srv/*", place="") is ALLOW
    assert judge("read", "a", "allow **", "allow /**", place="") is ASK
    assert judge("read", "/srv/src/a", "allow /**", "deny src/a", place="") is DENY


def test_a_project_folder_is_taken_as_it_is_named() -> None:
    assert judge("read", "/work/b/x", "allow **", place="/work/*") is ASK
    assert judge("read", "/work/*/x", "allow **", place="/work/*") is ALLOW


@pytest.mark.parametrize("path", [".env", ".env.local", "a/id_rsa", "x.pem", ".aws/credentials"])
def test_a_wildcard_does_not_cover_secrets(path: str) -> None:
    assert judge("read", path, "allow **") is ASK
    assert judge("read", path, f"allow {path}") is ALLOW


def test_a_pattern_that_names_secrets_covers_them() -> None:
    assert judge("read", "a/.env", "allow **/.env") is ALLOW
    assert judge("read", "a/x.pem", "allow a/*.pem") is ALLOW
    assert judge("read", "a/x.pem", "allow a/*e*") is ASK


def test_a_wildcard_does_not_cover_changes_of_what_runs_by_itself() -> None:
    for path in (".git/hooks/pre-commit", ".github/workflows/x.yml", ".bashrc", "opencode.json"):
        assert judge("edit", path, "allow **") is ASK
        assert judge("write", path, "allow **") is ASK
        assert judge("read", path, "allow **") is ALLOW


def test_edits_and_writes_are_one_for_denials() -> None:
    for denied, asked in (("edit", "write"), ("write", "edit")):
        rules = [Rule("*", ALLOW, permission=asked), Rule("src/**", DENY, permission=denied)]
        book = RuleBook(rules, [Target("**", ALLOW)])
        assert judge_call(Call(asked, paths=("src/a",), directory=PLACE), book).effect is DENY
    editing = RuleBook([Rule("src/*", ALLOW, permission="edit")])
    assert judge_call(Call("write", paths=("src/a",), directory=PLACE), editing).effect is ALLOW
    writing = RuleBook([Rule("src/*", ALLOW, permission="write")])
    assert judge_call(Call("edit", paths=("src/a",), directory=PLACE), writing).effect is ASK


def test_a_folder_outside_is_asked_for_as_a_whole() -> None:
    verb = "external_directory"
    assert judge(verb, "/srv/a/*", "allow /srv/**") is ALLOW
    assert judge(verb, "/srv/a/*", "allow /srv/a/*") is ALLOW
    assert judge(verb, "/srv/a/*", "allow /srv/*") is ASK
    assert judge(verb, "/srv/a/*", "allow /srv/a/b*") is ASK
    assert judge(verb, "/srv/a/*", "allow /srv/a/?") is ASK
    assert judge(verb, "/srv/a/*", "allow /srv/**", "deny /srv/a/keys") is ASK
    assert judge(verb, "/srv/a/*", "allow /srv/**", "deny /srv/a") is DENY
    assert judge(verb, "/srv/a/x", "allow /srv/**", "deny /srv/a/keys") is ALLOW
    assert judge(verb, "/srv/*/x/*", "allow /srv/**") is ASK


@pytest.mark.parametrize("verb", ["grep", "list", "glob"])
def test_a_search_needs_everything_below(verb: str) -> None:
    assert judge(verb, "src", "allow src/**") is ALLOW
    assert judge(verb, ".", "allow **") is ALLOW
    assert judge(verb, "src", "allow src/*") is ASK
    assert judge(verb, "src", "allow src/*/*") is ASK
    assert judge(verb, "src", "allow src/**/*.py") is ASK
    assert judge(verb, ".", "allow src/**") is ASK
    assert judge(verb, "/", "allow /**", forbidden=("/srv/keys",)) is ASK


def test_a_search_for_text_stops_at_what_is_denied_below() -> None:
    assert judge("grep", ".", "allow **", "deny private") is ASK
    assert judge("list", ".", "allow **", "deny private") is ALLOW
    assert judge("list", "private", "allow **", "deny private") is DENY
    assert judge("list", ".", "allow **", rules=("allow *", "deny private")) is ASK


def test_a_glob_is_judged_by_the_folder_it_begins_in() -> None:
    assert judge("glob", "src/**/*.py", "allow src/**") is ALLOW
    assert judge("glob", "src/a*", "allow src/**") is ALLOW
    assert judge("glob", "*", "allow src/**") is ASK
    assert judge("glob", "src/*/../../x", "allow **") is ASK
    assert judge("glob", "src/{a,..}/x", "allow src/**") is ASK
    assert judge("glob", "src/{a,/etc}/x", "allow src/**") is ALLOW
    assert judge("glob", "/etc/*", "allow **") is ASK


@pytest.mark.parametrize("verb", sorted(PATH_VERBS))
@pytest.mark.parametrize(
    "path",
    [
        *(
            "/proc/1/environ",
            "/proc/self/mem",
            "/proc/self/../1/environ",
            "../../proc/1/environ",
            "//proc/1/mem",
        ),
        *(
            "//proc/1/mem",
            "/home/u/.local/share/opencode/auth.json",
            "/srv/keys",
            "/srv/keys/a/b",
            "/srv/./keys/a",
        ),
    ],
)
def test_nothing_allows_what_is_forbidden(verb: str, path: str) -> None:
    assert judge(verb, path, "allow /**", f"allow {path}", forbidden=("/srv/keys",)) is DENY


NAMES = st.sampled_from(["a", "b", "ab", "a.b", "..", ".", "", "x y", "*", "é"])
PATHS = st.lists(NAMES, min_size=1, max_size=6).map("/".join)
PATTERNS = st.lists(st.sampled_from(["a", "b", "*", "**", "a*", "?", "*b", "a*b*"]), min_size=1, max_size=5)


@given(PATTERNS, PATHS)
def test_patterns_mean_what_a_slow_reading_says(pattern: list[str], path: str) -> None:
    parts = split_path(path)
    assert PathGlob.of(pattern).covers(parts) == matches_slowly(pattern, parts)


def matches_slowly(pattern: list[str], parts: list[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(matches_slowly(pattern[1:], parts[start:]) for start in range(len(parts) + 1))
    expression = "".join(
        {"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern[0]
    )
    return bool(parts and re.fullmatch(expression, parts[0]) and matches_slowly(pattern[1:], parts[1:]))


@given(st.text(alphabet="ab*?", max_size=8), st.text(alphabet="ab", max_size=8))
def test_wildcards_mean_what_a_slow_reading_says(pattern: str, text: str) -> None:
    slow = "".join({"*": ".*", "?": "."}.get(character, character) for character in pattern)
    assert bool(re.fullmatch(build_wildcards(pattern), text)) == bool(re.fullmatch(slow, text))


@given(PATHS, st.lists(PATTERNS.map("/".join), max_size=4), PATTERNS.map("/".join), st.randoms())
def test_a_denial_more_never_allows_more_and_order_changes_nothing(
    path: str, allowed: list[str], denied: str, chance: random.Random
) -> None:
    targets = [Target(pattern, ALLOW) for pattern in allowed]
    rules = [Rule("*", ALLOW, permission="read")]
    call = Call("read", paths=(path,), directory=PLACE)
    before = judge_call(call, RuleBook(rules, targets))
    chance.shuffle(targets)
    assert judge_call(call, RuleBook(rules, targets)) == before
    after = judge_call(call, RuleBook(rules, [*targets, Target(denied, DENY)]))
    order = [ALLOW, ASK, DENY]
    assert order.index(after.effect) >= order.index(before.effect)


@given(st.sampled_from(sorted(PATH_VERBS)), st.text(max_size=60), st.text(max_size=30))
def test_no_path_and_no_pattern_raises(verb: str, path: str, pattern: str) -> None:
    book = RuleBook(
        [Rule("*", ALLOW, permission=verb), Rule(pattern, DENY, permission=verb)], [Target(pattern, ALLOW)]
    )
    assert book.paths.judge(Call(verb, paths=(path,), directory=PLACE), Budget()).effect in set(Effect)
