"""One-use login links, and `manage.py create_owner`."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import resolve
from django.utils import timezone
from pytest_django import Settings

from accounts.domain.login_links import (
    create_login_link,
    find_login_link,
    reset_password,
    spend_login_link,
)
from accounts.domain.teams import add_member
from accounts.enums import Role
from accounts.models import LoginLink, User
from accounts.principal import Principal
from events.actors import Door
from events.errors import Gone, Invalid, Refused
from events.keyring import make_keys_file
from events.models import AuditEntry
from tests.factories import ACTOR, make_owner, make_principal, make_service, make_team, make_user
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"


def test_a_link_is_spent_once() -> None:
    user = make_user()
    made = create_login_link(actor=ACTOR, user=user)
    assert made.secret not in f"{list(LoginLink.objects.values())} {list(AuditEntry.objects.values())}"
    assert find_login_link(made.secret) == made.link
    assert spend_login_link(actor=ACTOR, secret=made.secret, password=PASSWORD) == user
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    with pytest.raises(Gone):
        spend_login_link(actor=ACTOR, secret=made.secret, password="another password")
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
    verbs = AuditEntry.objects.filter(subject_id=user.pk).order_by("n").values_list("verb", flat=True)
    assert list(verbs) == ["user.create", "login_link.create", "user.set_password", "login_link.spend"]


def test_looking_does_not_spend() -> None:
    made = create_login_link(actor=ACTOR, user=make_user())
    assert [find_login_link(made.secret) for _ in range(3)] == [made.link] * 3


def test_a_link_lives_fifteen_minutes() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        made = create_login_link(actor=ACTOR, user=make_user())
        clock.shift(timedelta(minutes=15, seconds=-1))
        assert find_login_link(made.secret) == made.link
        clock.shift(timedelta(seconds=1))
        assert find_login_link(made.secret) is None
        with pytest.raises(Gone):
            spend_login_link(actor=ACTOR, secret=made.secret, password=PASSWORD)


def test_a_new_link_ends_the_one_before() -> None:
    user = make_user()
    first, second = (create_login_link(actor=ACTOR, user=user) for _ in range(2))
    assert (find_login_link(first.secret), find_login_link(second.secret)) == (None, second.link)


def test_a_link_dies_with_its_user() -> None:
    user = make_user()
    made = create_login_link(actor=ACTOR, user=user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert find_login_link(made.secret) is None
    with pytest.raises(Gone):
        spend_login_link(actor=ACTOR, secret=made.secret, password=PASSWORD)


def test_links_are_for_active_people() -> None:
    retired = make_user()
    User.objects.filter(pk=retired.pk).update(is_active=False)
    for user in (make_service(make_user()), User.objects.get(pk=retired.pk)):
        with pytest.raises(Invalid):
            create_login_link(actor=ACTOR, user=user)


def test_owners_reset_the_password_of_everybody_else() -> None:
    owner, other = make_owner(), make_owner()
    for user in (make_user(), make_user(make_team(), Role.ADMIN), other):
        assert reset_password(principal=make_principal(owner), user=user).link.user == user
    with pytest.raises(Refused):
        reset_password(principal=make_principal(owner), user=owner)


def test_a_team_admin_resets_it_for_people_who_are_in_administered_teams_alone() -> None:
    """Whoever makes the link could use it: it must open no door that the admin does not hold."""
    one, two, foreign = make_team(), make_team(), make_team()
    admin = make_user(one, Role.ADMIN)
    add_member(actor=ACTOR, team=two, user=admin, role=Role.ADMIN)
    in_both, in_foreign_too, owner = make_user(one), make_user(one), make_owner()
    add_member(actor=ACTOR, team=two, user=in_both, role=Role.ADMIN)
    add_member(actor=ACTOR, team=foreign, user=in_foreign_too, role=Role.VIEWER)
    add_member(actor=ACTOR, team=one, user=owner, role=Role.VIEWER)
    principal = make_principal(admin)
    for user in (make_user(one), in_both):
        assert reset_password(principal=principal, user=user).link.user == user
    count = LoginLink.objects.count()
    answers_for_foreign = make_user(one)
    make_service(answers_for_foreign, foreign)
    others = (in_foreign_too, answers_for_foreign, owner, make_user(), make_user(foreign), admin)
    for user in (*others, make_service(admin, one)):
        with pytest.raises(Refused):
            reset_password(principal=principal, user=user)
    assert LoginLink.objects.count() == count


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.APPROVER])
def test_other_members_reset_nobody_s(role: Role) -> None:
    team = make_team()
    with pytest.raises(Refused):
        reset_password(principal=make_principal(make_user(team, role)), user=make_user(team))


def test_an_old_login_resets_nobody_s() -> None:
    principal = Principal(make_owner(), Door.ADMIN)
    with pytest.raises(Refused, match="Enter your password again"):
        reset_password(principal=principal, user=make_user())
    assert not LoginLink.objects.exists()


@pytest.mark.parametrize("secret", ["", "x", "\0", "é", "x" * 10_000])
def test_nonsense_is_no_link(secret: str) -> None:
    create_login_link(actor=ACTOR, user=make_user())
    assert find_login_link(secret) is None


def test_a_password_that_can_not_be_stored_spends_nothing() -> None:
    made = create_login_link(actor=ACTOR, user=make_user())
    with pytest.raises(Invalid):
        spend_login_link(actor=ACTOR, secret=made.secret, password="\0" * 20)
    assert find_login_link(made.secret) == made.link


@pytest.mark.django_db(transaction=True)
def test_one_of_many_who_spend_it_at_once_gets_in() -> None:
    user = make_user()
    made = create_login_link(actor=ACTOR, user=user)

    def spend(number: int) -> str:
        try:
            spend_login_link(actor=ACTOR, secret=made.secret, password=f"password number {number}")
        except Gone:
            return "gone"
        return f"password number {number}"

    results = run_together([partial(spend, number) for number in range(6)])
    assert Counter(results)["gone"] == 5
    [winner] = set(results) - {"gone"}
    user.refresh_from_db()
    assert user.check_password(winner)
    assert AuditEntry.objects.filter(verb="login_link.spend").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_links_made_at_once_one_is_left() -> None:
    user = make_user()
    made = run_together([partial(create_login_link, actor=ACTOR, user=user)] * 5)
    assert len([link for link in made if find_login_link(link.secret)]) == 1


def create_owner(*arguments: str) -> str:
    output = StringIO()
    call_command("create_owner", *arguments, stdout=output)
    return output.getvalue()


def test_create_owner_makes_an_owner_and_prints_a_working_link(settings: Settings) -> None:
    line = create_owner("alice").strip()
    user = User.objects.get(username="alice")
    assert (user.is_superuser, user.is_active, user.has_usable_password()) == (True, True, False)
    address = line.split()[-1]
    base = settings.COUNTERSIGN_PUBLIC_URL
    assert line == f"Open within 15 minutes, once: {address}"
    assert address.startswith(f"{base}/")
    match = resolve(address.removeprefix(base))
    assert match.url_name == "login-link"
    [secret] = [*match.args, *match.kwargs.values()]
    link = find_login_link(secret)
    assert link is not None
    assert link.user == user
    actors = set(AuditEntry.objects.values_list("actor_kind", "actor_id", "door"))
    assert actors == {("command", "create_owner", "command")}


def test_create_owner_uses_no_other_keys_than_the_server(settings: Settings, tmp_path: Path) -> None:
    """A link made with a key that the server does not have would never open."""
    create_owner("alice")
    other = tmp_path / "keys"
    make_keys_file(other)
    settings.COUNTERSIGN_KEYS_FILE = other
    with pytest.raises(CommandError, match="'k1' is not the key this database was written with"):
        create_owner("bob")
    settings.COUNTERSIGN_KEYS_FILE = tmp_path / "missing"
    with pytest.raises(CommandError, match="the keys file does not exist"):
        create_owner("bob")
    assert not User.objects.filter(username="bob").exists()


def test_create_owner_again_is_a_new_link_for_the_same_owner() -> None:
    create_owner("alice")
    create_owner("alice")
    assert User.objects.filter(is_superuser=True).count() == 1
    assert LoginLink.objects.filter(used_at=None).count() == 1


def test_create_owner_makes_nobody_an_owner_who_was_none() -> None:
    user = make_user(username="bob")
    with pytest.raises(CommandError, match="bob exists and is not an owner; nothing changed"):
        create_owner("bob")
    user.refresh_from_db()
    assert (user.is_superuser, LoginLink.objects.count()) == (False, 0)


def test_create_owner_refuses_what_is_no_name_and_who_is_retired() -> None:
    with pytest.raises(CommandError, match="username"):
        create_owner("Bad Name")
    owner = make_owner(username="carol")
    User.objects.filter(pk=owner.pk).update(is_active=False)
    with pytest.raises(CommandError, match="active people"):
        create_owner("carol")
    assert not LoginLink.objects.exists()
