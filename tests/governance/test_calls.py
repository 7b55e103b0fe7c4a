"""A request's content as the call that rules judge."""

from __future__ import annotations

from typing import Any

import pytest

from governance.calls import explain_doubt, judge_content, read_call
from governance.content import RequestContent
from governance.matching.book import RuleBook
from governance.matching.calls import Call
from governance.matching.rules import Effect, Rule

PROJECT = "/srv/demo"
CONTRADICTS = "The request and the call's arguments do not say the same."


def make_content(permission: str, *patterns: str, **values: Any) -> RequestContent:
    return RequestContent(permission, list(patterns), values.pop("directory", PROJECT), "build", **values)


AS_THE_ENGINE_SENDS = [
    (
        make_content("bash", "ls", command="ls", arguments={"command": "ls", "description": "list"}),
        Call("bash", command="ls", directory=PROJECT),
    ),
    (
        make_content("bash", "ls", command="ls", arguments={"command": "ls", "workdir": "/srv/demo/sub dir"}),
        Call("bash", command="cd '/srv/demo/sub dir'\nls", directory=PROJECT),
    ),
    (
        make_content("bash", "ls", command="ls", arguments={"command": "ls", "workdir": "/srv/demo/"}),
        Call("bash", command="ls", directory=PROJECT),
    ),
    (
        make_content(
            "edit",
            "new.txt",
            metadata={"filepath": "/srv/demo/new.txt"},
            diff="--- /srv/demo/new.txt\n+++ /srv/demo/new.txt\n@@ -0,0 +1 @@\n+1\n",
            arguments={"filePath": "/srv/demo/new.txt", "content": "1\n"},
        ),
        Call("edit", paths=("/srv/demo/new.txt",), directory=PROJECT),
    ),
    (
        make_content("read", "/srv/demo/a.txt", arguments={"filePath": "/srv/demo/a.txt", "offset": 1}),
        Call("read", paths=("/srv/demo/a.txt",), directory=PROJECT),
    ),
    (
        make_content("list", "/srv/demo/src", metadata={"path": "/srv/demo/src"}, arguments={}),
        Call("list", paths=("/srv/demo/src",), directory=PROJECT),
    ),
    (make_content("list", arguments={}), Call("list", paths=(PROJECT,), directory=PROJECT)),
    (
        make_content(
            "glob",
            "**/*.py",
            metadata={"pattern": "**/*.py"},
            arguments={"pattern": "**/*.py", "path": "src"},
        ),
        Call("glob", paths=("src/**/*.py",), directory=PROJECT),
    ),
    (
        make_content(
            "grep", "TODO /etc", metadata={"pattern": "TODO /etc"}, arguments={"pattern": "TODO /etc"}
        ),
        Call("grep", paths=(PROJECT,), directory=PROJECT),
    ),
    (
        make_content(
            "external_directory",
            "/etc/*",
            metadata={"filepath": "/etc/hostname", "parentDir": "/etc"},
            arguments={"filePath": "/etc/hostname"},
        ),
        Call("external_directory", paths=("/etc/*", "/etc/hostname"), directory=PROJECT),
    ),
    (
        make_content(
            "external_directory",
            "/other/*",
            command="touch /other/z",
            metadata={"directories": ["/other"], "patterns": ["/other/*"]},
            arguments={"command": "touch /other/z", "description": "touch"},
        ),
        Call("external_directory", paths=("/other/*",), directory=PROJECT),
    ),
    (
        make_content(
            "webfetch",
            "http://127.0.0.1:9999/ping",
            metadata={"url": "http://127.0.0.1:9999/ping", "format": "text"},
            arguments={"url": "http://127.0.0.1:9999/ping", "format": "text"},
        ),
        Call("webfetch", url="http://127.0.0.1:9999/ping", directory=PROJECT),
    ),
    (
        make_content(
            "task",
            "general",
            metadata={"subagent_type": "general", "description": "sub job"},
            arguments={"subagent_type": "general", "description": "sub job", "prompt": "go"},
        ),
        Call("task", subagent="general", directory=PROJECT),
    ),
    (
        make_content("demo_add", "*", arguments={"a": 2, "b": 3}),
        Call("demo_add", arguments={"a": 2, "b": 3}, directory=PROJECT),
    ),
    (
        make_content("demo_run", "*", command="ls", arguments={"command": "ls"}),
        Call("demo_run", arguments={"command": "ls"}, directory=PROJECT),
    ),
    (make_content("demo_add", "*"), Call("demo_add", directory=PROJECT)),
    (make_content("doom_loop", "read", arguments={"filePath": "a"}), Call("doom_loop", directory=PROJECT)),
]


