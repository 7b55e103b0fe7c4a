"""What an engine is told of the rules. A small model of the engine: its own globs, the last match wins."""

from __future__ import annotations

import posixpath
import random
from typing import Any

import pytest
from hypothesis import given, strategies as st

from governance.matching.book import RuleBook, Target, judge_call
from governance.matching.calls import Call
from governance.matching.engine_block import build_block, list_left_out, read_block, render_permission
from governance.matching.engine_globs import Entry, compile_glob, decide, flatten, overlap
from governance.matching.paths import PERSISTENT, SAMPLE, SECRET
from governance.matching.rules import Effect, Rule

ALLOW, ASK, DENY = Effect.ALLOW, Effect.ASK, Effect.DENY
PLACE = "/work/project"
STRICTER = "comes later and would win there; here the stricter one does."
ASK_ALL = Entry("*", "*", "ask")


def make(pattern: str, effect: Effect = ALLOW, permission: str = "bash", **more: object) -> Rule:
    return Rule(pattern, effect, permission=permission, **more)  # type: ignore[arg-type]


def show(rules: list[Rule], targets: list[Target] | None = None, **more: Any) -> list[tuple[str, str, str]]:
    """The block without what stands in every block: its first line and the guards."""
    block = build_block(rules, targets or [], **more)
    guards = set(build_block([]))
    bare = build_block([make("a/**", permission=verb) for verb in ("read", "edit")])
    guards |= {entry for entry in bare if entry.action == "ask"}
    guards |= {
        entry for entry in build_block([make("/a/**", permission="external_directory")]) if entry[2] == "ask"
    }
    guards |= {
        entry for entry in build_block([make("https://a.b/*", permission="webfetch")]) if entry[2] == "ask"
    }
    return [(entry.permission, entry.pattern, entry.action) for entry in block if entry not in guards]


def test_it_is_ordered_allow_ask_deny() -> None:
    rules = [make("git push *", DENY), make("git *", ASK), make("git status"), make("rm", DENY)]
    # Asked about here, so not allowed there.
    assert build_block(rules, with_exact_commands=True) == [
        ASK_ALL,
        Entry("bash", "git *", "ask"),
        Entry("bash", "git push *", "deny"),
        Entry("bash", "rm", "deny"),
    ]
    actions = [entry.action for entry in build_block([*rules, make("src/**", permission="read")])]
    assert actions[0] == "ask"
    assert actions[1:] == sorted(actions[1:], key=["allow", "ask", "deny"].index)
    assert set(actions[1:]) == {"allow", "ask", "deny"}


def test_commands_are_left_to_the_portal_but_for_exact_ones_behind_the_gate() -> None:
    rules = [make("git status"), make("git log *"), make("ls 'a b'"), make("cat a > b"), make("ls $X")]
    assert show(rules) == []
    assert show(rules, with_exact_commands=True) == [("bash", "git status", "allow")]
    assert list_left_out(rules, with_exact_commands=True) == rules[1:]
    denied = [make("git status"), make("git *", DENY)]
    assert show(denied, with_exact_commands=True) == [("bash", "git *", "deny")]


def test_paths() -> None:
    reading = make("*", permission="read")
    targets = [
        Target("src/**", ALLOW),
        Target("**/*.md", ALLOW),
        Target("docs/a.txt", ALLOW),
        Target("x/*", ALLOW),
    ]
    assert show([reading], targets) == [
        ("read", "src/*", "allow"),
        ("read", "*.md", "allow"),
        ("read", "docs/a.txt", "allow"),
    ]
    assert show([make("src/**", permission="edit"), make("src/**", permission="write")]) == [
        ("edit", "src/*", "allow")
    ]
    assert show([make("/srv/**", permission="external_directory")]) == [
        ("external_directory", "/srv/*", "allow")
    ]
    assert show([make("keys", DENY, "read")]) == [
        ("read", "keys", "deny"),
        ("read", "keys/*", "deny"),
        ("read", "*/keys", "deny"),
        ("read", "*/keys/*", "deny"),
    ]


def test_urls_subagents_and_tools() -> None:
    assert show([make("https://docs.example.org/3/*", permission="webfetch")]) == [
        ("webfetch", "https://docs.example.org/3/*", "allow")
    ]
    assert (
        show([make("*", permission="webfetch"), make("https://*.a.example/*", permission="webfetch")]) == []
    )
    assert show([make("https://evil.example", DENY, "webfetch")]) == [
        ("webfetch", "*evil.example*", "ask"),
        ("webfetch", "http://evil.example/*", "deny"),
        ("webfetch", "https://evil.example/*", "deny"),
    ]
    assert show([make("explore", permission="task"), make("build", DENY, "task")]) == [
        ("task", "explore", "allow"),
        ("task", "build", "deny"),
    ]
    tools = [
        make("*", permission="files_read"),
        make("*", permission="files_write", conditions=(("path", "a"),)),
        make("*", DENY, "files_delete"),
        make("*", DENY, "files_move", conditions=(("to", "b"),)),
    ]
    assert show(tools) == [
        ("files_read", "*", "allow"),
        ("files_move", "*", "ask"),
        ("files_delete", "*", "deny"),
    ]


