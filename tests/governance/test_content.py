"""What lists show of a request: masked, visible, and honest about what they leave out."""

from __future__ import annotations

import json
import string
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, strategies as st

from events.masking import MASK, mask_secrets
from events.text import list_deceptions, make_visible
from governance.content import SUMMARY_LENGTH, RequestContent, digest_content, main_text

texts = st.text(st.characters(), max_size=60)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
mappings = st.dictionaries(texts, values, max_size=3)
contents = st.builds(
    RequestContent,
    permission=st.sampled_from(
        ["bash", "edit", "webfetch", "task", "external_directory", "read", "demo_add"]
    ),
    patterns=st.lists(texts | st.just("*"), max_size=3),
    directory=texts,
    agent=texts,
    command=texts,
    diff=st.just("") | texts,
    arguments=st.none() | mappings,
    metadata=mappings,
    tool=texts,
)
SECRET = st.text(string.ascii_letters + string.digits, min_size=16, max_size=40)


def bash(command: str, **values: Any) -> RequestContent:
    return RequestContent(
        "bash", values.pop("patterns", [command]), "/srv/demo", "build", command=command, **values
    )


@given(contents)
def test_the_text_is_the_content_and_its_fingerprint_follows_from_it(content: RequestContent) -> None:
    assert RequestContent.from_text(content.to_text()) == content
    assert content.to_text().isascii()
    assert RequestContent.from_text(content.to_text()).fingerprint == content.fingerprint


@given(contents)
def test_the_order_of_keys_makes_no_other_fingerprint(content: RequestContent) -> None:
    shuffled = json.loads(content.to_text())
    turned = RequestContent(**dict(reversed(shuffled.items())))
    assert turned.fingerprint == content.fingerprint


@given(contents, contents)
def test_another_content_has_another_fingerprint(first: RequestContent, second: RequestContent) -> None:
    second = replace(second, nonce=first.nonce)
    assert (first.fingerprint == second.fingerprint) is (first == second)


def test_equal_contents_of_two_requests_have_different_fingerprints() -> None:
    assert bash("ls").fingerprint != bash("ls").fingerprint


@given(contents)
def test_a_summary_is_short_and_holds_nothing_deceptive(content: RequestContent) -> None:
    digest = digest_content(content, arguments_known=True)
    assert len(digest.summary) <= SUMMARY_LENGTH
    assert list_deceptions(digest.summary) == set()
    assert "\n" not in digest.summary


@given(contents)
def test_a_whole_summary_shows_the_whole_main_text(content: RequestContent) -> None:
    digest = digest_content(content, arguments_known=True)
    if digest.is_whole:
        assert digest.summary == make_visible(main_text(content))
        assert digest.findings == []
        assert mask_secrets(main_text(content)) == main_text(content)
        assert content.diff == ""


@given(
    st.sampled_from(["TOKEN={}", "--password '{} x'", "https://me:{}@h/", 'x "api_key": "{}"', "Bearer {}"]),
    SECRET,
    texts,
)
def test_no_recognised_secret_is_in_a_summary(shape: str, secret: str, text: str) -> None:
    assume(secret not in text)
    command = f"{text} {shape.format(secret)}"
    for content in (bash(command), RequestContent("edit", [command], "", "")):
        digest = digest_content(content, arguments_known=True)
        assert secret not in digest.summary
        assert not digest.is_whole


def test_a_secret_that_the_cut_would_halve_is_masked_first() -> None:
    command = "echo " + "x" * (SUMMARY_LENGTH - 20) + " TOKEN=" + "s3cr3t" * 10
    assert "s3cr3t" not in digest_content(bash(command), arguments_known=True).summary


