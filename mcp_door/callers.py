"""Who knocks: an agent or a script with an API token, looked up as the REST API does, by the same code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from accounts.api.rate_limits import Rate, count_caller, count_stranger
from accounts.api.token_cache import token_cache
from accounts.models import ApiToken, Team
from accounts.principal import Principal
from events.actors import Door
from events.errors import DomainError, Invalid, Refused
from events.refusals import record_refusal
from governance.prepared_queries import find_team as find_visible_team
from live.enums import CredentialKind
from live.rights import Caller, Credential, Rights

CHALLENGE = 'Bearer realm="Countersign"'


class TurnedAway(DomainError):
    """A call that is answered before any tool is looked at."""

    def __init__(
        self, status: int, code: str, sentence: str, *, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(sentence, code=code)
        self.status = status
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Knock:
    """One HTTP request's credential: looked up anew for each look of a call that waits."""

    secret: str = field(repr=False)

    @classmethod
    def read(cls, scope: Mapping[str, Any]) -> Knock:
        """Of an ASGI scope; never a cookie, which a browser would send along unasked. Raises TurnedAway."""
        values = read_headers(scope, b"authorization")
        if len(values) > 1:
            raise TurnedAway(400, "malformed", "The header Authorization stands there twice.")
        scheme, _, secret = (values[0] if values else "").partition(" ")
        if scheme.lower() != "bearer":
            raise TurnedAway(
                401,
                "not_authenticated",
                "Send an API token: Authorization: Bearer csk_….",
                headers=(("WWW-Authenticate", CHALLENGE),),
            )
        return cls(secret.strip())

    def find_principal(self) -> Principal:
        """With the roles of this moment; raises TurnedAway when the token does not hold (any more)."""
        token = self.find_token()
        return Principal(token.user, Door.MCP, token)

    def find_token(self) -> ApiToken:
        token = token_cache.find(self.secret)
        if token is None:
            raise TurnedAway(
                401,
                "invalid_token",
                "This token is unknown, expired or revoked.",
                headers=(("WWW-Authenticate", f'{CHALLENGE}, error="invalid_token"'),),
            )
        return token

    def count(self, address: str) -> Rate:
        """Count one call of this token; of its address when the token does not hold. Raises TurnedAway."""
        try:
            token = self.find_token()
        except TurnedAway:
            refuse_over(count_stranger(address))
            raise
        return refuse_over(count_caller(token.pk))


def refuse_over(rate: Rate) -> Rate:
    if rate.is_over:
        raise TurnedAway(
            429,
            "throttled",
            f"Too many calls; try again in {rate.resets_in_s} seconds.",
            headers=(("Retry-After", str(max(1, rate.resets_in_s))), *rate.list_headers()),
        )
    return rate


def read_headers(scope: Mapping[str, Any], name: bytes) -> list[str]:
    return [value.decode("latin1") for header, value in scope["headers"] if header.lower() == name]


def refuse_foreign(scope: Mapping[str, Any]) -> None:
    """Raises TurnedAway for a host that is not ours, and for pages of another site.

    A page whose name an attacker has pointed at us could otherwise reach a portal in its visitor's network.
    """
    hosts = [host.lower() for host in read_headers(scope, b"host")]
    if len(hosts) != 1 or not validate_host(split_domain_port(hosts[0])[0], settings.ALLOWED_HOSTS):
        raise TurnedAway(421, "unknown_host", "This server is not called that.")
    own = {f"{scope.get('scheme', 'http')}://{hosts[0]}", *settings.CSRF_TRUSTED_ORIGINS}
    for origin in read_headers(scope, b"origin"):
        if origin.lower() not in own:
            raise TurnedAway(403, "foreign_origin", "Pages of other sites are not served here.")


def build_listener(principal: Principal) -> Caller:
    """For the hub: whose rights it watches while a call waits."""
    token = principal.token
    assert token is not None  # noqa: S101 - nobody comes in here without one
    return Caller(Credential(CredentialKind.TOKEN, token.pk, principal.user.pk), Rights.of(principal))


def require_scope(principal: Principal, scopes: tuple[str, ...]) -> None:
    """One of them is enough; raises Refused, which is recorded."""
    if any(principal.has_scope(scope) for scope in scopes):
        return
    refusal = Refused(
        f"This token lacks the scope {' or '.join(scopes)}.", code="missing_scope", scopes=list(scopes)
    )
    record_refusal(principal.actor, refusal)
    raise refusal


def find_team(principal: Principal, team_id: str | None) -> Team:
    """The team named, or the only one that the caller belongs to; raises Invalid."""
    wanted = sorted(principal.team_ids) if team_id is None else [team_id]
    if len(wanted) != 1:
        raise Invalid("Name the team by its id: this token's account belongs to several.", field="team")
    team = find_visible_team(principal, wanted[0])
    if team is None:
        raise Invalid("There is no such team.", field="team")
    return team