def test_a_denial_of_an_absolute_path_keeps_back_what_it_may_be_about() -> None:
    rules = [make("src/**", ALLOW, "read"), make("/etc/**", DENY, "read")]
    allowed = Entry("read", "src/*", "allow")
    assert allowed not in build_block(rules)
    assert allowed in build_block(rules, directory=PLACE)
    assert allowed not in build_block(rules, directory="/etc/project")
    assert allowed not in build_block(rules, directory=PLACE, forbidden=(f"{PLACE}/keys",))
    named = [*rules[:1], make("*.pem", DENY, "read")]
    assert allowed not in build_block(named)
    assert allowed in build_block(named, directory=PLACE)
    assert allowed not in build_block([*rules[:1], make("**/project/x", DENY, "read")], directory=PLACE)
    assert list_left_out(rules) == rules[:1]
    assert list_left_out(rules, directory=PLACE) == []


def test_a_denial_of_everything_is_all_there_is() -> None:
    assert build_block([make("ls"), make("*", DENY, "*")]) == [Entry("*", "*", "deny")]


NAMES = st.sampled_from(["a", "b", "src", "keys", "a.py", ".env", "id_rsa", ".git", "b.md"])
INNER = st.lists(NAMES | st.sampled_from(["..", "."]), min_size=1, max_size=4).map("/".join)
PATHS = INNER | INNER.map(lambda path: "src/" + path) | INNER.map(lambda path: "lib/" + path)
GLOBS = st.lists(NAMES | st.sampled_from(["*", "**", "*.py", "a*", "?"]), min_size=1, max_size=4).map(
    "/".join
)
ANCHORED = GLOBS | GLOBS.map(lambda glob: "/" + glob)
EFFECTS = st.sampled_from(list(Effect))
PATH_RULES = st.builds(
    make, ANCHORED | st.just("*"), EFFECTS, st.sampled_from(["read", "edit", "write", "external_directory"])
)
TARGETS = st.builds(Target, ANCHORED, st.sampled_from([ALLOW, DENY]))


@given(
    st.lists(PATH_RULES, max_size=4),
    st.lists(TARGETS, max_size=4),
    PATHS,
    st.sampled_from(["read", "edit"]),
    st.sampled_from(["", PLACE]),
)
def test_the_engine_allows_no_path_that_the_rules_do_not(
    rules: list[Rule], targets: list[Target], path: str, verb: str, directory: str
) -> None:
    rules = [*rules, make("*", ALLOW, "read"), make("lib/**", ALLOW, "edit")]
    targets = [*targets, Target("src/**", ALLOW), Target("**/*.py", ALLOW)]
    absolute = posixpath.normpath(f"{PLACE}/{path}")
    relative = posixpath.relpath(absolute, PLACE)
    block = build_block(rules, targets, directory=directory)
    if ALLOW in {decide(block, verb, relative), decide(block, verb, absolute)}:
        call = Call(verb, paths=(absolute,), directory=PLACE)
        assert judge_call(call, RuleBook(rules, targets)).effect is ALLOW


@given(
    st.lists(PATH_RULES, max_size=4), st.lists(TARGETS, max_size=4), st.lists(NAMES, min_size=1, max_size=4)
)
def test_the_engine_allows_no_folder_outside_that_the_rules_do_not(
    rules: list[Rule], targets: list[Target], names: list[str]
) -> None:
    rules = [
        *rules,
        make("/a/**", ALLOW, "external_directory"),
        make("/b/src/**", ALLOW, "external_directory"),
    ]
    asked = "/" + "/".join([*names, "*"])
    if decide(build_block(rules, targets), "external_directory", asked) is ALLOW:
        call = Call("external_directory", paths=(asked,), directory=PLACE)
        assert judge_call(call, RuleBook(rules, targets)).effect is ALLOW


@given(st.from_regex(SECRET) | st.from_regex(PERSISTENT))
def test_the_engine_asks_for_what_no_wildcard_covers(path: str) -> None:
    if not SAMPLE.search(path):
        assert decide(build_block([make("**", permission="edit")]), "edit", path) is not ALLOW


URL_TEXT = st.text(alphabet="abbb./", max_size=6) | st.text(alphabet="ab./:@?#%2e\\ [*", max_size=12)
URL_GLOBS = st.sampled_from(
    [
        *("https://a.b/*", "https://a.b/x/*", "https://*.a.b/*", "a.b/a", "*://a.b/*", "*", "https://a.b*"),
        *("https://a.b:8/*", "https://a.b", "https://a.b/?*", "https://a.b/a*b*", "http://a.b/b"),
    ]
)


