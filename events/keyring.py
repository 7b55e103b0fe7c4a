"""The deployment's keys: field encryption, the token pepper, signed audit heads.

The file named by COUNTERSIGN_KEYS_FILE holds one key per line, `id base64(32 bytes)`; the first
encrypts, all decrypt. Keys for each purpose are derived with HKDF-SHA256, so no purpose can be used
to attack another. Losing the file loses what it encrypted: back it up apart from the database.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_ID = re.compile(r"[a-z0-9-]{1,32}")
KEY_BYTES = 32
NONCE_BYTES = 12
PURPOSES = frozenset({"fields", "tokens", "audit-heads", "releases", "sop-seals", "check"})


class KeyringError(Exception):
    """The keys file is missing, malformed, or lacks a key that data here needs."""


@lru_cache(maxsize=64)
def derive_key(secret: bytes, purpose: str) -> bytes:
    if purpose not in PURPOSES:
        raise ValueError(f"unknown purpose {purpose!r}")
    info = f"countersign/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


@lru_cache(maxsize=64)
def open_cipher(secret: bytes) -> AESGCM:
    """The cipher of encrypted fields."""
    return AESGCM(derive_key(secret, "fields"))


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    secret: bytes

    def derive(self, purpose: str) -> bytes:
        return derive_key(self.secret, purpose)

    @property
    def check_value(self) -> str:
        """Tells whether a key of this id is the same key, and nothing else."""
        return hmac.new(self.derive("check"), self.id.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Keyring:
    keys: tuple[Key, ...]

    @property
    def first(self) -> Key:
        return self.keys[0]

    def get(self, key_id: str) -> Key:
        for key in self.keys:
            if key.id == key_id:
                return key
        raise KeyringError(f"the keys file has no key {key_id!r}")

    def encrypt(self, text: str, context: str) -> str:
        """`id.nonce.ciphertext`; bound to `context` ("model.row.field"), so it can't be moved elsewhere."""
        key, nonce = self.first, secrets.token_bytes(NONCE_BYTES)
        sealed = open_cipher(key.secret).encrypt(nonce, text.encode(), context.encode())
        return ".".join([key.id, encode(nonce), encode(sealed)])

    def decrypt(self, sealed: str, context: str) -> str:
        """Raises KeyringError when the key is unknown, or the text was changed or moved."""
        try:
            key_id, nonce, ciphertext = sealed.split(".")
            key = self.get(key_id)
            cipher = open_cipher(key.secret)
            return cipher.decrypt(decode(nonce), decode(ciphertext), context.encode()).decode()
        except (ValueError, InvalidTag) as error:
            raise KeyringError("an encrypted value can't be read: it was changed, moved or cut") from error

    def digest_token(self, secret: str) -> list[str]:
        """Keyed digests of an API token, current key first; the others find tokens made before a rotation."""
        return [
            hmac.new(key.derive("tokens"), secret.encode(), hashlib.sha256).hexdigest() for key in self.keys
        ]

    def sign(self, text: str, *, purpose: str = "audit-heads") -> tuple[str, str]:
        """(key id, HMAC-SHA256 hex) with the first key, derived for `purpose`."""
        return self.first.id, self.compute_signature(self.first, text, purpose)

    def verify(self, key_id: str, text: str, signature: str, *, purpose: str = "audit-heads") -> bool:
        return hmac.compare_digest(self.compute_signature(self.get(key_id), text, purpose), signature)

    @staticmethod
    def compute_signature(key: Key, text: str, purpose: str) -> str:
        return hmac.new(key.derive(purpose), text.encode(), hashlib.sha256).hexdigest()


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parse_keyring(text: str) -> Keyring:
    """Raises KeyringError naming the line, never its content."""
    keys: list[Key] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split()
        try:
            key_id, text = words
            secret = base64.b64decode(text, validate=True)
        except ValueError as error:
            raise KeyringError(f"keys file, line {number}: expected `id base64`") from error
        if not KEY_ID.fullmatch(key_id) or len(secret) != KEY_BYTES:
            raise KeyringError(f"keys file, line {number}: expected `id base64(32 bytes)`")
        if any(key.id == key_id for key in keys):
            raise KeyringError(f"keys file, line {number}: the id stands there twice")
        keys.append(Key(key_id, secret))
    if not keys:
        raise KeyringError("the keys file holds no key")
    return Keyring(tuple(keys))


def make_keys_file(path: Path) -> None:
    """Write a new file with one key, mode 0600; an existing file is left alone.

    It appears whole or not at all: another process that starts now never reads half a key.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"k1 {base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


@lru_cache(maxsize=4)
def load_keyring(path: Path) -> Keyring:
    try:
        return parse_keyring(path.read_text())
    except FileNotFoundError as error:
        raise KeyringError(
            "the keys file does not exist; `manage.py up` makes one on the first run"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise KeyringError(f"the keys file can't be read: {type(error).__name__}") from error


def get_keyring() -> Keyring:
    """The keyring of this process, read once."""
    return load_keyring(settings.COUNTERSIGN_KEYS_FILE)