@pytest.mark.parametrize(
    ("content", "call"), AS_THE_ENGINE_SENDS, ids=lambda item: getattr(item, "permission", "")
)
def test_a_call_is_read_from_what_the_engine_sends(content: RequestContent, call: Call) -> None:
    assert read_call(content) == call
    # A repeated call names the tool as its pattern; it is asked about whatever the rules say.
    if content.permission != "doom_loop":
        assert explain_doubt(content) == ""


@pytest.mark.parametrize("directory", ["", "/", "//", "/srv/..", "demo", "~"])
def test_a_folder_that_holds_nothing_in_is_no_project(directory: str) -> None:
    assert read_call(make_content("bash", command="ls", directory=directory)).directory == ""


DOUBTS = [
    (
        make_content("bash", "rm -rf x", command="ls"),
        "The engine names a part that the command does not hold.",
    ),
    (
        make_content("bash", "ls", command="ls", arguments={"command": "ls", "env": {"PATH": "/x"}}),
        "Its argument env is not known to any rule.",
    ),
    (
        make_content("bash", "ls", command="ls", arguments={"command": "ls", "workdir": 1}),
        "Where it runs can't be told.",
    ),
    (
        make_content("bash", "ls", command="ls", diff="--- a/x\n+++ b/x\n"),
        "It comes with a diff that is not about what it asks for.",
    ),
    (
        make_content("edit", "a.txt", diff="--- a/other.txt\n+++ b/other.txt\n@@ -1 +1 @@\n"),
        "It comes with a diff that is not about what it asks for.",
    ),
    (
        make_content("edit", "a.txt", arguments={"patchText": "*** Move to: /etc/x"}),
        "Its argument patchText is not known to any rule.",
    ),
    (
        make_content("read", "a.txt", command="cat /etc/shadow"),
        "It comes with a command that is not what it asks for.",
    ),
    (make_content("webfetch", "https://a.example/", arguments={"url": "https://b.example/"}), CONTRADICTS),
    (make_content("webfetch", arguments={}), CONTRADICTS),
    (make_content("task", "general", arguments={"subagent_type": "build"}), CONTRADICTS),
    (make_content("grep", "a", arguments={"pattern": "b"}), CONTRADICTS),
    (
        make_content("grep", "a", metadata={"path": "/etc"}, arguments={"pattern": "a", "path": "/srv/demo"}),
        CONTRADICTS,
    ),
    (make_content("demo_add", "a", arguments={}), "It names patterns that no rule looks at."),
]


@pytest.mark.parametrize(("content", "doubt"), DOUBTS, ids=lambda item: getattr(item, "permission", ""))
def test_what_no_rule_looks_at_is_a_doubt(content: RequestContent, doubt: str) -> None:
    assert explain_doubt(content) == doubt


def test_a_doubt_turns_an_allowing_verdict_into_a_question_and_leaves_a_denial() -> None:
    book = RuleBook([Rule("ls *", Effect.ALLOW), Rule("rm *", Effect.DENY)])
    doubtful = {"arguments": {"shell": "fish"}}
    allowed = judge_content(make_content("bash", "ls", command="ls", **doubtful), book)
    denied = judge_content(make_content("bash", "rm x", command="rm x", **doubtful), book)
    doubt = "Its argument shell is not known to any rule."
    assert (allowed.effect, allowed.reason, allowed.rule, allowed.findings) == (
        Effect.ASK,
        doubt,
        None,
        (doubt,),
    )
    assert denied.effect is Effect.DENY


def test_a_folder_to_run_in_is_entered_first() -> None:
    """Leaving the project by `workdir` is judged as leaving it by `cd`."""
    book = RuleBook([Rule("ls *", Effect.ALLOW), Rule("cd *", Effect.ALLOW)])

    def judge(folder: str) -> Effect:
        arguments = {"command": "ls", "workdir": folder}
        return judge_content(make_content("bash", "ls", command="ls", arguments=arguments), book).effect

    assert [judge(folder) for folder in ("src", "/srv/demo/src", "/etc", "..", "~")] == [
        Effect.ALLOW,
        Effect.ALLOW,
        Effect.ASK,
        Effect.ASK,
        Effect.ASK,
    ]
    without_cd = RuleBook([Rule("ls *", Effect.ALLOW)])
    arguments = {"command": "ls", "workdir": "src"}
    assert judge_content(
        make_content("bash", "ls", command="ls", arguments=arguments), without_cd
    ).effect is (Effect.ASK)