@given(
    st.lists(st.builds(make, URL_GLOBS, EFFECTS, st.just("webfetch")), max_size=4),
    st.sampled_from(
        ["https://a.b", "https://a.b/", "https://a.b/x/", "http://a.b/", "https://", "https://a.b:8/"]
    ),
    URL_TEXT,
)
def test_the_engine_allows_no_url_that_the_rules_do_not(rules: list[Rule], start: str, rest: str) -> None:
    rules = [*rules, make("https://a.b/*", ALLOW, "webfetch"), make("https://a.b:8/b", ALLOW, "webfetch")]
    url = start + rest
    if decide(build_block(rules), "webfetch", url) is ALLOW:
        assert judge_call(Call("webfetch", url=url), RuleBook(rules)).effect is ALLOW


WORDS = st.lists(
    st.sampled_from(["git", "status", "push", "ls", "-f", "*", "'a b'", ">", "x", ";", "$X"]), min_size=1
)
COMMANDS = WORDS.map(" ".join)


@given(st.lists(st.builds(make, COMMANDS, EFFECTS), max_size=5), COMMANDS)
def test_the_engine_allows_no_command_that_the_rules_do_not(rules: list[Rule], command: str) -> None:
    rules = [*rules, make(command)]
    assert decide(build_block(rules), "bash", command) is not ALLOW
    if decide(build_block(rules, with_exact_commands=True), "bash", command) is ALLOW:
        call = Call("bash", command, directory=PLACE)
        assert judge_call(call, RuleBook(rules)).effect is ALLOW


TOOLS = st.sampled_from(["files_read", "files_write", "files_*", "web_get", "*"])


@given(
    st.lists(st.builds(make, st.just("*"), EFFECTS, TOOLS), max_size=4)
    | st.lists(
        st.builds(make, st.sampled_from(["build", "b*", "plan", "*"]), EFFECTS, st.just("task")), max_size=4
    ),
    st.randoms(),
)
def test_the_engine_allows_no_tool_and_no_subagent_that_the_rules_do_not(
    rules: list[Rule], chance: random.Random
) -> None:
    block = build_block(rules)
    for tool in ("files_read", "files_write", "web_get"):
        if decide(block, tool, "*") is ALLOW:
            assert judge_call(Call(tool, arguments={}), RuleBook(rules)).effect is ALLOW
    for name in ("build", "plan", "other"):
        if decide(block, "task", name) is ALLOW:
            assert judge_call(Call("task", subagent=name), RuleBook(rules)).effect is ALLOW
    shuffled = list(rules)
    chance.shuffle(shuffled)
    assert {decide(build_block(shuffled), "task", name) for name in ("build", "plan")} == {
        decide(block, "task", name) for name in ("build", "plan")
    }


@given(st.lists(PATH_RULES, max_size=4), st.lists(TARGETS, max_size=3), PATHS)
def test_the_object_says_the_same_as_the_list(rules: list[Rule], targets: list[Target], path: str) -> None:
    block = build_block(rules, targets)
    again, problems = flatten(render_permission(block))
    assert problems == []
    for verb in ("read", "edit", "bash", "files_read"):
        assert decide(again, verb, path) is decide(block, verb, path)


# Import --------------------------------------------------------------------------------------------------


def test_a_block_is_read() -> None:
    rules, targets, problems = read_block(
        {
            "*": "ask",
            "doom_loop": "ask",
            "bash": {"*": "ask", "git status *": "allow", "rm *": "deny"},
            "edit": {"src/*": "allow", "*.lock": "deny"},
            "read": "allow",
            "external_directory": {"/srv/*": "allow"},
            "webfetch": {"https://docs.example.org/*": "allow"},
            "task": {"explore": "allow"},
            "files_*": "ask",
        }
    )
    assert rules == [
        make("git status *"),
        make("rm *", DENY),
        make("src/**", ALLOW, "edit"),
        make("**/*.lock", DENY, "edit"),
        make("*", ALLOW, "read"),
        make("/srv/**", ALLOW, "external_directory"),
        make("https://docs.example.org/*", ALLOW, "webfetch"),
        make("explore", ALLOW, "task"),
        make("*", ASK, "files_*"),
    ]
    assert targets == [Target("**", ALLOW, verbs=("read",))]
    assert problems == ["read “*” allow: only inside of the project here."]


