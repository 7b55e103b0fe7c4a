"""What stands inside a public key: strings and numbers as SSH writes them (RFC 4251, section 5)."""

from __future__ import annotations

from events.errors import Invalid

LENGTH_BYTES = 4


class Malformed(Invalid):
    """The bytes are not what the key's type says they are."""


class WireReader:
    """Takes one field after another from a key's bytes; raises Malformed where there is no such field."""

    def __init__(self, blob: bytes) -> None:
        self.blob = blob
        self.position = 0

    def read_string(self) -> bytes:
        start = self.position + LENGTH_BYTES
        length = int.from_bytes(self.blob[self.position : start], "big")
        if start + length > len(self.blob):
            raise Malformed("it ends too early")
        self.position = start + length
        return self.blob[start : self.position]

    def read_number(self) -> int:
        """A positive number in its one shortest form."""
        field = self.read_string()
        number = int.from_bytes(field, "big", signed=True)
        if number <= 0 or len(field) != number.bit_length() // 8 + 1:
            raise Malformed("it holds a number that is not written as SSH writes numbers")
        return number

    def finish(self) -> None:
        if self.position != len(self.blob):
            raise Malformed("something follows its end")


def write_string(text: bytes) -> bytes:
    return len(text).to_bytes(LENGTH_BYTES, "big") + text
