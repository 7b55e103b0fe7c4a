"""Where an engine is and how we log in there: changed as one, and only to what answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from accounts.principal import Principal
from engines.domain.inspection import FirstLook, look_at_engine
from engines.domain.registry import announce, normalize_address, subject_of
from engines.models import Engine
from engines.policies import can_manage_engine
from events.actors import Actor
from events.changes import changes, lock_rows
from events.encryption import reveal, seal
from events.errors import Conflict, Invalid, Refused
from events.text import is_storable, make_storable, read_line

COLUMNS = ("address", "username", "password", "version")


@dataclass(frozen=True, slots=True)
class Access:
    """The password is the new one, or the stored one where it is kept."""

    address: str
    username: str
    password: str = field(repr=False)


def read_access(*, engine: Engine, address: str, username: str, password: str | None) -> Access:
    """The checked wishes; `password` None keeps the stored one. Raises Invalid.

    A kept password goes to the address it was given for alone: whoever could point us at an address of
    their own would be told it.
    """
    wanted = normalize_address(address)
    if password is not None and not is_storable(password):
        raise Invalid("A password may hold neither NUL nor half a surrogate pair.", field="password")
    if password is None and engine.password and wanted != engine.address:
        sentence = "Give the password too: the stored one is not sent to another address."
        raise Invalid(sentence, field="password")
    return Access(
        read_line(wanted, field="address", max_length=300),
        read_line(username, field="username", max_length=80),
        reveal(engine, "password") if password is None else password,
    )


def refuse_strangers(*, principal: Principal, engine: Engine) -> None:
    """Before anything is asked over the network. Raises Refused, which is put on record."""
    with changes(principal.actor):
        if not can_manage_engine(principal, engine):
            raise Refused("Only the team's admins and owners change how an engine is reached.")
        if engine.retired_at is not None:
            raise Conflict("The engine is retired.")


def change_access_as(
    *, principal: Principal, engine: Engine, address: str, username: str, password: str | None
) -> FirstLook:
    """Look at the engine there, then store it; the relay connects anew by itself. Not in a transaction.

    Raises Refused, Invalid (also when the look fails) or Conflict; then nothing has changed.
    """
    refuse_strangers(principal=principal, engine=engine)
    return change_access(
        actor=principal.actor, engine=engine, address=address, username=username, password=password
    )


def change_access(
    *, actor: Actor, engine: Engine, address: str, username: str, password: str | None
) -> FirstLook:
    """The same for a caller who has checked the actor's right to do so."""
    access = read_access(engine=engine, address=address, username=username, password=password)
    look = look_at_engine(
        kind=engine.kind,
        address=access.address,
        username=access.username,
        password=access.password,
        directories=engine.directories,
    )
    store_access(actor=actor, engine=engine, access=access, version=look.version)
    return look


def store_access(*, actor: Actor, engine: Engine, access: Access, version: str) -> None:
    with changes(actor) as change:
        [current] = lock_rows(Engine.objects.select_related("team").filter(pk=engine.pk))
        if current.retired_at is not None:
            raise Conflict("The engine is retired.")
        before = describe(current)
        is_new_password = reveal(current, "password") != access.password
        current.address, current.username = access.address, access.username
        current.version = make_storable(version, 40)
        if is_new_password:
            seal(current, "password", access.password)
        try:
            with transaction.atomic():
                Engine.objects.filter(pk=engine.pk).update(
                    **{name: getattr(current, name) for name in COLUMNS}
                )
        except IntegrityError as error:
            raise Conflict("An engine of this address is registered already.") from error
        change.audit(
            "engine.change_access",
            subject_of(current),
            before=before,
            after={**describe(current), "password_changed": is_new_password},
        )
        announce(change, current, "engine.changed")


def describe(engine: Engine) -> dict[str, str | bool]:
    """For the audit chain, which never holds a password."""
    return {
        "address": engine.address,
        "username": engine.username,
        "has_password": bool(engine.password),
    }
