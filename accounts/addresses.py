"""Where a request came from: behind a trusted proxy the client that the proxy saw (`portal.proxies`)."""

from __future__ import annotations

import ipaddress

from django.http import HttpRequest

# One household or office has a whole /64 of IPv6 addresses to change between.
IPV6_PREFIX_LENGTH = 64


def read_address(request: HttpRequest) -> str:
    """The client's address; "" where there is none, as on a unix socket."""
    try:
        address = ipaddress.ip_address(str(request.META.get("REMOTE_ADDR") or ""))
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def read_network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 one."""
    if ":" not in address:
        return address
    network = ipaddress.ip_network((address.partition("%")[0], IPV6_PREFIX_LENGTH), strict=False)
    return str(network.network_address)
