"""What can be said of a remote server's address without asking the network."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from mcp_servers.checks.results import BLOCKING, HIGH, LOW, CheckResult, finding, passed
from mcp_servers.content import McpServerContent

NAME = "address"
_PRIVATE_SUFFIXES = (
    *(".arpa", ".corp", ".example", ".home", ".internal", ".intranet", ".invalid", ".lan", ".local"),
    *(".localdomain", ".localhost", ".onion", ".private", ".test"),
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# What old resolvers still take for an address: 127.1, 0x7f000001, 2130706433.
_NUMERIC = re.compile(r"(?:0x[0-9a-f]+|[0-9]+)(?:\.(?:0x[0-9a-f]+|[0-9]+))*\.?")


def check_remote(content: McpServerContent) -> CheckResult:
    """Public HTTPS only. Where the name leads is looked at when it is reached, each time."""
    if not content.is_remote:
        return passed(NAME, "It is reached by its pipes, not by an address.")
    try:
        parts = urlsplit(content.url)
        problem, port = describe_problem(parts), parts.port
    except ValueError:
        return finding(NAME, BLOCKING, "The address can't be read.")
    if problem:
        return finding(NAME, BLOCKING, problem)
    if parts.query or port not in {None, 443}:
        what = "holds a query, which lands in logs" if parts.query else f"names the port {port}"
        return finding(NAME, HIGH if parts.query else LOW, f"The address {what}.", host=parts.hostname)
    return passed(NAME, f"Public HTTPS at {parts.hostname}.", host=parts.hostname)


def describe_problem(parts: SplitResult) -> str:
    """Why this address can't be used at all; "" when it can."""
    host = (parts.hostname or "").lower()
    if parts.scheme.lower() != "https":
        return "Only HTTPS is used: otherwise anybody on the way reads and changes what is said."
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        return "The address holds a login."
    if "{" in parts.geturl() or "}" in parts.geturl():
        return "The address has a place that is filled in later; it has to stand in full."
    if parts.fragment or "\\" in parts.geturl():
        return "The address holds a # or \\, which programs read differently."
    return describe_host(host)


def describe_host(host: str) -> str:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    else:
        return "" if is_public(address) else "The address is not a public one."
    name = host.removesuffix(".")
    if _NUMERIC.fullmatch(host):
        return "The address is a number written so that programs read it differently."
    if "." not in name or name == "localhost" or name.endswith(_PRIVATE_SUFFIXES):
        return "The name is not a public one."
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        return "The host's name holds characters that no public name has; write it in ASCII (xn--…)."
    return ""


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Also of what an IPv6 address carries inside itself."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if carried is not None:
            return False
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return False
    return address.is_global and not address.is_multicast
