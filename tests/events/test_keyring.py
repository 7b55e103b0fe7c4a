"""The keyring: bound ciphertext, derived purposes, rotation, and a file that says what is wrong with it."""

from __future__ import annotations

import base64
import threading
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from events.keyring import (
    Key,
    Keyring,
    KeyringError,
    get_keyring,
    load_keyring,
    make_keys_file,
    parse_keyring,
)

OLD, NEW = Key("k1", b"1" * 32), Key("k2", b"2" * 32)
ONE_KEY, ROTATED = Keyring((OLD,)), Keyring((NEW, OLD))
CONTEXT = "engines.engine.0abc.password"


def line(key: Key) -> str:
    return f"{key.id} {base64.b64encode(key.secret).decode()}"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_encrypted_is_read_back(text: str) -> None:
    sealed = ONE_KEY.encrypt(text, CONTEXT)
    assert ONE_KEY.decrypt(sealed, CONTEXT) == text
    assert ONE_KEY.encrypt(text, CONTEXT) != sealed


@pytest.mark.parametrize(
    "context",
    ["", "engines.engine.0abc.other", "engines.engine.0abd.password", "accounts.user.0abc.password"],
)
def test_a_value_moved_elsewhere_can_not_be_read(context: str) -> None:
    sealed = ONE_KEY.encrypt("secret", CONTEXT)
    with pytest.raises(KeyringError, match="changed, moved or cut"):
        ONE_KEY.decrypt(sealed, context)


def test_a_value_changed_anywhere_can_not_be_read() -> None:
    key_id, nonce, ciphertext = ONE_KEY.encrypt("secret", CONTEXT).split(".")
    for number in range(len(ciphertext)):
        other = "A" if ciphertext[number] != "A" else "B"
        changed = ciphertext[:number] + other + ciphertext[number + 1 :]
        if base64.urlsafe_b64decode(changed + "==") == base64.urlsafe_b64decode(ciphertext + "=="):
            continue  # the last character's spare bits
        with pytest.raises(KeyringError):
            ONE_KEY.decrypt(f"{key_id}.{nonce}.{changed}", CONTEXT)
    for broken in (
        "",
        "secret",
        "k1.x",
        f"{key_id}.{nonce}",
        f"{key_id}..{ciphertext}",
        f"{key_id}.{nonce}.ä",
        "a.b.c.d",
    ):
        with pytest.raises(KeyringError):
            ONE_KEY.decrypt(broken, CONTEXT)


def test_an_unknown_key_is_named() -> None:
    sealed = Keyring((NEW,)).encrypt("secret", CONTEXT)
    with pytest.raises(KeyringError, match="no key 'k2'"):
        ONE_KEY.decrypt(sealed, CONTEXT)


def test_another_key_of_the_same_name_reads_nothing() -> None:
    sealed = ONE_KEY.encrypt("secret", CONTEXT)
    other = Keyring((Key("k1", b"x" * 32),))
    with pytest.raises(KeyringError, match="changed, moved or cut"):
        other.decrypt(sealed, CONTEXT)
    assert other.first.check_value != ONE_KEY.first.check_value


def test_after_a_rotation_old_values_are_read_and_new_ones_use_the_new_key() -> None:
    assert ROTATED.decrypt(ONE_KEY.encrypt("secret", CONTEXT), CONTEXT) == "secret"
    assert ROTATED.encrypt("secret", CONTEXT).startswith("k2.")


def test_token_digests_cover_every_key_the_current_first() -> None:
    [old] = ONE_KEY.digest_token("csk_1_x")
    assert ROTATED.digest_token("csk_1_x") == [*Keyring((NEW,)).digest_token("csk_1_x"), old]


def test_signatures_name_their_key_and_outlive_a_rotation() -> None:
    key_id, signature = ONE_KEY.sign("head")
    assert (key_id, ROTATED.verify(key_id, "head", signature)) == ("k1", True)
    assert not ROTATED.verify(key_id, "another head", signature)
    assert not ROTATED.verify("k2", "head", signature)
    assert not ROTATED.verify(key_id, "head", signature, purpose="releases")
    with pytest.raises(KeyringError):
        ROTATED.verify("k9", "head", signature)


def test_each_purpose_has_its_own_key() -> None:
    purposes = ["fields", "tokens", "audit-heads", "releases", "check"]
    assert len({OLD.derive(purpose) for purpose in purposes} | {OLD.secret}) == 6
    with pytest.raises(ValueError, match="unknown purpose"):
        OLD.derive("something else")


def test_the_file_has_comments_and_blank_lines() -> None:
    assert parse_keyring(f"# two keys\n\n{line(NEW)}\n{line(OLD)}\n") == ROTATED


SECRET = base64.b64encode(b"1" * 32).decode()


@pytest.mark.parametrize(
    "bad",
    [
        "k1",
        f"k1 {SECRET} more",
        "k1 not-base64!",
        "k1 schlüssel",
        f"K1 {SECRET}",
        f"{'k' * 33} {SECRET}",
        f"k.1 {SECRET}",
        f"k1 {base64.b64encode(b'short').decode()}",
        f"k1 {SECRET}\nk1 {SECRET}",
    ],
)
def test_a_wrong_line_is_named_and_not_repeated(bad: str) -> None:
    with pytest.raises(KeyringError) as caught:
        parse_keyring(f"# first\n{bad}\n")
    number = 2 + bad.count("\n")
    assert str(caught.value).startswith(f"keys file, line {number}:")
    assert SECRET not in str(caught.value)


def test_a_file_without_a_key_is_refused() -> None:
    with pytest.raises(KeyringError, match="holds no key"):
        parse_keyring("# nothing\n")


def test_a_file_that_can_not_be_read_is_a_keyring_error(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="does not exist"):
        load_keyring(tmp_path / "missing")
    with pytest.raises(KeyringError, match="IsADirectoryError"):
        load_keyring(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KeyringError, match="UnicodeDecodeError"):
        load_keyring(tmp_path / "binary")


def test_a_new_file_is_private_and_an_old_one_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "countersign.keys"
    make_keys_file(path)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    text = path.read_text()
    assert [key.id for key in parse_keyring(text).keys] == ["k1"]
    make_keys_file(path)
    assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "countersign.keys"
    read: list[Keyring] = []

    def start() -> None:
        make_keys_file(path)
        read.append(parse_keyring(path.read_text()))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [read[0]] * 8
    assert list(tmp_path.iterdir()) == [path]


def test_the_process_reads_its_file_once() -> None:
    assert get_keyring() is get_keyring()
