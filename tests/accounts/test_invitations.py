"""Inviting: who may, into what; the account at once, the way in by a one-use link of seven days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.domain.invitations import invite_person, renew_invitation, revoke_invitation
from accounts.domain.login_links import find_login_link, reset_password
from accounts.domain.teams import add_member
from accounts.enums import Role
from accounts.models import Invitation, LoginLink, Membership, Team, User
from accounts.principal import Principal
from events.actors import Door
from events.errors import Conflict, Invalid, Refused
from events.models import AuditEntry
from tests.admin.doors import address, enter, open_page, read
from tests.factories import ACTOR, PASSWORD, make_owner, make_principal, make_service, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team("Platform")


@pytest.fixture
def admin(team: Team) -> User:
    return make_user(team, Role.ADMIN)


def invite(by: User, team: Team | None, role: str = Role.APPROVER, **values: Any) -> Any:
    return invite_person(
        principal=make_principal(by),
        username=values.pop("username", "eve"),
        team=team,
        role=role if team else "",
        **values,
    )


def test_the_person_and_the_membership_exist_at_once_without_a_way_in(admin: User, team: Team) -> None:
    made = invite(admin, team, name="Eve", email="eve@example.org")
    eve = User.objects.get(username="eve")
    assert (eve.name, eve.email, eve.is_superuser, eve.has_usable_password()) == (
        "Eve",
        "eve@example.org",
        False,
        False,
    )
    assert list(Membership.objects.filter(user=eve).values_list("team", "role")) == [(team.pk, "approver")]
    assert find_login_link(made.link.secret) == made.link.link
    verbs = AuditEntry.objects.filter(actor_id=admin.pk).order_by("n").values_list("verb", flat=True)
    assert list(verbs) == ["user.create", "membership.add", "invitation.create", "login_link.create"]
    assert made.link.secret not in f"{list(LoginLink.objects.values())} {list(AuditEntry.objects.values())}"


def test_the_link_lives_seven_days(admin: User, team: Team) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        made = invite(admin, team)
        clock.shift(timedelta(days=7, seconds=-1))
        assert find_login_link(made.link.secret) is not None
        clock.shift(timedelta(seconds=1))
        assert find_login_link(made.link.secret) is None


def test_it_leads_to_a_password_and_in_and_works_once(admin: User, team: Team) -> None:
    made = invite(admin, team)
    path = reverse("login-link", args=[made.link.secret])
    browser = Client()
    assert "Welcome, eve" in open_page(browser, path).text
    assert Invitation.objects.get().is_open
    data = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert browser.post(path, data).status_code == 302
    assert browser.get(reverse("admin:index")).status_code == 200
    assert Invitation.objects.get().accepted_at is not None
    assert [Client().get(path).status_code, Client().post(path, data).status_code] == [410, 410]


@pytest.mark.parametrize("role", Role.values)
def test_a_team_admin_gives_any_role_of_the_own_team(admin: User, team: Team, role: str) -> None:
    invite(admin, team, role)
    assert Membership.objects.get(user__username="eve").role == role


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.APPROVER])
def test_other_members_invite_nobody(team: Team, role: str) -> None:
    with pytest.raises(Refused):
        invite(make_user(team, role), team)
    assert not User.objects.filter(username="eve").exists()


def test_a_team_admin_stays_within_the_own_teams_and_makes_no_owners(admin: User, team: Team) -> None:
    for wanted, is_owner in ((make_team(), False), (None, False), (team, True)):
        with pytest.raises(Refused):
            invite(admin, wanted, is_owner=is_owner)
    assert not User.objects.filter(username="eve").exists()


def test_owners_invite_anybody_and_only_they_make_owners(team: Team) -> None:
    owner = make_owner()
    invite(owner, None, username="eve", is_owner=True)
    invite(owner, team, username="bob")
    invite(owner, None, username="carol")
    people = User.objects.filter(username__in=["bob", "carol", "eve"]).order_by("username")
    assert list(people.values_list("username", "is_superuser")) == [
        ("bob", False),
        ("carol", False),
        ("eve", True),
    ]


def test_services_tokens_and_stale_logins_invite_nobody(admin: User, team: Team) -> None:
    service = make_service(admin, team)
    stale = timezone.now() - timedelta(minutes=15)
    for principal in (
        make_principal(service),
        Principal(admin, Door.ADMIN),
        Principal(admin, Door.ADMIN, password_checked_at=stale),
    ):
        with pytest.raises(Refused):
            invite_person(principal=principal, username="eve", team=team, role=Role.VIEWER)
    assert not User.objects.filter(username="eve").exists()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"username": "Bad Name"}, "lower-case"),
        ({"username": "taken"}, "already exists"),
        ({"role": "king"}, "no role"),
        ({"role": ""}, "go together"),
    ],
)
def test_a_wrong_wish_makes_nobody(admin: User, team: Team, values: dict[str, Any], sentence: str) -> None:
    make_user(username="taken")
    count, wish = User.objects.count(), {"username": "eve", "team": team, "role": "viewer", **values}
    with pytest.raises(Invalid, match=sentence):
        invite_person(principal=make_principal(admin), **wish)
    assert (User.objects.count(), Invitation.objects.count(), LoginLink.objects.count()) == (count, 0, 0)


def test_a_new_link_ends_the_one_before(admin: User, team: Team) -> None:
    made = invite(admin, team)
    second = renew_invitation(principal=make_principal(admin), invitation=made.invitation)
    assert [find_login_link(made.link.secret), find_login_link(second.secret)] == [None, second.link]


def test_revoking_ends_the_link_the_membership_and_the_account(admin: User, team: Team) -> None:
    made = invite(admin, team)
    revoke_invitation(principal=make_principal(admin), invitation=made.invitation)
    eve = User.objects.get(username="eve")
    assert (find_login_link(made.link.secret), eve.is_active) == (None, False)
    assert not eve.memberships.filter(ended_at=None).exists()
    for act in (renew_invitation, revoke_invitation):
        with pytest.raises(Conflict):
            act(principal=make_principal(make_owner()), invitation=made.invitation)


def test_an_accepted_invitation_is_neither_renewed_nor_revoked(admin: User, team: Team) -> None:
    made = invite(admin, team)
    data = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    Client().post(reverse("login-link", args=[made.link.secret]), data)
    for act in (renew_invitation, revoke_invitation):
        with pytest.raises(Conflict):
            act(principal=make_principal(admin), invitation=made.invitation)
    assert User.objects.get(username="eve").is_active


def test_a_password_set_through_another_link_accepts_it_too(admin: User, team: Team) -> None:
    made = invite(admin, team)
    link = reset_password(principal=make_principal(admin), user=made.invitation.user)
    data = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    Client().post(reverse("login-link", args=[link.secret]), data)
    assert Invitation.objects.get().accepted_at is not None


def test_once_somebody_is_in_another_team_a_team_admin_makes_no_link_for_them(
    admin: User, team: Team
) -> None:
    """Whoever holds the link becomes the person: it must not open another team's door."""
    made = invite(admin, team)
    add_member(actor=ACTOR, team=make_team(), user=made.invitation.user, role=Role.VIEWER)
    for act in (renew_invitation, revoke_invitation):
        with pytest.raises(Refused):
            act(principal=make_principal(admin), invitation=made.invitation)


