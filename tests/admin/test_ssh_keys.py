"""SSH keys in the admin: one's own page, what owners see, and who holds `ssh` on a team's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.domain.ssh_keys import add_ssh_key
from accounts.domain.teams import set_ssh
from accounts.enums import Role
from accounts.models import Membership, SshKey, Team, User
from events.models import AuditEntry
from tests.accounts.ssh.lines import make_ed25519_line, make_rsa_line
from tests.admin.doors import address, enter, messages_of, open_page, read
from tests.factories import make_owner, make_principal, make_service, make_team, make_user

pytestmark = pytest.mark.django_db

ADD = address("accounts_sshkey", "add")
LIST_QUERIES = 7
LIST = address("accounts_sshkey", "changelist")


@pytest.fixture
def team() -> Team:
    return make_team("Platform")


@pytest.fixture
def member(team: Team) -> User:
    return make_user(team, Role.VIEWER)


def add_key(user: User, name: str = "laptop") -> SshKey:
    return add_ssh_key(principal=make_principal(user), public_key=make_ed25519_line(), name=name)


def post(client: Client, view: str, key: SshKey, **data: Any) -> Any:
    return client.post(address("accounts_sshkey", view, key.pk), data, follow=True)


def test_a_viewer_adds_a_key_from_the_line_of_its_file(member: User) -> None:
    line = make_ed25519_line()
    response = enter(member).post(
        ADD, {"public_key": f"{line} me@home\n", "name": "", "lifetime_days": "30"}, follow=True
    )
    key = SshKey.objects.get()
    assert (key.user, key.name, key.public_key) == (member, "me@home", line)
    assert key.expires_at is not None
    assert abs(key.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    text = read(response).text
    assert (key.fingerprint in text, "no team yet" in text) == (True, True)
    assert messages_of(response) == ["The key me@home is added. Compare its fingerprint with your own."]


def test_what_is_refused_comes_back_with_its_sentence_at_the_field(member: User) -> None:
    client = enter(member)
    for text, sentence in [
        (f'command="sh" {make_ed25519_line()}', "Something stands before the key."),
        (f"{make_ed25519_line()}\n{make_ed25519_line()}", "A key is one line"),
        (make_rsa_line(2048), "This RSA key has 2048 bits"),
    ]:
        response = client.post(ADD, {"public_key": text, "name": "x", "lifetime_days": ""})
        page = read(response)
        assert (response.status_code, sentence in page.text, text.split()[-1] in page.text) == (
            400,
            True,
            True,
        )
    assert not SshKey.objects.exists()


def test_a_private_key_that_was_pasted_does_not_come_back_with_the_form(member: User) -> None:
    secret = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU"
    text = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{secret}\n-----END OPENSSH PRIVATE KEY-----"
    response = enter(member).post(ADD, {"public_key": text, "name": "x", "lifetime_days": ""})
    page = response.content.decode()
    assert (response.status_code, "This is a private key." in page, secret in page) == (400, True, False)
    assert not AuditEntry.objects.filter(text__contains=secret).exists()


def test_a_known_key_is_a_conflict(member: User) -> None:
    key = add_key(member)
    response = enter(member).post(ADD, {"public_key": key.public_key, "name": "x", "lifetime_days": ""})
    assert (response.status_code, "You have this key already" in response.content.decode()) == (409, True)


def test_the_form_asks_for_the_password_when_the_login_is_not_recent(member: User) -> None:
    client = enter(member)
    key = add_key(member)
    with time_machine.travel(timezone.now() + timedelta(minutes=20)):
        assert client.get(ADD).status_code == 302
        refused = client.post(ADD, {"public_key": make_ed25519_line()})
        assert (refused.status_code, SshKey.objects.count()) == (403, 1)
        for view in ("save", "activate"):
            assert client.post(address("accounts_sshkey", view, key.pk)).status_code == 403
        # Keeping somebody out never waits.
        assert "lets nobody in" in read(post(client, "deactivate", key)).text


def test_a_key_is_changed_deactivated_taken_back_and_deleted(member: User) -> None:
    client, key = enter(member), add_key(member)

    post(client, "save", key, name="Desk", lifetime_days="7")
    key.refresh_from_db()
    assert (key.name, key.expires_at is None) == ("Desk", False)
    end = key.expires_at
    post(client, "save", key, name="Desk 2", lifetime_days="keep")
    key.refresh_from_db()
    assert (key.name, key.expires_at) == ("Desk 2", end)

    post(client, "deactivate", key)
    page = open_page(client, address("accounts_sshkey", "change", key.pk)).text
    said = ("none: it is deactivated" in page, "Take back" in page, "Deactivate" in page)
    assert said == (True, True, False)
    post(client, "activate", key)
    key.refresh_from_db()
    assert key.is_active

    asked = read(post(client, "drop", key))
    assert ("Who is logged in already stays so" in asked.text, SshKey.objects.get().deleted_at) == (
        True,
        None,
    )
    post(client, "drop", key, confirm="1")
    assert client.get(address("accounts_sshkey", "change", key.pk)).status_code == 404
    assert "No key yet." in open_page(client, LIST).text


def test_people_see_their_own_keys_and_owners_everybodys_on_request(team: Team, member: User) -> None:
    mine, theirs = add_key(member, "mine"), add_key(make_user(team, Role.ADMIN), "theirs")
    own_page = open_page(enter(member), f"{LIST}?whose=everybody").text
    assert (mine.fingerprint in own_page, theirs.fingerprint in own_page) == (True, False)
    assert enter(member).get(address("accounts_sshkey", "change", theirs.pk)).status_code == 404

    owner = enter(make_owner())
    assert mine.fingerprint not in open_page(owner, LIST).text
    everybodys = open_page(owner, f"{LIST}?whose=everybody").text
    assert (mine.fingerprint in everybodys, theirs.fingerprint in everybodys) == (True, True)
    page = open_page(owner, address("accounts_sshkey", "change", mine.pk)).text
    assert ("Deactivate" in page, "Delete…" in page, "Save" in page) == (True, True, False)
    assert post(owner, "save", mine, name="x", lifetime_days="").status_code == 403
    assert "lets nobody in" in read(post(owner, "deactivate", mine)).text


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_as_many_queries_for_three_keys_as_for_one(
    team: Team, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    owner = make_owner()
    for _ in range(count):
        add_key(make_user(team))
    client = enter(owner)
    client.get(f"{LIST}?whose=everybody")
    with django_assert_num_queries(LIST_QUERIES):
        client.get(f"{LIST}?whose=everybody")


# The team's page ------------------------------------------------------------------------------------


def test_a_teams_admin_gives_and_takes_ssh_on_the_teams_page(team: Team, member: User) -> None:
    client = enter(make_user(team, Role.ADMIN))
    service = make_service(member, team)
    membership = Membership.objects.get(user=member)
    page = open_page(client, address("accounts_team", "change", team.pk))
    labels = {button.get("aria-label") for button in page.find("button")}
    assert f"Let {member} log in with an SSH key" in labels
    assert f"Let {service} log in with an SSH key" not in labels

    url = address("accounts_team", "set-ssh", team.pk)
    given = client.post(url, {"membership": membership.pk, "ssh": "1"}, follow=True)
    membership.refresh_from_db()
    assert (membership.has_ssh, messages_of(given)) == (
        True,
        [f"{member} may log in to the sandbox now, with an SSH key."],
    )
    key = add_key(member)
    assert team.name in open_page(enter(member), address("accounts_sshkey", "change", key.pk)).text
    client.post(url, {"membership": membership.pk, "ssh": "0"})
    membership.refresh_from_db()
    assert not membership.has_ssh


def test_members_see_who_may_log_in_and_change_nothing(team: Team, member: User) -> None:
    membership = Membership.objects.get(user=member)
    set_ssh(principal=make_principal(make_owner()), membership=membership, has_ssh=True)
    client = enter(member)
    page = open_page(client, address("accounts_team", "change", team.pk))
    assert ("may log in" in page.text, "Take away" in page.text) == (True, False)
    url = address("accounts_team", "set-ssh", team.pk)
    assert client.post(url, {"membership": membership.pk, "ssh": "0"}).status_code == 403
    membership.refresh_from_db()
    assert membership.has_ssh