@pytest.mark.parametrize(
    ("content", "summary", "is_whole"),
    [
        (bash("ls -la"), "ls -la", True),
        (bash("ls", arguments={"command": "ls", "description": "Lists files"}), "ls", True),
        (bash("a && b", patterns=["a", "b"]), "a && b", True),
        (bash("a\nb\tc", patterns=["a", "b\tc"]), "a⏎b⇥c", True),
        # What the list does not show must not be approved from it.
        (bash("ls", arguments={"command": "rm -rf /"}), "ls", False),
        (bash("ls", arguments={"command": "ls", "workdir": "/"}), "ls", False),
        (bash("ls", arguments={"command": "ls", "timeout": 1}), "ls", False),
        (bash("ls", metadata={"cwd": "/"}), "ls", False),
        (bash("ls", patterns=["ls", "rm -rf /"]), "ls", False),
        (bash("ls", diff="--- a"), "ls", False),
        (bash("x" * 401), "x" * 399 + "…", False),
        (bash("x" * 400), "x" * 400, True),
        (bash("TOKEN=abcdef ls"), f"TOKEN={MASK} ls", False),
        (bash("echo \u202ecod"), "echo ⟨U+202E⟩cod", False),
        (RequestContent("edit", ["src/a.py"], "/srv/demo", ""), "src/a.py", True),
        (RequestContent("edit", ["a.py"], "/srv/demo", "", diff="+x"), "a.py", False),
        (RequestContent("edit", ["a.py"], "/srv/demo", "", arguments={"content": "x"}), "a.py", False),
        (RequestContent("demo_add", ["*"], "", "", arguments={}), "demo_add", True),
        (RequestContent("demo_add", ["*"], "", "", arguments={"a": 1}), "demo_add", False),
        (RequestContent("demo_add", ["*"], "", "", metadata={"a": "b"}), "demo_add", False),
        (RequestContent("x", ["a", "*"], "", ""), "a, *", True),
        (
            RequestContent(
                "webfetch", ["https://e.org"], "", "", arguments={"url": "https://e.org", "format": "text"}
            ),
            "https://e.org",
            True,
        ),
        (
            RequestContent("webfetch", ["https://e.org"], "", "", arguments={"url": "https://evil.org"}),
            "https://e.org",
            False,
        ),
        (
            RequestContent(
                "external_directory",
                ["/etc/*"],
                "/srv/demo",
                "",
                metadata={"filepath": "/etc/hosts", "parentDir": "/etc"},
                arguments={"filePath": "/etc/hosts"},
            ),
            "/etc/* for /etc/hosts",
            True,
        ),
        (
            RequestContent(
                "external_directory",
                ["/etc/*"],
                "/srv/demo",
                "",
                metadata={"filepath": "/etc/hosts"},
                arguments={"filePath": "/etc/hosts", "content": "127.0.0.1 bank"},
            ),
            "/etc/* for /etc/hosts",
            False,
        ),
        (
            RequestContent(
                "external_directory", ["/etc/*", "/x/*"], "", "", command="cat /etc/a && touch /x/b"
            ),
            "/etc/*, /x/* for cat /etc/a && touch /x/b",
            True,
        ),
        (RequestContent("read", ["a.env"], "/srv", "", arguments={"filePath": "/srv/a.env"}), "a.env", True),
        (RequestContent("read", ["a.env"], "/srv", "", arguments={"filePath": "/etc/a.env"}), "a.env", False),
        (
            RequestContent(
                "task", ["general"], "", "", arguments={"description": "Tidy", "prompt": "rm -rf"}
            ),
            "Tidy",
            False,
        ),
        (
            RequestContent("doom_loop", ["bash"], "", "", metadata={"tool": "bash", "input": {"a": 1}}),
            "bash",
            False,
        ),
    ],
)
def test_a_row_says_whether_it_shows_everything(
    content: RequestContent, summary: str, is_whole: bool
) -> None:
    digest = digest_content(content, arguments_known=True)
    assert (digest.summary, digest.is_whole) == (summary, is_whole)


def test_unknown_arguments_are_a_finding() -> None:
    digest = digest_content(bash("ls"), arguments_known=False)
    assert ([finding.code for finding in digest.findings], digest.is_whole) == (["arguments_unknown"], False)


@pytest.mark.parametrize(
    "place",
    [
        {"command": "ls {}"},
        {"diff": "+{}"},
        {"patterns": ["{}"]},
        {"directory": "/srv/{}"},
        {"agent": "{}"},
        {"arguments": {"deep": [{"{}": 1}]}},
        {"arguments": {"deep": [{"key": "{}"}]}},
        {"metadata": {"key": ["{}"]}},
        {"tool": "{}"},
    ],
)
@pytest.mark.parametrize(
    ("character", "code"),
    [
        ("\u202e", "bidirectional"),
        ("\r", "carriage_return"),
        ("\x1b", "control"),
        ("\u200b", "invisible"),
        ("\ud800", "surrogate"),
        ("\u00a0", "unusual_space"),
    ],
)
def test_deceptive_characters_are_found_wherever_they_stand(
    place: dict[str, Any], character: str, code: str
) -> None:
    filled = json.loads(json.dumps(place).replace("{}", json.dumps(f"a{character}b")[1:-1]))
    content = RequestContent(**{"permission": "bash", "patterns": [], "directory": "", "agent": "", **filled})
    digest = digest_content(content, arguments_known=True)
    assert ([finding.code for finding in digest.findings], digest.is_whole) == ([code], False)


@pytest.mark.parametrize("piece", ["a", "\u202e", "漢", "TOKEN=x ", "a_", "\n"])
def test_a_large_request_is_digested_quickly(piece: str) -> None:
    content = bash(piece * 300_000, diff=piece * 300_000)
    started_s = time.process_time()
    digest_content(content, arguments_known=True)
    assert time.process_time() - started_s < 10
