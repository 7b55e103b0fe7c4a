"""Kept rows stay, whoever writes: through the ORM, raw SQL, REPLACE and TRUNCATE, on both databases."""

# ruff: noqa: S608 - the statements are made of our own table names
# ruff: noqa: PT012 - blocks that fail half-way are what is tested here

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from accounts.domain.tokens import create_token
from accounts.models import Invitation, SshKey, Team
from chats.models import TurnStop
from configs.content import read_content
from configs.models import CatalogueModel, ImportedFile, LabelChange, LabelPolicy
from engines.models import CaoServer, Engine
from events import append_only
from events.append_only import missing_triggers, suspended
from events.audit import sign_head
from events.encryption import register_keys
from events.models import Event, LogHead
from governance.domain.close import cancel_request
from governance.domain.decide import approve_request, deny_request
from governance.domain.questions import reject_question
from governance.domain.replies import claim_reply, confirm_reply
from governance.domain.requests import Wish, create_request
from governance.enums import RequestState, Risk
from governance.models import (
    EngineGate,
    EngineReply,
    GateCall,
    GateUse,
    PermissionRequest,
    Question,
    RequestComment,
    RuleUse,
    RuleVersion,
    TeamRules,
    WhitelistAction,
    WhitelistTarget,
)
from health.models import HealthChange, HealthCheck
from mcp_servers.domain.incidents import report_incident
from mcp_servers.domain.servers import switch_tool
from procedures.domain.comments import comment_on_proposal
from releases.models import EngineDefaults, Publication, Release
from reviews.models import Delegation, Review, ReviewComment, ReviewPolicy
from tests.factories import (
    ACTOR,
    make_chat,
    make_config,
    make_engine,
    make_principal,
    make_prompt,
    make_question,
    make_request,
    make_rule,
    make_session,
    make_target,
    make_team,
    make_user,
)
from tests.mcp_servers.make import make_server as make_mcp_server
from tests.procedures.making import make_sop
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

APPEND_ONLY = {
    *("events.AuditEntry", "events.Event", "events.SignedHead", "events.KeyUse"),
    *("reviews.Vote", "reviews.ReviewComment", "governance.RequestComment", "governance.RuleVersion"),
    *("governance.GateUse", "configs.ConfigVersion", "configs.ImportedFile"),
    *("procedures.ProposalRevision", "procedures.SopVersion", "procedures.SealKey"),
    *("releases.Release", "releases.EngineDefaults"),
    *("mcp_servers.McpCheck", "mcp_servers.McpApproval", "mcp_servers.McpToolSwitch"),
    "health.HealthChange",
}
KEPT = {
    *("events.LogHead", "accounts.User", "accounts.Team", "accounts.Membership", "accounts.ApiToken"),
    *("accounts.Invitation", "accounts.SshKey"),
    *("reviews.ReviewPolicy", "reviews.Review", "reviews.Delegation"),
    *("engines.CaoServer", "engines.Engine", "engines.Chat", "engines.Subagent"),
    *("governance.PermissionRequest", "governance.Question", "governance.EngineReply"),
    *("governance.WhitelistAction", "governance.WhitelistTarget"),
    *("governance.RuleUse", "governance.TeamRules"),
    *("governance.EngineGate", "governance.GateCall"),
    *("configs.Prompt", "configs.Instruction", "configs.Provider", "configs.Model", "configs.Agent"),
    *("configs.ToolRules", "configs.LabelPolicy", "configs.LabelChange"),
    "configs.CatalogueModel",
    *("procedures.Proposal", "procedures.ProposalComment", "procedures.Sop"),
    *("releases.Publication", "health.HealthCheck", "chats.OutgoingMessage", "chats.TurnStop"),
    *("mcp_servers.McpServer", "mcp_servers.McpRequest", "mcp_servers.McpProbe", "mcp_servers.McpIncident"),
}

