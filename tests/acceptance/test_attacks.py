"""The attacks that an earlier system let through and that no other test tries, each by its number."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import NoReverseMatch

from accounts.enums import Role, Scope
from accounts.models import Team, User
from engines.models import Chat
from health.models import HealthCheck
from tests.admin.doors import address, enter
from tests.api.clients import call_as
from tests.factories import make_engine, make_owner, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def attacker(team: Team) -> User:
    return make_user(team, Role.ADMIN)


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_04_no_form_and_no_token_writes_health(team: Team, attacker: User, who: str) -> None:
    check = HealthCheck.objects.create(component="engine", team=team, name="engine")
    before = HealthCheck.objects.values().get()
    user = make_owner() if who == "owner" else attacker
    client = enter(user)
    for view in ("changelist", "add", "change"):
        arguments = [check.pk] if view == "change" else []
        answer = client.post(address("health_healthcheck", view, *arguments), {"state": "ready"})
        assert answer.status_code in {403, 405}
    with pytest.raises(NoReverseMatch):
        address("health_healthcheck", "delete", check.pk)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = call_as(user, *Scope.values).send(method, f"health-checks/{check.pk}/", {"state": "ready"})
        assert answer.status_code == 405
    assert HealthCheck.objects.values().get() == before


def test_04_a_part_has_one_row() -> None:
    facts = {"component": "database", "subject_id": "", "name": "database"}
    HealthCheck.objects.create(**facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        HealthCheck.objects.create(**facts)


@pytest.mark.parametrize("claim", ["user", "user_id", "owner"])
def test_16_a_chat_is_its_makers_whatever_the_body_says(team: Team, attacker: User, claim: str) -> None:
    victim = make_user(team, Role.EDITOR)
    engine = make_engine(team, directories=["/srv/demo"])
    caller = call_as(attacker, Scope.CHATS_READ, Scope.CHATS_WRITE)
    refused = caller.send("POST", "chats/", {"engine": engine.pk, "title": "Theirs", claim: victim.pk})
    assert (refused.status_code, Chat.objects.count()) == (400, 0)
    assert caller.send("POST", "chats/", {"engine": engine.pk, "title": "Mine"}).status_code == 201
    assert Chat.objects.get().user == attacker
