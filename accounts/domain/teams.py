"""Teams and memberships."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.domain.users import announce_rights
from accounts.enums import Role
from accounts.models import Membership, Team, User
from accounts.policies import can_create_teams, can_manage_team
from accounts.principal import Principal
from events.actors import Actor, Subject
from events.changes import changes
from events.errors import Conflict, Invalid, Refused

SETTINGS = ("name", "chat_user_may_decide", "tokens_may_decide")


def subject_of(team: Team) -> Subject:
    return Subject("team", team.pk)


def create_team(*, actor: Actor, name: str) -> Team:
    """The caller has checked the actor's right to do so (command line, or `create_team_as`)."""
    name = name.strip()
    if not name or len(name) > 80:
        raise Invalid("A team needs a name of at most 80 characters.", field="name")
    with changes(actor) as change:
        if Team.objects.filter(name=name).exists():
            raise Conflict("A team of this name exists.")
        team = Team.objects.create(name=name)
        change.audit("team.create", subject_of(team), after={"name": name})
    return team


def create_team_as(*, principal: Principal, name: str) -> Team:
    with changes(principal.actor):
        if not can_create_teams(principal):
            raise Refused("Only owners create teams.")
        return create_team(actor=principal.actor, name=name)


def change_team(*, principal: Principal, team: Team, values: dict[str, str | bool]) -> None:
    """Change settings; `values` holds some of SETTINGS."""
    with changes(principal.actor) as change:
        if not can_manage_team(principal, team):
            raise Refused("Only the team's admins and owners change its settings.")
        current = Team.objects.get(pk=team.pk)
        before = {name: getattr(current, name) for name in SETTINGS if name in values}
        after = {name: values[name] for name in before}
        if before == after:
            return
        Team.objects.filter(pk=team.pk).update(**after)
        change.audit("team.change", subject_of(team), before=before, after=after)


def add_member(*, actor: Actor, team: Team, user: User, role: str) -> Membership:
    """The caller has checked the actor's right to do so."""
    if role not in Role.values:
        raise Invalid(f"There is no role {role!r}.", field="role")
    if user.is_service and role in Role.deciding():
        raise Invalid("Service accounts never decide: give them the viewer or editor role.", field="role")
    with changes(actor) as change:
        try:
            with transaction.atomic():
                membership = Membership.objects.create(team=team, user=user, role=role)
        except IntegrityError as error:
            raise Conflict("This user is a member already.") from error
        change.audit("membership.add", subject_of(team), after={"user": user.pk, "role": role})
        announce_rights(change, user)
    return membership


def add_member_as(*, principal: Principal, team: Team, user: User, role: str) -> Membership:
    with changes(principal.actor):
        if not can_manage_team(principal, team):
            raise Refused("Only the team's admins and owners add members.")
        return add_member(actor=principal.actor, team=team, user=user, role=role)


def change_role(*, principal: Principal, membership: Membership, role: str) -> None:
    with changes(principal.actor) as change:
        team, user = membership.team, membership.user
        if not can_manage_team(principal, team):
            raise Refused("Only the team's admins and owners change roles.")
        if role not in Role.values or (user.is_service and role in Role.deciding()):
            raise Invalid("This role can't be given to this user.", field="role")
        before = membership.role
        if not Membership.objects.filter(pk=membership.pk, ended_at=None, role=before).update(role=role):
            raise Conflict("The membership has changed meanwhile.")
        change.audit(
            "membership.change",
            subject_of(team),
            before={"user": user.pk, "role": before},
            after={"role": role},
        )
        announce_rights(change, user)


def end_membership(*, principal: Principal, membership: Membership) -> None:
    with changes(principal.actor) as change:
        team, user = membership.team, membership.user
        if not can_manage_team(principal, team):
            raise Refused("Only the team's admins and owners end memberships.")
        if not Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=timezone.now()):
            raise Conflict("This membership has ended already.")
        change.audit("membership.end", subject_of(team), before={"user": user.pk, "role": membership.role})
        announce_rights(change, user)