CONFIGURED: dict[str, dict[str, str]] = {
    **{kind: {"name": "one"} for kind in ("prompt", "instruction", "provider", "agent")},
    "model": {"provider": "one", "identifier": "m"},
    "tool_rules": {},
}

# The second is what a REPLACE of a decided row meets first.
REFUSAL = "rows are kept|rows do not begin in this state"


@pytest.fixture
def world() -> PermissionRequest:
    """At least one row in every kept table; returns an approved request."""
    team = make_team()
    approver = make_user(team)
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=1)
    engine = make_engine(team)
    make_session(engine, "ses_1")
    make_session(engine, "ses_2", parent_id="ses_1")
    request = make_request(engine)
    make_question(engine)
    approve_request(
        principal=make_principal(approver), request_id=request.pk, fingerprint=request.fingerprint
    )
    EngineGate.objects.create(engine=engine)
    call = GateCall.objects.create(engine=engine, key="k", process="p", state="passed")
    GateUse.objects.create(call=call, permission="bash", request=request)
    Invitation.objects.create(user=make_user(team), team=team, role="viewer", invited_by=approver)
    SshKey.objects.create(user=approver, name="k", key_type="t", bits=1, public_key="t x", fingerprint="f")
    RequestComment.objects.create(request=request, author=approver, text="Seen.")
    review = Review.objects.create(
        team=team, kind="test", subject_kind="thing", subject_id="t", title="Thing", content={}
    )
    ReviewComment.objects.create(review=review, author=approver, text="Seen.")
    Delegation.objects.create(
        team=team,
        delegator=approver,
        delegate=make_user(team),
        starts_at=timezone.now(),
        ends_at=timezone.now() + timedelta(days=1),
        reason="Away.",
    )
    rule = make_rule(team, author=approver)
    make_target(team, author=approver)
    RuleVersion.objects.create(
        rule_kind="action", rule_id=rule.pk, version=1, content={}, content_hash="0" * 64, author=approver
    )
    RuleUse.objects.create(rule=rule)
    for kind, fields in CONFIGURED.items():
        make_config(team, read_content(kind, fields))
    LabelPolicy.objects.create(team=team, label="staging", is_protected=True)
    LabelChange.objects.create(team=team, label="staging", moves=[])
    facts = {"provider": "one", "identifier": "m", "name": "M", "source": "test"}
    CatalogueModel.objects.create(key="one/m", facts={}, as_of=timezone.now().date(), **facts)
    ImportedFile.objects.create(
        team=team, name="a.md", format="agents", size_bytes=1, sha256="0" * 64, findings=[], outcomes=[]
    )
    release = Release.objects.create(engine=engine, number=1, files=[], inputs={}, content_hash="0" * 64)
    Publication.objects.create(engine=engine, release=release)
    EngineDefaults.objects.create(engine=engine, number=1, content={}, content_hash="0" * 64)
    make_mcp_rows(team, engine)
    CaoServer.objects.create(team=team, name="cao", home_folder="/srv/cao")
    chat = make_chat(approver, engine)
    make_prompt(chat)
    TurnStop.objects.create(chat=chat, asker_kind="user", asker_id="u", door="api")
    check = HealthCheck.objects.create(component="engine", subject_id=engine.pk, team=team, name="engine")
    HealthChange.objects.create(health_check=check, state="starting")
    sop = make_sop(team, approver)
    comment_on_proposal(
        principal=make_principal(approver), proposal_id=sop.versions.get().proposal_id, text="Seen."
    )
    expires_at = timezone.now() + timedelta(days=1)
    create_token(actor=ACTOR, user=approver, name="t", scopes=["requests:read"], expires_at=expires_at)
    register_keys()
    sign_head()
    request.refresh_from_db()
    # PostgreSQL truncates nothing while foreign keys wait to be checked.
    connection.check_constraints()
    return request


