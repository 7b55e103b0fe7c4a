"""The gate's domain: one entry for one call, verdicts used once, presence proven call by call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from engines.domain.sessions import block_chat, record_abort
from engines.models import Chat, Engine
from events.actors import RELAY_ACTOR
from events.errors import Conflict, Refused
from events.models import AuditEntry, Event
from governance.domain.decide import approve_request, deny_request
from governance.domain.gate import (
    NEVER_HEARD,
    NO_GATE,
    NOT_ASKED,
    OTHER_PROCESS,
    SILENT,
    UNASKED_CALL,
    GateReport,
    explain_not_prompting,
    explain_ungated,
    note_engine_away,
    prove_part,
    raise_alarm,
    record_report,
    store_rules,
)
from governance.domain.gate_access import (
    find_gate_engine,
    make_gate_token,
    require_gate,
    waive_gate,
)
from governance.domain.gate_calls import (
    BLOCKED,
    OVER,
    GateAnswer,
    Word,
    answer_of,
    ask_gate,
    end_calls,
    take_call,
)
from governance.domain.gate_content import Asked, asks_always, build_content, read_rules, will_engine_ask
from governance.domain.requests import AskedByEngine, record_engine_request, seal_request
from governance.enums import CloseReason, GateCallState, Reply, RequestSource, RequestState
from governance.models import EngineReply, GateCall, GatePresence, GateUse, PermissionRequest
from tests.factories import ACTOR, make_engine, make_owner, make_principal, make_session, make_team, make_user

pytestmark = pytest.mark.django_db

DIRECTORY = "/srv/demo"
SESSION = "ses_1"


@pytest.fixture
def engine() -> Engine:
    team = make_team()
    make_user(team, "admin")
    engine = make_engine(team)
    make_gate_token(actor=ACTOR, engine=engine)
    make_session(engine, SESSION)
    report(engine)
    return engine


def report(engine: Engine, process: str = "process-1", instance: str = "instance-1") -> None:
    told = GateReport(process, instance, DIRECTORY, "1", "1.18.33")
    record_report(engine=engine, report=told, now=timezone.now())


def asking(command: str = "ls -la", *, key: str = "key-1", **values: Any) -> Asked:
    given = {
        "key": key,
        "process": "process-1",
        "directory": DIRECTORY,
        "session_id": SESSION,
        "call_id": "call_1",
        "tool": "bash",
        "arguments": {"command": command, "description": "test"},
        "agent": "build",
        "session_rules": [],
        **values,
    }
    return Asked(**given)


def ask(engine: Engine, command: str = "ls -la", **values: Any) -> GateAnswer:
    return ask_gate(engine=engine, asked=asking(command, **values), now=timezone.now())


def approve(engine: Engine, answer: GateAnswer) -> PermissionRequest:
    request = answer.call.request
    assert request is not None
    approver = make_principal(make_user(engine.team))
    approve_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    request.refresh_from_db()
    return request


def release(engine: Engine, answer: GateAnswer) -> GateAnswer:
    approve(engine, answer)
    return take_call(engine=engine, call=answer.call, now=timezone.now())


def announce(engine: Engine, command: str = "ls -la", **values: Any) -> PermissionRequest:
    """The engine's own request about a call, sealed with its arguments as the relay does."""
    arguments = values.pop("arguments", {"command": command, "description": "test"})
    told = {
        "engine_request_id": f"per_{PermissionRequest.objects.count()}",
        "session_id": SESSION,
        "permission": "bash",
        "patterns": [command],
        "directory": DIRECTORY,
        "metadata": {"command": command},
        "message_id": "msg_1",
        "call_id": "call_1",
        **values,
    }
    request = record_engine_request(engine=engine, asked=AskedByEngine(**told), now=timezone.now())
    return seal_request(actor=RELAY_ACTOR, request=request, arguments=arguments, now=timezone.now())


