"""Who stands at a door: the user, the token they came with, and the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone

from accounts.models import ApiToken, Membership, User
from events.actors import Actor, ActorKind
from events.prepared import Prepared

ROLES: Prepared[tuple[str, str]] = Prepared(
    lambda user_id: (
        Membership.objects.filter(user_id=user_id, user__is_active=True, ended_at=None, team__retired_at=None)
        .order_by()
        .values_list("team_id", "role")
    )
)
SERVICE_ACCOUNTS: Prepared[tuple[str]] = Prepared(
    lambda owner_id: User.objects.filter(owner_id=owner_id).order_by().values_list("pk")
)

# How long a password or a login link counts for what asks for it again.
RECENT_LOGIN = timedelta(minutes=15)


def is_recent_login(moment: datetime | None) -> bool:
    """A moment in the future, from a clock that was set back, is not recent."""
    return moment is not None and timedelta(seconds=-1) <= timezone.now() - moment < RECENT_LOGIN


@dataclass(frozen=True)
class Principal:
    """An authenticated caller. `token` is None for a session: it has every scope its roles allow.

    `password_checked_at`: when this session last saw the password or a login link of its person.
    """

    user: User
    door: str
    token: ApiToken | None = field(default=None)
    password_checked_at: datetime | None = field(default=None)

    @property
    def has_recent_login(self) -> bool:
        """Never for a token."""
        return self.token is None and is_recent_login(self.password_checked_at)

    @property
    def actor(self) -> Actor:
        kind = ActorKind.SERVICE if self.user.is_service else ActorKind.USER
        return Actor(kind, self.user.pk, self.door, str(self.user))

    @cached_property
    def roles(self) -> dict[str, str]:
        """{team id: role} of an active user's open memberships in live teams, read once."""
        return dict(ROLES.all(user_id=self.user.pk))

    @cached_property
    def service_account_ids(self) -> frozenset[str]:
        """The service accounts this person answers for, read once for this principal."""
        return frozenset(user_id for (user_id,) in SERVICE_ACCOUNTS.all(owner_id=self.user.pk))

    @cached_property
    def outline(self) -> Outline:
        """For prepared reads of what this principal may see."""
        scopes = None if self.token is None else tuple(self.token.scopes)
        values = {"user_id": self.user.pk, "team_ids": sorted(self.roles)}
        return Outline((self.user.is_superuser, scopes), values)

    @property
    def team_ids(self) -> frozenset[str]:
        return frozenset(self.roles)

    @property
    def sees_all_teams(self) -> bool:
        """Owners see every team's metadata and state words; commands they read only as members."""
        return self.user.is_superuser

    @property
    def audiences(self) -> frozenset[str]:
        """The event audiences this principal belongs to by membership (see `sees_all_teams`)."""
        own = {f"team:{team_id}" for team_id in self.roles} | {f"user:{self.user.pk}"}
        return frozenset(own | ({"owners"} if self.user.is_superuser else set()))

    def has_scope(self, scope: str) -> bool:
        return self.token is None or scope in self.token.scopes

    def has_role(self, team_id: str, roles: frozenset[str]) -> bool:
        return self.roles.get(team_id) in roles


Shape = tuple[bool, tuple[str, ...] | None]


@dataclass(frozen=True, slots=True)
class Outline:
    """A principal for a prepared read: what shapes the query apart from the values that go into it.

    `shape` is (is owner, scopes of the token or None).
    """

    shape: Shape
    values: dict[str, Any]

    @staticmethod
    def build_principal(shape: Shape, *, user_id: Any, team_ids: Any) -> Principal:
        """A principal of this shape with placeholders for values: only to ask for querysets."""
        is_owner, scopes = shape
        user = User(pk=user_id, is_superuser=is_owner)
        token = None if scopes is None else ApiToken(scopes=list(scopes))
        principal = Principal(user, "", token)
        # Where the cached property would keep it.
        vars(principal)["roles"] = dict.fromkeys(team_ids, "")
        return principal