def make_mcp_rows(team: Team, engine: Engine) -> None:
    approver = make_user(team)
    server = make_mcp_server(team, approver=approver)
    principal = make_principal(approver)
    switch_tool(principal=principal, server_id=server.pk, tool="now", is_on=False)
    report_incident(engine=engine, kind="unknown_server", name="other", what="Nobody approved it.")


def execute(sql: str, parameters: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def read_table(model: type[models.Model]) -> list[tuple[Any, ...]]:
    return sorted(model._base_manager.values_list(), key=str)


def assert_refused(model: type[models.Model], act: Callable[[], object]) -> None:
    """The act fails with an integrity error, and the table is what it was."""
    before = read_table(model)
    assert before, f"{model.__name__} has no row to lose"
    with pytest.raises(IntegrityError, match=REFUSAL), transaction.atomic():
        act()
    assert read_table(model) == before


def execute_many(sql: str, parameters: list[list[Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(sql, parameters)


@pytest.mark.parametrize("label", sorted(APPEND_ONLY | KEPT))
def test_no_row_is_removed(world: PermissionRequest, label: str) -> None:
    model = apps.get_model(label)
    table, key = model._meta.db_table, model._meta.pk.column
    row = model._base_manager.all()[0]
    attempts: list[Callable[[], object]] = [
        # Past the collector, which would meet PROTECT before the trigger.
        lambda: model._base_manager.filter(pk=row.pk)._raw_delete("default"),  # noqa: SLF001
        lambda: execute(f'DELETE FROM "{table}"'),
        lambda: execute(f'DELETE FROM "{table}" WHERE "{key}" = %s', [row.pk]),
        lambda: execute_many(f'DELETE FROM "{table}" WHERE "{key}" = %s', [[row.pk]]),
    ]
    if connection.vendor == "postgresql":
        attempts.append(lambda: execute(f'TRUNCATE "{table}" CASCADE'))
        attempts.append(lambda: execute('TRUNCATE "accounts_team" CASCADE'))
    else:
        copy = f'SELECT * FROM "{table}"'
        attempts.append(lambda: execute(f'INSERT OR REPLACE INTO "{table}" {copy}'))
        attempts.append(lambda: execute(f'REPLACE INTO "{table}" {copy}'))
    for attempt in attempts:
        assert_refused(model, attempt)


@pytest.mark.parametrize("label", sorted(APPEND_ONLY))
def test_no_row_of_the_log_is_changed(world: PermissionRequest, label: str) -> None:
    model = apps.get_model(label)
    table = model._meta.db_table
    row = model._base_manager.all()[0]
    second = model._meta.fields[1].name
    for field in model._meta.concrete_fields:
        column = field.column
        assert_refused(model, partial(execute, f'UPDATE "{table}" SET "{column}" = "{column}"'))
    assert_refused(model, row.save)
    assert_refused(model, lambda: model._base_manager.bulk_update([row], [second]))
    assert_refused(model, lambda: model._base_manager.update(**{second: models.F(second)}))


def test_the_guarded_tables_are_these() -> None:
    guarded: dict[str, set[str]] = {}
    for guard in append_only.guards:
        if guard.name == "row":
            guarded.setdefault(guard.model, set()).add(guard.action)
    removal = {"delete", "truncate", "replace"}
    assert guarded == {
        **{label: {"update", *removal} for label in APPEND_ONLY},
        **dict.fromkeys(KEPT, removal),
    }


def test_no_row_goes_or_is_blanked_with_another() -> None:
    """Deleting is refused anyway; a cascade or a nulling would also rewrite what history points to."""
    rooms = set(settings.ROOMS)
    unprotected = [
        str(field)
        for model in apps.get_models()
        if model._meta.app_label in rooms
        for field in model._meta.concrete_fields
        if field.remote_field is not None and field.remote_field.on_delete is not models.PROTECT
    ]
    assert unprotected == []


@pytest.mark.sqlite
def test_replacing_through_another_unique_key_removes_nothing(world: PermissionRequest) -> None:
    """A REPLACE that collides on a key which is not the primary one deletes the other row."""
    columns = [field.column for field in PermissionRequest._meta.concrete_fields if field.column != "id"]
    names = ", ".join(f'"{column}"' for column in columns)
    values = names.replace('"state"', "'pending'").replace('"approvals",', "0,")
    values = (
        values.replace('"sealed_at"', "NULL").replace('"decided_by_id"', "''").replace('"decided_at"', "NULL")
    )
    assert_refused(
        PermissionRequest,
        lambda: execute(
            f'INSERT OR REPLACE INTO "governance_permissionrequest" (id, {names}) '
            f"SELECT 'zzzzzzzzzzzzzzz', {values} FROM governance_permissionrequest"
        ),
    )
    other = make_team()
    name = Team.objects.exclude(pk=other.pk)[0].name
    assert_refused(
        Team,
        lambda: execute("UPDATE OR REPLACE accounts_team SET name = %s WHERE id = %s", [name, other.pk]),
    )


def test_a_decided_request_is_frozen_whole(world: PermissionRequest) -> None:
    for field in PermissionRequest._meta.concrete_fields:
        column = field.column
        sql = f'UPDATE governance_permissionrequest SET "{column}" = "{column}" WHERE id = %s'
        assert_refused(PermissionRequest, partial(execute, sql, [world.pk]))
    assert_refused(PermissionRequest, world.save)
    assert_refused(PermissionRequest, lambda: PermissionRequest.objects.update(decision_message="another"))


def test_every_end_is_an_end() -> None:
    team = make_team()
    approver = make_principal(make_user(team))
    request = make_request(make_engine(team))
    deny_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    for state in RequestState.values:
        assert_refused(
            PermissionRequest,
            partial(PermissionRequest.objects.filter(pk=request.pk).update, state=state),
        )


ORIGIN = {
    "team_id": "000000000000000",
    "source": "api",
    "engine_id": None,
    "engine_request_id": "per_other",
    "session_id": "ses_other",
    "requester_kind": "user",
    "requester_id": "somebody",
    "idempotency_key": "another",
    "permission": "edit",
    "approvals_needed": 9,
}
SEALED = {
    "content": "k1.x.y",
    "fingerprint": "0" * 64,
    "summary": "ls",
    "is_summary_whole": False,
    "findings": '[{"code":"x","sentence":"y"}]',
    "arguments_known": False,
    "sealed_at": None,
    "prefix": "git status",
    "risk": Risk.NORMAL,
}


@pytest.mark.parametrize("column", sorted(ORIGIN | SEALED))
def test_what_was_asked_is_frozen_while_it_waits(column: str) -> None:
    request = make_request(make_engine(make_team()), "rm -rf build")
    sql = f'UPDATE governance_permissionrequest SET "{column}" = %s WHERE id = %s'
    assert_refused(PermissionRequest, lambda: execute(sql, [(ORIGIN | SEALED)[column], request.pk]))


@pytest.mark.parametrize("column", sorted(ORIGIN))
def test_who_asks_is_frozen_before_the_seal(column: str) -> None:
    request = make_request(make_engine(make_team()), sealed=False)
    sql = f'UPDATE governance_permissionrequest SET "{column}" = %s WHERE id = %s'
    assert_refused(PermissionRequest, lambda: execute(sql, [ORIGIN[column], request.pk]))


def copy_row(model: type[models.Model], row: models.Model, **values: Any) -> None:
    """Insert a copy of a row under another key."""
    fields = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
    model._base_manager.create(**{**fields, "id": "zzzzzzzzzzzzzzz", **values})


@pytest.mark.parametrize(
    "values",
    [
        {"state": state, "decided_at": timezone.now(), "decided_by_id": "x", "decision_door": "api"}
        for state in sorted(RequestState.closed())
    ]
    + [{"approvals": 1}, {"sealed_at": timezone.now()}, {"decided_by_id": "somebody"}],
)
def test_no_request_is_born_decided_or_voted(values: dict[str, Any]) -> None:
    request = make_request(make_engine(make_team()), sealed=False)
    with pytest.raises(IntegrityError, match="do not begin in this state"), transaction.atomic():
        copy_row(PermissionRequest, request, engine_request_id="per_other", **values)
    assert PermissionRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"state": "approved"}, "decision_names_who_and_when|approval_is_sealed_and_has_its_votes"),
        ({"state": "denied", "decided_at": timezone.now()}, "decision_names_who_and_when"),
        ({"state": "expired"}, "only_an_ended_request_has_an_end"),
        ({"decided_at": timezone.now()}, "only_an_ended_request_has_an_end"),
        (
            {
                "state": "approved",
                "decided_at": timezone.now(),
                "decided_by_kind": "user",
                "decided_by_id": "somebody",
                "decision_door": "api",
            },
            "approval_is_sealed_and_has_its_votes",
        ),
    ],
)
@pytest.mark.parametrize("sealed", [True, False])
def test_no_request_ends_without_what_an_end_needs(
    values: dict[str, Any], constraint: str, sealed: bool
) -> None:
    request = make_request(make_engine(make_team()), sealed=sealed)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        PermissionRequest.objects.filter(pk=request.pk).update(**values)
    assert PermissionRequest.objects.get(pk=request.pk).is_pending


