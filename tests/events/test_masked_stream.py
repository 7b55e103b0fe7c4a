"""A text that is still being written: what leaves is the beginning of the whole text, masked."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import example, given, strategies as st

from events.masked_stream import MAX_LINE, MaskedStream
from events.masking import mask_secrets

pytestmark = pytest.mark.pure

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"
PIECES = [
    *("The", "word", "\n", " ", "\t", "=", ":", '"', "'", "-", "\\", "@", "/", ".", "s3cr3t-value", "x y z"),
    *("password", "PASSWORD=", "api_key: ", "token", "tokens ", "--db-password ", "--token="),
    *('secret="two words"', "https://me:hunter2@example.org/", "https://example.org/a:b"),
    *("Authorization: ", "Bearer ", "bearer abcdefghij", "curl -u ", "me:", "hunter2", "--user=me:hunter2"),
    *("sk-abcdefghijkl", "ghp_0123456789abcdef", "AKIA0123456789ABCDEF"),
    *("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", "-----BEGIN CERTIFICATE-----", KEY),
    *("-----BEGIN ", "PRIVATE KEY-----", "\N{GRINNING FACE}", "\N{PILE OF POO}word"),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=25), st.randoms())
@example(["token", " ", "=", " ", "hunter2!", " and"], None)
@example(["bearer", " ", "abcdefghij", "\n"], None)
def test_what_leaves_is_the_beginning_of_the_whole_text_masked(
    pieces: list[str], chance: random.Random | None
) -> None:
    whole = "".join(pieces)
    if chance is not None:
        cuts = sorted(chance.randint(0, len(whole)) for _ in range(10))
        pieces = [whole[start:end] for start, end in itertools.pairwise([0, *cuts, len(whole)])]
    stream, shown = MaskedStream(), ""
    for piece in pieces:
        shown += stream.feed(piece)
        assert mask_secrets(whole).startswith(shown)


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["Let me", " look", " there"], ["Let ", "me ", "look "]),
        (["Tokens are", " cheap. Now"], ["Tokens ", "are cheap. "]),
        (["The token", " is", " here"], ["The ", "token ", "is "]),
        (
            ["set TOKEN=", "s3cr3t", "s3cr3t and go", " on\nnext "],
            ["set ", "", "", "TOKEN=•••• and go on\nnext "],
        ),
        (["export A=1\n", "x"], ["export A=1\n", ""]),
        ([f"see {KEY}\n", "and more words "], ["see ••••", ""]),
        (["x" * (MAX_LINE + 1), " and more words"], ["", ""]),
    ],
)
def test_words_leave_when_they_are_complete_and_secrets_never(pieces: list[str], shown: list[str]) -> None:
    stream = MaskedStream()
    assert [stream.feed(piece) for piece in pieces] == shown
