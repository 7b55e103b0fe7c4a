"""What of the apps to the right can be followed live, and whose it is.

Each kind's app says so once, when it is ready: `register_followed("chat", list_audiences)`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

# Record ids → those that exist, each with the audience whose members may follow it.
FollowedResolver = Callable[[Collection[str]], dict[str, str]]

_resolvers: dict[str, FollowedResolver] = {}


def register_followed(kind: str, resolver: FollowedResolver) -> None:
    """`resolver` is called on the hub's database thread, with as many ids as one listener may follow."""
    _resolvers[kind] = resolver


def find_audiences(kind: str, ids: Collection[str]) -> dict[str, str]:
    """Ids that nobody knows are missing."""
    resolver = _resolvers.get(kind)
    return resolver(ids) if resolver is not None and ids else {}
