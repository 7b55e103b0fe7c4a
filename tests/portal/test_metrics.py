"""/metrics: who may read it, and that what it says is true."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.enums import Role, Scope
from accounts.models import User
from chats.domain.prompts import confirm_prompt
from chats.domain.sending import withdraw_message
from chats.models import OutgoingMessage
from chats.queries import read_prompt_totals
from engines.domain.registry import set_engine_enabled, stamp_engine_seen
from engines.models import Chat, Engine
from events.actors import Door
from events.models import AuditEntry
from governance.domain.decide import approve_request, deny_request
from governance.models import EngineReply, PermissionRequest
from health.models import HealthCheck, HealthWatch
from live.enums import CredentialKind, ListenerKind
from live.hub import get_hub
from live.listeners import Listener
from live.queries import read_head
from live.rights import Credential
from portal import metric_facts
from portal.health import HealthMiddleware
from portal.metric_facts import Kept
from relay.domain.leases import acquire_lease
from tests.factories import (
    make_chat,
    make_engine,
    make_gated,
    make_owner,
    make_principal,
    make_prompt,
    make_question,
    make_request,
    make_service,
    make_team,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db

Values = dict[str, dict[tuple[str, ...], float]]


@pytest.fixture(autouse=True)
def fresh_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_facts, "stored", Kept(metric_facts.read_stored))


def ask(**headers: Any) -> HttpResponse:
    middleware = HealthMiddleware(lambda _: pytest.fail("passed on"))
    response = middleware(RequestFactory().get("/metrics", **headers))
    assert isinstance(response, HttpResponse)
    return response


def read(response: HttpResponse | None = None) -> Values:
    """{sample name: {label values in the labels' order: value}}."""
    text = (response or ask()).content.decode()
    found: Values = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[key] = sample.value
    return found


# Who may read it ------------------------------------------------------------------------------------


def bearer(secret: str) -> dict[str, str]:
    return {"REMOTE_ADDR": "10.0.0.9", "HTTP_AUTHORIZATION": f"Bearer {secret}"}


def test_this_machine_reads_it_in_the_text_format() -> None:
    response = ask()
    assert (response.status_code, response.headers["Content-Type"], response.headers["Cache-Control"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
        "no-store",
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "10.0.0.9"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_VIA": "1.1 proxy"},
    ],
)
def test_others_and_what_comes_through_a_proxy_is_refused(headers: dict[str, str]) -> None:
    response = ask(**headers)
    assert (response.status_code, response.headers["WWW-Authenticate"], response.content) == (
        401,
        'Bearer realm="Countersign"',
        b'{"status": "not allowed"}',
    )


def test_behind_a_public_address_loopback_may_be_a_proxy_that_says_nothing(settings: Any) -> None:
    settings.COUNTERSIGN_PUBLIC_URL = "https://countersign.example"
    assert ask().status_code == 401
    settings.COUNTERSIGN_TRUST_PROXY_HEADERS = True
    assert (ask().status_code, ask(HTTP_X_FORWARDED_FOR="10.0.0.9").status_code) == (200, 401)


def test_the_monitoring_token_reads_it(settings: Any) -> None:
    settings.COUNTERSIGN_MONITORING_TOKEN = "the-monitoring-token"
    answers = [ask(**bearer(secret)).status_code for secret in ("the-monitoring-token", "another", "ä")]
    assert answers == [200, 403, 403]


def test_a_wrong_token_from_this_machine_is_refused() -> None:
    assert ask(HTTP_AUTHORIZATION="Bearer wrong").status_code == 403


def test_tokens_of_owners_and_their_service_accounts_read_it_with_the_scope() -> None:
    team, owner = make_team(), make_owner()
    allowed = [make_token(owner, Scope.METRICS_READ), make_token(make_service(owner), Scope.METRICS_READ)]
    admin = make_user(team, Role.ADMIN)
    refused = [
        make_token(owner, Scope.EVENTS_READ),
        make_token(admin, Scope.METRICS_READ),
        make_token(make_service(admin, team), Scope.METRICS_READ),
    ]
    assert [ask(**bearer(secret)).status_code for secret in allowed] == [200, 200]
    assert [ask(**bearer(secret)).status_code for secret in refused] == [403, 403, 403]
    assert AuditEntry.objects.filter(verb="refused").count() == 3


def test_a_service_account_of_somebody_who_is_owner_no_more_reads_nothing() -> None:
    owner = make_owner()
    secret = make_token(make_service(owner), Scope.METRICS_READ)
    User.objects.filter(pk=owner.pk).update(is_superuser=False)
    assert ask(**bearer(secret)).status_code == 403


def test_only_reading_is_answered() -> None:
    middleware = HealthMiddleware(lambda _: pytest.fail("passed on"))
    assert middleware(RequestFactory().post("/metrics")).status_code == 405


# What it says ---------------------------------------------------------------------------------------


def test_requests_decisions_and_outbox_are_those_of_the_database() -> None:
    team = make_team()
    engine, admin = make_engine(team), make_user(team, Role.ADMIN)
    approved, denied, waiting = (make_request(engine, session_id=f"ses_{n}") for n in range(3))
    an_hour_ago = timezone.now() - timedelta(hours=1)
    PermissionRequest.objects.filter(pk=waiting.pk).update(created_at=an_hour_ago)
    decide = {"request_id": approved.pk, "fingerprint": approved.fingerprint}
    approve_request(principal=make_principal(admin, Door.ADMIN), **decide)
    decide = {"request_id": denied.pk, "fingerprint": denied.fingerprint}
    deny_request(principal=make_principal(admin, Door.API), **decide)
    EngineReply.objects.filter(request=denied).update(created_at=an_hour_ago)
    make_question(engine, now=an_hour_ago)

    values = read()
    assert values["countersign_permission_requests"] == {
        ("approved",): 1,
        ("cancelled",): 0,
        ("denied",): 1,
        ("expired",): 0,
        ("pending",): 1,
    }
    assert values["countersign_decisions_total"] == {("admin", "approved"): 1, ("api", "denied"): 1}
    assert values["countersign_questions"] == {
        ("answered",): 0,
        ("closed",): 0,
        ("open",): 1,
        ("rejected",): 0,
    }
    assert values["countersign_outbox_replies"] == {("queued",): 2, ("sent",): 0}
    assert values["countersign_outbox_prompts"] == {("queued",): 0, ("sending",): 0, ("sent",): 0}
    ages = [
        values["countersign_oldest_pending_request_age_seconds"][()],
        values["countersign_oldest_open_question_age_seconds"][()],
        values["countersign_oldest_queued_reply_age_seconds"][()],
    ]
    assert [3600 <= age < 3700 for age in ages] == [True, True, True]


def test_nothing_that_waits_has_the_age_zero() -> None:
    values = read()
    assert [
        values["countersign_oldest_pending_request_age_seconds"],
        values["countersign_oldest_queued_reply_age_seconds"],
        values["countersign_oldest_unsent_prompt_age_seconds"],
    ] == [{(): 0}, {(): 0}, {(): 0}]


def test_messages_on_their_way_are_counted_and_what_is_held_is_not_late() -> None:
    team = make_team()
    engine, user = make_gated(make_engine(team)), make_user(team, Role.EDITOR)
    busy, free = (make_chat(user, engine, session_id) for session_id in ("ses_1", "ses_2"))
    Chat.objects.filter(pk=busy.pk).update(turn="assistant")
    make_prompt(busy)
    sending, waiting = make_prompt(free, is_claimed=True), make_prompt(free)
    OutgoingMessage.objects.filter(pk=sending.pk).update(sent_at=timezone.now() - timedelta(minutes=5))
    values = read()
    assert values["countersign_outbox_prompts"] == {("queued",): 2, ("sending",): 1, ("sent",): 0}
    assert 300 <= values["countersign_oldest_unsent_prompt_age_seconds"][()] < 400
    confirm_prompt(prompt=sending, now=timezone.now())
    assert read_prompt_totals(now=timezone.now()).oldest_at == waiting.created_at
    withdraw_message(principal=make_principal(user), message_id=waiting.message_id)
    totals = read_prompt_totals(now=timezone.now())
    assert (totals.open_prompts, totals.oldest_at) == ({"queued": 1, "sending": 0, "sent": 0}, None)


def test_engines_are_named_by_id_with_their_state_silence_and_lease() -> None:
    team = make_team()
    admin = make_principal(make_user(team, Role.ADMIN), Door.ADMIN)
    live, paused, retired = (make_engine(team) for _ in range(3))
    set_engine_enabled(principal=admin, engine=paused, is_enabled=False)
    Engine.objects.filter(pk=retired.pk).update(retired_at=timezone.now())
    now = timezone.now()
    stamp_engine_seen(engine_id=live.pk, at=now - timedelta(seconds=20))
    assert acquire_lease(engine_id=live.pk, holder="a relay", now=now - timedelta(seconds=3)) is not None

    values = read()
    states = values["countersign_engine_state"]
    assert states == {(live.pk, "unknown"): 1, (paused.pk, "paused"): 1}
    assert set(values["countersign_engine_state_age_seconds"]) == {(live.pk,), (paused.pk,)}
    [(silent, silence_s)] = values["countersign_engine_stream_silence_seconds"].items()
    [(leased, lease_s)] = values["countersign_relay_lease_age_seconds"].items()
    assert (silent, leased, 20 <= silence_s < 60, 3 <= lease_s < 12) == ((live.pk,), (live.pk,), True, True)


def test_components_are_counted_by_kind_and_state_and_old_states_count_as_offline() -> None:
    now = timezone.now()
    long_ago = now - timedelta(minutes=1)
    HealthWatch.objects.create(round_at=now - timedelta(seconds=7), expires_at=now)
    rows = [("e1", "ready", now), ("e2", "ready", now), ("e3", "error", now), ("e4", "ready", long_ago)]
    for subject_id, state, looked_at in rows:
        HealthCheck.objects.create(
            component="engine", subject_id=subject_id, name="x", state=state, last_ping_at=looked_at
        )
    HealthCheck.objects.create(component="disk", name="gone", state="error", ended_at=now)
    values = read()
    assert values["countersign_components"] == {
        ("engine", "error"): 1,
        ("engine", "offline"): 1,
        ("engine", "ready"): 2,
    }
    assert 7 <= values["countersign_health_look_age_seconds"][()] < 60


def test_the_hub_says_how_far_behind_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "countersign_hub_lag_events" not in read()
    make_request(make_engine(make_team()))
    hub = get_hub()
    monkeypatch.setattr(hub, "is_started", True)
    monkeypatch.setattr(hub, "cursor", read_head() - 2)
    values = read()
    assert values["countersign_hub_lag_events"] == {(): 2}
    assert values["countersign_hub_look_age_seconds"][()] >= 0


def test_listeners_are_counted_by_kind() -> None:
    credential = Credential(CredentialKind.TOKEN, "x", "y")
    kinds = [ListenerKind.WEBSOCKET, ListenerKind.WEBSOCKET, ListenerKind.SERVER_SENT_EVENTS]
    listeners = [Listener(credential, frozenset(), kind) for kind in kinds]
    get_hub().listeners.update(listeners)
    try:
        found = read()["countersign_listeners"]
    finally:
        get_hub().listeners.difference_update(listeners)
    assert found == {("long_poll",): 0, ("server_sent_events",): 1, ("websocket",): 2}


def test_refused_log_ins_are_counted() -> None:
    before = read()["countersign_login_failures_total"][()]
    assert authenticate(RequestFactory().post("/"), username="nobody", password="wrong") is None
    assert read()["countersign_login_failures_total"] == {(): before + 1}


def test_without_the_database_the_process_still_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OperationalError("gone")

    assert read()["countersign_database_up"] == {(): 1}
    monkeypatch.setattr(metric_facts, "read_head", refuse)
    values = read()
    assert values["countersign_database_up"] == {(): 0}
    assert "countersign_permission_requests" not in values
    assert values["process_start_time_seconds"][()] > 0


def test_nobody_and_nothing_private_stands_in_it() -> None:
    team = make_team("The Secret Team")
    engine = make_engine(team, name="secret engine")
    request = make_request(engine, "cat very-private-file")
    person = make_user(team, username="adalovelace")
    client = Client()
    client.force_login(person)
    client.get(f"/admin/governance/permissionrequest/{request.pk}/change/")
    text = ask().content.decode()
    private = [request.pk, person.pk, team.pk, "adalovelace", "Secret Team", "secret engine", "very-private"]
    assert [word for word in private if word in text] == []


def test_a_scrape_asks_little_and_a_second_one_nearly_nothing(django_assert_num_queries: Any) -> None:
    team = make_team()
    for _ in range(3):
        make_request(make_engine(team))
    with django_assert_num_queries(14):
        ask()
    with django_assert_num_queries(1):
        ask()


def test_an_answer_is_kept_longer_the_longer_it_took() -> None:
    clock = FakeClock()
    reads: list[float] = []

    def look() -> Any:
        reads.append(clock.now_s)
        clock.now_s += 1.0
        return object()

    kept = Kept(look, clock)
    first = kept.get()
    clock.now_s = 20.9
    assert kept.get() is first
    clock.now_s = 21.1
    assert kept.get() is not first
    assert reads == [0.0, 21.1]


def test_a_failed_look_is_not_hidden_behind_an_older_answer() -> None:
    clock = FakeClock()
    answers = iter([object()])

    def look() -> Any:
        for answer in answers:
            return answer
        raise OperationalError("gone")

    kept = Kept(look, clock)
    kept.get()
    clock.now_s = 6.0
    for _ in range(2):
        with pytest.raises(OperationalError):
            kept.get()


class FakeClock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_the_process_tells_its_own_memory() -> None:
    pages = int(Path(f"/proc/{os.getpid()}/statm").read_text().split()[1])
    told = read()["process_resident_memory_bytes"][()]
    assert 0.5 < told / (pages * os.sysconf("SC_PAGE_SIZE")) < 2
