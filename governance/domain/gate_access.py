"""Setting up an engine's gate: the token its plugin speaks with, and an owner's word to do without it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.domain.tokens import MAX_LIFETIME, MadeToken, create_token
from accounts.domain.users import announce_rights, create_user
from accounts.enums import Role, Scope, UserKind
from accounts.models import ApiToken, Membership, User
from accounts.principal import Principal
from engines.models import Engine
from events.actors import Actor, Subject
from events.changes import Change, changes, lock_rows
from events.errors import Conflict, Invalid, Refused
from events.text import read_line
from governance.domain.gate import announce_gate
from governance.models import EngineGate
from governance.policies import can_waive_gate

# Not quite the longest there is: the clock goes on between two looks at it.
LIFETIME = MAX_LIFETIME - timedelta(minutes=1)
NOT_A_GATE = "This token belongs to no engine's gate."


def find_gate_engine(principal: Principal) -> Engine:
    """The one engine that the caller's token speaks for. Raises Refused."""
    token = principal.token
    if token is None or not principal.has_scope(Scope.GATE):
        raise Refused("Only the plugin of an engine's gate asks here.")
    gate = EngineGate.objects.filter(token_id=token.pk).select_related("engine__team").first()
    if gate is None or gate.engine.retired_at is not None:
        raise Refused(NOT_A_GATE)
    return gate.engine


def make_gate_token(*, actor: Actor, engine: Engine, now: datetime | None = None) -> MadeToken:
    """A token for the plugin in this engine; an earlier one ends. The caller has checked the actor's right.

    It can ask and report for this engine, and belongs to an account that is a member of no team.
    """
    now = now or timezone.now()
    with changes(actor) as change:
        if engine.retired_at is not None:
            raise Conflict("The engine is retired.")
        gate, _ = EngineGate.objects.get_or_create(engine=engine)
        [gate] = lock_rows(EngineGate.objects.filter(pk=gate.pk))
        user = find_account(actor, engine)
        made = create_token(
            actor=actor,
            user=user,
            name=f"gate of {engine.name}"[:80],
            scopes=[Scope.GATE],
            expires_at=now + LIFETIME,
        )
        if gate.token_id is not None:
            end_token(change, ApiToken.objects.select_related("user").get(pk=gate.token_id), now)
        EngineGate.objects.filter(pk=gate.pk).update(token=made.token)
        change.audit("engine.gate_token", Subject("engine", engine.pk), after={"token": made.token.pk})
    return made


def end_token(change: Change, token: ApiToken, now: datetime) -> None:
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        change.audit("token.revoke", Subject("api_token", token.pk), before={"user": token.user_id})
        announce_rights(change, token.user)


def find_account(actor: Actor, engine: Engine) -> User:
    """The gate's own service account; somebody who manages the team, else an owner, answers for it."""
    username = f"gate-{engine.pk}"
    known = User.objects.filter(username=username).first()
    if known is not None:
        return known
    return create_user(
        actor=actor,
        username=username,
        name=f"Gate of {engine.name}"[:120],
        kind=UserKind.SERVICE,
        owner=find_responsible(engine),
    )


def find_responsible(engine: Engine) -> User:
    people = User.objects.filter(is_active=True, kind=UserKind.PERSON).order_by("created_at", "pk")
    managing = Membership.objects.filter(team=engine.team, role__in=Role.managing(), ended_at=None)
    found = (
        people.filter(pk__in=managing.values("user_id")).first() or people.filter(is_superuser=True).first()
    )
    if found is None:
        raise Invalid("Somebody has to answer for the gate: give the team an admin first.", field="team")
    return found


def waive_gate(*, principal: Principal, engine: Engine, reason: str) -> None:
    """An owner lets this engine work without its gate: rules approve what it announces itself."""
    reason = read_line(reason, field="reason", max_length=300, is_required=True)
    with changes(principal.actor) as change:
        refuse_others(principal, engine)
        EngineGate.objects.get_or_create(engine=engine)
        waived = EngineGate.objects.filter(engine=engine, waived_at=None).update(
            waived_at=timezone.now(),
            waived_by_id=principal.user.pk,
            waived_by_label=str(principal.user)[:200],
            waived_reason=reason,
        )
        if not waived:
            raise Conflict("The engine works without its gate already.")
        change.audit("engine.waive_gate", Subject("engine", engine.pk), after={"reason": reason})
        announce_gate(change, engine, "waived")


def require_gate(*, principal: Principal, engine: Engine) -> None:
    """The end of a waiver."""
    with changes(principal.actor) as change:
        refuse_others(principal, engine)
        ended = EngineGate.objects.filter(engine=engine, waived_at__isnull=False).update(
            waived_at=None, waived_by_id="", waived_by_label="", waived_reason=""
        )
        if not ended:
            raise Conflict("The engine needs its gate already.")
        change.audit("engine.require_gate", Subject("engine", engine.pk))
        announce_gate(change, engine, "required")


def refuse_others(principal: Principal, engine: Engine) -> None:
    if not can_waive_gate(principal):
        raise Refused(
            "Only owners let an engine work without its gate.", subject_kind="engine", subject_id=engine.pk
        )
    if engine.retired_at is not None:
        raise Conflict("The engine is retired.")
