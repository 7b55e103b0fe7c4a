"""Users and service accounts: created, changed, retired; every act in the audit chain."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from accounts.enums import UserKind
from accounts.models import User
from accounts.policies import can_rename_user
from accounts.principal import Principal
from accounts.rights import note_changed_rights
from events.actors import Actor, Subject
from events.changes import Change, changes
from events.errors import Invalid, Refused
from events.text import is_storable, read_line


def subject_of(user: User) -> Subject:
    return Subject("user", user.pk)


def announce_rights(change: Change, user: User) -> None:
    """Tell the hubs to read this user's rights again, and the user's own pages."""
    change.event("user.rights_changed", subject_of(user), topic="notices", audience=f"user:{user.pk}")
    note_changed_rights()


def create_user(
    *,
    actor: Actor,
    username: str,
    name: str = "",
    email: str = "",
    kind: str = UserKind.PERSON,
    owner: User | None = None,
    is_superuser: bool = False,
) -> User:
    """A new user without a usable password: a login link lets a person in.

    The caller has checked the actor's right to do so (command line, or `invite_person`).
    """
    name = read_line(name, field="name", max_length=120)
    user = User(username=username, name=name, email=email, kind=kind, owner=owner, is_superuser=is_superuser)
    user.set_unusable_password()
    with changes(actor) as change:
        validate(user)
        user.save(force_insert=True)
        change.audit(
            "user.create",
            subject_of(user),
            after={"kind": user.kind, "is_superuser": is_superuser, "owner": owner.pk if owner else None},
        )
    return user


def validate(user: User) -> None:
    """Raise Invalid with the first field's sentence."""
    if not (is_storable(user.username) and is_storable(user.email)):
        raise Invalid("username, email: this holds characters that can't be stored.", field="username")
    try:
        user.full_clean()
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        raise Invalid(f"{field}: {sentences[0]}", field=field) from error


def create_service_account(*, principal: Principal, username: str, name: str = "") -> User:
    """A machine's account, owned by the person who makes it."""
    with changes(principal.actor):
        if principal.token is not None or principal.user.is_service:
            raise Refused("Service accounts are made by people, in a session.")
        return create_user(
            actor=principal.actor, username=username, name=name, kind=UserKind.SERVICE, owner=principal.user
        )


def set_password(*, actor: Actor, user: User, password: str) -> None:
    """Store a new password hash; the text itself goes nowhere else."""
    if user.is_service:
        raise Invalid("Service accounts have no password; they use API tokens.")
    if not is_storable(password):
        raise Invalid("A password may hold neither NUL nor half a surrogate pair.", field="password")
    user.set_password(password)
    with changes(actor) as change:
        User.objects.filter(pk=user.pk).update(password=user.password)
        change.audit("user.set_password", subject_of(user))


def rename_user(*, principal: Principal, user: User, name: str) -> None:
    """Change what people read; the username stays, because history names it."""
    name = read_line(name, field="name", max_length=120)
    with changes(principal.actor) as change:
        if not can_rename_user(principal, user):
            raise Refused("People change their own name and their service accounts'; owners anybody's.")
        before = User.objects.values_list("name", flat=True).get(pk=user.pk)
        if before == name:
            return
        User.objects.filter(pk=user.pk).update(name=name)
        # The names themselves stay out of the chain, so that they can be erased.
        change.audit("user.rename", subject_of(user))
