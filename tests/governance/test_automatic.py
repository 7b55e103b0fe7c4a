"""What rules decide by themselves, and what they never do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Team, User
from engines.domain.sessions import block_chat
from engines.models import Chat, Engine
from events.actors import RELAY_ACTOR
from events.audit import verify_chain
from events.models import AuditEntry, Event
from governance.domain import automatic, requests
from governance.domain.automatic import DENIED_BY_RULE, Ahead
from governance.domain.requests import Wish, create_request, seal_request
from governance.domain.rules import switch_off
from governance.enums import RequestState
from governance.models import EngineReply, PermissionRequest, RuleUse, TeamRules, WhitelistAction
from governance.rulebooks import CACHE, TeamBooks
from governance.weighing import BUILT_IN
from reviews.models import ReviewPolicy
from tests.factories import (
    make_engine as make_bare_engine,
    make_gated,
    make_principal,
    make_request,
    make_rule,
    make_service,
    make_session,
    make_target,
    make_team,
    make_user,
)
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]
PLACE = "/srv/demo"


def make_engine(team: Team, **values: Any) -> Engine:
    """One that an owner lets work without its gate, which has tests of its own."""
    return make_gated(make_bare_engine(team, **values))


def ask(team: Team, command: str = "git status", **values: Any) -> PermissionRequest:
    """A request through the API, by somebody of the team who made none of its rules."""
    asker = values.pop("asker", None) or make_user(team)
    wish = Wish(**{"permission": "bash", "command": command, "directory": PLACE, **values})
    return create_request(principal=make_principal(asker), team=team, wish=wish)[0]


def decided(request: PermissionRequest) -> dict[str, Any]:
    """As the database has it."""
    row = PermissionRequest.objects.get(pk=request.pk)
    names = ("state", "decided_by_kind", "decided_by_id", "decided_by_label", "decision_door")
    more = ("decision_message", "rule_id", "rule_version")
    return {name: getattr(row, name) for name in (*names, *more)}


PENDING = {
    "state": "pending",
    "decided_by_kind": "",
    "decided_by_id": "",
    "decided_by_label": "",
    "decision_door": "",
    "decision_message": "",
    "rule_id": "",
    "rule_version": None,
}


def by_rule(rule: WhitelistAction, state: str, message: str = "") -> dict[str, Any]:
    return {
        "state": state,
        "decided_by_kind": "rule",
        "decided_by_id": rule.pk,
        "decided_by_label": rule.name,
        "decision_door": "rule",
        "decision_message": message,
        "rule_id": rule.pk,
        "rule_version": rule.version,
    }


def read_uses(rule: WhitelistAction) -> tuple[int, int]:
    return RuleUse.objects.filter(pk=rule.pk).values_list("uses", "observed").first() or (0, 0)


# What is decided ------------------------------------------------------------------------------------------


def test_an_engines_request_is_approved_where_it_is_sealed() -> None:
    team = make_team()
    rule = make_rule(team, "git status", name="Look at git")
    request = make_request(make_engine(team), "git status")
    assert decided(request) == by_rule(rule, "approved")
    assert request.state == RequestState.APPROVED
    assert list(EngineReply.objects.values_list("request_id", "reply", "state", "message")) == [
        (request.pk, "once", "queued", "")
    ]
    assert read_uses(rule) == (1, 0)


def test_the_log_names_rule_and_version_and_the_listeners_the_name() -> None:
    team = make_team()
    rule = make_rule(team, "git status", name="Look at git")
    request = make_request(make_engine(team), "git status")
    entry = AuditEntry.objects.get(verb="permission_request.approve")
    assert (entry.actor_kind, entry.actor_id, entry.actor_label, entry.door) == (
        "rule",
        rule.pk,
        "Look at git",
        "rule",
    )
    assert entry.after == {
        "state": "approved",
        "fingerprint": request.fingerprint,
        "rule": rule.pk,
        "rule_version": 1,
        "rules": [f"{rule.pk} 1"],
        "rules_number": 1,
    }
    event = Event.objects.get(kind="permission_request.approved")
    assert (event.words["rule"], event.words["decided_by"], event.words["state"]) == (
        "Look at git",
        "Look at git",
        "approved",
    )
    kinds = list(Event.objects.filter(subject_id=request.pk).order_by("seq").values_list("kind", flat=True))
    assert kinds == [f"permission_request.{word}" for word in ("created", "sealed", "approved", "delivery")]
    assert verify_chain() == []


def test_an_agent_that_is_denied_reads_the_rules_message_and_never_its_pattern() -> None:
    team = make_team()
    rule = make_rule(team, "secretprogram *", "deny", message="Use the other program.")
    request = make_request(make_engine(team), "secretprogram --now")
    assert decided(request) == by_rule(rule, "denied", "Use the other program.")
    assert list(EngineReply.objects.values_list("reply", "message")) == [("reject", "Use the other program.")]
    told = json.dumps([event.words for event in Event.objects.all()])
    assert "secretprogram" not in told


def test_a_denial_without_a_message_says_that_a_rule_denied_it_so_that_the_turn_goes_on() -> None:
    team = make_team()
    rule = make_rule(team, "rm *", "deny")
    assert decided(make_request(make_engine(team), "rm x")) == by_rule(rule, "denied", DENIED_BY_RULE)


def test_a_request_through_the_api_is_decided_before_it_is_answered() -> None:
    team = make_team()
    rule = make_rule(team, "git *")
    denial = make_rule(team, "git push *", "deny", message="Not from here.")
    allowed, denied, other = ask(team), ask(team, "git push origin"), ask(team, "ls")
    assert (allowed.state, allowed.rule_id, allowed.rule_version) == ("approved", rule.pk, 1)
    assert decided(allowed) == by_rule(rule, "approved")
    assert decided(denied) == by_rule(denial, "denied", "Not from here.")
    assert decided(other) == PENDING
    assert (read_uses(rule), read_uses(denial)) == ((1, 0), (1, 0))


def test_every_rule_that_an_allowance_rests_on_counts() -> None:
    team = make_team()
    rules = [make_rule(team, pattern) for pattern in ("git status", "ls *", "cat *")]
    assert ask(team, "git status && ls -l").state == "approved"
    assert [read_uses(rule) for rule in rules] == [(1, 0), (1, 0), (0, 0)]


def test_a_path_needs_a_rule_on_the_verb_and_a_target() -> None:
    team = make_team()
    rule = make_rule(team, "*", permission="read")
    make_target(team, "/srv/demo/**")
    assert decided(ask(team, "", permission="read", patterns=["a.txt"]))["rule_id"] == rule.pk
    assert decided(ask(team, "", permission="read", patterns=["/srv/other/a.txt"])) == PENDING


def test_quorums_are_for_people() -> None:
    team = make_team()
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=3)
    make_rule(team, "git status")
    request = make_request(make_engine(team), "git status")
    assert (request.state, request.approvals, request.approvals_needed) == ("approved", 0, 3)


def test_the_same_wish_again_is_answered_with_the_decision_and_counts_once() -> None:
    team = make_team()
    rule = make_rule(team, "git status")
    asker = make_user(team)
    first = ask(team, asker=asker, idempotency_key="key")
    second = ask(team, asker=asker, idempotency_key="key")
    assert (first.pk, second.state) == (second.pk, "approved")
    assert read_uses(rule) == (1, 0)


def test_a_place_that_is_never_allowed_is_denied_by_nobodys_rule() -> None:
    team = make_team()
    make_rule(team, "cat *")
    request = ask(team, f"cat {settings.COUNTERSIGN_KEYS_FILE}")
    assert decided(request) == {
        "state": "denied",
        "decided_by_kind": "rule",
        "decided_by_id": BUILT_IN.id,
        "decided_by_label": BUILT_IN.name,
        "decision_door": "rule",
        "decision_message": BUILT_IN.message,
        "rule_id": BUILT_IN.id,
        "rule_version": 1,
    }


# What is left to people ---------------------------------------------------------------------------------


def test_what_no_rule_covers_and_what_a_rule_asks_about_waits() -> None:
    team = make_team()
    asks = make_rule(team, "git push *", "ask")
    make_rule(team, "git *")
    assert [decided(ask(team, command)) for command in ("git push x", "ls")] == [PENDING, PENDING]
    assert read_uses(asks) == (1, 0)


def test_observed_rules_only_count() -> None:
    team = make_team()
    allow = make_rule(team, "git *", mode="observe")
    deny = make_rule(team, "rm *", "deny", mode="observe")
    assert [decided(ask(team, command)) for command in ("git log", "rm x", "ls")] == [PENDING] * 3
    assert (read_uses(allow), read_uses(deny)) == ((0, 1), (0, 1))
    enforced = make_rule(team, "git log")
    assert decided(ask(team, "git log")) == by_rule(enforced, "approved")


def test_a_team_of_observed_rules_denies_nothing_by_itself() -> None:
    team = make_team()
    make_rule(team, "cat *", mode="observe")
    assert decided(ask(team, f"cat {settings.COUNTERSIGN_KEYS_FILE}")) == PENDING


def test_nothing_unsealed_is_decided_and_nothing_of_which_the_arguments_stay_unknown() -> None:
    team = make_team()
    make_rule(team, "git status")
    make_rule(team, "rm *", "deny")
    engine = make_engine(team)
    for command in ("git status", "rm x"):
        request = make_request(engine, command, sealed=False)
        assert decided(request) == PENDING
        seal_request(actor=RELAY_ACTOR, request=request, arguments=None, now=timezone.now())
        assert decided(request) == PENDING


def test_nothing_that_could_fool_a_reader_is_decided() -> None:
    team = make_team()
    make_rule(team, "echo *")
    make_rule(team, "rm *", "deny")
    assert [decided(ask(team, command)) for command in ("echo a\u202eb", "rm \u200bx")] == [PENDING, PENDING]
    # Two commands in one request.
    assert decided(ask(team, "echo a", arguments={"command": "rm x"})) == PENDING


def test_nothing_of_a_blocked_chat_is_decided() -> None:
    team = make_team()
    make_rule(team, "git status")
    engine = make_engine(team)
    session = make_session(engine)
    chat = Chat.objects.get(ai_engine_session_id=session)
    assert decided(make_request(engine, "git status", session_id=session))["state"] == "approved"
    block_chat(actor=RELAY_ACTOR, chat=chat, why="An incident.")
    assert decided(make_request(engine, "git status", session_id=session)) == PENDING


def test_nobody_lets_through_what_they_or_their_service_account_asks_for() -> None:
    team = make_team()
    author = make_user(team, "admin")
    make_rule(team, "git status", author=author)
    service = make_service(author, team)
    assert decided(ask(team, asker=author)) == PENDING
    assert decided(ask(team, asker=service)) == PENDING
    assert decided(ask(team, asker=make_service(make_user(team), team)))["state"] == "approved"


def test_a_rule_of_another_team_decides_nothing() -> None:
    make_rule(make_team(), "git status")
    assert decided(ask(make_team())) == PENDING


def test_an_agents_rule_waits_for_the_agent_to_be_known() -> None:
    """A session may become known after its request: then who asks is not known, and denials are questions."""
    team = make_team()
    make_rule(team, "git status", agent="build")
    make_rule(team, "rm *", "deny", agent="build")
    engine = make_engine(team)
    unplaced = [make_request(engine, command, session_id="ses_late") for command in ("git status", "rm x")]
    assert [decided(request) for request in unplaced] == [PENDING, PENDING]
    session = make_session(engine, agent="build")
    placed = [make_request(engine, command, session_id=session) for command in ("git status", "rm x")]
    assert [request.state for request in placed] == ["approved", "denied"]


# Rules that end --------------------------------------------------------------------------------------------


def test_a_rule_ends_with_its_time_and_with_its_uses() -> None:
    team = make_team()
    make_rule(team, "git status", expires_at=timezone.now() + timedelta(minutes=5))
    twice = make_rule(team, "ls *", max_uses=2)
    assert [ask(team, "ls").state for _ in range(3)] == ["approved", "approved", "pending"]
    assert read_uses(twice) == (2, 0)
    engine = make_engine(team)
    now = timezone.now()
    later = make_request(engine, "git status", now=now + timedelta(minutes=5))
    assert (make_request(engine, "git status", now=now).state, later.state) == ("approved", "pending")


def test_when_one_of_two_rules_is_used_up_neither_counts() -> None:
    team = make_team()
    always, once = make_rule(team, "ls *"), make_rule(team, "cat *", max_uses=1)
    assert [ask(team, "ls; cat x").state for _ in range(2)] == ["approved", "pending"]
    assert (read_uses(always), read_uses(once)) == ((1, 0), (1, 0))


def test_a_rule_switched_off_between_weighing_and_deciding_decides_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    team = make_team()
    rule = make_rule(team, "git status")
    weigh = automatic.weigh_ahead

    def weigh_and_lose(**values: Any) -> Ahead:
        ahead = weigh(**values)
        WhitelistAction.objects.filter(pk=rule.pk).update(state="off")
        TeamRules.objects.filter(team=team).update(version=F("version") + 1)
        return ahead

    monkeypatch.setattr(requests, "weigh_ahead", weigh_and_lose)
    assert decided(ask(team)) == PENDING
    assert read_uses(rule) == (0, 0)


def test_a_rule_switched_on_between_weighing_and_deciding_counts_already(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    team = make_team()
    make_rule(team, "git *")
    weigh = automatic.weigh_ahead

    def weigh_and_gain(**values: Any) -> Ahead:
        ahead = weigh(**values)
        make_rule(team, "git status", "deny", name="newer")
        return ahead

    monkeypatch.setattr(requests, "weigh_ahead", weigh_and_gain)
    assert decided(ask(team))["decided_by_label"] == "newer"


def test_a_rule_whose_number_nobody_moved_is_still_asked_about_itself() -> None:
    """Belt and braces: what the row says holds, also if its change forgot to move the team's number."""
    team = make_team()
    rule = make_rule(team, "git status")
    assert ask(team).state == "approved"
    WhitelistAction.objects.filter(pk=rule.pk).update(state="off")
    assert decided(ask(team)) == PENDING
    assert read_uses(rule) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_an_engines_rules_are_compiled_before_the_transaction_that_seals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever writes at that moment does not wait for it."""
    team = make_team()
    make_rule(team, "git status", directory="/srv/demo")
    CACHE.clear()
    inside: list[bool] = []
    compile_rules = TeamBooks.compile

    def compile_seen(books: TeamBooks, rows: Any) -> Any:
        inside.append(connection.in_atomic_block)
        return compile_rules(books, rows)

    monkeypatch.setattr(TeamBooks, "compile", compile_seen)
    request = make_request(make_bare_engine(team), "git status")
    assert (request.is_sealed, inside) == (True, [False])


def test_no_decision_comes_after_the_rule_was_switched_off() -> None:
    """Askers race with whoever switches the rule off: in the log, which has one order, none comes later."""
    team = make_team()
    author = make_user(team, "admin")
    rule = make_rule(team, "git status", author=author)
    askers = [make_user(team) for _ in range(4)]
    begun = Event.objects.filter(kind="permission_request.approved")

    def ask_often(asker: User) -> list[str]:
        # Until the rule no longer decides, however long whoever switches it off has to wait for a turn.
        states = [ask(team, asker=asker).state]
        while states[-1] == "approved" and len(states) < 500:
            states.append(ask(team, asker=asker).state)
        return states

    def end_it() -> list[str]:
        deadline = time.monotonic() + 60
        while begun.count() < 6 and time.monotonic() < deadline:
            time.sleep(0.005)
        switch_off(principal=make_principal(author), rule_id=rule.pk)
        return []

    calls: list[Callable[[], list[str]]] = [*(partial(ask_often, asker) for asker in askers), end_it]
    answers = run_together(calls)
    states = Counter(state for answer in answers for state in answer)
    assert states["approved"] >= 6
    assert states["pending"] == len(askers)
    ended = AuditEntry.objects.get(verb="whitelist_rule.switch_off").n
    decisions = AuditEntry.objects.filter(verb="permission_request.approve")
    assert (decisions.filter(n__gt=ended).count(), decisions.count()) == (0, states["approved"])
    assert read_uses(rule) == (states["approved"], 0)


def test_four_processes_use_a_rule_exactly_as_often_as_it_may_be() -> None:
    team = make_team()
    rule = make_rule(team, "git status", max_uses=5)
    asker = make_user(team)
    environment = {
        **os.environ,
        "DATABASE_URL": describe_database(),
        "COUNTERSIGN_KEYS_FILE": str(settings.COUNTERSIGN_KEYS_FILE),
    }
    command = [sys.executable, "-m", "tests.governance.asking_process", asker.pk, team.pk, "5", "git status"]
    processes = [
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        answers = [process.communicate("go\n", timeout=120)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    states = Counter(" ".join(answers).split())
    assert states == {"approved": 5, "pending": 15}
    assert Counter(PermissionRequest.objects.values_list("state", "rule_id")) == {
        ("approved", rule.pk): 5,
        ("pending", ""): 15,
    }
    assert read_uses(rule) == (5, 0)
    assert verify_chain() == []


def describe_database() -> str:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return (
        f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    )


# When something goes wrong ---------------------------------------------------------------------------------


def test_a_rule_that_can_not_be_weighed_loses_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    team = make_team()
    make_rule(team, "git status")

    def fail(*_args: Any, **_values: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(automatic, "weigh_content", fail)
    api, engine = ask(team), make_request(make_engine(team), "git status")
    assert [decided(request) for request in (api, engine)] == [PENDING, PENDING]
    assert engine.is_sealed


def test_a_decision_that_fails_half_way_leaves_the_seal_and_nothing_of_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    team = make_team()
    rule = make_rule(team, "git status")

    def fail(*_args: Any, **_values: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM a_table_that_is_not_there")

    monkeypatch.setattr(automatic, "queue_reply", fail)
    request = make_request(make_engine(team), "git status")
    assert decided(request) == PENDING
    assert (request.state, request.is_sealed, request.rule_id) == ("pending", True, "")
    assert read_uses(rule) == (0, 0)
    kinds = set(Event.objects.filter(subject_id=request.pk).values_list("kind", flat=True))
    assert kinds == {"permission_request.created", "permission_request.sealed"}
    assert not AuditEntry.objects.filter(actor_kind="rule").exists()


def test_what_a_rule_ended_stays_ended() -> None:
    """The database itself holds that what has ended stays as it is."""
    team = make_team()
    make_rule(team, "git status")
    request = ask(team)
    with pytest.raises(IntegrityError):
        PermissionRequest.objects.filter(pk=request.pk).update(state="denied")


def test_an_overdue_request_is_not_decided() -> None:
    team = make_team()
    make_rule(team, "git status")
    engine = make_engine(team)
    request = make_request(engine, "git status", sealed=False, now=datetime(2026, 1, 1, tzinfo=UTC))
    seal_request(actor=RELAY_ACTOR, request=request, arguments={"command": "git status"}, now=timezone.now())
    assert decided(request) == PENDING


# What it costs ---------------------------------------------------------------------------------------------


def test_a_team_without_rules_pays_one_read() -> None:
    team = make_team()
    make_rule(make_team(), "ls")
    asker = make_user(team)
    with CaptureQueriesContext(connection) as captured:
        ask(team, asker=asker)
    tables = ("teamrules", "whitelist", "ruleuse")
    read = [table for query in captured for table in tables if f"_{table}" in query["sql"]]
    assert read == ["teamrules"]
