"""Public keys for tests: made here, field by field, so that each may be wrong in one place."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from accounts.ssh.wire import write_string

CURVES: dict[str, ec.EllipticCurve] = {
    "nistp256": ec.SECP256R1(),
    "nistp384": ec.SECP384R1(),
    "nistp521": ec.SECP521R1(),
}


def write_number(number: int) -> bytes:
    return write_string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def write_line(key_type: str, *fields: bytes, named: str = "") -> str:
    """A line whose bytes name `named` (the same type unless told) and hold these fields."""
    blob = write_string((named or key_type).encode()) + b"".join(fields)
    return f"{key_type} {base64.b64encode(blob).decode()}"


def make_point() -> bytes:
    """The bytes of a new Ed25519 key."""
    return ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def make_curve_point(curve: str) -> bytes:
    key = ec.generate_private_key(CURVES[curve]).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def make_ed25519_line() -> str:
    return write_line("ssh-ed25519", write_string(make_point()))


def make_ecdsa_line(curve: str = "nistp256") -> str:
    fields = (write_string(curve.encode()), write_string(make_curve_point(curve)))
    return write_line(f"ecdsa-sha2-{curve}", *fields)


def make_sk_ed25519_line(application: bytes = b"ssh:") -> str:
    fields = (write_string(make_point()), write_string(application))
    return write_line("sk-ssh-ed25519@openssh.com", *fields)


def make_sk_ecdsa_line() -> str:
    fields = (write_string(b"nistp256"), write_string(make_curve_point("nistp256")), write_string(b"ssh:"))
    return write_line("sk-ecdsa-sha2-nistp256@openssh.com", *fields)


def make_rsa_line(bits: int = 3072) -> str:
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key().public_numbers()
    return write_line("ssh-rsa", write_number(numbers.e), write_number(numbers.n))
