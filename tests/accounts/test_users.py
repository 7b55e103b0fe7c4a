"""Users and service accounts: made by whom, retired by whom, and never with text that can't be stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.domain.retirement import retire_user
from accounts.domain.tokens import create_token, find_token
from accounts.domain.users import (
    create_service_account,
    create_user,
    set_password,
)
from accounts.enums import Role, UserKind
from accounts.models import User
from accounts.principal import Principal
from events.actors import Door
from events.errors import Conflict, Invalid, Refused
from events.models import AuditEntry, Event
from tests.factories import (
    ACTOR,
    make_owner,
    make_principal,
    make_service,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


def make_token_principal(user: User) -> Principal:
    expires_at = timezone.now() + timedelta(days=1)
    made = create_token(actor=ACTOR, user=user, name="t", scopes=["teams:read"], expires_at=expires_at)
    return Principal(user, Door.API, made.token)


def test_a_new_user_has_no_password_and_stands_in_the_audit() -> None:
    user = create_user(actor=ACTOR, username="alice", name=" Alice Ä ")
    assert (user.name, user.has_usable_password(), user.is_superuser, user.kind) == (
        "Alice Ä",
        False,
        False,
        UserKind.PERSON,
    )
    entry = AuditEntry.objects.order_by("-n")[0]
    assert (entry.verb, entry.subject_id, entry.after) == (
        "user.create",
        user.pk,
        {"kind": "person", "is_superuser": False, "owner": None},
    )


@pytest.mark.parametrize(
    "values",
    [
        {"username": ""},
        {"username": "Alice"},
        {"username": "a b"},
        {"username": "../a"},
        {"username": "a" * 64},
        {"username": "a\n"},
        {"username": "a\0"},
        {"username": "taken"},
        {"name": "x" * 121},
        {"name": "Alice\nBob"},
        {"name": "a\0"},
        {"name": "\ud800"},
        {"name": "Ali\u202ece"},
        {"email": "nonsense"},
        {"email": "a\0@example.org"},
        {"email": "\ud800@example.org"},
        {"kind": "robot"},
    ],
)
def test_what_can_not_be_stored_or_shown_makes_no_user(values: dict[str, Any]) -> None:
    create_user(actor=ACTOR, username="taken")
    count, entries = User.objects.count(), AuditEntry.objects.count()
    with pytest.raises(Invalid):
        create_user(actor=ACTOR, **{"username": "alice", **values})
    assert (User.objects.count(), AuditEntry.objects.count()) == (count, entries)


def test_a_service_account_has_an_owner_and_is_no_owner() -> None:
    person = make_user()
    service = create_service_account(principal=make_principal(person), username="ci")
    assert (service.owner, service.is_service, service.is_staff) == (person, True, False)
    for values in (
        {"kind": "service"},
        {"owner": person},
        {"kind": "service", "owner": person, "is_superuser": True},
    ):
        with pytest.raises(Invalid):
            create_user(actor=ACTOR, username="other", **values)
    with pytest.raises(IntegrityError, match="service_account_has_an_owner"), transaction.atomic():
        User.objects.filter(pk=service.pk).update(is_superuser=True)


def test_services_and_tokens_make_no_service_accounts() -> None:
    person = make_user()
    for principal in (make_principal(make_service(person)), make_token_principal(person)):
        with pytest.raises(Refused):
            create_service_account(principal=principal, username="ci2")


def test_a_password_is_stored_hashed_and_named_nowhere() -> None:
    user = make_user()
    set_password(actor=ACTOR, user=user, password="correct horse battery staple")
    user.refresh_from_db()
    assert user.check_password("correct horse battery staple")
    texts = " ".join(AuditEntry.objects.values_list("text", flat=True))
    assert "correct horse" not in texts
    assert user.password not in texts


def test_a_password_that_can_not_be_stored_changes_nothing() -> None:
    user = make_user()
    for password in ("a\0b" * 10, "\ud800" * 20):
        with pytest.raises(Invalid):
            set_password(actor=ACTOR, user=user, password=password)
    assert not User.objects.get(pk=user.pk).has_usable_password()


def test_a_service_account_has_no_password() -> None:
    with pytest.raises(Invalid):
        set_password(actor=ACTOR, user=make_service(make_user()), password="x" * 20)


def test_retiring_ends_tokens_and_rights_and_keeps_the_row() -> None:
    team = make_team()
    user = make_user(team, Role.ADMIN)
    expires_at = timezone.now() + timedelta(days=1)
    made = create_token(actor=ACTOR, user=user, name="t", scopes=["teams:read"], expires_at=expires_at)
    retire_user(principal=make_principal(make_owner()), user=user)
    user.refresh_from_db()
    assert (user.is_active, user.is_staff, find_token(made.secret)) == (False, False, None)
    assert make_principal(user).roles == {}
    event = Event.objects.order_by("-seq")[0]
    assert (event.kind, event.audience) == ("user.rights_changed", f"user:{user.pk}")
    with pytest.raises(Conflict):
        retire_user(principal=make_principal(make_owner()), user=user)


def test_who_retires_whom() -> None:
    owner, other_owner, person = make_owner(), make_owner(), make_user(make_team(), Role.ADMIN)
    service = make_service(person)
    for principal, user in (
        (make_principal(person), owner),
        (make_principal(person), make_user()),
        (make_principal(person), person),
        (make_principal(owner), owner),
        (make_principal(make_user()), service),
        (make_token_principal(person), service),
        (make_token_principal(owner), person),
    ):
        with pytest.raises(Refused):
            retire_user(principal=principal, user=user)
        assert User.objects.get(pk=user.pk).is_active
    retire_user(principal=make_principal(person), user=service)
    retire_user(principal=make_principal(owner), user=other_owner)
    assert not User.objects.filter(pk__in=[service.pk, other_owner.pk], is_active=True).exists()


def test_names_in_the_table_are_validated_there_too() -> None:
    with pytest.raises(ValidationError):
        User(username="Bad Name").full_clean()
