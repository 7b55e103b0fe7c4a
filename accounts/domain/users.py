"""Users and service accounts: created, changed, retired; every act in the audit chain."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.enums import UserKind
from accounts.models import ApiToken, User
from accounts.policies import can_rename_user, can_retire_user, can_take_over
from accounts.principal import Principal
from accounts.rights import note_changed_rights
from events.actors import Actor, Subject
from events.changes import Change, changes
from events.errors import Conflict, Invalid, Refused
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


def retire_user(*, principal: Principal, user: User, heir: User | None = None) -> None:
    """Nobody can sign in as this user any more, and its tokens end; history keeps its id.

    A person's service accounts are retired as well, or handed over to `heir`; their tokens end either way,
    because the person who leaves knows them.
    """
    with changes(principal.actor) as change:
        if not can_retire_user(principal, user):
            raise Refused(
                "Only owners retire people; service accounts are retired by their owner, in a session."
            )
        if user.pk == principal.user.pk:
            raise Refused("Nobody retires themselves.")
        retire_row(change, user)
        for service in User.objects.filter(owner=user, is_active=True).order_by("pk"):
            if heir is None:
                retire_row(change, service)
            else:
                hand_over(change, service, heir)


def retire_row(change: Change, user: User) -> None:
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        raise Conflict("This user is retired already.")
    revoke_tokens_of(user)
    change.audit("user.retire", subject_of(user), before={"is_active": True}, after={"is_active": False})
    announce_rights(change, user)


def hand_over(change: Change, service: User, heir: User) -> None:
    if heir.pk == service.owner_id or not can_take_over(heir, service):
        raise Invalid(
            f"{heir} can't answer for {service}: it takes another active person who is in all of its teams.",
            field="heir",
        )
    before = service.owner_id
    User.objects.filter(pk=service.pk).update(owner=heir)
    revoke_tokens_of(service)
    change.audit(
        "service_account.hand_over", subject_of(service), before={"owner": before}, after={"owner": heir.pk}
    )
    announce_rights(change, service)


def revoke_tokens_of(user: User) -> None:
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
