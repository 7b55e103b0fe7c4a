"""API tokens: scoped, expiring, revocable; only a keyed digest is stored."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.domain.tokens import MAX_LIFETIME, create_token, create_token_as, find_token, revoke_token
from accounts.enums import Scope
from accounts.models import ApiToken, User
from accounts.principal import Principal
from events.actors import Door
from events.errors import Conflict, Invalid, Refused
from events.models import AuditEntry
from tests.factories import ACTOR, make_owner, make_principal, make_service, make_team, make_token, make_user

pytestmark = pytest.mark.django_db

NOW = datetime.fromisoformat("2026-03-01T12:00:00+00:00")


def in_days(days: float) -> datetime:
    return timezone.now() + timedelta(days=days)


def test_the_text_is_shown_once_and_stored_nowhere() -> None:
    user = make_user(make_team())
    made = create_token(
        actor=ACTOR,
        user=user,
        name=" ci ",
        scopes=["requests:read", "requests:create", "requests:read"],
        expires_at=in_days(1),
    )
    assert made.secret.startswith(f"csk_{made.token.prefix}_")
    row = ApiToken.objects.values().get()
    assert (row["name"], row["scopes"]) == ("ci", ["requests:create", "requests:read"])
    random_part = made.secret.removeprefix(f"csk_{made.token.prefix}_")
    stored = f"{row} {list(AuditEntry.objects.values())}"
    assert random_part not in stored
    assert hashlib.sha256(made.secret.encode()).hexdigest() not in stored
    assert find_token(made.secret) == made.token


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"name": "a\0"},
        {"name": "a\nb"},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"scopes": ["requests:read", "REQUESTS:READ"]},
        {"expires_at": NOW},
        {"expires_at": NOW - timedelta(seconds=1)},
        {"expires_at": NOW + MAX_LIFETIME + timedelta(seconds=1)},
    ],
)
def test_a_wrong_wish_makes_no_token(values: dict[str, Any]) -> None:
    user = make_user()
    with time_machine.travel(NOW, tick=False), pytest.raises(Invalid):
        create_token(
            **{
                "actor": ACTOR,
                "user": user,
                "name": "t",
                "scopes": ["requests:read"],
                "expires_at": NOW + timedelta(days=1),
                **values,
            }
        )
    assert not ApiToken.objects.exists()


def test_services_get_every_scope_but_deciding_and_publishing_and_the_retired_none() -> None:
    service = make_service(make_user())
    scopes = sorted(Scope.for_services())
    create_token(actor=ACTOR, user=service, name="t", scopes=scopes, expires_at=in_days(1))
    assert set(Scope.values) - set(scopes) == {
        *(Scope.REQUESTS_DECIDE, Scope.AUDIT_READ),
        *(Scope.RULES_READ, Scope.RULES_WRITE, Scope.RULES_EVALUATE),
        *(Scope.RELEASES_PUBLISH, Scope.MCP_MANAGE, Scope.QUESTIONS_ANSWER),
        *(Scope.SSH_KEYS_READ, Scope.SSH_KEYS_WRITE),
    }
    with pytest.raises(Invalid):
        create_token(
            actor=ACTOR, user=service, name="t", scopes=[Scope.REQUESTS_DECIDE], expires_at=in_days(1)
        )
    User.objects.filter(pk=service.pk).update(is_active=False)
    with pytest.raises(Invalid):
        create_token(
            actor=ACTOR, user=User.objects.get(pk=service.pk), name="t", scopes=scopes, expires_at=in_days(1)
        )


def test_tokens_are_made_in_a_session_for_oneself_or_ones_service() -> None:
    person, owner = make_user(), make_owner()
    service, stranger = make_service(person), make_user()
    token = ApiToken.objects.get(prefix=make_token(person, "teams:read")[4:12])
    allowed = [
        (make_principal(person), person),
        (make_principal(person), service),
        (make_principal(owner), service),
    ]
    refused = [
        (make_principal(stranger), person),
        (make_principal(stranger), service),
        (make_principal(owner), person),
        (make_principal(service), service),
        (Principal(person, Door.API, token), person),
        (Principal(person, Door.API, token), service),
    ]
    for principal, user in allowed:
        create_token_as(
            principal=principal, user=user, name="t", scopes=["requests:read"], expires_at=in_days(1)
        )
    for principal, user in refused:
        with pytest.raises(Refused):
            create_token_as(
                principal=principal, user=user, name="t", scopes=["requests:read"], expires_at=in_days(1)
            )
    assert ApiToken.objects.count() == 4


def test_a_token_ends_by_time_by_revocation_and_with_its_user() -> None:
    user = make_user()
    with time_machine.travel(NOW, tick=False) as clock:
        made = create_token(
            actor=ACTOR, user=user, name="t", scopes=["requests:read"], expires_at=NOW + timedelta(hours=1)
        )
        assert find_token(made.secret) == made.token
        clock.shift(timedelta(hours=1))
        assert find_token(made.secret) is None
        clock.shift(timedelta(seconds=-1))
        assert find_token(made.secret) == made.token
        revoke_token(principal=make_principal(user), token=made.token)
        assert find_token(made.secret) is None
        with pytest.raises(Conflict):
            revoke_token(principal=make_principal(user), token=made.token)
        other = make_token(user, "requests:read")
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert find_token(other) is None


def test_who_revokes() -> None:
    person, owner = make_user(), make_owner()
    service = make_service(person)

    def token_of(user: User) -> ApiToken:
        return ApiToken.objects.get(prefix=make_token(user, "requests:read")[4:12])

    mine = token_of(person)
    for principal in (
        make_principal(make_user()),
        make_principal(service),
        Principal(person, Door.API, mine),
    ):
        with pytest.raises(Refused):
            revoke_token(principal=principal, token=token_of(person))
    for principal, token in (
        (make_principal(person), token_of(person)),
        (make_principal(person), token_of(service)),
        (make_principal(owner), token_of(person)),
        (Principal(person, Door.API, mine), mine),
    ):
        revoke_token(principal=principal, token=token)
        token.refresh_from_db()
        assert token.revoked_at is not None


@pytest.mark.parametrize(
    "text", ["", "csk_", "csk_x_y", "CSK_abc", "x" * 500, "csk_\0", "csk_\ud800", "csk_é", "csk_" + "x" * 300]
)
def test_nonsense_is_no_token(text: str) -> None:
    make_token(make_user(), "requests:read")
    assert find_token(text) is None


def test_every_character_of_a_token_counts() -> None:
    text = make_token(make_user(), "requests:read")
    assert find_token(text) is not None
    for number in range(4, len(text)):
        other = "A" if text[number] != "A" else "B"
        assert find_token(text[:number] + other + text[number + 1 :]) is None


def test_use_is_stamped_by_the_minute_and_not_audited() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        text = make_token(make_user(), "requests:read")
        entries = AuditEntry.objects.count()
        stamps = []
        for seconds in (0, 30, 31):
            clock.shift(timedelta(seconds=seconds))
            find_token(text)
            stamps.append(ApiToken.objects.get().last_used_at)
    assert stamps == [NOW, NOW, NOW + timedelta(seconds=61)]
    assert AuditEntry.objects.count() == entries
