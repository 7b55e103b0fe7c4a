"""Retiring people and service accounts: they end with everything that lets them in."""

from __future__ import annotations

from django.utils import timezone

from accounts.domain.login_links import end_login_links
from accounts.domain.login_sessions import end_sessions
from accounts.domain.ssh_keys import delete_ssh_keys_of
from accounts.domain.users import announce_rights, subject_of
from accounts.models import ApiToken, User
from accounts.policies import can_retire_user, can_take_over
from accounts.principal import Principal
from events.changes import Change, changes
from events.errors import Conflict, Invalid, Refused


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
    end_login_links(user)
    end_sessions(actor=change.actor, user=user)
    delete_ssh_keys_of(change, user)
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
