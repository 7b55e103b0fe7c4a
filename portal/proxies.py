"""Who the client is behind one reverse proxy, when COUNTERSIGN_TRUST_PROXY_HEADERS says to believe it."""

from __future__ import annotations

import ipaddress
from typing import Any

SECURE = {"http": "https", "https": "https", "ws": "wss", "wss": "wss"}
PLAIN = {"http": "http", "https": "http", "ws": "ws", "wss": "ws"}


def apply_forwarded_headers(scope: dict[str, Any]) -> dict[str, Any]:
    """The scope with the client and scheme that the nearest proxy saw.

    The last address of X-Forwarded-For is the one our own proxy added; those before it are whatever the
    client wrote there.
    """
    headers = {name: value for name, value in scope["headers"] if name.startswith(b"x-forwarded-")}
    changed = dict(scope)
    last = headers.get(b"x-forwarded-for", b"").decode("latin1").rpartition(",")[2].strip()
    if is_address(last):
        changed["client"] = [last, 0]
    schemes = SECURE if headers.get(b"x-forwarded-proto", b"").strip().lower() == b"https" else PLAIN
    changed["scheme"] = schemes[scope.get("scheme") or ("ws" if scope["type"] == "websocket" else "http")]
    return changed


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
