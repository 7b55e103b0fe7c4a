"""People, service accounts, teams, tokens and login links in the admin."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.domain.teams import add_member
from accounts.domain.tokens import find_token
from accounts.enums import Role
from accounts.models import ApiToken, LoginLink, Membership, Team, User
from events.models import AuditEntry
from reviews.models import ReviewPolicy
from tests.admin.doors import Page, address, enter, messages_of, open_page, read
from tests.factories import ACTOR, make_owner, make_service, make_team, make_token, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_owner(name="Olga")


@pytest.fixture
def team() -> Team:
    return make_team("Platform")


def post(client: Client, model: str, view: str, pk: str, **data: Any) -> Any:
    return client.post(address(model, view, pk), data)


# Users --------------------------------------------------------------------------------------------


def test_everybody_makes_service_accounts_of_their_own(team: Team) -> None:
    member = make_user(team, Role.VIEWER)
    client = enter(member)
    page = open_page(client, address("accounts_user", "changelist"))
    assert ("Invite a person" in page.text, "Add service account" in page.text) == (False, True)
    client.post(address("accounts_user", "add"), {"username": "robot", "name": ""})
    robot = User.objects.get(username="robot")
    assert (robot.kind, robot.owner) == ("service", member)


@pytest.mark.parametrize(
    ("username", "sentence"), [("Bob Brandt", "Use lower-case letters"), ("taken", "already exists")]
)
def test_a_wrong_name_comes_back_with_its_reason(owner: User, username: str, sentence: str) -> None:
    make_user(username="taken")
    count = User.objects.count()
    response = enter(owner).post(address("accounts_user", "add"), {"username": username})
    page = read(response)
    assert response.status_code == 400
    assert sentence in page.text
    assert page.find("input", name="username")[0]["value"] == username
    assert User.objects.count() == count


def test_retiring_ends_a_persons_session_and_tokens(owner: User, team: Team) -> None:
    bob = make_user(team, Role.APPROVER)
    make_token(bob, "requests:read")
    bobs = enter(bob)
    assert post(enter(owner), "accounts_user", "retire", bob.pk).status_code == 302
    bob.refresh_from_db()
    assert (bob.is_active, ApiToken.objects.get().revoked_at is None) == (False, False)
    assert bobs.get(reverse("admin:index")).status_code == 302


def test_nobody_retires_themselves_and_members_retire_nobody(owner: User, team: Team) -> None:
    bob = make_user(team, Role.ADMIN)
    other = make_user(team)
    assert post(enter(owner), "accounts_user", "retire", owner.pk).status_code == 403
    assert post(enter(bob), "accounts_user", "retire", other.pk).status_code == 403
    assert not User.objects.filter(is_active=False).exists()


def press_login_link(client: Client, user: User) -> Any:
    page = open_page(client, address("accounts_user", "change", user.pk))
    [form] = [form for form in page.find("form") if "reset-password" in form.get("action", "")]
    return form["action"], client.post(form["action"])


def test_an_owner_makes_a_login_link_that_is_shown_once(owner: User, team: Team) -> None:
    bob = make_user(team)
    client = enter(owner)
    action, response = press_login_link(client, bob)
    [secret] = read(response).find("input", id="secret")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/login/[\w-]{40,}/", secret["value"])
    assert "no-store" in response.headers["Cache-Control"]
    again = client.post(action, follow=True)
    assert "That link was made and shown already." in again.content.decode()
    assert LoginLink.objects.count() == 1


def test_nobody_makes_login_links_for_people_of_other_teams_too(team: Team) -> None:
    client = enter(make_user(team, Role.ADMIN))
    bob = make_user(team)
    add_member(actor=ACTOR, team=make_team(), user=bob, role=Role.VIEWER)
    page = open_page(client, address("accounts_user", "change", bob.pk))
    assert "Make login link" not in page.text
    client.get(address("accounts_apitoken", "add"))
    [word] = client.session["_once"]
    assert client.post(f"{address('accounts_user', 'reset-password', bob.pk)}?once={word}").status_code == 403
    assert not LoginLink.objects.exists()


def test_a_service_account_gets_no_login_link(owner: User, team: Team) -> None:
    service = make_service(owner, team)
    page = open_page(enter(owner), address("accounts_user", "change", service.pk))
    assert "Make login link" not in page.text


# Teams --------------------------------------------------------------------------------------------


def test_only_owners_add_teams(owner: User, team: Team) -> None:
    url = address("accounts_team", "add")
    assert enter(make_user(team, Role.ADMIN)).post(url, {"name": "Data"}).status_code == 403
    assert enter(owner).post(url, {"name": "Data"}).status_code == 302
    assert set(Team.objects.values_list("name", flat=True)) == {"Platform", "Data"}
    double = enter(owner).post(url, {"name": "Data"})
    assert (double.status_code, "A team of this name exists." in double.content.decode()) == (409, True)


def test_a_team_admin_manages_members(team: Team) -> None:
    client = enter(make_user(team, Role.ADMIN))
    bob = make_user(username="bob", name="Bob")
    add = post(client, "accounts_team", "add-member", team.pk, username="bob", role="viewer")
    assert messages_of(add) == ["Bob is a member now."]
    membership = Membership.objects.get(user=bob)
    data = {"membership": membership.pk, f"role-{membership.pk}": "approver"}
    post(client, "accounts_team", "set-role", team.pk, **data)
    membership.refresh_from_db()
    assert (membership.role, membership.ended_at) == ("approver", None)
    post(client, "accounts_team", "end-membership", team.pk, membership=membership.pk)
    membership.refresh_from_db()
    assert membership.ended_at is not None


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"username": "nobody", "role": "viewer"}, "There is no active user of this name."),
        ({"username": "robot", "role": "approver"}, "Service accounts never decide"),
        ({"username": "robot", "role": "king"}, "Select a valid choice."),
        ({"username": "", "role": "viewer"}, "Username: This field is required."),
    ],
)
def test_a_wrong_member_is_a_message_and_no_member(
    owner: User, team: Team, data: dict[str, str], sentence: str
) -> None:
    make_user(username="robot", kind="service", owner=owner)
    response = post(enter(owner), "accounts_team", "add-member", team.pk, **data)
    assert sentence in messages_of(response)[0]
    assert not Membership.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.APPROVER])
def test_other_members_manage_nothing(team: Team, role: str) -> None:
    client = enter(make_user(team, role))
    bob = make_user(team, username="bob")
    membership = Membership.objects.get(user=bob)
    page = open_page(client, address("accounts_team", "change", team.pk))
    assert [form.get("action", "") for form in page.find("form")] == [reverse("admin:logout")]
    presses: list[tuple[str, dict[str, str]]] = [
        ("settings", {"name": "Mine"}),
        ("add-member", {"username": "bob", "role": "admin"}),
        ("set-role", {"membership": membership.pk, f"role-{membership.pk}": "admin"}),
        ("end-membership", {"membership": membership.pk}),
    ]
    statuses = [post(client, "accounts_team", view, team.pk, **data).status_code for view, data in presses]
    approvals = client.post(
        address("reviews_reviewpolicy", "set-approvals", team.pk), {"approvals_needed": "2"}
    )
    assert [*statuses, approvals.status_code] == [403] * 5
    membership.refresh_from_db()
    team.refresh_from_db()
    assert (membership.role, membership.ended_at, team.name) == ("approver", None, "Platform")
    assert not ReviewPolicy.objects.exists()


def test_a_membership_of_another_team_is_out_of_reach(team: Team) -> None:
    client = enter(make_user(team, Role.ADMIN))
    foreign = Membership.objects.get(user=make_user(make_team(), username="foreign"))
    assert post(client, "accounts_team", "end-membership", team.pk, membership=foreign.pk).status_code == 404
    foreign.refresh_from_db()
    assert foreign.ended_at is None


def test_settings_and_approvals_are_saved(team: Team) -> None:
    client = enter(make_user(team, Role.ADMIN))
    make_user(team, Role.APPROVER)
    post(client, "accounts_team", "settings", team.pk, name="Core", tokens_may_decide="on")
    team.refresh_from_db()
    assert (team.name, team.chat_user_may_decide, team.tokens_may_decide) == ("Core", False, True)
    url = address("reviews_reviewpolicy", "set-approvals", team.pk)
    for text in ("2", "0", "21", "-1", "two", "1e1", ""):
        client.post(url, {"approvals_needed": text})
    assert list(ReviewPolicy.objects.values_list("team_id", "approvals_needed")) == [(team.pk, 2)]


# Tokens -------------------------------------------------------------------------------------------


def token_form(client: Client) -> dict[str, Any]:
    page = open_page(client, address("accounts_apitoken", "add"))
    return {
        "once": page.find("input", name="once")[0]["value"],
        "name": "CI",
        "scopes": ["requests:create"],
        "lifetime_days": "30",
    }


def shown_secret(page: Page) -> str:
    [field] = page.find("input", id="secret")
    return field["value"]


def test_a_token_is_shown_once_and_works(team: Team) -> None:
    member = make_user(team)
    client = enter(member)
    data = {**token_form(client), "user": member.pk}
    response = client.post(address("accounts_apitoken", "add"), data)
    secret = shown_secret(read(response))
    token = find_token(secret)
    assert token is not None
    assert (token.user, token.scopes, token.name) == (member, ["requests:create"], "CI")
    for url in (address("accounts_apitoken", "changelist"), address("accounts_apitoken", "change", token.pk)):
        assert secret not in client.get(url).content.decode()
    again = client.post(address("accounts_apitoken", "add"), data, follow=True)
    assert "That token was made already; its secret is not shown again." in again.content.decode()
    assert ApiToken.objects.count() == 1


def test_a_refused_form_can_be_sent_again(team: Team) -> None:
    member = make_user(team)
    service = make_service(member, team)
    client = enter(member)
    data = {**token_form(client), "user": service.pk, "scopes": ["requests:decide"]}
    refused = client.post(address("accounts_apitoken", "add"), data)
    assert (refused.status_code, "Service accounts never decide" in refused.content.decode()) == (400, True)
    made = client.post(address("accounts_apitoken", "add"), {**data, "scopes": ["requests:read"]})
    assert find_token(shown_secret(read(made))) is not None


@pytest.mark.parametrize("change", [{"scopes": []}, {"lifetime_days": "3650"}, {"name": ""}, {"user": "x"}])
def test_wrong_wishes_make_no_token(team: Team, change: dict[str, Any]) -> None:
    member = make_user(team)
    client = enter(member)
    data = {**token_form(client), "user": member.pk, **change}
    assert client.post(address("accounts_apitoken", "add"), data).status_code == 400
    assert not ApiToken.objects.exists()


def test_nobody_makes_tokens_for_others(owner: User, team: Team) -> None:
    member, other = make_user(team, Role.ADMIN), make_user(team)
    foreign_service = make_service(other, team)
    for user in (other, foreign_service):
        client = enter(member)
        data = {**token_form(client), "user": user.pk}
        assert client.post(address("accounts_apitoken", "add"), data).status_code == 400
    client = enter(owner)
    assert (
        client.post(address("accounts_apitoken", "add"), {**token_form(client), "user": other.pk}).status_code
        == 400
    )
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked_by_its_user_and_stays_in_the_list(team: Team) -> None:
    member = make_user(team)
    secret = make_token(member, "requests:read")
    client = enter(member)
    token = ApiToken.objects.get()
    assert post(client, "accounts_apitoken", "revoke", token.pk).status_code == 302
    assert find_token(secret) is None
    assert "revoked" in open_page(client, address("accounts_apitoken", "changelist")).text
    second = client.post(address("accounts_apitoken", "revoke", token.pk), follow=True)
    assert "This token is revoked already." in second.content.decode()


def test_a_list_shows_ones_own_tokens_only(team: Team) -> None:
    make_token(make_user(team), "requests:read")
    prefix = ApiToken.objects.get().prefix
    client = enter(make_user(team, Role.ADMIN))
    assert prefix not in client.get(address("accounts_apitoken", "changelist")).content.decode()


# Costs and records --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("model", ["accounts_user", "accounts_team", "accounts_apitoken"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    owner: User, model: str, count: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(count):
        person = make_user(make_team())
        make_token(make_service(person, make_team()), "requests:read")
    client = enter(owner)
    with django_assert_max_num_queries(10):
        client.get(address(model, "changelist"))


def test_what_people_do_here_is_audited_with_this_door(owner: User) -> None:
    enter(owner).post(address("accounts_user", "add"), {"username": "bob"})
    entry = AuditEntry.objects.order_by("-n")[0]
    assert (entry.verb, entry.actor_id, entry.door) == ("user.create", owner.pk, "admin")
