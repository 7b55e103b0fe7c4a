"""Requests come in, once each, whole or honestly cut, and are sealed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from accounts.domain.teams import add_member
from accounts.models import Team
from accounts.principal import Principal
from events.actors import RELAY_ACTOR
from events.changes import changes
from events.encryption import reveal
from events.errors import Conflict, Invalid, NotFound, Refused, TooLarge
from events.models import AuditEntry, Event
from governance.content import MAX_CONTENT_BYTES, RequestContent
from governance.domain.decide import approve_request, deny_request
from governance.domain.requests import (
    AskedByEngine,
    Wish,
    create_request,
    place_requests,
    record_engine_request,
    seal_request,
)
from governance.enums import Confirmation, RequestState
from governance.models import EngineReply, PermissionRequest
from governance.queries import get_request, list_by_engine_id, list_by_key
from reviews.models import ReviewPolicy
from tests.factories import (
    ACTOR,
    make_engine,
    make_principal,
    make_request,
    make_service,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def asker(team: Team) -> Principal:
    return make_principal(make_user(team))


def read_content(request: PermissionRequest) -> RequestContent:
    return RequestContent.from_text(reveal(request, "content"))


# From an engine ------------------------------------------------------------------------------------


def test_the_same_request_again_changes_nothing(team: Team) -> None:
    engine = make_engine(team)
    first = make_request(engine, "ls", engine_request_id="per_1", sealed=False)
    again = make_request(engine, "rm -rf /", engine_request_id="per_1", sealed=False)
    assert (again.pk, read_content(again).command) == (first.pk, "ls")
    assert AuditEntry.objects.filter(verb="permission_request.ask").count() == 1
    other = make_request(make_engine(team), engine_request_id="per_1")
    assert other.pk != first.pk


@pytest.mark.sqlite
def test_an_askers_own_ids_are_looked_up_in_their_index(team: Team) -> None:
    """SQLite would walk through every request there is for each one that comes in."""
    assert "one_row_per_engine_request" in list_by_engine_id([make_engine(team).pk], ["per_1"]).explain()
    assert "one_row_per_idempotency_key" in list_by_key("user", "nobody", "key").explain()


def test_a_sealed_request_is_not_sealed_again(team: Team) -> None:
    request = make_request(make_engine(team), "ls")
    again = seal_request(
        actor=RELAY_ACTOR, request=request, arguments={"command": "rm -rf /"}, now=timezone.now()
    )
    assert (again.fingerprint, read_content(again).arguments) == (
        request.fingerprint,
        {"command": "ls", "description": "test"},
    )
    assert AuditEntry.objects.filter(verb="permission_request.seal").count() == 1


def test_a_closed_request_is_not_sealed_any_more(team: Team, asker: Principal) -> None:
    request = make_request(make_engine(team), sealed=False)
    deny_request(principal=asker, request_id=request.pk, fingerprint=request.fingerprint)
    again = seal_request(actor=RELAY_ACTOR, request=request, arguments={}, now=timezone.now())
    assert (again.is_sealed, again.state) == (False, RequestState.DENIED)


def test_sealing_with_arguments_makes_what_was_shown_stale(team: Team, asker: Principal) -> None:
    request = make_request(make_engine(team), "ls", sealed=False)
    shown = request.fingerprint
    seal_request(actor=RELAY_ACTOR, request=request, arguments={"command": "ls"}, now=timezone.now())
    with pytest.raises(Conflict) as caught:
        approve_request(principal=asker, request_id=request.pk, fingerprint=shown)
    assert caught.value.code == "stale_fingerprint"


def test_arguments_that_name_another_command_are_a_contradiction(team: Team) -> None:
    request = make_request(make_engine(team), "ls", sealed=False)
    sealed = seal_request(
        actor=RELAY_ACTOR, request=request, arguments={"command": "rm -rf /"}, now=timezone.now()
    )
    assert (sealed.summary, sealed.is_summary_whole) == ("ls", False)
    assert [finding["code"] for finding in sealed.findings] == ["contradiction"]


def test_a_command_without_metadata_comes_from_the_arguments(team: Team) -> None:
    request = make_request(make_engine(team), "ls", sealed=False, metadata={})
    sealed = seal_request(
        actor=RELAY_ACTOR, request=request, arguments={"command": "ls -la"}, now=timezone.now()
    )
    assert (sealed.summary, sealed.is_summary_whole) == ("ls -la", True)


def test_unknown_arguments_are_said_and_may_be_sealed(team: Team, asker: Principal) -> None:
    request = make_request(make_engine(team), "ls", sealed=False)
    sealed = seal_request(actor=RELAY_ACTOR, request=request, arguments=None, now=timezone.now())
    assert (sealed.is_sealed, sealed.arguments_known, sealed.is_summary_whole) == (True, False, False)
    assert [finding["code"] for finding in sealed.findings] == ["arguments_unknown"]
    outcome = approve_request(
        principal=asker,
        request_id=request.pk,
        fingerprint=sealed.fingerprint,
        confirmed={Confirmation.HIGH_RISK},
    )
    assert outcome.is_decided


@pytest.mark.parametrize(
    "values",
    [
        {"metadata": {"command": "x" * 5_000_000}},
        {"metadata": {"command": "\U0001f600" * 1_000_000}},
        {"metadata": {"diff": "+" * 10_000_000, "filepath": "a"}, "permission": "edit"},
        {"metadata": {"other": "x" * 5_000_000}},
        {"patterns": ["y" * 5_000_000]},
        {"patterns": ["y" * 600] * 20_000},
        {"directory": "/" + "d" * 5_000_000},
        {"permission": "p" * 5_000_000},
    ],
)
def test_a_request_too_large_to_keep_is_stored_cut_and_says_so(team: Team, values: dict[str, Any]) -> None:
    request = make_request(make_engine(team), "ls", **values)
    assert [finding["code"] for finding in request.findings if finding["code"] == "cut"] == ["cut"]
    assert (request.is_sealed, request.is_summary_whole) == (True, False)
    assert len(reveal(request, "content")) <= MAX_CONTENT_BYTES


def test_arguments_too_large_to_keep_stay_unknown(team: Team) -> None:
    request = make_request(make_engine(team), "ls", sealed=False)
    arguments = {"command": "ls", "padding": "x" * 5_000_000}
    sealed = seal_request(actor=RELAY_ACTOR, request=request, arguments=arguments, now=timezone.now())
    assert sorted(finding["code"] for finding in sealed.findings) == ["arguments_unknown", "cut"]
    assert read_content(sealed).command == "ls"


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    permission=st.text(),
    patterns=st.lists(st.text(), max_size=3),
    directory=st.text(),
    metadata=st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text()), max_size=3),
    arguments=st.none() | st.dictionaries(st.text(), st.text() | st.none() | st.lists(st.text()), max_size=3),
    call_id=st.text(max_size=300),
)
def test_no_text_of_an_engine_is_too_strange_to_store(
    team: Team,
    permission: str,
    patterns: list[str],
    directory: str,
    metadata: dict[str, Any],
    arguments: dict[str, Any] | None,
    call_id: str,
) -> None:
    """Also NUL and half a surrogate pair, though the wire replaces them: what is lost is never shown."""
    engine = make_engine(team)
    asked = AskedByEngine("per_1", "ses_1", permission, patterns, directory, metadata, "msg_1", call_id)
    request = record_engine_request(engine=engine, asked=asked, now=timezone.now())
    sealed = seal_request(actor=RELAY_ACTOR, request=request, arguments=arguments, now=timezone.now())
    content = read_content(PermissionRequest.objects.get(pk=sealed.pk))
    assert (content.permission, content.patterns, content.arguments) == (permission, patterns, arguments)
    assert PermissionRequest.objects.get(pk=sealed.pk).fingerprint == content.fingerprint


def test_a_request_waits_without_a_chat_until_its_session_is_known(team: Team) -> None:
    engine = make_engine(team)
    child = make_request(engine, session_id="ses_child")
    assert (child.chat, child.subagent, place_requests(engine=engine)) == (None, None, 0)
    make_session(engine, "ses_child", parent_id="ses_root", agent="general")
    assert place_requests(engine=engine) == 1
    child.refresh_from_db()
    assert child.subagent is not None
    assert (child.chat, child.subagent.source_ref, child.agent) == (None, "ses_child", "general")
    assert place_requests(engine=engine) == 0
    make_session(engine, "ses_root")
    assert place_requests(engine=engine) == 1
    child.refresh_from_db()
    assert child.chat is not None
    assert child.chat.ai_engine_session_id == "ses_root"


def test_the_number_of_approvals_is_that_of_the_day_it_was_asked(team: Team) -> None:
    engine = make_engine(team)
    before = make_request(engine)
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=3)
    assert (before.approvals_needed, make_request(engine).approvals_needed) == (1, 3)


# From the API --------------------------------------------------------------------------------------


def ask(principal: Principal, team: Team, **values: Any) -> PermissionRequest:
    request, _ = create_request(
        principal=principal, team=team, wish=Wish(**{"permission": "deploy", **values})
    )
    return request


def test_a_wish_is_sealed_at_once(team: Team, asker: Principal) -> None:
    request = ask(asker, team, arguments={"command": "make deploy"}, patterns=["make deploy"])
    assert (request.is_sealed, request.summary, request.is_summary_whole) == (True, "make deploy", True)
    assert (request.requester_id, request.source, request.state) == (asker.user.pk, "api", "pending")


def test_the_same_key_and_wish_is_the_same_request(team: Team, asker: Principal) -> None:
    values: dict[str, Any] = {"arguments": {"command": "make", "n": [1, 2.5, None]}, "idempotency_key": "k"}
    first = ask(asker, team, **values)
    wish = Wish(permission="deploy", **values)
    assert create_request(principal=asker, team=team, wish=wish) == (first, False)
    assert Event.objects.filter(kind="permission_request.created").count() == 1


def test_the_same_key_for_another_wish_is_a_conflict(team: Team, asker: Principal) -> None:
    ask(asker, team, idempotency_key="k", command="ls")
    with pytest.raises(Conflict) as caught:
        ask(asker, team, idempotency_key="k", command="rm -rf /")
    assert caught.value.code == "idempotency_key_reused"


def test_a_key_belongs_to_one_asker_and_one_team(team: Team) -> None:
    user, other_team = make_user(team), make_team()
    make_user(other_team)
    add_member(actor=ACTOR, team=other_team, user=user, role="approver")
    first = ask(make_principal(user), team, idempotency_key="k")
    with pytest.raises(Conflict) as caught:
        ask(make_principal(user), other_team, idempotency_key="k")
    assert caught.value.code == "idempotency_key_reused"
    assert ask(make_principal(make_user(team)), team, idempotency_key="k").pk != first.pk
    assert ask(make_principal(user), team).pk != ask(make_principal(user), team).pk


def nest(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "values",
    [
        {"permission": ""},
        {"permission": " "},
        {"permission": "x" * 121},
        {"permission": "de\nploy"},
        {"permission": "de\u202eploy"},
        {"command": "a\0b"},
        {"command": "a\ud800"},
        {"arguments": {"a\0": 1}},
        {"arguments": {"a": ["\udfff"]}},
        {"patterns": ["\0"]},
        {"diff": "\0"},
        {"directory": "\0"},
        {"agent": "\ud800"},
        {"session_id": "\0"},
        {"idempotency_key": "x" * 101},
        {"idempotency_key": "a\0"},
        {"arguments": nest(65)},
        {"arguments": nest(900)},
        {"diff": "x" * (MAX_CONTENT_BYTES + 1)},
        {"expires_in_s": 4},
        {"expires_in_s": -1},
        {"expires_in_s": 31 * 24 * 3600},
        {"expires_in_s": 10**30},
    ],
)
def test_a_wish_that_can_not_be_kept_is_refused_and_nothing_changes(
    team: Team, asker: Principal, values: dict[str, Any]
) -> None:
    entries = AuditEntry.objects.count()
    with pytest.raises((Invalid, TooLarge)):
        ask(asker, team, **values)
    assert (PermissionRequest.objects.count(), AuditEntry.objects.count()) == (0, entries)


@pytest.mark.parametrize(
    "values",
    [
        {"arguments": nest(64)},
        {"session_id": "s" * 500},
        {"directory": "d" * 5000},
        {"agent": "a" * 500},
        {"command": "c" * 100_000},
        {"patterns": ["p" * 5000] * 10},
        {"command": "a\u202e\r\x1b漢😀"},
        {"expires_in_s": 5},
        {"expires_in_s": 30 * 24 * 3600},
    ],
)
def test_long_and_strange_wishes_are_kept(team: Team, asker: Principal, values: dict[str, Any]) -> None:
    request = PermissionRequest.objects.get(pk=ask(asker, team, **values).pk)
    assert request.is_sealed


def test_strangers_and_tokens_without_the_scope_ask_for_nothing(team: Team) -> None:
    with pytest.raises(Refused):
        ask(make_principal(make_user(make_team())), team)
    assert not PermissionRequest.objects.exists()


def test_a_wish_of_an_agent_has_no_reply(team: Team, asker: Principal) -> None:
    service = make_service(make_user(team), team)
    request = ask(make_principal(service), team)
    approve_request(principal=asker, request_id=request.pk, fingerprint=request.fingerprint)
    request.refresh_from_db()
    assert (request.state, request.requester_kind) == (RequestState.APPROVED, "service")
    assert not EngineReply.objects.exists()


@pytest.mark.parametrize(
    "key", ["", "x", "0" * 15, "0" * 16, "\0" * 15, "\ud800" * 15, "ABCDEFGHIJKLMNO", "' OR 1=1 --"]
)
def test_what_is_no_id_does_not_exist(asker: Principal, key: str) -> None:
    with pytest.raises(NotFound):
        get_request(asker, key)
    with pytest.raises(NotFound):
        deny_request(principal=asker, request_id=key, fingerprint="")


@pytest.mark.parametrize("fingerprint", ["", "x", "0" * 64, "\0", "\ud800", "x" * 100_000])
def test_what_is_no_fingerprint_is_stale(team: Team, asker: Principal, fingerprint: str) -> None:
    request = make_request(make_engine(team))
    for act in (approve_request, deny_request):
        with pytest.raises(Conflict) as caught:
            act(principal=asker, request_id=request.pk, fingerprint=fingerprint)
        assert caught.value.code == "stale_fingerprint"
    assert PermissionRequest.objects.get(pk=request.pk).is_pending


@pytest.mark.parametrize("reason", ["a\0b", "a\ud800", "x" * 4001])
def test_a_reason_that_can_not_be_kept_is_refused(team: Team, asker: Principal, reason: str) -> None:
    request = make_request(make_engine(team))
    with pytest.raises(Invalid) as caught:
        deny_request(principal=asker, request_id=request.pk, fingerprint=request.fingerprint, reason=reason)
    assert caught.value.facts == {"field": "reason"}
    assert PermissionRequest.objects.get(pk=request.pk).is_pending


def test_a_person_who_lost_the_vote_inside_a_larger_act_counted_nothing(team: Team, asker: Principal) -> None:
    """A page that does several things goes on after a conflict: the vote's lock must not count as a vote."""
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
    request = make_request(make_engine(team))
    with changes(asker.actor):
        for _ in range(3):
            try:
                approve_request(principal=asker, request_id=request.pk, fingerprint=request.fingerprint)
            except Conflict as conflict:
                assert conflict.code == "already_voted"  # noqa: PT017 - and the act goes on
    request.refresh_from_db()
    assert (request.state, request.approvals) == (RequestState.PENDING, 1)


def test_time_is_taken_from_the_request_not_from_the_asker(team: Team, asker: Principal) -> None:
    before = timezone.now()
    request = ask(asker, team, expires_in_s=60)
    assert timedelta(seconds=60) <= request.expires_at - before <= timedelta(seconds=90)
