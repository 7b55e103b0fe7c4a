"""SSH keys: who adds and ends them, and whom they let in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.domain.retirement import retire_user
from accounts.domain.ssh_keys import (
    MOST_KEYS,
    activate_ssh_key,
    add_ssh_key,
    change_ssh_key,
    deactivate_ssh_key,
    delete_ssh_key,
    find_sandbox_team,
    record_ssh_key_use,
)
from accounts.domain.team_retirement import retire_team
from accounts.domain.teams import add_member_as, end_membership, set_ssh
from accounts.domain.tokens import find_token
from accounts.enums import Role, Scope
from accounts.models import Membership, SshKey, Team, User
from accounts.principal import Principal
from accounts.queries import list_admitted_ssh_keys, list_ssh_keys
from accounts.ssh.authorized_keys import render
from accounts.ssh.parsing import read_public_key
from events.actors import Door
from events.errors import Conflict, DomainError, Invalid, NotFound, Refused
from events.models import AuditEntry, Event
from tests.accounts.ssh.lines import make_ed25519_line
from tests.factories import make_owner, make_principal, make_service, make_team, make_token, make_user
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def admin(team: Team) -> Principal:
    return make_principal(make_user(team, Role.ADMIN))


@pytest.fixture
def ada(team: Team, admin: Principal) -> User:
    """A member who holds `ssh`."""
    user = make_user(team, Role.VIEWER)
    let_in(admin, team, user)
    return user


def let_in(admin: Principal, team: Team, user: User) -> None:
    membership = Membership.objects.get(team=team, user=user, ended_at=None)
    set_ssh(principal=admin, membership=membership, has_ssh=True)


def with_token(user: User, *scopes: str) -> Principal:
    token = find_token(make_token(user, *scopes))
    assert token is not None
    return Principal(user, Door.API, token)


def add_key(user: User, **values: Any) -> SshKey:
    values = {"public_key": make_ed25519_line(), "name": "laptop", **values}
    return add_ssh_key(principal=make_principal(user), **values)


def admitted(team: Team | None = None, user: User | None = None) -> list[str]:
    keys = list_admitted_ssh_keys(now=timezone.now(), team=team, user=user)
    return [key.pk for key in keys]


# Adding ---------------------------------------------------------------------------------------------


def test_an_added_key_is_stored_as_it_was_read_and_audited_without_its_text(team: Team, ada: User) -> None:
    line = make_ed25519_line()
    read = read_public_key(line)

    key = add_key(ada, public_key=f"{line} ada@home", name=" Laptop ")

    key.refresh_from_db()
    stored = (key.user, key.name, key.key_type, key.bits, key.public_key, key.fingerprint, key.is_active)
    assert stored == (ada, "Laptop", "ssh-ed25519", 256, line, read.fingerprint, True)
    entry = AuditEntry.objects.order_by("-n")[0]
    assert (entry.verb, entry.actor_id, entry.after) == (
        "ssh_key.add",
        ada.pk,
        {"user": ada.pk, "fingerprint": read.fingerprint, "expires_at": None},
    )
    events = Event.objects.order_by("-seq").values_list("kind", "audience", "words")[:2]
    assert list(events)[::-1] == [
        ("ssh_key.changed", f"user:{ada.pk}", {"state": "active"}),
        ("ssh_access.changed", team.audience, {}),
    ]


def test_without_a_name_the_comment_names_the_device_and_else_the_type(ada: User) -> None:
    named = add_key(ada, public_key=f"{make_ed25519_line()} ada@laptop", name="")
    unnamed = add_key(ada, name="")
    assert (named.name, unnamed.name) == ("ada@laptop", "ssh-ed25519")


def test_what_is_no_key_changes_nothing(ada: User) -> None:
    for text in ("nonsense", f'command="sh" {make_ed25519_line()}', f"{make_ed25519_line()}\nx"):
        with pytest.raises(Invalid):
            add_key(ada, public_key=text)
    with pytest.raises(Invalid):
        add_key(ada, expires_at=timezone.now())
    with pytest.raises(Invalid):
        add_key(ada, name="x" * 81)
    assert not SshKey.objects.exists()


def test_a_key_is_registered_once_and_only_its_person_hears_as_what(team: Team, ada: User) -> None:
    line = make_ed25519_line()
    key = add_key(ada, public_key=line)
    with pytest.raises(Conflict, match=r"^You have this key already, as “laptop”\.$"):
        add_key(ada, public_key=f"{line} again", name="other")
    with pytest.raises(Conflict, match=r"^This key is registered already, and not by you\."):
        add_key(make_user(team), public_key=line)
    deactivate_ssh_key(principal=make_principal(ada), key_id=key.pk)
    with pytest.raises(Conflict, match=r"it is deactivated\. Take it back instead\.$"):
        add_key(ada, public_key=line)
    delete_ssh_key(principal=make_principal(ada), key_id=key.pk)
    again = add_key(make_user(team), public_key=line)
    assert SshKey.objects.filter(deleted_at=None).get() == again


def test_two_who_add_the_same_key_at_once_are_one_key(
    transactional_db: None, django_db_serialized_rollback: None
) -> None:
    team = make_team()
    people, line = [make_user(team) for _ in range(4)], make_ed25519_line()

    def add(user: User) -> str:
        try:
            add_key(user, public_key=line)
        except Conflict as error:
            return error.code
        return "added"

    outcomes = run_together([partial(add, user) for user in people])
    assert Counter(outcomes) == {"added": 1, "duplicate_key": 3}
    assert SshKey.objects.count() == 1


def test_one_person_has_fifty_keys_at_most(ada: User) -> None:
    SshKey.objects.bulk_create(
        SshKey(user=ada, name="k", key_type="t", bits=1, public_key="t x", fingerprint=f"SHA256:{number}")
        for number in range(MOST_KEYS)
    )
    with pytest.raises(Conflict, match="Delete those"):
        add_key(ada)


def test_service_accounts_stale_logins_and_tokens_without_the_scope_add_none(team: Team, ada: User) -> None:
    service = make_service(ada, team)
    refused = [
        make_principal(service),
        Principal(ada, Door.API),
        with_token(ada, Scope.SSH_KEYS_READ, Scope.SSH_KEYS_SYNC),
    ]
    for principal in refused:
        with pytest.raises(Refused):
            add_ssh_key(principal=principal, public_key=make_ed25519_line())
    assert not SshKey.objects.exists()
    add_ssh_key(principal=with_token(ada, Scope.SSH_KEYS_WRITE), public_key=make_ed25519_line())
    assert SshKey.objects.get().user == ada


# Changing and ending --------------------------------------------------------------------------------


def test_nobody_but_its_person_sees_or_touches_a_key_and_owners_only_end_it(team: Team, ada: User) -> None:
    key = add_key(ada)
    others = [make_user(team, Role.ADMIN), make_user(), make_service(ada, team)]
    acts: list[Callable[..., object]] = [
        partial(change_ssh_key, values={"name": "mine"}),
        partial(change_ssh_key, values={"expires_at": timezone.now() + timedelta(days=1)}),
        deactivate_ssh_key,
        activate_ssh_key,
        delete_ssh_key,
    ]
    tokens = [
        with_token(make_owner(), Scope.SSH_KEYS_WRITE),
        with_token(make_user(team), Scope.SSH_KEYS_WRITE),
    ]
    for principal in [*map(make_principal, others), *tokens]:
        assert not list_ssh_keys(principal).exists()
        for act in acts:
            with pytest.raises(NotFound):
                act(principal=principal, key_id=key.pk)
    owner = make_principal(make_owner())
    assert list(list_ssh_keys(owner)) == [key]
    for act in (acts[0], acts[1], activate_ssh_key):
        with pytest.raises(Refused):
            act(principal=owner, key_id=key.pk)
    assert SshKey.objects.get() == key
    assert admitted(team) == [key.pk]
    deactivate_ssh_key(principal=owner, key_id=key.pk)
    delete_ssh_key(principal=owner, key_id=key.pk)
    assert admitted(team) == []


def test_a_change_is_audited_and_lets_in_longer_only_after_a_recent_login(ada: User) -> None:
    now = timezone.now()
    soon, later = now + timedelta(days=1), now + timedelta(days=2)
    key = add_key(ada, expires_at=later)
    stale = Principal(ada, Door.ADMIN)

    change_ssh_key(principal=stale, key_id=key.pk, values={"name": "Desk", "expires_at": soon})
    for longer in (later, None):
        with pytest.raises(Refused, match="Enter your password again"):
            change_ssh_key(principal=stale, key_id=key.pk, values={"expires_at": longer})

    key.refresh_from_db()
    assert (key.name, key.expires_at) == ("Desk", soon)
    entry = AuditEntry.objects.filter(verb="ssh_key.change").get()
    assert (entry.before, entry.after) == (
        {"expires_at": later.isoformat()},
        {"expires_at": soon.isoformat()},
    )
    for values in ({"expires_at": now}, {"name": ""}, {"fingerprint": "SHA256:x"}):
        with pytest.raises(Invalid):
            change_ssh_key(principal=make_principal(ada), key_id=key.pk, values=values)


def test_a_deactivated_key_can_be_taken_back_and_a_deleted_one_not(team: Team, ada: User) -> None:
    me, key = make_principal(ada), add_key(ada)
    deactivate_ssh_key(principal=me, key_id=key.pk)
    assert admitted(team) == []
    with pytest.raises(Conflict):
        deactivate_ssh_key(principal=me, key_id=key.pk)
    with pytest.raises(Refused):
        activate_ssh_key(principal=Principal(ada, Door.ADMIN), key_id=key.pk)
    activate_ssh_key(principal=me, key_id=key.pk)
    assert admitted(team) == [key.pk]
    delete_ssh_key(principal=me, key_id=key.pk)
    assert (admitted(team), list(list_ssh_keys(me))) == ([], [])
    for act in (activate_ssh_key, deactivate_ssh_key, delete_ssh_key):
        with pytest.raises(NotFound):
            act(principal=me, key_id=key.pk)
    verbs = AuditEntry.objects.filter(subject_kind="ssh_key").order_by("n").values_list("verb", flat=True)
    assert list(verbs) == [f"ssh_key.{act}" for act in ("add", "deactivate", "activate", "delete")]


def test_an_expired_key_is_not_taken_back_before_it_has_another_end(team: Team, ada: User) -> None:
    me, key = make_principal(ada), add_key(ada)
    deactivate_ssh_key(principal=me, key_id=key.pk)
    SshKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Conflict, match="has expired"):
        activate_ssh_key(principal=me, key_id=key.pk)
    change_ssh_key(principal=me, key_id=key.pk, values={"expires_at": None})
    activate_ssh_key(principal=me, key_id=key.pk)
    assert admitted(team) == [key.pk]


@pytest.mark.parametrize(
    "column", [{"fingerprint": "SHA256:other"}, {"public_key": "ssh-ed25519 other"}, {"key_type": "ssh-rsa"}]
)
def test_no_stored_key_becomes_another_key(ada: User, column: dict[str, str]) -> None:
    key = add_key(ada)
    with pytest.raises(IntegrityError, match="rows are kept"), transaction.atomic():
        SshKey.objects.filter(pk=key.pk).update(**column)


def test_a_deleted_row_is_frozen_without_its_text(ada: User) -> None:
    key = add_key(ada)
    delete_ssh_key(principal=make_principal(ada), key_id=key.pk)
    key.refresh_from_db()
    assert (key.name, key.public_key, key.is_active, key.deleted_at is None) == ("", "", False, False)
    with pytest.raises(IntegrityError), transaction.atomic():
        SshKey.objects.filter(pk=key.pk).update(deleted_at=None, is_active=True)


# Who is let in --------------------------------------------------------------------------------------


def test_a_line_is_the_options_the_key_and_the_user_id(team: Team, ada: User) -> None:
    lines = [make_ed25519_line(), make_ed25519_line()]
    for line in lines:
        add_key(ada, public_key=f"{line} a comment")
    keys = list_admitted_ssh_keys(now=timezone.now(), team=team)
    assert sorted(render(keys).splitlines(keepends=True)) == sorted(
        f"restrict,pty {line} {ada.pk}\n" for line in lines
    )
    assert render([]) == ""


def test_only_active_members_of_this_team_who_hold_ssh_are_let_in(
    team: Team, admin: Principal, ada: User
) -> None:
    key = add_key(ada)
    without = make_user(team, Role.ADMIN)
    add_key(without)
    other_team = make_team()
    stranger = make_user(other_team)
    let_in(make_principal(make_owner()), other_team, stranger)
    theirs = add_key(stranger)
    add_key(make_owner())

    assert (admitted(team), admitted(other_team)) == ([key.pk], [theirs.pk])
    assert sorted(admitted()) == sorted([key.pk, theirs.pk])
    assert (admitted(team, ada), admitted(team, stranger), admitted(user=stranger)) == (
        [key.pk],
        [],
        [theirs.pk],
    )


def test_whoever_loses_the_right_the_membership_or_the_team_is_let_in_no_more(
    team: Team, admin: Principal
) -> None:
    owner = make_principal(make_owner())
    people = [make_user(team) for _ in range(3)]
    for person in people:
        let_in(admin, team, person)
        add_key(person)
    assert len(admitted(team)) == 3

    memberships = [Membership.objects.get(user=person) for person in people]
    set_ssh(principal=admin, membership=memberships[0], has_ssh=False)
    assert admitted(team, people[0]) == []
    end_membership(principal=admin, membership=memberships[1])
    assert admitted(team, people[1]) == []
    assert Event.objects.order_by("-seq")[0].kind == "ssh_access.changed"
    retire_team(principal=owner, team=team)
    assert (admitted(team), admitted()) == ([], [])


def test_who_comes_back_to_a_team_does_not_hold_ssh(team: Team, admin: Principal, ada: User) -> None:
    add_key(ada)
    end_membership(principal=admin, membership=Membership.objects.get(user=ada))
    add_member_as(principal=admin, team=team, user=ada, role=Role.ADMIN)
    assert admitted(team) == []


def test_retiring_a_person_deletes_their_keys_and_tells_the_sandbox(team: Team, ada: User) -> None:
    key = add_key(ada)
    retire_user(principal=make_principal(make_owner()), user=ada)
    key.refresh_from_db()
    assert (admitted(team), key.public_key, key.deleted_at is None) == ([], "", False)
    assert Event.objects.filter(kind="ssh_access.changed", audience=team.audience).count() == 3


def test_a_key_lets_in_until_the_very_moment_of_its_end(team: Team, ada: User) -> None:
    end = timezone.now() + timedelta(hours=1)
    key = add_key(ada, expires_at=end)

    def let_in_at(moment: Any) -> list[SshKey]:
        return list(list_admitted_ssh_keys(now=moment, team=team))

    assert (let_in_at(end - timedelta(microseconds=1)), let_in_at(end)) == ([key], [])


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.APPROVER])
def test_only_admins_and_owners_give_ssh_and_only_to_people(team: Team, admin: Principal, role: str) -> None:
    member = make_user(team, role)
    membership = Membership.objects.get(user=member)
    for principal in (make_principal(member), with_token(admin.user, *Scope.values)):
        with pytest.raises(Refused):
            set_ssh(principal=principal, membership=membership, has_ssh=True)
    service = Membership.objects.get(user=make_service(member, team))
    with pytest.raises(Invalid):
        set_ssh(principal=admin, membership=service, has_ssh=True)
    assert not Membership.objects.filter(has_ssh=True).exists()
    set_ssh(principal=admin, membership=membership, has_ssh=True)
    entry = AuditEntry.objects.order_by("-n")[0]
    assert (entry.verb, entry.before, entry.after) == (
        "membership.change",
        {"user": member.pk, "has_ssh": False},
        {"has_ssh": True},
    )


# The sandbox ----------------------------------------------------------------------------------------


def test_the_sandbox_team_is_the_only_one_or_the_named_one(team: Team, admin: Principal) -> None:
    service = make_service(admin.user, team)
    assert find_sandbox_team(with_token(service, Scope.SSH_KEYS_SYNC)) == team
    other = make_team()
    membership = Membership.objects.create(team=other, user=service, role=Role.VIEWER)
    with pytest.raises(Invalid, match="which team"):
        find_sandbox_team(with_token(service, Scope.SSH_KEYS_SYNC))
    assert find_sandbox_team(with_token(service, Scope.SSH_KEYS_SYNC), other.pk) == other
    end_membership(principal=make_principal(make_owner()), membership=membership)
    with pytest.raises(NotFound):
        find_sandbox_team(with_token(service, Scope.SSH_KEYS_SYNC), other.pk)


def test_a_list_of_who_may_log_in_is_read_by_the_teams_machines_and_admins_alone(
    team: Team, admin: Principal
) -> None:
    def outcome(principal: Principal) -> str:
        try:
            return find_sandbox_team(principal, team.pk).pk
        except DomainError as error:
            return type(error).__name__

    sync = Scope.SSH_KEYS_SYNC
    service = make_service(admin.user, team)
    outcomes = [
        outcome(with_token(service, sync)),
        outcome(with_token(admin.user, sync)),
        outcome(admin),
        outcome(make_principal(make_owner())),
        outcome(with_token(service, Scope.TEAMS_READ)),
        outcome(with_token(make_user(team, Role.APPROVER), sync)),
        outcome(make_principal(make_user(team, Role.VIEWER))),
        outcome(with_token(make_service(admin.user), sync)),
        outcome(with_token(make_user(make_team(), Role.ADMIN), sync)),
    ]
    assert outcomes == [*[team.pk] * 4, *["Refused"] * 3, *["NotFound"] * 2]
    assert AuditEntry.objects.filter(verb="refused", subject_id=team.pk).count() == 3


def test_last_used_is_kept_by_the_minute_and_only_for_keys_that_open_this_sandbox(
    team: Team, admin: Principal, ada: User
) -> None:
    sandbox = with_token(make_service(admin.user, team), Scope.SSH_KEYS_SYNC)
    key, unused = add_key(ada), add_key(ada)
    entries = AuditEntry.objects.count()
    now = timezone.now()

    def used_at() -> Any:
        return SshKey.objects.get(pk=key.pk).last_used_at

    def use(after_s: float, fingerprint: str = key.fingerprint) -> Any:
        moment = now + timedelta(seconds=after_s)
        record_ssh_key_use(principal=sandbox, team=team, fingerprint=fingerprint, now=moment)
        return used_at()

    assert [use(0), use(30), use(61), use(10)] == [now, now, *[now + timedelta(seconds=61)] * 2]
    deactivate_ssh_key(principal=make_principal(ada), key_id=key.pk)
    for fingerprint in (key.fingerprint, "SHA256:unknown", ""):
        with pytest.raises(NotFound):
            use(200, fingerprint)
    with pytest.raises(Refused):
        record_ssh_key_use(principal=make_principal(ada), team=team, fingerprint=unused.fingerprint)
    assert (used_at(), SshKey.objects.get(pk=unused.pk).last_used_at) == (now + timedelta(seconds=61), None)
    # The key that was deactivated, and who was refused: no use is an entry.
    assert AuditEntry.objects.count() == entries + 2
