"""Reads the line that a person pastes from a `.pub` file; everything else is refused with a way forward."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from accounts.ssh.key_types import KEY_TYPES
from accounts.ssh.wire import Malformed, WireReader
from events.errors import Invalid
from events.text import list_deceptions

# The longest key that is taken, RSA with 16,384 bits, has about 2,800 characters.
MAX_LENGTH = 8000
MAX_COMMENT_LENGTH = 255
FIELD = "public_key"

HOW_TO = "Paste the one line of your .pub file, for example of ~/.ssh/id_ed25519.pub."
PRIVATE_SENTENCE = (
    "This is a private key. It was not stored. Nobody but you should ever have it:"
    " if it left your machine, make a new one. Paste the .pub file that lies beside it."
)
PRIVATE = re.compile(r"PRIVATE KEY|PuTTY-User-Key-File|SSH PRIVATE KEY FILE FORMAT", re.IGNORECASE)
OTHER_FORMAT = re.compile(r"---- ?BEGIN (SSH2 PUBLIC KEY|(RSA )?PUBLIC KEY|CERTIFICATE)", re.IGNORECASE)
TYPE = re.compile(r"[a-z0-9-]+(@[a-z0-9.-]+)?")
BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """`text` is the type and the key in base64, as sshd reads them; `comment` is whatever followed."""

    key_type: str
    bits: int
    text: str
    fingerprint: str
    comment: str = ""


def read_public_key(text: str) -> PublicKey:
    """The key in `text`: one line of type, base64 and an optional comment. Raises Invalid with a sentence."""
    line = read_single_line(text)
    key_type, _, rest = line.partition(" ")
    require_known_type(key_type, line)
    encoded, _, comment = rest.strip().partition(" ")
    blob = decode(encoded, key_type)
    try:
        bits = read_blob(blob, key_type)
    except Malformed as error:
        raise refuse(f"This is not a whole {key_type} key: {error.message}. Copy the line again.") from error
    return PublicKey(
        key_type=key_type,
        bits=bits,
        text=f"{key_type} {encoded}",
        fingerprint=compute_fingerprint(blob),
        comment=comment.strip()[:MAX_COMMENT_LENGTH],
    )


def read_single_line(text: str) -> str:
    """Raises Invalid for what is no line of a `.pub` file, beginning with the worst that could be pasted."""
    if PRIVATE.search(text):
        raise refuse(PRIVATE_SENTENCE)
    if OTHER_FORMAT.search(text):
        raise refuse(
            "This is a key in another format. Turn it into OpenSSH's: ssh-keygen -i -f FILE"
            " (for PEM: ssh-keygen -i -m PKCS8 -f FILE)."
        )
    # Outer blanks come with copying; anything else that is not shown stays and is refused.
    line = text.strip(" \t\r\n")
    if not line:
        raise refuse(f"There is no key. {HOW_TO}")
    if len(line) > MAX_LENGTH:
        raise refuse(f"This is longer than any key. {HOW_TO}")
    if "\n" in line or "\r" in line:
        raise refuse(
            "A key is one line, and this is several. Add keys one by one; if a copied line was broken,"
            " join it again."
        )
    if "\t" in line or list_deceptions(line):
        raise refuse(f"This holds characters that can't be shown. {HOW_TO}")
    return line


def require_known_type(key_type: str, line: str) -> None:
    """Raises Invalid, telling options, certificates, weak types and other lines apart."""
    if key_type in KEY_TYPES:
        return
    if key_type == "ssh-dss":
        raise refuse("DSA keys are too weak. Make a better one: ssh-keygen -t ed25519")
    if "-cert-v0" in key_type:
        raise refuse("This is a certificate. Paste the public key it was made for, without “-cert”.")
    if any(f"{known} " in line for known in KEY_TYPES):
        raise refuse(
            "Something stands before the key. Options such as command=… or from=… are not taken:"
            f" what a login may do is the same for everybody. {HOW_TO}"
        )
    known = ", ".join(KEY_TYPES)
    if TYPE.fullmatch(key_type) and key_type.startswith(("ssh-", "ecdsa-", "sk-", "webauthn-")):
        raise refuse(f"Keys of the type {key_type[:60]} are not taken. Known types: {known}.")
    raise refuse(f"This does not begin with the type of a key. {HOW_TO} Known types: {known}.")


def decode(encoded: str, key_type: str) -> bytes:
    """The key's bytes; raises Invalid for base64 with anything foreign, missing or left over in it."""
    try:
        blob = base64.b64decode(encoded, validate=True) if BASE64.fullmatch(encoded) else b""
    except binascii.Error:
        blob = b""
    # Bits that stand for nothing would give one key several texts.
    if not blob or base64.b64encode(blob).decode() != encoded:
        raise refuse(f"What follows {key_type} is no whole key. Copy the line again.")
    return blob


def read_blob(blob: bytes, key_type: str) -> int:
    """The number of bits of a key of this type; raises Malformed, or Invalid for a weak one."""
    reader = WireReader(blob)
    if reader.read_string() != key_type.encode():
        raise Malformed("its bytes name another type")
    bits = KEY_TYPES[key_type](reader)
    reader.finish()
    return bits


def compute_fingerprint(blob: bytes) -> str:
    """As `ssh-keygen -l` prints it."""
    return f"SHA256:{base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip('=')}"


def refuse(sentence: str) -> Invalid:
    return Invalid(sentence, field=FIELD)
