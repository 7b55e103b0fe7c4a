"""A team is retired by an owner, once nothing of it runs or waits; its members' rights end."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.domain.team_retirement import describe_holds, retire_team
from accounts.domain.teams import add_member
from accounts.enums import Role
from accounts.models import Team
from engines.domain.cao_servers import retire_cao_server
from engines.domain.registry import set_engine_enabled
from events.errors import Conflict, Invalid, Refused
from events.models import AuditEntry, Event
from governance.domain.close import expire_overdue_requests
from tests.admin.doors import address, enter, messages_of, open_page
from tests.factories import (
    ACTOR,
    make_cao_server,
    make_engine,
    make_owner,
    make_principal,
    make_request,
    make_service,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


def test_an_owner_retires_it_and_its_members_rights_end() -> None:
    team, other, owner = make_team(), make_team(), make_owner()
    member = make_user(team, Role.ADMIN)
    add_member(actor=ACTOR, team=other, user=member, role=Role.VIEWER)
    retire_team(principal=make_principal(owner), team=team)
    assert make_principal(member).roles == {other.pk: "viewer"}
    assert Event.objects.filter(kind="user.rights_changed", subject_id=member.pk).exists()
    assert AuditEntry.objects.get(verb="team.retire").after == {"members": 1}
    assert enter(member).get(address("accounts_team", "change", team.pk)).status_code == 404
    with pytest.raises(Invalid):
        add_member(actor=ACTOR, team=team, user=make_user(), role=Role.VIEWER)
    with pytest.raises(Refused):
        retire_team(principal=make_principal(owner), team=team)


def test_nobody_else_retires_it() -> None:
    team = make_team()
    admin = make_user(team, Role.ADMIN)
    for stranger in (admin, make_user(make_team(), Role.ADMIN), make_service(admin, team)):
        with pytest.raises(Refused):
            retire_team(principal=make_principal(stranger), team=team)
    assert Team.objects.get(pk=team.pk).retired_at is None


def test_it_is_refused_while_an_engine_runs_or_a_request_waits() -> None:
    team, owner = make_team(), make_principal(make_owner())
    engine = make_engine(team)
    request = make_request(engine)
    with pytest.raises(Conflict, match="The team still has 1 enabled engine and 1 waiting request"):
        retire_team(principal=owner, team=team)
    set_engine_enabled(principal=owner, engine=engine, is_enabled=False)
    with pytest.raises(Conflict, match="The team still has 1 waiting request"):
        retire_team(principal=owner, team=team)
    expire_overdue_requests(now=request.expires_at)
    assert describe_holds(team) == ""
    retire_team(principal=owner, team=team)


def test_it_is_refused_while_a_cao_server_is_read() -> None:
    team, owner = make_team(), make_principal(make_owner())
    server = make_cao_server(team)
    with pytest.raises(Conflict, match="The team still has 1 CAO server"):
        retire_team(principal=owner, team=team)
    retire_cao_server(actor=ACTOR, server=server)
    retire_team(principal=owner, team=team)


def test_the_button_asks_first_and_says_what_is_in_the_way() -> None:
    team, owner = make_team("Platform"), make_owner()
    client, url = enter(owner), address("accounts_team", "retire", team.pk)
    engine = make_engine(team)
    in_the_way = "The team still has 1 enabled engine. Retire or close that first."
    assert messages_of(client.post(url)) == [in_the_way]
    type(engine).objects.update(is_enabled=False)
    page = client.post(url)
    assert (page.status_code, Team.objects.get().retired_at) == (200, None)
    assert "Retire the team Platform" in page.content.decode()
    assert client.post(url, {"confirm": "1"}).status_code == 302
    retired_at = Team.objects.get().retired_at
    assert retired_at is not None
    assert retired_at <= timezone.now()


def test_only_owners_are_shown_the_button() -> None:
    team = make_team()
    url, retire = address("accounts_team", "change", team.pk), address("accounts_team", "retire", "x")
    retire = retire.replace("/x/", f"/{team.pk}/")
    for user, count in ((make_user(team, Role.ADMIN), 0), (make_owner(), 1)):
        assert len(open_page(enter(user), url).find("form", action=retire)) == count
    assert enter(make_user(team, Role.ADMIN)).post(retire, {"confirm": "1"}).status_code == 403
