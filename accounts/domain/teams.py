"""Teams and memberships."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.domain.ssh_access import announce_access
from accounts.domain.users import announce_rights
from accounts.enums import Role
from accounts.models import Membership, Team, User
from accounts.policies import can_create_teams, can_have_ssh_keys, can_manage_team
from accounts.principal import Principal
from events.actors import Actor, Subject
from events.changes import changes, lock_rows
from events.errors import Conflict, Invalid, Refused
from events.text import read_line

SETTINGS = ("name", "chat_user_may_decide", "tokens_may_decide")


def subject_of(team: Team) -> Subject:
    return Subject("team", team.pk)


def create_team(*, actor: Actor, name: str) -> Team:
    """The caller has checked the actor's right to do so (command line, or `create_team_as`)."""
    name = read_team_name(name)
    with changes(actor) as change:
        try:
            with transaction.atomic():
                team = Team.objects.create(name=name)
        except IntegrityError as error:
            raise Conflict("A team of this name exists.") from error
        change.audit("team.create", subject_of(team), after={"name": name})
    return team


def read_team_name(name: str) -> str:
    return read_line(name, field="name", max_length=80, is_required=True)


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
        after = read_settings(values)
        current = lock_rows(Team.objects.filter(pk=team.pk))[0]
        before = {name: getattr(current, name) for name in after}
        if before == after:
            return
        try:
            with transaction.atomic():
                Team.objects.filter(pk=team.pk).update(**after)
        except IntegrityError as error:
            raise Conflict("A team of this name exists.") from error
        change.audit("team.change", subject_of(team), before=before, after=after)


def read_settings(values: dict[str, str | bool]) -> dict[str, str | bool]:
    """The checked values of SETTINGS; raise Invalid for others."""
    checked: dict[str, str | bool] = {}
    for name, value in values.items():
        if name not in SETTINGS:
            raise Invalid(f"A team has no setting {name!r}.", field=name)
        if not isinstance(value, str if name == "name" else bool):
            raise Invalid(f"{name}: this has the wrong type.", field=name)
        checked[name] = read_team_name(value) if isinstance(value, str) else value
    return checked


def add_member(*, actor: Actor, team: Team, user: User, role: str) -> Membership:
    """The caller has checked the actor's right to do so."""
    if role not in Role.values:
        raise Invalid(f"There is no role {role!r}.", field="role")
    if user.is_service and role in Role.deciding():
        raise Invalid("Service accounts never decide: give them the viewer or editor role.", field="role")
    if not user.is_active or team.retired_at is not None:
        raise Invalid("Retired users and teams take no memberships.", field="user")
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
        if before == role:
            return
        if not Membership.objects.filter(pk=membership.pk, ended_at=None, role=before).update(role=role):
            raise Conflict("The membership has changed meanwhile.")
        change.audit(
            "membership.change",
            subject_of(team),
            before={"user": user.pk, "role": before},
            after={"role": role},
        )
        announce_rights(change, user)


def set_ssh(*, principal: Principal, membership: Membership, has_ssh: bool) -> None:
    """Let a member log in to the team's sandbox with their keys, or no longer."""
    with changes(principal.actor) as change:
        team, user = membership.team, membership.user
        if not can_manage_team(principal, team):
            raise Refused("Only the team's admins and owners say who may log in to its sandbox.")
        if has_ssh and not can_have_ssh_keys(user):
            raise Invalid("Only people have SSH keys; service accounts and retired users don't.", field="ssh")
        current = lock_rows(Membership.objects.filter(pk=membership.pk))[0]
        if current.ended_at is not None:
            raise Conflict("The membership has ended meanwhile.")
        if current.has_ssh == has_ssh:
            return
        Membership.objects.filter(pk=membership.pk).update(has_ssh=has_ssh)
        change.audit(
            "membership.change",
            subject_of(team),
            before={"user": user.pk, "has_ssh": not has_ssh},
            after={"has_ssh": has_ssh},
        )
        announce_access(change, team)


def end_membership(*, principal: Principal, membership: Membership) -> None:
    with changes(principal.actor) as change:
        team, user = membership.team, membership.user
        if not can_manage_team(principal, team):
            raise Refused("Only the team's admins and owners end memberships.")
        if not Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=timezone.now()):
            raise Conflict("This membership has ended already.")
        change.audit("membership.end", subject_of(team), before={"user": user.pk, "role": membership.role})
        announce_rights(change, user)
        if Membership.objects.filter(pk=membership.pk, has_ssh=True).exists():
            announce_access(change, team)