def test_an_unsealed_request_is_never_approved_whoever_writes() -> None:
    request = make_request(make_engine(make_team()), sealed=False)
    values = {
        "state": "approved",
        "approvals": 1,
        "decided_at": timezone.now(),
        "decided_by_kind": "rule",
        "decided_by_id": "rule1",
        "decision_door": "rule",
        "rule_id": "rule1",
        "rule_version": 1,
    }
    with pytest.raises(IntegrityError, match="approval_is_sealed"), transaction.atomic():
        PermissionRequest.objects.filter(pk=request.pk).update(**values)


def test_the_words_of_a_reply_never_change(world: PermissionRequest) -> None:
    other = make_request(make_engine(make_team()))
    changes = {
        "reply": "reject",
        "message": "other",
        "request_id": other.pk,
        "question_id": Question.objects.get().pk,
        "engine_id": other.engine_id,
    }
    for column, value in changes.items():
        sql = f'UPDATE governance_enginereply SET "{column}" = %s'
        assert_refused(EngineReply, partial(execute, sql, [value]))


def test_an_ended_reply_is_frozen(world: PermissionRequest) -> None:
    [reply] = world.replies.all()
    claim_reply(reply=reply, epoch=1, now=timezone.now())
    confirm_reply(reply=reply, now=timezone.now())
    assert_refused(EngineReply, lambda: EngineReply.objects.update(state="queued"))
    assert_refused(EngineReply, lambda: EngineReply.objects.update(attempts=9))


