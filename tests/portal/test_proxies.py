from __future__ import annotations

from typing import Any

import pytest

from portal.proxies import apply_forwarded_headers


def apply(kind: str = "http", scheme: str | None = "http", **headers: str) -> tuple[Any, str]:
    scope = {
        "type": kind,
        "client": ["10.0.0.1", 5],
        "headers": [
            (name.replace("_", "-").encode(), value.encode("latin1")) for name, value in headers.items()
        ],
    }
    if scheme:
        scope["scheme"] = scheme
    changed = apply_forwarded_headers(scope)
    assert scope["client"] == ["10.0.0.1", 5]
    return changed["client"], changed["scheme"]


def test_the_last_address_is_the_one_our_proxy_saw() -> None:
    client, scheme = apply(x_forwarded_for="1.1.1.1, 2.2.2.2,3.3.3.3 ", x_forwarded_proto="https")
    assert (client, scheme) == (["3.3.3.3", 0], "https")


@pytest.mark.parametrize("text", ["", "unknown", "localhost", "1.1.1.1, evil", "1.2.3.4:80", "'"])
def test_what_is_not_an_address_changes_nothing(text: str) -> None:
    assert apply(x_forwarded_for=text)[0] == ["10.0.0.1", 5]


@pytest.mark.parametrize(
    ("kind", "scheme", "proto", "expected"),
    [
        ("http", "http", "https", "https"),
        ("http", "http", "HTTPS", "https"),
        ("http", "http", "http", "http"),
        ("http", "http", "gopher", "http"),
        ("websocket", "ws", "https", "wss"),
        ("websocket", None, "https", "wss"),
        ("websocket", None, "http", "ws"),
    ],
)
def test_the_scheme_is_the_clients(kind: str, scheme: str | None, proto: str, expected: str) -> None:
    assert apply(kind, scheme, x_forwarded_proto=proto)[1] == expected