def pending() -> int:
    return PermissionRequest.objects.filter(state=RequestState.PENDING).count()


# One call, one entry


def test_a_held_call_is_one_sealed_request_of_the_gate(engine: Engine) -> None:
    answer = ask(engine, "export X=1")
    request = answer.call.request
    assert request is not None
    assert (answer.word, request.source, request.summary, request.is_sealed, request.arguments_known) == (
        Word.HOLD,
        RequestSource.GATE,
        "export X=1",
        True,
        True,
    )
    assert ask(engine, "export X=1").call == answer.call
    assert pending() == 1


def test_the_approved_call_is_let_go_and_its_engine_requests_are_answered_by_it(engine: Engine) -> None:
    answer = ask(engine, "cat /etc/hostname")
    assert release(engine, answer).word is Word.ALLOW
    outside = announce(engine, "cat /etc/hostname", permission="external_directory", patterns=["/etc/*"])
    command = announce(engine, "cat /etc/hostname")
    assert [(each.state, each.decision_door) for each in (outside, command)] == [("approved", "gate")] * 2
    assert list(EngineReply.objects.values_list("request_id", "reply")) == [
        (outside.pk, Reply.ONCE),
        (command.pk, Reply.ONCE),
    ]
    assert pending() == 0


def test_a_verdict_answers_each_kind_of_request_once(engine: Engine) -> None:
    release(engine, ask(engine))
    first, second = announce(engine), announce(engine)
    assert (first.state, second.state) == (RequestState.APPROVED, RequestState.PENDING)


@pytest.mark.parametrize(
    "values",
    [
        {"command": "ls -la /"},
        {"call_id": "call_2"},
        {"session_id": "ses_2"},
        {"arguments": {"command": "ls -la", "description": "test", "timeout": 5}},
    ],
    ids=["other command", "other call", "other session", "other arguments"],
)
def test_a_verdict_covers_nothing_but_its_own_call(engine: Engine, values: dict[str, Any]) -> None:
    release(engine, ask(engine))
    assert announce(engine, **values).state == RequestState.PENDING


def test_a_verdict_covers_no_request_that_was_there_before_it(engine: Engine) -> None:
    told = AskedByEngine("per_x", SESSION, "bash", ["ls -la"], DIRECTORY, call_id="call_1")
    early = record_engine_request(engine=engine, asked=told, now=timezone.now())
    release(engine, ask(engine))
    arguments = {"command": "ls -la", "description": "test"}
    sealed = seal_request(actor=RELAY_ACTOR, request=early, arguments=arguments, now=timezone.now())
    assert sealed.state == RequestState.PENDING


def test_a_verdict_ends_with_the_engines_process(engine: Engine) -> None:
    release(engine, ask(engine))
    report(engine, "process-2", "instance-2")
    assert announce(engine).state == RequestState.PENDING


def test_a_verdict_ends_with_its_call(engine: Engine) -> None:
    answer = ask(engine)
    release(engine, answer)
    end_calls(engine=engine, calls=[answer.call], reason=CloseReason.SESSION_ENDED, now=timezone.now())
    assert announce(engine).state == RequestState.PENDING


def test_a_repeated_call_id_is_not_covered_by_the_verdict_before_it(engine: Engine) -> None:
    release(engine, ask(engine))
    ask(engine, key="key-2")
    assert announce(engine).state == RequestState.PENDING


def test_a_verdict_not_taken_covers_nothing(engine: Engine) -> None:
    approve(engine, ask(engine))
    assert announce(engine).state == RequestState.PENDING


# Letting go


def test_a_denial_reaches_the_agent_with_its_reason(engine: Engine) -> None:
    answer = ask(engine)
    request = answer.call.request
    assert request is not None
    deny_request(
        principal=make_principal(make_user(engine.team)),
        request_id=request.pk,
        fingerprint=request.fingerprint,
        reason="Use git mv.",
    )
    again = answer_of(GateCall.objects.get())
    assert (again.word, again.message) == (Word.DENY, "Denied by a reviewer: Use git mv.")
    assert take_call(engine=engine, call=answer.call, now=timezone.now()).message == again.message
    assert not EngineReply.objects.exists()