def test_a_denial_for_every_verb_is_one_for_each() -> None:
    rules, _, problems = read_block([("*", "*.pem", "deny")])
    assert (len(rules), problems) == (6, [])
    assert {rule.permission: rule.pattern for rule in rules if rule.effect is DENY} == {
        **dict.fromkeys(("bash", "webfetch", "task"), "*.pem"),
        **dict.fromkeys(("read", "edit", "external_directory"), "**/*.pem"),
    }


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("allow", "* “*” allow: nothing can be allowed for every verb at once; here it is asked about."),
        (
            [("bash", "git push *", "deny"), ("bash", "git push origin", "allow")],
            f"bash “git push *” deny: bash “git push origin” allow {STRICTER}",
        ),
        (
            [("bash", "ls *", "allow"), ("bash", "*", "ask")],
            "bash “ls *” allow: bash “*” ask comes later and covers it.",
        ),
        (
            [("bash", "*", "deny"), ("bash", "ls *", "allow")],
            "bash “*” deny: what no later rule allows is denied there; here it is asked about.",
        ),
        (
            {"*": {"x": "allow"}},
            "* “x” allow: nothing can be allowed for every verb at once; here it is asked about.",
        ),
        ({"doom_loop": "allow"}, "doom_loop “*” allow: a repeated call is always asked about here."),
        ({"grep": {"x": "allow"}}, "grep “x” allow: its pattern is no path there; here it is asked about."),
        (
            {"edit": {"a*b*c": "allow"}},
            "edit “a*b*c” allow: its wildcards cross folders in a way that no pattern here does.",
        ),
        (
            {"edit": {"a/b*c*": "deny"}},
            "edit “a/b*c*” deny: its wildcards cross folders; here all of a/** is meant.",
        ),
        (
            {"edit": {"~/x": "allow"}},
            "edit “~/x” allow: it begins with a home folder, which is not known here.",
        ),
        ({"bash": {"git 'x": "allow"}}, "bash “git 'x” allow: a quote in the pattern is not closed."),
        ({"skill": "allow"}, "skill “*” allow: no rule can allow a verb that is not known here."),
        ({"files_read": {"x": "allow"}}, "files_read “x” allow: a rule on this verb has no pattern here."),
        ({"bash": {"ls": "perhaps"}}, "'bash' 'ls': 'perhaps' is no action (allow, ask, deny)."),
        ([1], "None None: 1 is no action (allow, ask, deny)."),
        (7, "'*' '*': 7 is no action (allow, ask, deny)."),
    ],
)
def test_what_can_not_be_carried_over_is_said(block: object, problem: str) -> None:
    assert problem in read_block(block)[2]


PLAIN = st.lists(st.sampled_from(["git", "status", "push", "ls", "-a", "x"]), min_size=1, max_size=4).map(
    " ".join
)
COMMAND_GLOBS = st.lists(
    st.sampled_from(["git", "status", "push", "ls", "*", "x"]), min_size=1, max_size=4
).map(" ".join)
ACTIONS = st.sampled_from(["allow", "ask", "deny"])


@given(st.lists(st.tuples(st.sampled_from(["bash", "bash", "*"]), COMMAND_GLOBS, ACTIONS), max_size=5), PLAIN)
def test_imported_rules_allow_no_command_that_the_engine_did_not(
    block: list[tuple[str, str, str]], command: str
) -> None:
    rules, targets, _ = read_block(block := [("bash", command.partition(" ")[0] + " *", "allow"), *block])
    if judge_call(Call("bash", command, directory=PLACE), RuleBook(rules, targets)).effect is ALLOW:
        assert decide([Entry(*item) for item in block], "bash", command) is ALLOW


ENGINE_GLOBS = st.lists(st.sampled_from(["a", "b", "/", "*", ".py"]), min_size=1, max_size=5).map("".join)
CLEAN = st.lists(st.sampled_from(["a", "b", "ab", "a.py", "b.py"]), min_size=1, max_size=4).map("/".join)


@given(st.lists(st.tuples(st.just("edit"), ENGINE_GLOBS, ACTIONS), max_size=4), CLEAN)
def test_imported_rules_allow_no_path_that_the_engine_did_not(
    block: list[tuple[str, str, str]], path: str
) -> None:
    rules, targets, _ = read_block(block := [("edit", path[:2] + "*", "allow"), *block])
    call = Call("edit", paths=(path,), directory=PLACE)
    if judge_call(call, RuleBook(rules, targets)).effect is ALLOW:
        assert decide([Entry(*item) for item in block], "edit", path) is ALLOW


@given(
    st.text(alphabet="ab*? ", max_size=6),
    st.text(alphabet="ab*? ", max_size=6),
    st.text(alphabet="ab ", max_size=6),
)
def test_patterns_that_share_a_text_overlap(first: str, second: str, text: str) -> None:
    if compile_glob(first).fullmatch(text) and compile_glob(second).fullmatch(text):
        assert overlap(first, second)


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    )
)
def test_any_block_is_read_without_an_error(block: object) -> None:
    assert len(read_block(block)) == 3
