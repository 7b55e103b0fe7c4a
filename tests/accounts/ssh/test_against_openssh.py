"""Our reader beside OpenSSH's own: what we take, it takes, as the same key."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.ssh.parsing import read_public_key
from deploy.console import run
from events.errors import Invalid
from tests.accounts.ssh import lines

pytestmark = pytest.mark.pure

MAKERS = (
    lines.make_ed25519_line,
    lines.make_sk_ed25519_line,
    lines.make_sk_ecdsa_line,
    lines.make_ecdsa_line,
    lambda: lines.make_ecdsa_line("nistp521"),
    lines.make_rsa_line,
)
SEED = 20


def spoil(line: str, source: random.Random) -> str:
    """The same line with one thing changed: a byte, a length, an end, a character of its text."""
    key_type, encoded = line.split(" ")
    blob = bytearray(base64.b64decode(encoded))
    kind = source.randrange(5)
    place = source.randrange(len(blob))
    if kind == 0:
        blob[place] ^= 1 << source.randrange(8)
    elif kind == 1:
        del blob[place]
    elif kind == 2:
        blob.insert(place, source.randrange(256))
    elif kind == 3:
        blob += bytes(source.randrange(1, 5))
    text = base64.b64encode(blob).decode()
    if kind == 4:
        place = source.randrange(len(text))
        text = text[:place] + source.choice("AZaz09+/= \t-_") + text[place + 1 :]
    return f"{key_type} {text}"


def make_lines(count: int, source: random.Random) -> Iterator[str]:
    sound = [make() for make in MAKERS]
    yield from sound
    for _ in range(count):
        yield spoil(source.choice(sound), source)


def read_fingerprint(line: str) -> str:
    """Of a line that is taken; else nothing."""
    try:
        return read_public_key(line).fingerprint
    except Invalid:
        return ""


def test_openssh_reads_every_line_that_is_taken_as_the_same_key(tmp_path: Path) -> None:
    taken = {
        line: found for line in make_lines(3000, random.Random(SEED)) if (found := read_fingerprint(line))
    }
    # Another point is another key; nearly everything else is none.
    assert len(MAKERS) < len(taken) < 1500
    path = tmp_path / "keys.pub"
    path.write_text("".join(f"{read_public_key(line).text}\n" for line in taken))
    printed = run(["ssh-keygen", "-l", "-f", path], purpose="Reading keys").splitlines()
    assert [line.split()[1] for line in printed] == list(taken.values())