# The page -----------------------------------------------------------------------------------------


def fill_in(client: Client, **values: str) -> dict[str, str]:
    page = open_page(client, address("accounts_invitation", "add"))
    return {
        "once": page.find("input", name="once")[0]["value"],
        "username": "eve",
        "name": "Eve",
        "email": "",
        "role": "viewer",
        **values,
    }


def test_the_link_is_shown_once_and_the_page_says_that_nothing_is_mailed(admin: User, team: Team) -> None:
    client = enter(admin)
    data = fill_in(client, team=team.pk)
    page = read(client.post(address("accounts_invitation", "add"), data))
    [secret] = page.find("input", id="secret")
    assert "Nothing is mailed" in page.text
    assert Client().get("/" + secret["value"].split("/", 3)[3]).status_code == 200
    again = client.post(address("accounts_invitation", "add"), data, follow=True)
    assert "That invitation was made already" in again.content.decode()
    assert User.objects.filter(username="eve").count() == 1


def test_a_team_admin_is_offered_the_own_teams_and_no_owners(admin: User, team: Team) -> None:
    foreign = make_team("Foreign")
    client = enter(admin)
    page = open_page(client, address("accounts_invitation", "add"))
    assert [option["value"] for option in page.find("option")][:1] == [team.pk]
    assert ("Foreign" in page.text, page.find("input", name="is_owner")) == (False, [])
    for values in ({"team": foreign.pk}, {"team": ""}):
        answer = client.post(address("accounts_invitation", "add"), fill_in(client, **values))
        assert answer.status_code == 400
    client.post(address("accounts_invitation", "add"), fill_in(client, team=team.pk, is_owner="on"))
    assert User.objects.get(username="eve").is_superuser is False


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.APPROVER])
def test_the_pages_are_closed_to_other_members(team: Team, role: str) -> None:
    client = enter(make_user(team, role))
    assert [
        client.get(address("accounts_invitation", view)).status_code for view in ("changelist", "add")
    ] == [403, 403]
    assert client.post(address("accounts_invitation", "add"), {"username": "eve"}).status_code == 403


def test_the_list_shows_open_ones_and_others_on_request(admin: User, team: Team) -> None:
    owner = make_owner()
    invite(admin, team, username="open1")
    revoked = invite(admin, team, username="revoked1")
    revoke_invitation(principal=make_principal(owner), invitation=revoked.invitation)
    invite(owner, make_team(), username="foreign1")
    client = enter(admin)

    def names(query: str = "") -> set[str]:
        html = client.get(address("accounts_invitation", "changelist") + query).content.decode()
        return {name for name in ("open1", "revoked1", "foreign1") if name in html}

    assert [names(), names("?state=revoked"), names("?state=every"), names("?state=accepted")] == [
        {"open1"},
        {"revoked1"},
        {"open1", "revoked1"},
        set(),
    ]


def test_renewing_and_revoking_by_their_buttons(admin: User, team: Team) -> None:
    made = invite(admin, team)
    client = enter(admin)
    page = open_page(client, address("accounts_invitation", "change", made.invitation.pk))
    [form] = [form for form in page.find("form") if "new-link" in form.get("action", "")]
    [secret] = read(client.post(form["action"])).find("input", id="secret")
    assert find_login_link(made.link.secret) is None
    again = client.post(form["action"], follow=True).content.decode()
    assert ("was made and shown already" in again, secret["value"] in again) == (True, False)
    client.post(address("accounts_invitation", "revoke", made.invitation.pk))
    assert Invitation.objects.get().revoked_at is not None


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    count: int, django_assert_max_num_queries: Any
) -> None:
    owner = make_owner()
    for number in range(count):
        invite(owner, make_team(), username=f"eve{number}")
    client = enter(owner)
    with django_assert_max_num_queries(9):
        client.get(address("accounts_invitation", "changelist"))
