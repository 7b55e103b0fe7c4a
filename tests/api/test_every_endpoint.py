"""Every registered endpoint, walked as every kind of caller. A new endpoint fails here until it is listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.urls import URLPattern
from django.utils import timezone

from accounts.domain.tokens import revoke_token
from accounts.enums import Role, Scope
from accounts.models import ApiToken, SshKey, Team
from chats.models import OutgoingMessage
from configs.content import PromptContent
from configs.domain.labels import ChangeRequested, move_label
from configs.models import ConfigLabel, Prompt
from configs.policies import CONFIG_WRITERS
from engines.models import Chat, Engine, Message, Subagent
from events.models import AuditEntry, Event
from governance.domain.rules import save_rule, save_target
from governance.models import PermissionRequest, Question, RuleVersion, WhitelistAction, WhitelistTarget
from governance.policies import RULE_WRITERS
from governance.rule_drafts import RuleDraft, TargetDraft
from live.models import StreamTicket
from portal.api import v1_urlpatterns
from releases.models import Drift, Publication, Release
from reviews.models import Review
from tests.api.clients import ApiClient, call_as, outcome, sign_in
from tests.api.config_walk import KINDS, VERBS
from tests.api.endpoint import DECIDING, Endpoint
from tests.api.gated_walk import GATED_ENDPOINTS, GatedThings, make_gated
from tests.api.operations_walk import OPERATION_ENDPOINTS, OperationThings, make_operations
from tests.api.test_engines import say
from tests.factories import (
    make_config,
    make_engine,
    make_principal,
    make_question,
    make_request,
    make_service,
    make_session,
    make_team,
    make_token,
    make_user,
)
from tests.releases.make import make_publication
from tests.reviews.things import ask_review, register_things

pytestmark = pytest.mark.django_db


READERS = (Scope.REQUESTS_READ, Scope.REQUESTS_CREATE)
ASKERS = (Scope.QUESTIONS_READ, Scope.QUESTIONS_ASK)

ENDPOINTS = [
    Endpoint("api-root", "GET"),
    Endpoint("api-events", "GET", (Scope.EVENTS_READ,)),
    Endpoint("api-events-stream", "GET", (Scope.EVENTS_READ,)),
    Endpoint("api-events-ticket", "POST", (Scope.EVENTS_READ,), success=201),
    Endpoint("api-me", "GET"),
    Endpoint("api-evaluate", "POST", (Scope.RULES_EVALUATE,), takes_services=False, body={"command": "ls"}),
    Endpoint("permissionrequest-list", "GET", READERS),
    Endpoint(
        "permissionrequest-list", "POST", (Scope.REQUESTS_CREATE,), success=201, body={"permission": "deploy"}
    ),
    Endpoint("permissionrequest-detail", "GET", READERS, is_scoped=True),
    Endpoint("permissionrequest-wait", "GET", READERS, is_scoped=True),
    Endpoint(
        "permissionrequest-approve",
        "POST",
        (Scope.REQUESTS_DECIDE,),
        is_scoped=True,
        roles=DECIDING,
        takes_services=False,
    ),
    Endpoint(
        "permissionrequest-deny",
        "POST",
        (Scope.REQUESTS_DECIDE,),
        is_scoped=True,
        roles=DECIDING,
        takes_services=False,
    ),
    *(
        Endpoint(
            f"permissionrequest-{verb}",
            "POST",
            (Scope.REQUESTS_DECIDE,),
            is_scoped=True,
            roles=DECIDING,
            takes_services=False,
        )
        for verb in ("claim", "release")
    ),
    *(
        Endpoint(
            f"permissionrequest-{verb}",
            "POST",
            (Scope.REQUESTS_DECIDE,),
            is_scoped=True,
            takes_services=False,
            success=success,
            body=body,
        )
        for verb, success, body in (
            ("snooze", 200, {"length": "1h"}),
            ("unsnooze", 204, {}),
            ("comments", 201, {"text": "I saw it."}),
        )
    ),
    Endpoint(
        "permissionrequest-comments", "GET", (Scope.REQUESTS_READ,), is_scoped=True, takes_services=False
    ),
    Endpoint("permissionrequest-similar", "GET", (Scope.REQUESTS_READ,), is_scoped=True),
    Endpoint("question-list", "GET", ASKERS),
    Endpoint(
        "question-list",
        "POST",
        (Scope.QUESTIONS_ASK,),
        success=201,
        body={"items": [{"question": "Which port?"}]},
    ),
    Endpoint("question-detail", "GET", ASKERS, is_scoped=True),
    Endpoint("question-wait", "GET", ASKERS, is_scoped=True),
    *(
        Endpoint(
            f"question-{verb}",
            "POST",
            (Scope.QUESTIONS_ANSWER,),
            is_scoped=True,
            roles=DECIDING,
            takes_services=False,
            body=body,
        )
        for verb, body in (("answer", {"answers": [["Red"]]}), ("reject", {}))
    ),
    # Nobody withdraws what an engine asked for, or asked.
    Endpoint(
        "question-cancel",
        "POST",
        (Scope.QUESTIONS_ASK,),
        is_scoped=True,
        roles=frozenset(),
        takes_services=False,
        success=403,
    ),
    Endpoint(
        "permissionrequest-cancel",
        "POST",
        (Scope.REQUESTS_CREATE,),
        is_scoped=True,
        roles=frozenset(),
        success=403,
    ),
    Endpoint("review-list", "GET", (Scope.REVIEWS_READ,)),
    # A service account sees what it asked for itself, and nothing else.
    *(
        Endpoint(
            f"review-{verb}",
            "GET",
            (Scope.REVIEWS_READ,),
            is_scoped=True,
            takes_services=False,
            services_get=404,
        )
        for verb in ("detail", "comments")
    ),
    Endpoint(
        "review-comments",
        "POST",
        (Scope.REVIEWS_WRITE,),
        is_scoped=True,
        takes_services=False,
        services_get=404,
        success=201,
        body={"text": "I saw it."},
    ),
    # Nobody withdraws what somebody else asked for, and no token votes: see test_reviews.
    *(
        Endpoint(
            f"review-{verb}",
            "POST",
            (Scope.REVIEWS_WRITE,),
            is_scoped=True,
            roles=frozenset(),
            takes_services=False,
            services_get=404,
            success=403,
            body=body,
        )
        for verb, body in (("withdraw", {}), ("approve", {}), ("reject", {"reason": "No."}))
    ),
    *(
        Endpoint(f"{rule}-{verb}", "GET", (Scope.RULES_READ,), is_scoped=verb != "list", takes_services=False)
        for rule in ("rule", "ruletarget")
        for verb in ("list", "detail", "versions")
    ),
    # Of a denial that is on, so that no second person is needed; `activate` of a draft.
    *(
        Endpoint(
            f"{rule}-{verb}",
            "POST",
            (Scope.RULES_WRITE,),
            is_scoped=verb != "list",
            roles=roles,
            takes_services=False,
            success=success,
            body=body,
        )
        for rule, wish in (
            ("rule", {"name": "x", "value": "ls", "effect": "deny"}),
            ("ruletarget", {"name": "x", "pattern": "/x/**", "effect": "deny"}),
        )
        for verb, success, roles, body in (
            ("list", 201, RULE_WRITERS, wish),
            ("save", 200, DECIDING, {"version": 1, "name": "y"}),
            ("activate", 200, RULE_WRITERS, {"version": 1}),
            ("deactivate", 200, DECIDING, {}),
            ("retire", 200, DECIDING, {}),
            ("restore", 200, DECIDING, {"restored": 1, "version": 1}),
        )
    ),
    Endpoint("changerequest-list", "GET", (Scope.CONFIGS_READ,)),
    Endpoint("changerequest-detail", "GET", (Scope.CONFIGS_READ,), is_scoped=True),
    Endpoint(
        "api-label-moves",
        "POST",
        (Scope.CONFIGS_WRITE,),
        is_scoped=True,
        roles=CONFIG_WRITERS,
        takes_services=False,
    ),
    *(
        Endpoint(f"{resource}-{verb}", "GET", (Scope.RELEASES_READ,), is_scoped=verb not in {"list", "draft"})
        for resource, verbs in (
            ("release", ("list", "detail", "files", "diff", "draft")),
            ("publication", ("list", "detail")),
            ("drift", ("list", "detail")),
        )
        for verb in verbs
    ),
    Endpoint(
        "release-list",
        "POST",
        (Scope.RELEASES_PUBLISH,),
        roles=frozenset({Role.EDITOR, *DECIDING}),
        takes_services=False,
        success=201,
    ),
    # Nothing was live before, so that nobody goes back.
    *(
        Endpoint(
            f"publication-{verb}",
            "POST",
            (Scope.RELEASES_PUBLISH,),
            is_scoped=verb == "cancel",
            roles=DECIDING,
            takes_services=False,
            success=success,
        )
        for verb, success in (("list", 201), ("rollback", 409), ("cancel", 200))
    ),
    Endpoint("engine-list", "GET", (Scope.ENGINES_READ,)),
    Endpoint("engine-detail", "GET", (Scope.ENGINES_READ,), is_scoped=True),
    Endpoint("subagent-list", "GET", (Scope.CHATS_READ,)),
    *(
        Endpoint(f"subagent-{verb}", "GET", (Scope.CHATS_READ,), is_scoped=True)
        for verb in ("detail", "chain", "tree")
    ),
    Endpoint(
        "subagent-stop",
        "POST",
        (Scope.CHATS_WRITE,),
        is_scoped=True,
        roles=frozenset({Role.ADMIN}),
        takes_services=False,
        success=202,
    ),
    Endpoint("team-list", "GET", (Scope.TEAMS_READ,)),
    Endpoint("team-detail", "GET", (Scope.TEAMS_READ,), is_scoped=True),
    Endpoint("team-members", "GET", (Scope.TEAMS_READ,), is_scoped=True),
    Endpoint("apitoken-list", "GET"),
    # Only in a session: see test_accounts.
    Endpoint("apitoken-list", "POST", roles=frozenset(), takes_services=False, success=403),
    # A token sees and revokes itself alone: another one does not exist for anybody.
    Endpoint("apitoken-detail", "GET", is_scoped=True, roles=frozenset(), success=404),
    Endpoint("apitoken-revoke", "POST", is_scoped=True, roles=frozenset(), success=404),
    # Only for the plugin of an engine's gate: see test_gate.
    *(
        Endpoint(name, method, (Scope.GATE,), roles=frozenset(), takes_services=False, success=403, body=body)
        for name, method, body in (
            ("api-gate-reports", "POST", {"process": "p", "instance": "i", "directory": "/srv/demo"}),
            ("gatecall-list", "POST", {"key": "k"}),
            ("gatecall-wait", "GET", {}),
            ("gatecall-take", "POST", {}),
            ("gatecall-withdraw", "POST", {}),
        )
    ),
    # For owners: see test_audit.
    *(
        Endpoint(name, "GET", (Scope.AUDIT_READ,), roles=frozenset(), takes_services=False, success=403)
        for name in ("audit-list", "audit-detail", "audit-head")
    ),
    *GATED_ENDPOINTS,
    *OPERATION_ENDPOINTS,
]


def registered() -> Iterator[tuple[str, str]]:
    """(route name, method) of everything below /api/v1/."""
    for pattern in v1_urlpatterns:
        assert isinstance(pattern, URLPattern)
        view: Any = pattern.callback
        actions = getattr(view, "actions", None)
        methods = actions or [name for name in ("get", "post", "put", "patch") if hasattr(view.cls, name)]
        yield from ((str(pattern.name), method.upper()) for method in methods if method != "head")


def test_every_endpoint_is_walked() -> None:
    """Those of what is configured are walked by test_config_endpoints."""
    configs = [(f"{route}-{verb.route}", verb.method) for _, route, _, _ in KINDS.values() for verb in VERBS]
    here = [(endpoint.name, endpoint.method) for endpoint in ENDPOINTS]
    assert sorted(registered()) == sorted([*here, *configs])


@dataclass
class World:
    """A team in which everything exists."""

    team: Team
    engine: Engine
    request: PermissionRequest
    review: Review
    subagent: Subagent
    token: ApiToken
    rules: dict[str, str]
    prompt: Prompt
    change_request: str
    publication: Publication
    own: GatedThings | OperationThings | None = None

    def path(self, endpoint: Endpoint) -> str:
        if self.own is not None:
            return self.own.path(endpoint)
        ids = {
            "permissionrequest": self.request.pk,
            "question": Question.objects.get(engine=self.engine).pk,
            "review": self.review.pk,
            "engine": self.engine.pk,
            "subagent": self.subagent.pk,
            "team": self.team.pk,
            "apitoken": self.token.pk,
            "audit": "1",
            "gatecall": "0" * 15,
            "changerequest": self.change_request,
            "release": self.publication.release_id,
            "publication": self.publication.pk,
            "drift": self.engine.pk,
        }
        names = {"permissionrequest": "permission-requests", "apitoken": "tokens", "audit": "audit"}
        names["gatecall"] = "gate/calls"
        names["ruletarget"] = "rule-targets"
        names["changerequest"] = "change-requests"
        ids |= {name: self.rules[f"{name}-draft"] for name in names_of_rules(endpoint)} or {
            "rule": self.rules["rule"],
            "ruletarget": self.rules["ruletarget"],
        }
        if endpoint.name == "audit-head":
            return "audit/head/"
        if endpoint.name.startswith("api-"):
            return {
                "api-root": "",
                "api-events": "events/",
                "api-events-stream": "events/stream/",
                "api-events-ticket": "events/ticket/",
                "api-evaluate": "evaluate/",
                "api-label-moves": "label-moves/",
                "api-me": "users/me/",
                "api-gate-reports": "gate/reports/",
            }[endpoint.name]
        if endpoint.name in {"release-draft", "publication-rollback"}:
            query = f"?engine={self.engine.pk}" if endpoint.method == "GET" else ""
            return endpoint.name.replace("-", "s/") + "/" + query
        resource, verb = endpoint.name.split("-")
        parts = [names.get(resource, f"{resource}s")]
        parts += [] if verb == "list" else [ids[resource]]
        parts += [] if verb in {"list", "detail"} else [verb]
        query = "?timeout=0" if verb == "wait" else ""
        return "/".join(parts) + "/" + query

    def body(self, endpoint: Endpoint) -> dict[str, Any]:
        if self.own is not None:
            return self.own.body(endpoint)
        if endpoint.name in {"permissionrequest-approve", "permissionrequest-deny"}:
            return {"fingerprint": self.request.fingerprint}
        if endpoint.name == "apitoken-list":
            expires_at = (timezone.now() + timedelta(days=1)).isoformat()
            return {"name": "x", "scopes": [Scope.REQUESTS_READ], "expires_at": expires_at}
        if endpoint.name == "api-label-moves":
            move = {"kind": "prompt", "object_id": self.prompt.pk, "version": 1}
            return {"label": "staging", "moves": [move]}
        if endpoint.name in {"release-list", "publication-rollback"}:
            return {"engine": self.engine.pk}
        if endpoint.name == "publication-list":
            return {"release": self.publication.release_id}
        return endpoint.body

    def call(self, client: ApiClient, endpoint: Endpoint) -> Any:
        body = None if endpoint.method == "GET" else self.body(endpoint)
        return client.send(endpoint.method, self.path(endpoint), body)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """With what takes long to make only where the test is about it."""
    parameters = getattr(request.node, "callspec", None)
    endpoint = parameters.params.get("endpoint") if parameters else None
    with register_things():
        made = make_world()
        if endpoint in GATED_ENDPOINTS:
            made.own = make_gated(made.engine, endpoint)
        if endpoint in OPERATION_ENDPOINTS:
            made.own = make_operations(made.engine, endpoint)
        yield made


def make_world() -> World:
    team = make_team()
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    engine = make_engine(team)
    parent = make_session(engine)
    child = make_session(engine, parent_id=parent)
    say(engine, parent, "hello")
    request = make_request(engine, session_id=child)
    make_question(engine, session_id=child)
    make_token(make_user(team, Role.ADMIN), Scope.TEAMS_READ)
    review = ask_review(make_user(team, Role.EDITOR), team)
    return World(
        *(team, engine, request, review, Subagent.objects.get(), ApiToken.objects.get()),
        make_rules(team),
        *make_change_request(team),
        make_drifting(engine),
    )


def make_drifting(engine: Engine) -> Publication:
    """A release on its way to its engine, of which nothing else is known."""
    Drift.objects.create(engine=engine)
    return make_publication(make_user(engine.team), engine)


def make_change_request(team: Team) -> tuple[Prompt, str]:
    """A prompt, and the review of a move of its protected label."""
    editor = make_principal(make_user(team, Role.EDITOR))
    prompt: Prompt = make_config(team, PromptContent(name="P"))
    wish: dict[str, Any] = {"kind": "prompt", "object_id": prompt.pk, "label": "production", "number": 1}
    requested = move_label(principal=editor, **wish)
    assert isinstance(requested, ChangeRequested)
    return prompt, requested.review_id


def names_of_rules(endpoint: Endpoint) -> list[str]:
    """Whose draft this endpoint is about."""
    resource, _, verb = endpoint.name.partition("-")
    return [resource] if verb == "activate" else []


def make_rules(team: Team) -> dict[str, str]:
    """A denial of each kind that is on, and a draft of each kind."""
    principal = make_principal(make_user(team, Role.ADMIN))
    rule = RuleDraft(name="No pushing", value="git push *", effect="deny")
    target = TargetDraft(name="No secrets", pattern="/srv/secrets/**", effect="deny")
    made: dict[str, str] = {}
    for name, activate in (("", True), ("-draft", False)):
        options: dict[str, Any] = {"principal": principal, "team": team, "activate": activate}
        made[f"rule{name}"] = save_rule(draft=rule, **options).pk
        made[f"ruletarget{name}"] = save_target(draft=target, **options).pk
    return made


def count_rows() -> tuple[int, ...]:
    """What an unsuccessful call leaves alone; refusals are audited."""
    return (
        PermissionRequest.objects.count(),
        PermissionRequest.objects.filter(state="pending").count(),
        Question.objects.count(),
        Question.objects.filter(state="open").count(),
        ApiToken.objects.filter(revoked_at=None).count(),
        SshKey.objects.filter(is_active=True).count(),
        RuleVersion.objects.count(),
        WhitelistAction.objects.filter(state="active").count(),
        WhitelistTarget.objects.filter(state="active").count(),
        ConfigLabel.objects.count(),
        Release.objects.count(),
        Publication.objects.filter(ended_at=None).count(),
        StreamTicket.objects.count(),
        Chat.objects.count(),
        Message.objects.count(),
        OutgoingMessage.objects.filter(state="queued").count(),
        Subagent.objects.filter(stop_asked_at=None).count(),
        Event.objects.exclude(kind="user.rights_changed").count(),
        AuditEntry.objects.exclude(verb__in=["refused", "token.create", "token.revoke"]).count(),
    )


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_anonymous_is_refused(world: World, endpoint: Endpoint) -> None:
    before = count_rows()
    assert outcome(world.call(ApiClient(), endpoint)) == (401, "not_authenticated")
    assert count_rows() == before


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_ended_token_is_refused(world: World, endpoint: Endpoint) -> None:
    user = make_user(world.team, Role.ADMIN)
    revoked, expired = make_token(user, *Scope.values), make_token(user, *Scope.values)
    first, second = ApiToken.objects.filter(user=user).order_by("created_at", "pk")
    revoke_token(principal=make_principal(user), token=first)
    past = timezone.now() - timedelta(seconds=1)
    ApiToken.objects.filter(pk=second.pk).update(expires_at=past)
    before = count_rows()
    for secret in (revoked, expired):
        assert outcome(world.call(ApiClient(secret), endpoint)) == (401, "invalid_token")
    assert count_rows() == before


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.scopes], ids=str)
def test_token_without_the_scope_is_refused(world: World, endpoint: Endpoint) -> None:
    others = [scope for scope in Scope.values if scope not in endpoint.scopes]
    client = call_as(make_user(world.team, Role.ADMIN), *others)
    before = count_rows()
    assert outcome(world.call(client, endpoint)) == (403, "missing_scope")
    assert count_rows() == before


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_role_decides_the_rest(world: World, endpoint: Endpoint, role: str) -> None:
    client = call_as(make_user(world.team, role))
    before = count_rows()
    answer = world.call(client, endpoint)
    if role in endpoint.roles or endpoint.success in {403, 404}:
        assert answer.status_code == endpoint.success
    else:
        assert answer.status_code == 403
        assert count_rows() == before


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.is_scoped], ids=str)
def test_other_team_s_thing_does_not_exist(world: World, endpoint: Endpoint) -> None:
    for caller in (make_user(make_team(), Role.ADMIN), make_user()):
        client = call_as(caller)
        before = count_rows()
        assert outcome(world.call(client, endpoint)) == (404, "not_found")
        assert count_rows() == before


LISTS = [
    each for each in ENDPOINTS if each.name.endswith("-list") and each.method == "GET" and each.success == 200
]


@pytest.mark.parametrize("endpoint", LISTS, ids=str)
def test_other_team_s_list_is_empty(world: World, endpoint: Endpoint) -> None:
    stranger = make_user()
    rows = world.call(call_as(stranger), endpoint).json()["results"]
    assert [row for row in rows if row.get("user_id") != stranger.pk] == []


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_service_account_reads_and_asks_but_decides_nothing(world: World, endpoint: Endpoint) -> None:
    service = make_service(make_user(world.team), world.team)
    secret = make_token(service, Scope.TEAMS_READ)
    # A scope that no service account is given, to see the second line of defence.
    ApiToken.objects.filter(user=service).update(scopes=list(Scope.values))
    before = count_rows()
    answer = world.call(ApiClient(secret), endpoint)
    if endpoint.takes_services:
        assert answer.status_code == endpoint.success
    else:
        assert answer.status_code == endpoint.services_get
        assert count_rows() == before


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.method != "GET"], ids=str)
def test_session_without_the_csrf_token_changes_nothing(world: World, endpoint: Endpoint) -> None:
    client = sign_in(make_user(world.team, Role.ADMIN))
    before = count_rows()
    assert outcome(world.call(client, endpoint)) == (403, "csrf_failed")
    assert count_rows() == before


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_session_of_another_site_s_page_is_not_used(world: World, endpoint: Endpoint) -> None:
    client = sign_in(make_user(world.team, Role.ADMIN))
    client.defaults["HTTP_ORIGIN"] = "https://evil.example"
    before = count_rows()
    assert outcome(world.call(client, endpoint)) == (403, "foreign_origin")
    assert count_rows() == before


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.method == "GET"], ids=str)
def test_reading_changes_nothing(world: World, endpoint: Endpoint) -> None:
    client = call_as(make_user(world.team))
    before = count_rows()
    world.call(client, endpoint)
    assert count_rows() == before
