"""A URL in its parts, read so strictly that every client reads it the same.

Source: RFC 3986 and the WHATWG URL standard, whose differences (backslashes, odd numbers, user names) are
what tricks are made of: whatever the two read differently is refused here.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import unquote

from governance.matching.honesty import explain_dishonest
from governance.matching.words import UnreadableError

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 8192
URL = re.compile(r"(?P<scheme>[A-Za-z]+)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?")
AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[1-9][0-9]{0,4}))?")
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
NUMBER = re.compile(r"0[xX][0-9A-Fa-f]*|[0-9]+")
DETOUR = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)|%2f|%5c|%00|%(?![0-9a-f]{2})", re.IGNORECASE)
# Names that only this network knows.
NEAR = re.compile(r"(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|arpa)$")


@dataclass(frozen=True, slots=True)
class Url:
    """`host` in lower case; `path` with its query, without its fragment, beginning with a slash."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_number(self) -> bool:
        return self.host.startswith("[") or bool(NUMBER.fullmatch(self.host.rpartition(".")[2]))

    @property
    def is_near(self) -> bool:
        """Whether its host is an address, or a name of the own network."""
        return self.is_number or "." not in self.host or bool(NEAR.search(self.host))


def read_url(source: str) -> Url:
    """Raises UnreadableError, with why the URL can't be judged."""
    if not isinstance(source, str):
        raise UnreadableError("The URL is no text.")
    if not source.isascii():
        raise UnreadableError(explain_letters(source))
    if problem := explain_dishonest(source):
        raise UnreadableError(problem)
    if len(source) > MAX_LENGTH:
        raise UnreadableError("The URL is longer than 8192 characters.")
    if re.search(r"[\s\\]", source):
        raise UnreadableError("The URL holds a blank or a backslash, which clients read differently.")
    found = URL.fullmatch(source)
    scheme = found["scheme"].lower() if found else ""
    if found is None or scheme not in DEFAULT_PORTS:
        raise UnreadableError("It is no plain http or https URL.")
    if "@" in found["authority"]:
        raise UnreadableError(f"The URL names a user before its host {read_hosts(source)[0]}.")
    authority = AUTHORITY.fullmatch(found["authority"])
    if authority is None:
        raise UnreadableError("The host of the URL is not written plainly.")
    if DETOUR.search(found["path"]):
        raise UnreadableError("The path of the URL holds detours or hidden separators.")
    host = check_host(authority["host"].lower())
    port = int(authority["port"] or DEFAULT_PORTS[scheme])
    return Url(scheme, host, port, (found["path"] or "/") + (found["query"] or ""))


def check_host(host: str) -> str:
    """The host as it is; raises UnreadableError when clients could read it as another."""
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError:
            raise UnreadableError("The address of the URL is none.") from None
    labels = host.split(".")
    if NUMBER.fullmatch(labels[-1]):
        address = read_address(host)
        if address != host:
            meant = f", which may mean {address}" if address else ""
            raise UnreadableError(f"The host is an oddly written number{meant}.")
        return host
    if not all(LABEL.fullmatch(label) for label in labels):
        raise UnreadableError("The host of the URL is not written plainly.")
    return host


def read_address(host: str) -> str:
    """The IPv4 address that a client may take these numbers for, "" when none would. Source: WHATWG URL."""
    parts = host.removesuffix(".").split(".")
    if len(parts) > 4 or not all(NUMBER.fullmatch(part) for part in parts):
        return ""
    try:
        numbers = [read_number(part) for part in parts]
    except ValueError:
        return ""
    *firsts, last = numbers
    if any(number > 255 for number in firsts) or last >= 256 ** (5 - len(numbers)):
        return ""
    value = last + sum(number * 256 ** (3 - place) for place, number in enumerate(firsts))
    return str(ipaddress.IPv4Address(value))


def read_number(text: str) -> int:
    if text[:2] in {"0x", "0X"}:
        return int(text[2:] or "0", 16)
    return int(text, 8) if text.startswith("0") and len(text) > 1 else int(text)


def explain_letters(source: str) -> str:
    """What stands behind letters that only look like others."""
    shown = ", ".join(host for host in read_hosts(source) if "xn--" in host)
    if shown:
        return f"The host is written with unusual letters: {shown}."
    return "The URL holds characters that it should spell with %."


def read_hosts(source: str) -> list[str]:
    """Every host that some client could take this for: for denials, and to show it. Never empty."""
    cleaned = re.sub(r"[\t\r\n]", "", source).strip()
    hosts: list[str] = []
    for text in (cleaned.replace("\\", "/"), cleaned):
        rest = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*:[/\\]*", "", text)
        for authority in (re.split(r"[/?#]", rest)[0], rest.partition("/")[0]):
            names = [authority.rpartition("@")[2], *authority.split("@")]
            hosts += [normalise_host(name) for name in (*names, *map(unquote, names))]
    return list(dict.fromkeys(filter(None, hosts))) or [""]


def normalise_host(name: str) -> str:
    host = re.sub(r":\d*$", "", name).lower().rstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return ""
    return read_address(host) or host


def show_labels(host: str) -> str:
    """A host in punycode as it would be displayed; "" when that can't be told."""
    try:
        return host.encode().decode("idna")
    except UnicodeError:
        return ""