def test_a_reply_is_not_born_sent(world: PermissionRequest) -> None:
    [reply] = world.replies.all()
    for values in ({"state": "confirmed"}, {"state": "sent"}, {"state": "queued", "attempts": 1}):
        with pytest.raises(IntegrityError, match="do not begin"), transaction.atomic():
            copy_row(EngineReply, reply, **values)


def test_what_a_question_asks_never_changes_and_nothing_once_it_has_ended(world: PermissionRequest) -> None:
    [question] = Question.objects.all()
    asked = ("content", "summary", "engine_question_id", "session_id", "requester_id", "idempotency_key")
    for column in asked:
        assert_refused(Question, partial(Question.objects.update, **{column: "other"}))
    for values in ({"state": "closed"}, {"answers": "x"}, {"answered_by_id": "somebody"}):
        with pytest.raises(IntegrityError, match="do not begin"), transaction.atomic():
            copy_row(Question, question, **values)
    reject_question(principal=make_principal(make_user(question.team)), question_id=question.pk)
    for values in ({"state": "open"}, {"answered_by_label": "Somebody else"}, {"answers": "x"}):
        assert_refused(Question, partial(Question.objects.update, **values))


def test_a_rule_begins_as_a_draft_and_stays_with_its_team(world: PermissionRequest) -> None:
    [rule] = WhitelistAction.objects.all()
    for values in ({"state": "active"}, {"state": "in_review"}, {"state": "draft", "version": 2}):
        with pytest.raises(IntegrityError, match="do not begin"), transaction.atomic():
            copy_row(WhitelistAction, rule, **values)
    other = make_team()
    assert_refused(WhitelistAction, lambda: WhitelistAction.objects.update(team=other))


