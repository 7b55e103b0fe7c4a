"""`connect_cao` and `retire_cao`: what can't be read is not connected, and what will be missed is said."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Team
from deploy.servers import free_port
from engines.domain.delegations import DelegationFacts, record_delegations
from engines.enums import SubagentKind, SubagentStatus
from engines.models import CaoServer, Subagent
from events.encryption import reveal
from events.models import AuditEntry, Event
from relay.cao.first_look import NO_ADDRESS
from tests.factories import ACTOR, make_cao_server, make_team
from tests.relay.cao.homes import OLDEST, CaoHome, unpack_sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team("Platform")


def connect(folder: Path, **options: object) -> str:
    out = StringIO()
    call_command("connect_cao", str(folder), **{"team": "Platform", **options}, stdout=out, no_color=True)
    return out.getvalue()


def test_a_readable_server_is_connected_and_told_of(team: Team, tmp_path: Path) -> None:
    folder = unpack_sample(tmp_path / "sample")
    said = connect(folder)
    server = CaoServer.objects.get()
    assert (server.team, server.name, server.home_folder, server.address, server.state) == (
        team,
        "sample",
        str(folder),
        "",
        "unknown",
    )
    assert said.splitlines() == [
        f"Connected sample ({server.pk}): 8 terminals.",
        f"Note: {NO_ADDRESS}.",
    ]
    assert [entry.verb for entry in AuditEntry.objects.filter(subject_id=server.pk)] == ["cao_server.connect"]
    [event] = Event.objects.filter(kind="cao_server.changed")
    assert (event.audience, event.topic) == (f"team:{team.pk}", "health")


def test_what_an_old_version_does_not_keep_is_said(team: Team, tmp_path: Path) -> None:
    home = CaoHome(tmp_path / "old", OLDEST, has_handoffs=False)
    said = connect(home.folder)
    for clause in (
        "this version keeps no callers",
        "this version keeps no results of handoffs",
        "this version does not tell assignments from handoffs",
    ):
        assert f"Note: {clause}." in said


def test_what_can_not_be_reached_is_not_connected(team: Team, tmp_path: Path) -> None:
    home = CaoHome(tmp_path / "home")
    (tmp_path / "two lines").write_text("a\nb\n")
    for folder, options, sentence in (
        (tmp_path / "nowhere", {}, r"There is no database file\. Nothing was connected"),
        (home.folder, {"team": "Nobody"}, "There is no team 'Nobody'. Teams: Platform"),
        (home.folder, {"address": f"http://127.0.0.1:{free_port()}"}, "There is no connection to its HTTP"),
        (home.folder, {"address": "ftp://x"}, r"looks like http://host:port\. Nothing was connected"),
        (home.folder, {"token_file": tmp_path / "two lines"}, "must hold one line"),
    ):
        with pytest.raises(CommandError, match=sentence):
            connect(folder, **options)
    assert CaoServer.objects.count() == 0


def test_a_folder_is_connected_once(team: Team, tmp_path: Path) -> None:
    home = CaoHome(tmp_path / "home")
    connect(home.folder)
    with pytest.raises(CommandError, match=r"connected already\. Nothing was connected\."):
        connect(home.folder, name="another")
    call_command("retire_cao", "home", stdout=StringIO())
    connect(home.folder)
    assert CaoServer.objects.filter(retired_at=None).count() == 1


def test_what_a_retired_server_leaves_open_is_lost(team: Team) -> None:
    server = make_cao_server(team, name="one")
    facts = [
        DelegationFacts(SubagentKind.CAO_TERMINAL, "aaaaaaaa", status=SubagentStatus.WAITING_HUMAN),
        DelegationFacts(SubagentKind.CAO_ASSIGN, "bbbbbbbb", "aaaaaaaa", status=SubagentStatus.COMPLETED),
    ]
    record_delegations(actor=ACTOR, server=server, facts=facts, now=timezone.now())
    call_command("retire_cao", "one", stdout=StringIO())
    rows = Subagent.objects.order_by("source_ref").values_list("source_ref", "status")
    assert list(rows) == [("aaaaaaaa", "lost"), ("bbbbbbbb", "completed")]


def test_a_token_needs_an_address(team: Team, tmp_path: Path) -> None:
    home = CaoHome(tmp_path / "home")
    (tmp_path / "token").write_text("secret\n")
    with pytest.raises(CommandError, match="A token is of no use without the address"):
        connect(home.folder, token_file=tmp_path / "token")


def test_a_token_is_stored_encrypted_and_never_audited(team: Team) -> None:
    server = make_cao_server(team, address="http://127.0.0.1:9889", token="a-cao-token")
    row = CaoServer.objects.get(pk=server.pk)
    assert "a-cao-token" not in row.token
    assert reveal(row, "token") == "a-cao-token"
    assert "a-cao-token" not in repr(list(AuditEntry.objects.values()))


def test_a_name_that_is_not_clear_retires_nobody(team: Team) -> None:
    make_cao_server(team, name="one")
    make_cao_server(make_team(), name="one")
    for wanted, sentence in (("one", "names several"), ("two", "names no CAO server")):
        with pytest.raises(CommandError, match=sentence):
            call_command("retire_cao", wanted)
    assert CaoServer.objects.filter(retired_at=None).count() == 2
