"""An engine is retired for good: what it left open is closed, its name and address are free again."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.enums import Role
from engines.domain.registry import set_engine_enabled
from engines.domain.retirement import describe_retirement, retire_engine, retire_engine_as
from engines.models import Engine
from events.errors import Conflict, Refused
from events.models import AuditEntry, Event
from governance.domain.decide import approve_request
from governance.domain.replies import claim_reply
from governance.domain.retired_engines import SETTLE_AFTER, settle_retired_engines
from governance.models import EngineReply, PermissionRequest
from relay.supervisor import list_relayed_engines
from tests.factories import (
    ACTOR,
    make_engine,
    make_owner,
    make_principal,
    make_request,
    make_service,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


def test_open_requests_are_closed_with_the_reason_and_decisions_are_not_sent() -> None:
    team = make_team()
    admin, engine, other = make_principal(make_user(team, Role.ADMIN)), make_engine(team), make_engine(team)
    waiting, approved = make_request(engine), make_request(engine, session_id="ses_2")
    elsewhere = make_request(other)
    approve_request(principal=admin, request_id=approved.pk, fingerprint=approved.fingerprint)
    assert describe_retirement(engine) == [
        "1 waiting request will be closed unanswered and 1 decision will not be sent."
    ]

    retire_engine_as(principal=admin, engine=engine)
    rows = PermissionRequest.objects.order_by("pk").values_list("pk", "state", "close_reason")
    assert list(rows) == [
        (waiting.pk, "cancelled", "engine_retired"),
        (approved.pk, "approved", ""),
        (elsewhere.pk, "pending", ""),
    ]
    replies = EngineReply.objects.values_list("request", "state", "last_error")
    assert list(replies) == [(approved.pk, "orphaned", "The engine was retired before this was sent.")]
    assert (list(list_relayed_engines()), describe_retirement(engine)) == ([other.pk], [])
    assert Event.objects.filter(kind="engine.retired").values_list("audience").get() == (team.audience,)
    assert AuditEntry.objects.filter(verb="engine.retire", subject_id=engine.pk).count() == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.APPROVER])
def test_only_admins_and_owners_retire(role: str) -> None:
    team = make_team()
    engine = make_engine(team)
    strangers = [make_user(team, role), make_user(make_team(), Role.ADMIN), make_service(make_owner(), team)]
    for stranger in strangers:
        with pytest.raises(Refused):
            retire_engine_as(principal=make_principal(stranger), engine=engine)
    assert Engine.objects.get().retired_at is None
    retire_engine_as(principal=make_principal(make_owner()), engine=engine)


def test_retired_is_final() -> None:
    owner, engine = make_principal(make_owner()), make_engine(make_team())
    retire_engine(actor=ACTOR, engine=engine)
    with pytest.raises(Conflict, match="retired already"):
        retire_engine(actor=ACTOR, engine=engine)
    with pytest.raises(Conflict):
        set_engine_enabled(principal=owner, engine=engine, is_enabled=True)


def test_the_same_server_can_be_connected_anew() -> None:
    team = make_team()
    first = make_engine(team, name="workbench", address="http://127.0.0.1:4096")
    retire_engine(actor=ACTOR, engine=first)
    second = make_engine(team, name="workbench", address="http://127.0.0.1:4096")
    assert first.pk != second.pk


def test_what_a_relay_wrote_down_too_late_is_settled_by_the_clock() -> None:
    team = make_team()
    admin, engine = make_principal(make_user(team, Role.ADMIN)), make_engine(team)
    sent = make_request(engine)
    approve_request(principal=admin, request_id=sent.pk, fingerprint=sent.fingerprint)
    [reply] = EngineReply.objects.select_related("request")
    assert claim_reply(reply=reply, epoch=1, now=timezone.now())
    retire_engine(actor=ACTOR, engine=engine)
    late = make_request(engine, session_id="ses_2")

    settle_retired_engines(now=timezone.now())
    late.refresh_from_db()
    reply.refresh_from_db()
    assert (late.state, late.close_reason, reply.state) == ("cancelled", "engine_retired", "sent")

    settle_retired_engines(now=timezone.now() + SETTLE_AFTER + timedelta(seconds=1))
    reply.refresh_from_db()
    assert (reply.state, reply.last_error) == (
        "orphaned",
        "The engine was retired before it confirmed this; whether it arrived is not known.",
    )


def test_without_retired_engines_the_clock_asks_once(django_assert_num_queries: object) -> None:
    make_request(make_engine(make_team()))
    with django_assert_num_queries(1):  # type: ignore[operator]  # pytest-django's fixture
        settle_retired_engines(now=timezone.now())


def test_the_command_says_first_and_acts_with_yes() -> None:
    engine = make_engine(make_team("Builders"), name="workbench")
    make_request(engine)
    out = StringIO()
    with pytest.raises(CommandError, match="workbench was not retired"):
        call_command("retire_engine", "workbench", stdout=out, no_color=True)
    assert out.getvalue() == "1 waiting request will be closed unanswered.\n"
    with pytest.raises(CommandError, match=r"names no engine. Engines: workbench of Builders"):
        call_command("retire_engine", "nothing", "--yes")
    call_command("retire_engine", engine.pk, "--yes", stdout=out, no_color=True)
    assert Engine.objects.get().retired_at is not None
    with pytest.raises(CommandError, match="Engines: none yet"):
        call_command("retire_engine", engine.pk, "--yes")