def test_a_retired_rule_is_frozen_and_numbers_never_go_back(world: PermissionRequest) -> None:
    WhitelistAction.objects.update(version=7)
    assert_refused(WhitelistAction, lambda: WhitelistAction.objects.update(version=6))
    assert_refused(TeamRules, lambda: TeamRules.objects.update(version=0))
    RuleUse.objects.update(uses=3)
    assert_refused(RuleUse, lambda: RuleUse.objects.update(uses=2))
    for model in (WhitelistAction, WhitelistTarget):
        model.objects.update(state="retired")
        assert_refused(model, partial(model.objects.update, state="active"))
        assert_refused(model, partial(model.objects.update, name="other"))


def test_an_active_rule_names_who_made_it_apply(world: PermissionRequest) -> None:
    with pytest.raises(IntegrityError, match="active_rule_names_who"), transaction.atomic():
        WhitelistAction.objects.update(activated_by=None)
    with pytest.raises(IntegrityError, match="active_target_names_who"), transaction.atomic():
        WhitelistTarget.objects.update(activated_by=None)


def test_a_decision_by_rule_names_the_rule_and_its_version() -> None:
    request = make_request(make_engine(make_team()))
    values = {
        "state": "denied",
        "decided_at": timezone.now(),
        "decision_door": "rule",
        "decided_by_kind": "rule",
        "decided_by_id": "rule1",
    }
    named: list[dict[str, Any]] = [
        {"rule_id": "rule1"},
        {"rule_version": 1},
        {"rule_id": "r2", "rule_version": 1},
    ]
    for missing in named:
        with pytest.raises(IntegrityError, match="rule_decision_names"), transaction.atomic():
            PermissionRequest.objects.filter(pk=request.pk).update(**values, **missing)
    PermissionRequest.objects.filter(pk=request.pk).update(**values, rule_id="rule1", rule_version=1)
    assert PermissionRequest.objects.get(pk=request.pk).state == "denied"


def test_suspension_ends_with_its_block(world: PermissionRequest) -> None:
    with suspended():
        Event.objects.filter(seq=1).delete()
    assert not Event.objects.filter(seq=1).exists()
    assert missing_triggers() == []
    assert_refused(Event, lambda: execute("DELETE FROM events_event"))


def test_suspension_ends_with_an_error_and_takes_its_work_back(world: PermissionRequest) -> None:
    before = read_table(Event)
    with pytest.raises(KeyError), suspended():
        Event.objects.all().delete()
        raise KeyError("half-way")
    with pytest.raises(IntegrityError), suspended():
        LogHead.objects.create(pk=2)
    assert read_table(Event) == before
    assert missing_triggers() == []
    assert_refused(Event, lambda: execute("DELETE FROM events_event"))


def test_suspension_inside_a_transaction_ends_before_it(world: PermissionRequest) -> None:
    with transaction.atomic():
        with suspended():
            Event.objects.filter(seq=1).delete()
        assert_refused(Event, lambda: execute("DELETE FROM events_event"))
    assert_refused(Event, lambda: execute("DELETE FROM events_event"))


