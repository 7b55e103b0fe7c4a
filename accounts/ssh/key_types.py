"""The key types that are taken, and what each one's bytes must hold.

The bytes are those of RFC 4253 (6.6), RFC 5656 (3.1), RFC 8709 (4) and OpenSSH's PROTOCOL.u2f.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from cryptography.hazmat.primitives.asymmetric import ec

from accounts.ssh.wire import Malformed, WireReader
from events.errors import Invalid

MIN_RSA_BITS = 3072
# OpenSSH reads no longer ones.
MAX_RSA_BITS = 16384
# A longer exponent only makes checking slow; OpenSSL refuses it as well.
MAX_RSA_EXPONENT_BITS = 64
ED25519_BYTES = 32
UNCOMPRESSED_POINT = 4
SMALL_FACTORS = math.prod(
    number for number in range(3, 1000, 2) if all(number % factor for factor in range(3, number, 2))
)
APPLICATION = b"ssh:"


def read_rsa(reader: WireReader) -> int:
    """The number of bits; raises Invalid for a key that is too weak."""
    exponent, modulus = reader.read_number(), reader.read_number()
    bits = modulus.bit_length()
    if bits < MIN_RSA_BITS:
        raise Invalid(
            f"This RSA key has {bits} bits; at least {MIN_RSA_BITS} are needed."
            " Make a better one: ssh-keygen -t ed25519",
            field="public_key",
        )
    if bits > MAX_RSA_BITS:
        raise Invalid(
            f"This RSA key has {bits} bits; OpenSSH reads {MAX_RSA_BITS} at most.", field="public_key"
        )
    is_odd = exponent % 2 and modulus % 2
    if exponent < 3 or exponent.bit_length() > MAX_RSA_EXPONENT_BITS or not is_odd:
        raise Malformed("its numbers are none of an RSA key")
    if math.gcd(modulus, SMALL_FACTORS) != 1:
        raise Malformed("its modulus has a small factor")
    return bits


def read_ed25519(reader: WireReader) -> int:
    if len(reader.read_string()) != ED25519_BYTES:
        raise Malformed(f"an Ed25519 key has {ED25519_BYTES} bytes")
    return 256


def read_ecdsa(curve: ec.EllipticCurve, name: bytes, reader: WireReader) -> int:
    """The curve by its name again, then a point of it, uncompressed."""
    if reader.read_string() != name:
        raise Malformed("its curve is not the one of its type")
    point = reader.read_string()
    if point[:1] != bytes([UNCOMPRESSED_POINT]):
        raise Malformed("its point is not written in full")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    except ValueError as error:
        raise Malformed("its point is not on its curve") from error
    return curve.key_size


def read_hardware_key(read_key: Callable[[WireReader], int], reader: WireReader) -> int:
    """A key held by a security key: the key itself, then the application it was made for."""
    bits = read_key(reader)
    application = reader.read_string()
    if not application.startswith(APPLICATION) or not application.isascii():
        raise Malformed("it was made for something else than SSH")
    return bits


read_nistp256 = partial(read_ecdsa, ec.SECP256R1(), b"nistp256")

# By type: what reads the bytes that follow its name and tells the number of bits.
KEY_TYPES: dict[str, Callable[[WireReader], int]] = {
    "ssh-ed25519": read_ed25519,
    "sk-ssh-ed25519@openssh.com": partial(read_hardware_key, read_ed25519),
    "ecdsa-sha2-nistp256": read_nistp256,
    "ecdsa-sha2-nistp384": partial(read_ecdsa, ec.SECP384R1(), b"nistp384"),
    "ecdsa-sha2-nistp521": partial(read_ecdsa, ec.SECP521R1(), b"nistp521"),
    "sk-ecdsa-sha2-nistp256@openssh.com": partial(read_hardware_key, read_nistp256),
    "ssh-rsa": read_rsa,
}
