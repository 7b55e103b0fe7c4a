"""What the walks over every endpoint have to know of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from accounts.enums import Role

DECIDING = frozenset({Role.APPROVER, Role.ADMIN})
EDITING = frozenset({Role.EDITOR, *DECIDING})


@dataclass(frozen=True)
class Endpoint:
    """`scopes`: one of these is needed, none for any token. `is_scoped`: its object belongs to a team.

    `services_get`: what a service account is answered where it has no business.
    """

    name: str
    method: str
    scopes: tuple[str, ...] = ()
    is_scoped: bool = False
    roles: frozenset[str] = frozenset(Role.values)
    takes_services: bool = True
    services_get: int = 403
    success: int = 200
    body: dict[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"{self.method} {self.name}"