@pytest.mark.django_db(transaction=True)
def test_nobody_else_sees_the_guards_lifted() -> None:
    make_engine(make_team())
    assert Event.objects.exists()
    refusals: list[str] = []

    def attack() -> None:
        try:
            execute("DELETE FROM events_event")
        except IntegrityError as error:
            refusals.append(str(error))

    with suspended():
        if connection.vendor == "postgresql":
            run_together([attack])
            assert len(refusals) == 1
    # SQLite lets nobody else write meanwhile; right after it the guards stand.
    run_together([attack])
    assert {"rows are kept" in refusal for refusal in refusals} == {True}
    assert Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_missing_trigger_is_noticed_and_migrate_brings_it_back() -> None:
    [name] = [name for name in list_names() if name.startswith("keep_events_auditentry_row_delete")]
    suffix = "" if connection.vendor == "sqlite" else " ON events_auditentry"
    execute(f'DROP TRIGGER "{name}"{suffix}')
    assert missing_triggers() == [name]
    with pytest.raises(CommandError, match=name):
        call_command("check", databases=["default"], stdout=StringIO(), stderr=StringIO())
    # As from the command line: with its checks.
    call_command("migrate", skip_checks=False, verbosity=0)
    assert missing_triggers() == []
    call_command("check", databases=["default"], stdout=StringIO(), stderr=StringIO())


def list_names() -> list[str]:
    return sorted(name for _, name in append_only.list_installed(connection))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_disabled_trigger_is_missing() -> None:
    [name] = [name for name in list_names() if name.startswith("keep_events_event_row_delete")]
    execute(f'ALTER TABLE events_event DISABLE TRIGGER "{name}"')
    try:
        assert missing_triggers() == [name]
    finally:
        execute(f'ALTER TABLE events_event ENABLE TRIGGER "{name}"')


@pytest.mark.django_db(transaction=True)
def test_a_promise_changed_in_the_code_is_missing_until_migrate(monkeypatch: pytest.MonkeyPatch) -> None:
    before = list_names()
    monkeypatch.setattr(append_only, "guards", [*append_only.guards])
    append_only.freeze_rows("accounts.Team", name="names", columns=("name",))
    [missing] = missing_triggers()
    assert missing.startswith("keep_accounts_team_names_update_")
    call_command("migrate", verbosity=0)
    team = make_team()
    assert_refused(Team, lambda: Team.objects.filter(pk=team.pk).update(name="another"))
    monkeypatch.undo()
    call_command("migrate", verbosity=0)
    assert list_names() == before


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_table_rebuild_drops_triggers_and_migrate_brings_them_back() -> None:
    field = PermissionRequest._meta.get_field("decision_message")
    wider = models.TextField(blank=True, default="", null=True)
    wider.set_attributes_from_name("decision_message")
    wider.model = PermissionRequest
    with connection.schema_editor() as editor:
        editor.alter_field(PermissionRequest, field, wider)
    try:
        assert {name.split("_")[2] for name in missing_triggers()} == {"permissionrequest"}
    finally:
        with connection.schema_editor() as editor:
            editor.alter_field(PermissionRequest, wider, field)
    call_command("migrate", verbosity=0)
    assert missing_triggers() == []


@pytest.mark.django_db(transaction=True)
def test_flush_is_refused_outside_a_suspension() -> None:
    team = make_team()
    with pytest.raises(CommandError, match="couldn't be flushed"):
        call_command("flush", interactive=False, verbosity=0, stdout=StringIO(), stderr=StringIO())
    assert Team.objects.filter(pk=team.pk).exists()


def test_a_withdrawn_request_stays() -> None:
    """Cancelled is an end like the others: nothing takes it back or away."""
    team = make_team()
    asker = make_principal(make_user(team))
    request, _ = create_request(principal=asker, team=team, wish=Wish(permission="deploy"))
    cancel_request(principal=asker, request_id=request.pk)
    assert_refused(PermissionRequest, lambda: PermissionRequest.objects.update(state="pending"))
    assert_refused(PermissionRequest, lambda: execute("DELETE FROM governance_permissionrequest"))
