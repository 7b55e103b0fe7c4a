"""What a listener may hear: read once for many listeners, held in memory, read again while they live."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import orjson
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import Case, CharField, F, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.enums import Scope
from accounts.models import ApiToken, Membership, User
from accounts.principal import Principal
from live.enums import CredentialKind

TEAM_PREFIX = "team:"
# Each listener brings up to five parameters; SQLite takes 32,766 in one statement.
CREDENTIALS_PER_QUERY = 2000


@dataclass(frozen=True, slots=True)
class Credential:
    """What a listener came with. `id` is the session's key, which is a secret, or the token's id."""

    kind: CredentialKind
    id: str = field(repr=False)
    user_id: str


@dataclass(frozen=True, slots=True)
class Rights:
    """Audiences by membership; an owner hears the state words of every team besides.

    `reads_chats`: whether what is said in the chats of these teams may be followed too.
    """

    audiences: frozenset[str]
    sees_all_teams: bool
    reads_chats: bool = True

    @classmethod
    def of(cls, principal: Principal) -> Self:
        return cls(principal.audiences, principal.sees_all_teams, principal.has_scope(Scope.CHATS_READ))

    def allows_content(self, audience: str) -> bool:
        """What people and agents say is for members alone."""
        return self.reads_chats and audience in self.audiences

    def allows(self, audience: str) -> bool:
        return audience in self.audiences or (self.sees_all_teams and audience.startswith(TEAM_PREFIX))

    def as_filter(self) -> Q:
        """The same over rows of the event log."""
        own = Q(audience__in=self.audiences)
        return own | Q(audience__startswith=TEAM_PREFIX) if self.sees_all_teams else own


@dataclass(frozen=True, slots=True)
class Caller:
    """Who waits: the credential they came with, and the rights it had when it was last looked at."""

    credential: Credential
    rights: Rights


def read_rights(credentials: Collection[Credential]) -> dict[Credential, Rights]:
    """Rights of every credential that still holds; one that has ended is missing. One query."""
    asked = list(credentials)
    answer: dict[Credential, Rights] = {}
    for start in range(0, len(asked), CREDENTIALS_PER_QUERY):
        answer |= judge(asked[start : start + CREDENTIALS_PER_QUERY])
    return answer


def judge(credentials: list[Credential]) -> dict[Credential, Rights]:
    facts: dict[str, dict[str, str]] = defaultdict(dict)
    team_ids: dict[str, list[str]] = defaultdict(list)
    for tag, key, value in build_query(credentials):
        if tag == "member":
            team_ids[key].append(value)
        else:
            facts[tag][key] = value
    answer = {}
    for credential in credentials:
        user_id = credential.user_id
        is_owner = user_id in facts["owner"]
        password = facts["owner" if is_owner else "user"].get(user_id)
        proof = facts[credential.kind].get(credential.id)
        if password is not None and proof is not None and is_proof_of(credential, proof, password):
            answer[credential] = build_rights(
                user_id,
                team_ids[user_id],
                is_owner=is_owner,
                reads_chats=credential.kind is not CredentialKind.TOKEN
                or Scope.CHATS_READ in orjson.loads(facts["scopes"][credential.id]),
            )
    return answer


def build_rights(user_id: str, team_ids: list[str], *, is_owner: bool, reads_chats: bool) -> Rights:
    own = {f"user:{user_id}", *(f"{TEAM_PREFIX}{team_id}" for team_id in team_ids)}
    audiences = frozenset(own | {"owners"} if is_owner else own)
    return Rights(audiences, sees_all_teams=is_owner, reads_chats=reads_chats)


def build_query(credentials: list[Credential]) -> QuerySet[Any, Any]:
    """Rows of (tag, key, value): active users and password hashes, memberships, sessions, tokens, scopes."""
    now = timezone.now()
    user_ids = {credential.user_id for credential in credentials}
    ids = {
        kind: {credential.id for credential in credentials if credential.kind is kind}
        for kind in CredentialKind
    }
    owner_or_user = Case(When(is_superuser=True, then=Value("owner")), default=Value("user"))
    users = select(User.objects.filter(pk__in=user_ids, is_active=True), owner_or_user, "pk", "password")
    members = select(
        Membership.objects.filter(user__in=user_ids, ended_at=None, team__retired_at=None),
        Value("member"),
        "user_id",
        "team_id",
    )
    sessions = select(
        Session.objects.filter(pk__in=ids[CredentialKind.SESSION], expire_date__gt=now),
        Value(CredentialKind.SESSION.value),
        "pk",
        "session_data",
    )
    live_tokens = ApiToken.objects.filter(
        pk__in=ids[CredentialKind.TOKEN], revoked_at=None, expires_at__gt=now
    )
    tokens = select(live_tokens, Value(CredentialKind.TOKEN.value), "pk", "user_id")
    scopes = select(live_tokens, Value("scopes"), "pk", "scopes")
    return users.union(members, sessions, tokens, scopes, all=True)


def select(rows: QuerySet[Any], tag: Any, key: str, value: str) -> QuerySet[Any, Any]:
    return (
        rows.order_by()
        .annotate(_tag=Cast(tag, CharField(max_length=16)), _key=F(key), _value=Cast(F(value), TextField()))
        .values_list("_tag", "_key", "_value")
    )


def is_proof_of(credential: Credential, proof: str, password: str) -> bool:
    """Whether the session's or token's row still speaks for the credential's user."""
    if credential.kind is CredentialKind.TOKEN:
        return proof == credential.user_id
    login = SessionStore().decode(proof)
    return login.get(SESSION_KEY) == credential.user_id and is_current_login(login, password)


def is_current_login(login: dict[str, Any], password: str) -> bool:
    """Django's own rule: a login ends when the password changes."""
    if login.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return False
    return any(
        constant_time_compare(login.get(HASH_SESSION_KEY, ""), valid) for valid in list_hashes(password)
    )


def list_hashes(password: str) -> Iterator[str]:
    user = User(password=password)
    yield user.get_session_auth_hash()
    yield from user.get_session_auth_fallback_hash()