def test_nothing_is_let_go_after_an_abort(engine: Engine) -> None:
    answer = ask(engine)
    approve(engine, answer)
    record_abort(actor=RELAY_ACTOR, engine=engine, session_id=SESSION, at=timezone.now())
    late = take_call(engine=engine, call=answer.call, now=timezone.now())
    assert (late.word, late.message) == (Word.DENY, OVER)
    assert GateCall.objects.get().state == GateCallState.ENDED


def test_a_call_that_no_longer_waits_closes_its_request(engine: Engine) -> None:
    answer = ask(engine)
    end_calls(engine=engine, calls=[answer.call], reason=CloseReason.SESSION_ABORTED, now=timezone.now())
    request = PermissionRequest.objects.get()
    assert (request.state, request.close_reason) == (RequestState.EXPIRED, CloseReason.SESSION_ABORTED)
    assert answer_of(GateCall.objects.get()).word is Word.DENY


def test_a_new_process_ends_what_the_old_one_held(engine: Engine) -> None:
    ask(engine)
    ask(engine, "pwd", key="key-2", process="process-2", call_id="call_2")
    old, new = PermissionRequest.objects.order_by("created_at", "pk")
    assert (old.close_reason, new.state) == (CloseReason.ENGINE_RESTARTED, RequestState.PENDING)


def test_a_blocked_chat_runs_nothing(engine: Engine) -> None:
    block_chat(actor=RELAY_ACTOR, chat=Chat.objects.get(), why="test")
    answer = ask(engine)
    assert (answer.word, answer.message) == (Word.DENY, BLOCKED)
    assert not PermissionRequest.objects.exists()


def test_text_that_cannot_be_stored_is_refused(engine: Engine) -> None:
    assert ask(engine, "echo \x00").word is Word.DENY


# What the engine asks by itself


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([["*", "*", "ask"]], True),
        ([], True),
        ([["*", "*", "allow"]], False),
        ([["*", "*", "allow"], ["edit", "*", "ask"]], True),
        ([["*", "*", "ask"], ["edit", "src/*", "allow"]], False),
        ([["edit", "src/*", "allow"], ["*", "*", "ask"]], True),
        ([["edit", "*", "ask"], ["edit", "secret/*", "deny"]], True),
    ],
)
def test_the_engine_asks_when_no_rule_that_counts_allows(rules: list[list[str]], *, expected: bool) -> None:
    assert asks_always(read_rules(rules), "edit") is expected


def test_rules_that_cannot_be_read_count_as_allowing() -> None:
    assert asks_always(read_rules([["edit", "*", "perhaps"]]), "edit") is False


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"tool": "edit"}, True),
        ({"tool": "write"}, True),
        ({"tool": "demo_add"}, True),
        ({"tool": "bash"}, False),
        ({"tool": "glob"}, False),
        ({"tool": "edit", "session_rules": None}, False),
        ({"tool": "edit", "session_rules": [["edit", "*", "allow"]]}, False),
    ],
)
def test_only_what_the_engine_surely_asks_is_left_to_it(values: dict[str, Any], *, expected: bool) -> None:
    assert will_engine_ask(asking(**values), [["*", "*", "ask"]]) is expected
    assert will_engine_ask(asking(**values), None) is False


