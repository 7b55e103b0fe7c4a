"""What a person may paste as a public key, and how everything else is refused."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from accounts.ssh.parsing import PublicKey, read_public_key
from accounts.ssh.wire import write_string
from events.errors import Invalid
from tests.accounts.ssh.lines import (
    make_curve_point,
    make_ecdsa_line,
    make_ed25519_line,
    make_point,
    make_rsa_line,
    make_sk_ecdsa_line,
    make_sk_ed25519_line,
    write_line,
    write_number,
)

pytestmark = pytest.mark.pure

LINE = make_ed25519_line()
HOW_TO = "Paste the one line of your .pub file, for example of ~/.ssh/id_ed25519.pub."


def refusal_of(text: str) -> str:
    """The sentence a person reads; every refusal names the form's field."""
    with pytest.raises(Invalid) as caught:
        read_public_key(text)
    assert caught.value.facts == {"field": "public_key"}
    return caught.value.message


@pytest.mark.parametrize(
    ("make", "key_type", "bits"),
    [
        (make_ed25519_line, "ssh-ed25519", 256),
        (make_sk_ed25519_line, "sk-ssh-ed25519@openssh.com", 256),
        (make_sk_ecdsa_line, "sk-ecdsa-sha2-nistp256@openssh.com", 256),
        (lambda: make_ecdsa_line("nistp256"), "ecdsa-sha2-nistp256", 256),
        (lambda: make_ecdsa_line("nistp384"), "ecdsa-sha2-nistp384", 384),
        (lambda: make_ecdsa_line("nistp521"), "ecdsa-sha2-nistp521", 521),
        (make_rsa_line, "ssh-rsa", 3072),
    ],
    ids=["ed25519", "sk-ed25519", "sk-ecdsa", "p256", "p384", "p521", "rsa"],
)
def test_each_sound_type_is_read_with_its_fingerprint_and_comment(
    make: Callable[[], str], key_type: str, bits: int
) -> None:
    line = make()
    digest = hashlib.sha256(base64.b64decode(line.split(" ")[1])).digest()
    fingerprint = "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
    assert read_public_key(f"  {line}  me@laptop at home \r\n") == PublicKey(
        key_type=key_type, bits=bits, text=line, fingerprint=fingerprint, comment="me@laptop at home"
    )
    assert read_public_key(line).comment == ""


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
        f"{LINE}\n-----BEGIN EC PRIVATE KEY-----\n",
    ],
    ids=["openssh", "pem", "putty", "behind-a-public-one"],
)
def test_a_private_key_is_refused_before_anything_else_is_looked_at(text: str) -> None:
    assert refusal_of(text) == (
        "This is a private key. It was not stored. Nobody but you should ever have it:"
        " if it left your machine, make a new one. Paste the .pub file that lies beside it."
    )


@pytest.mark.parametrize(
    "text",
    [
        "---- BEGIN SSH2 PUBLIC KEY ----\nComment: x\nAAAA\n---- END SSH2 PUBLIC KEY ----",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "-----BEGIN RSA PUBLIC KEY-----\nMIIB\n-----END RSA PUBLIC KEY-----",
    ],
    ids=["rfc4716", "pem", "pkcs1"],
)
def test_another_format_is_refused_with_the_command_that_turns_it(text: str) -> None:
    assert refusal_of(text) == (
        "This is a key in another format. Turn it into OpenSSH's: ssh-keygen -i -f FILE"
        " (for PEM: ssh-keygen -i -m PKCS8 -f FILE)."
    )


@pytest.mark.parametrize(
    "options",
    [
        'command="/bin/sh"',
        "no-pty",
        'restrict,from="10.0.0.0/8"',
        'environment="LD_PRELOAD=/tmp/x.so"',
        "cert-authority",
        "@cert-authority *.example.com",
    ],
)
def test_options_before_the_key_are_refused(options: str) -> None:
    assert refusal_of(f"{options} {LINE}") == (
        "Something stands before the key. Options such as command=… or from=… are not taken:"
        f" what a login may do is the same for everybody. {HOW_TO}"
    )


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\n\n"])
def test_a_second_line_is_refused_whatever_it_holds(separator: str) -> None:
    """The second line would be a key of its own, with options of its own."""
    assert refusal_of(f'{LINE} me{separator}command="/bin/sh" {LINE}').startswith("A key is one line")
    key_type, encoded = LINE.split(" ")
    assert refusal_of(f"{key_type}{separator}{encoded}").startswith("A key is one line")


@pytest.mark.parametrize("character", ["\0", "\u2028", "\x0b", "\x85", "\u202e", "\u00a0", "\t", "\ud800"])
def test_a_character_that_is_not_shown_is_refused_wherever_it_stands(character: str) -> None:
    key_type, encoded = LINE.split(" ")
    for text in (f"{LINE} a{character}b", f"{key_type}{character} {encoded}", f"{LINE}{character}x"):
        assert refusal_of(text) == f"This holds characters that can't be shown. {HOW_TO}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", f"There is no key. {HOW_TO}"),
        (" \n ", f"There is no key. {HOW_TO}"),
        ("x" * 8001, f"This is longer than any key. {HOW_TO}"),
        ("ssh-dss AAAA", "DSA keys are too weak. Make a better one: ssh-keygen -t ed25519"),
        (
            "ssh-ed25519-cert-v01@openssh.com AAAA",
            "This is a certificate. Paste the public key it was made for, without “-cert”.",
        ),
    ],
    ids=["empty", "blank", "long", "dsa", "certificate"],
)
def test_what_is_no_key_is_refused_with_its_own_sentence(text: str, sentence: str) -> None:
    assert refusal_of(text) == sentence


