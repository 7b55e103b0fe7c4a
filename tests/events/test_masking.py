"""Recognised secrets never leave in lists, and no text takes the masking long."""

from __future__ import annotations

import string
import time

import pytest
from hypothesis import given, strategies as st

from events.masking import MASK, mask_secrets

SHAPES = [
    ("export API_KEY={}", "export API_KEY=" + MASK),
    ("api-key: {}", "api-key: " + MASK),
    ("dbPassword={} ./run", f"dbPassword={MASK} ./run"),
    ("MY_SECRET='{} and more'", "MY_SECRET=" + MASK),
    ('PASSWORD="{} and \\" more" ls', f"PASSWORD={MASK} ls"),
    ('{{"token": "{}", "user": "me"}}', f'{{"token": {MASK}, "user": "me"}}'),
    ("login --password {} --user me", f"login --password {MASK} --user me"),
    ("login --db-password={}", "login --db-password=" + MASK),
    ("login --token '{} x'", "login --token " + MASK),
    ("git clone https://me:{}@example.org/x.git", f"git clone https://{MASK}@example.org/x.git"),
    ("curl -H 'Authorization: Bearer {}' http://x", f"curl -H 'Authorization: {MASK}' http://x"),
    ("curl -H 'authorization: Basic {}'", f"curl -H 'authorization: {MASK}'"),
    ("X-Auth: bearer {}", "X-Auth: bearer " + MASK),
    ("curl -u me:{} http://x", f"curl -u me:{MASK} http://x"),
    ("echo ghp_{} | gh auth login", f"echo {MASK} | gh auth login"),
    ("AKIA{}", MASK),
    ("csk_0123abcd_{}", MASK),
    ("eyJhbGciOiJIUzI1NiJ9.{0}.{0}", MASK),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\nls", MASK + "\nls"),
    ("-----BEGIN PRIVATE KEY-----\n{}", MASK),
]


@pytest.mark.parametrize(("shape", "expected"), SHAPES)
def test_a_known_shape_is_masked(shape: str, expected: str) -> None:
    assert mask_secrets(shape.format("Zx81vQ0pLm9rT4sW")) == expected


@given(
    st.sampled_from([shape for shape, _ in SHAPES]),
    st.text(string.ascii_letters + string.digits, min_size=12, max_size=40),
    st.text(st.characters(exclude_characters="'\"\\", exclude_categories=["Cs"]), max_size=20),
)
def test_no_secret_survives_its_surroundings(shape: str, secret: str, text: str) -> None:
    masked = mask_secrets(f"{text} {shape.format(secret)} {text}")
    assert secret not in masked or secret in text


@pytest.mark.parametrize(
    "text",
    [
        "ls -la",
        "git commit -m 'token ring'",
        "rm -rf build",
        "task-force",
        "cat secrets.txt",
        "--max-tokens 100",
        "a: b",
    ],
)
def test_plain_commands_stay_as_they_are(text: str) -> None:
    assert mask_secrets(text) == text


@given(st.text(max_size=300))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask_secrets(text)
    assert mask_secrets(once) == once


HOSTILE = [
    *("a_", "a_a-", "-eyJaaaaaaaaa", "password", "password ", 'password="', "password='", "://a:", "-u a:"),
    *("token:\t", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "bearer ", '"\\', "--", "secret \t", "-a"),
    *("eyJaaaaaaaa.", "\n"),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_is_masked_in_linear_time(piece: str) -> None:
    """A quadratic pattern needs minutes for what a linear one does in a fraction of a second."""
    text = "password=" + piece * (300_000 // len(piece))
    started_s = time.process_time()
    mask_secrets(text)
    assert time.process_time() - started_s < 20