def test_an_edit_under_ask_is_left_to_the_engine(engine: Engine) -> None:
    edit: dict[str, Any] = {
        "tool": "edit",
        "arguments": {"filePath": f"{DIRECTORY}/a", "oldString": "a", "newString": "b"},
    }
    assert ask(engine, **edit).word is Word.HOLD
    rules = {"build": [["*", "*", "ask"]]}
    store_rules(engine=engine, directory=DIRECTORY, instance="instance-1", rules=rules)
    assert ask(engine, key="key-2", **edit).word is Word.PASS
    assert ask(engine, key="key-3", agent="other", **edit).word is Word.HOLD
    report(engine, instance="instance-2")
    assert ask(engine, key="key-4", **edit).word is Word.HOLD


def test_tools_of_the_session_alone_pass(engine: Engine) -> None:
    assert ask(engine, tool="todowrite", arguments={"todos": []}).word is Word.PASS
    assert not PermissionRequest.objects.exists()


# What is judged


def describe(**values: Any) -> tuple[list[str], list[str]]:
    content, notes = build_content(asking(**values), agent="build")
    return content.patterns, [note.code for note in notes]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ({"a": f"{DIRECTORY}/a"}, ([f"{DIRECTORY}/a"], [])),
        ({"a": "/etc/passwd"}, ([f"{DIRECTORY}/a", "/etc/passwd"], ["redirected"])),
        ({"a": "/data/demo/a", DIRECTORY: "/data/demo"}, ([f"{DIRECTORY}/a", "/data/demo/a"], [])),
        ({"a": ""}, ([f"{DIRECTORY}/a"], ["unresolved"])),
        ({}, ([f"{DIRECTORY}/a"], ["unresolved"])),
    ],
    ids=["plain", "symlink", "linked project", "unresolvable", "not told"],
)
def test_a_path_is_judged_where_it_is_named_and_where_it_leads(
    paths: dict[str, str], expected: tuple[list[str], list[str]]
) -> None:
    assert describe(tool="read", arguments={"filePath": "a"}, paths=paths) == expected


def test_a_command_in_another_folder_says_so() -> None:
    assert describe(arguments={"command": "rm x", "workdir": "/etc"}) == ([], ["elsewhere"])


# Presence


def test_an_engine_without_a_gate_is_ungated() -> None:
    engine = make_engine(make_team())
    assert explain_ungated(engine.pk, SESSION) == NO_GATE
    assert explain_not_prompting(engine.pk, DIRECTORY) == NO_GATE


def test_a_gate_that_never_reported_is_not_trusted() -> None:
    team = make_team()
    make_user(team, "admin")
    engine = make_engine(team)
    make_gate_token(actor=ACTOR, engine=engine)
    make_session(engine, SESSION)
    assert explain_ungated(engine.pk, SESSION) == NEVER_HEARD
    assert explain_not_prompting(engine.pk, DIRECTORY) == NEVER_HEARD


def test_a_reported_gate_is_trusted_and_each_call_needs_its_own_proof(engine: Engine) -> None:
    assert explain_ungated(engine.pk, SESSION) == ""
    assert explain_not_prompting(engine.pk, DIRECTORY) == ""
    assert explain_ungated(engine.pk, SESSION, call_id="call_1") == NOT_ASKED
    ask(engine)
    assert explain_ungated(engine.pk, SESSION, call_id="call_1") == ""
    assert explain_ungated(engine.pk, SESSION, call_id="call_2") == NOT_ASKED


def test_a_call_asked_by_an_earlier_process_proves_nothing(engine: Engine) -> None:
    ask(engine)
    report(engine, "process-2", "instance-2")
    assert explain_ungated(engine.pk, SESSION, call_id="call_1") == OTHER_PROCESS


def test_an_alarm_is_told_once_and_ends_with_the_next_report(engine: Engine) -> None:
    def alarm() -> bool:
        return raise_alarm(
            engine=engine, directory=DIRECTORY, reason=UNASKED_CALL, now=timezone.now(), session_id=SESSION
        )

    assert (alarm(), alarm()) == (True, False)
    assert explain_ungated(engine.pk, SESSION) == UNASKED_CALL
    assert Event.objects.filter(kind="notice.ungated").count() == 1
    assert AuditEntry.objects.filter(verb="engine.ungated").count() == 1
    report(engine, instance="instance-2")
    assert explain_ungated(engine.pk, SESSION) == ""


