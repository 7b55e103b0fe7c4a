"""Who may begin chats, send in them, change them and take them over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.domain.tokens import create_token
from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team, User
from accounts.principal import Principal
from chats.policies import (
    can_change,
    can_send,
    can_take_over,
    explain_not_changing,
    explain_not_creating,
    explain_not_sending,
    explain_not_taking_over,
)
from engines.models import Chat
from engines.policies import can_see_chat
from events.actors import Door
from tests.chats.conftest import Desk
from tests.factories import (
    ACTOR,
    make_owner,
    make_principal,
    make_service,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


def with_token(user: User, *scopes: str) -> Principal:
    expires_at = timezone.now() + timedelta(days=1)
    create_token(actor=ACTOR, user=user, name="t", scopes=list(scopes), expires_at=expires_at)
    return Principal(user, Door.API, ApiToken.objects.get(user=user))


def list_rights(principal: Principal, chat: Chat) -> str:
    """The first letters of what this principal may: see, begin, send, change, take over."""
    rights = {
        "s": can_see_chat(principal, chat),
        "b": not explain_not_creating(principal, chat.team_id),
        "w": can_send(principal, chat),
        "c": can_change(principal, chat),
        "t": can_take_over(principal, chat),
    }
    return "".join(letter for letter, has_it in rights.items() if has_it)


def adopt(desk: Desk) -> Chat:
    make_session(desk.engine, "ses_elsewhere")
    return Chat.objects.get(ai_engine_session_id="ses_elsewhere")


def test_who_may_what_in_anothers_chat(desk: Desk) -> None:
    people = {role: make_user(desk.team, role) for role in Role.values}
    rights = {role: list_rights(make_principal(user), desk.chat) for role, user in people.items()}
    assert rights == {"viewer": "s", "editor": "sb", "approver": "sb", "admin": "sbc"}
    assert list_rights(desk.principal, desk.chat) == "sbwc"


def test_a_chat_that_is_nobodys_is_taken_over_by_any_member_but_a_viewer(desk: Desk) -> None:
    chat = adopt(desk)
    people = {role: make_user(desk.team, role) for role in Role.values}
    rights = {role: list_rights(make_principal(user), chat) for role, user in people.items()}
    assert rights == {"viewer": "s", "editor": "sbt", "approver": "sbt", "admin": "sbct"}
    assert explain_not_sending(desk.principal, chat) == (
        "This chat was begun in the engine and is nobody's here: take it over first."
    )


def test_strangers_and_owners_who_are_no_members_have_no_rights(desk: Desk) -> None:
    strangers = [make_user(make_team(), Role.ADMIN), make_owner(), make_user()]
    assert [list_rights(make_principal(user), desk.chat) for user in strangers] == ["", "", ""]


def test_a_service_account_writes_in_the_chats_of_who_answers_for_it(desk: Desk) -> None:
    own = make_service(desk.user, desk.team)
    anothers = make_service(make_user(desk.team, Role.ADMIN), desk.team)
    assert list_rights(with_token(own, Scope.CHATS_WRITE, Scope.CHATS_READ), desk.chat) == "sbwc"
    assert list_rights(with_token(anothers, Scope.CHATS_WRITE), desk.chat) == "sb"
    assert explain_not_taking_over(make_principal(own), adopt(desk)) == (
        "Service accounts take no chats over."
    )


def test_a_service_account_outside_the_team_writes_nothing(desk: Desk) -> None:
    service = make_service(desk.user, make_team())
    assert list_rights(with_token(service, Scope.CHATS_WRITE), desk.chat) == ""


@pytest.mark.parametrize("change", ["viewer", "ended", "retired"])
def test_a_service_account_writes_only_as_long_as_who_answers_for_it_may(desk: Desk, change: str) -> None:
    principal = with_token(make_service(desk.user, desk.team), Scope.CHATS_WRITE)
    if change == "viewer":
        desk.user.memberships.update(role=Role.VIEWER)
    elif change == "ended":
        desk.user.memberships.update(ended_at=timezone.now())
    else:
        User.objects.filter(pk=desk.user.pk).update(is_active=False)
    refusal = "Whoever answers for this service account may not write in the team's chats."
    assert explain_not_sending(principal, desk.chat) == refusal
    assert explain_not_changing(principal, desk.chat) == refusal


def test_a_token_without_the_scope_writes_nothing(desk: Desk) -> None:
    principal = with_token(desk.user, Scope.CHATS_READ)
    assert list_rights(principal, desk.chat) == "s"
    assert explain_not_sending(principal, desk.chat) == "This token lacks the scope chats:write."


def test_who_became_a_viewer_writes_in_their_own_chat_no_more(desk: Desk) -> None:
    desk.user.memberships.update(role=Role.VIEWER)
    assert list_rights(desk.principal, desk.chat) == "s"


def test_a_member_of_two_teams_writes_where_the_chat_is(desk: Desk) -> None:
    other: Team = make_team()
    person = make_user(desk.team, Role.VIEWER)
    make_user(other, Role.ADMIN)
    assert list_rights(make_principal(person), desk.chat) == "s"