@pytest.mark.parametrize("text", ["ssh-rsa1 AAAA", "ssh-ed448 AAAA", "webauthn-sk-x@openssh.com AAAA"])
def test_an_unknown_type_is_named(text: str) -> None:
    assert refusal_of(text).startswith(
        f"Keys of the type {text.split(' ', maxsplit=1)[0]} are not taken. Known types: "
    )


@pytest.mark.parametrize("text", ["2048 65537 1234567890", "hello", "SSH-ED25519 AAAA", "SHA256:abc"])
def test_a_line_of_something_else_is_refused(text: str) -> None:
    assert refusal_of(text).startswith(f"This does not begin with the type of a key. {HOW_TO}")


def test_rsa_below_3072_bits_is_refused_with_its_size() -> None:
    assert refusal_of(make_rsa_line(2048)) == (
        "This RSA key has 2048 bits; at least 3072 are needed. Make a better one: ssh-keygen -t ed25519"
    )


def spoil(key_type: str, *fields: bytes, named: str = "") -> str:
    return write_line(key_type, *fields, named=named)


POINT = write_string(make_point())
CURVE_POINT = make_curve_point("nistp256")
ODD = (1 << 3072) + 1


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (spoil("ssh-ed25519", POINT, named="ssh-rsa"), "its bytes name another type"),
        (spoil("ssh-ed25519", write_string(b"x" * 31)), "an Ed25519 key has 32 bytes"),
        (spoil("ssh-ed25519", POINT, b"x"), "something follows its end"),
        (spoil("ssh-ed25519", POINT[:-1]), "it ends too early"),
        (spoil("ssh-ed25519"), "it ends too early"),
        (
            spoil("ecdsa-sha2-nistp256", write_string(b"nistp384"), write_string(CURVE_POINT)),
            "its curve is not the one of its type",
        ),
        (
            spoil("ecdsa-sha2-nistp256", write_string(b"nistp256"), write_string(CURVE_POINT[:-1] + b"\0\0")),
            "its point is not on its curve",
        ),
        (
            spoil("ecdsa-sha2-nistp256", write_string(b"nistp256"), write_string(b"\4" + b"\1" * 64)),
            "its point is not on its curve",
        ),
        (
            spoil("ecdsa-sha2-nistp256", write_string(b"nistp256"), write_string(b"\2" + CURVE_POINT[1:33])),
            "its point is not written in full",
        ),
        (
            spoil("sk-ssh-ed25519@openssh.com", POINT, write_string(b"https://example.com")),
            "it was made for something else than SSH",
        ),
        (spoil("ssh-rsa", write_number(65536), write_number(ODD)), "its numbers are none of an RSA key"),
        (spoil("ssh-rsa", write_number(1), write_number(ODD)), "its numbers are none of an RSA key"),
        (
            spoil("ssh-rsa", write_number(65537), write_number(1 << 3072)),
            "its numbers are none of an RSA key",
        ),
        (spoil("ssh-rsa", write_number(65537), write_number(3 * ODD)), "its modulus has a small factor"),
        (
            spoil("ssh-rsa", write_string(b"\0\0\1\0\1"), write_number(ODD)),
            "it holds a number that is not written as SSH writes numbers",
        ),
        (
            spoil("ssh-rsa", write_string(b"\xff"), write_number(ODD)),
            "it holds a number that is not written as SSH writes numbers",
        ),
    ],
    ids=[
        *("other-type", "short-point", "long", "cut", "empty", "other-curve", "long-point", "off-curve"),
        *("compressed", "other-application", "even-exponent", "exponent-1", "even-modulus", "small-factor"),
        *("padded-number", "negative-number"),
    ],
)
def test_bytes_that_are_no_key_of_the_type_are_refused(line: str, what: str) -> None:
    key_type = line.split(" ", maxsplit=1)[0]
    assert refusal_of(line) == f"This is not a whole {key_type} key: {what}. Copy the line again."


def test_base64_with_anything_foreign_or_left_over_is_refused() -> None:
    key_type, encoded = make_rsa_line().split(" ")
    # The last character's unused bits: another text for the same bytes.
    loose = encoded.rstrip("=")
    padding = encoded[len(loose) :]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    following = loose[:-1] + alphabet[(alphabet.index(loose[-1]) + 1) % 64] + padding
    texts = [encoded[:-5], f"{encoded[:9]}*{encoded[9:]}", f"{encoded}AAAA", encoded.replace("A", "-", 1), ""]
    for text in [*texts, *([following] if padding else [])]:
        sentence = refusal_of(f"{key_type} {text}".strip() if text else f"{key_type} ")
        assert sentence.endswith("Copy the line again.") or sentence.startswith("This does not begin")


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_whatever_is_pasted_is_a_key_or_a_refusal(text: str) -> None:
    for pasted in (text, f"ssh-ed25519 {text}", f"{LINE}{text}"):
        try:
            read = read_public_key(pasted)
        except Invalid:
            continue
        assert (read.text, "\n" in read.comment) == (LINE, False)


@given(st.data())
def test_no_changed_byte_gives_the_same_fingerprint(data: st.DataObject) -> None:
    key_type, encoded = LINE.split(" ")
    blob = bytearray(base64.b64decode(encoded))
    place = data.draw(st.integers(0, len(blob) - 1))
    blob[place] ^= data.draw(st.integers(1, 255))
    try:
        read = read_public_key(f"{key_type} {base64.b64encode(blob).decode()}")
    except Invalid:
        return
    assert place >= len(blob) - 32
    assert read.fingerprint != read_public_key(LINE).fingerprint