def test_a_call_that_comes_late_ends_its_own_alarm(engine: Engine) -> None:
    raise_alarm(
        engine=engine,
        directory=DIRECTORY,
        reason=UNASKED_CALL,
        now=timezone.now(),
        session_id=SESSION,
        call_id="call_1",
    )
    ask(engine, key="key-2", call_id="call_2")
    assert explain_ungated(engine.pk, SESSION) == UNASKED_CALL
    ask(engine)
    assert explain_ungated(engine.pk, SESSION) == ""


def test_an_engine_that_went_away_has_to_report_again(engine: Engine) -> None:
    note_engine_away(engine=engine, since=timezone.now() - timedelta(minutes=1))
    assert explain_ungated(engine.pk, SESSION) == ""
    note_engine_away(engine=engine, since=timezone.now())
    assert explain_ungated(engine.pk, SESSION) == SILENT
    report(engine)
    assert explain_ungated(engine.pk, SESSION) == ""


def test_each_call_proves_one_part(engine: Engine) -> None:
    def prove(part_id: str) -> bool:
        return prove_part(
            engine=engine, session_id=SESSION, call_id="call_1", part_id=part_id, message_id="msg_1"
        )

    ask(engine)
    assert [prove("prt_1"), prove("prt_1"), prove("prt_2")] == [True, True, False]
    ask(engine, key="key-2")
    assert prove("prt_2") is True


# Who may


def test_an_owner_waives_the_gate_with_a_reason_and_ends_it() -> None:
    engine = make_engine(make_team())
    owner = make_principal(make_owner())
    waive_gate(principal=owner, engine=engine, reason="A test engine.")
    assert explain_ungated(engine.pk, SESSION) == ""
    assert raise_alarm(engine=engine, directory=DIRECTORY, reason="x", now=timezone.now()) is False
    with pytest.raises(Conflict):
        waive_gate(principal=owner, engine=engine, reason="Again.")
    require_gate(principal=owner, engine=engine)
    assert explain_ungated(engine.pk, SESSION) == NO_GATE
    verbs = AuditEntry.objects.filter(verb__contains="_gate").values_list("verb", flat=True)
    assert list(verbs.order_by("n")) == ["engine.waive_gate", "engine.require_gate"]


def test_a_team_admin_waives_nothing(engine: Engine) -> None:
    with pytest.raises(Refused):
        waive_gate(principal=make_principal(make_user(engine.team, "admin")), engine=engine, reason="x")
    assert explain_ungated(engine.pk, SESSION, call_id="none") == NOT_ASKED


def test_a_session_and_a_strangers_token_are_no_gate(engine: Engine) -> None:
    with pytest.raises(Refused):
        find_gate_engine(make_principal(make_owner()))


# What the database keeps


@pytest.mark.parametrize(
    "change", [{"argument_hash": "0"}, {"session_id": "ses_9"}, {"process": "p"}, {"request": None}]
)
def test_what_was_asked_never_changes(engine: Engine, change: dict[str, Any]) -> None:
    ask(engine)
    with pytest.raises(DatabaseError), transaction.atomic():
        GateCall.objects.update(**change)


def test_what_is_over_stays_over_and_uses_stay(engine: Engine) -> None:
    answer = ask(engine)
    release(engine, answer)
    announce(engine)
    end_calls(engine=engine, calls=[answer.call], reason=CloseReason.SESSION_ENDED, now=timezone.now())
    for act in (
        lambda: GateCall.objects.update(state=GateCallState.RELEASED),
        lambda: GateUse.objects.update(permission="edit"),
        lambda: GateUse.objects.all().delete(),
        lambda: GateCall.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert GatePresence.objects.count() == 1
