"""The OpenAPI document: valid, complete, true to the answers; and its page of docs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import jsonschema
import pytest
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from accounts.models import Team, User
from engines.models import Chat, Subagent
from events.problems import PROBLEM_JSON
from governance.domain.decide import deny_request
from portal.api import build_schema
from tests.api.clients import ApiClient, call_as, outcome, sign_in, write_signed_in
from tests.api.test_accounts import wish_token
from tests.api.test_engines import say
from tests.factories import (
    make_engine,
    make_principal,
    make_question,
    make_request,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

CONFIG_VERBS = (
    *("copy", "create", "diff", "labels", "list", "move_label", "preview", "restore"),
    *("retire", "retrieve", "unretire", "update", "uses", "version", "versions"),
)
PROPOSAL_VERBS = (
    *("comment", "comments", "create", "diff", "list", "request_changes", "resolve_comment", "retrieve"),
    *("revision", "revisions", "submit", "update", "withdraw"),
)
# What anybody may read, so that seals can be checked without a token.
PUBLIC = {"sop_keys_retrieve"}
PROBLEM = {"$ref": "#/components/schemas/Problem"}


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation)."""
    for path, methods in build_schema()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_schema_is_made_without_a_warning() -> None:
    out, err = StringIO(), StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=out, stderr=err)
    assert err.getvalue() == ""
    assert not GENERATOR_STATS


def test_schema_is_served_to_callers_only(user: User) -> None:
    assert outcome(ApiClient().read("/api/schema/")) == (401, "not_authenticated")
    answer = call_as(user).read("/api/schema/")
    document = json.loads(answer.content)
    validate_schema(document)
    assert document == json.loads(json.dumps(build_schema()))
    assert answer.headers["Content-Type"] == "application/vnd.oai.openapi+json"


def test_every_operation_says_what_it_is_and_how_it_fails() -> None:
    for method, path, operation in operations():
        where = f"{method} {path}"
        assert operation["description"], where
        wanted: Any = None if operation["operationId"] in PUBLIC else [{"token": []}, {"session": []}]
        assert operation.get("security") == wanted, where
        responses = operation["responses"]
        assert any(status.startswith("2") for status in responses), where
        expected = {"400", "401", "403", "default"} | ({"404"} if "{" in path else set())
        expected |= {"409", "413", "415"} if method in {"post", "put", "patch"} else set()
        assert expected <= set(responses), where
        for status, response in responses.items():
            assert response["description"] is not None, where
            if not status.startswith("2"):
                assert response["content"] == {PROBLEM_JSON: {"schema": PROBLEM}}, where


def test_operation_ids_are_the_resource_and_the_verb() -> None:
    assert sorted(operation["operationId"] for _, _, operation in operations()) == [
        *(f"agents_{verb}" for verb in CONFIG_VERBS),
        "audit_list",
        "audit_read_head",
        "audit_retrieve",
        "change_requests_list",
        "change_requests_retrieve",
        *(f"chats_{verb}" for verb in ("archive", "create", "list", "mark_read", "messages")),
        *(f"chats_{verb}" for verb in ("partial_update", "queue", "retrieve", "send", "stop")),
        *(f"chats_{verb}" for verb in ("stop_tree", "take_over", "unarchive")),
        "drifts_list",
        "drifts_retrieve",
        "engines_list",
        "engines_retrieve",
        "evaluate_create",
        "events_list",
        "events_stream",
        "events_ticket",
        "gate_create",
        "gate_reports_create",
        "gate_take",
        "gate_wait",
        "gate_withdraw",
        *(f"health_checks_{verb}" for verb in ("changes", "list", "retrieve")),
        *(f"instructions_{verb}" for verb in CONFIG_VERBS),
        "label_moves_create",
        *(f"mcp_incidents_{verb}" for verb in ("acknowledge", "list", "retrieve")),
        *(
            f"mcp_requests_{verb}"
            for verb in ("begin_trial", "choose_tools", "create", "import_entries", "list", "probe")
        ),
        *(f"mcp_requests_{verb}" for verb in ("retrieve", "retry", "withdraw")),
        *(
            f"mcp_servers_{verb}"
            for verb in ("clear_secret", "export", "list", "probe", "resume", "retrieve")
        ),
        *(f"mcp_servers_{verb}" for verb in ("revoke", "secrets", "set_secret", "suspend", "switch_tool")),
        *(f"messages_{verb}" for verb in ("retrieve", "retry", "withdraw")),
        *(f"models_{verb}" for verb in CONFIG_VERBS),
        "permission_requests_approve",
        "permission_requests_cancel",
        "permission_requests_claim",
        "permission_requests_comment",
        "permission_requests_comments",
        "permission_requests_create",
        "permission_requests_deny",
        "permission_requests_list",
        "permission_requests_release",
        "permission_requests_retrieve",
        "permission_requests_similar",
        "permission_requests_snooze",
        "permission_requests_unsnooze",
        "permission_requests_wait",
        *(f"prompts_{verb}" for verb in CONFIG_VERBS),
        *(f"proposals_{verb}" for verb in PROPOSAL_VERBS),
        *(f"providers_{verb}" for verb in CONFIG_VERBS),
        "publications_cancel",
        "publications_create",
        "publications_list",
        "publications_retrieve",
        "publications_rollback",
        *(
            f"questions_{verb}"
            for verb in ("answer", "cancel", "create", "list", "reject", "retrieve", "wait")
        ),
        "releases_create",
        "releases_diff",
        "releases_draft",
        "releases_files",
        "releases_list",
        "releases_retrieve",
        "reviews_approve",
        "reviews_comment",
        "reviews_comments",
        "reviews_list",
        "reviews_reject",
        "reviews_retrieve",
        "reviews_withdraw",
        "rule_targets_activate",
        "rule_targets_create",
        "rule_targets_deactivate",
        "rule_targets_list",
        "rule_targets_restore",
        "rule_targets_retire",
        "rule_targets_retrieve",
        "rule_targets_save",
        "rule_targets_versions",
        "rules_activate",
        "rules_create",
        "rules_deactivate",
        "rules_list",
        "rules_restore",
        "rules_retire",
        "rules_retrieve",
        "rules_save",
        "rules_versions",
        "sop_keys_retrieve",
        *(f"sops_{verb}" for verb in ("list", "retrieve", "revoke", "verify", "versions")),
        "ssh_keys_activate",
        "ssh_keys_authorized_keys",
        "ssh_keys_create",
        "ssh_keys_deactivate",
        "ssh_keys_delete_key",
        "ssh_keys_list",
        "ssh_keys_partial_update",
        "ssh_keys_record_use",
        "ssh_keys_retrieve",
        *(f"subagents_{verb}" for verb in ("chain", "list", "retrieve", "stop", "tree")),
        "teams_list",
        "teams_members",
        "teams_retrieve",
        "tokens_create",
        "tokens_list",
        "tokens_retrieve",
        "tokens_revoke",
        *(f"tool_rules_{verb}" for verb in CONFIG_VERBS),
        "users_me_retrieve",
    ]


def test_security_schemes_are_named(settings: Any) -> None:
    schemes = build_schema()["components"]["securitySchemes"]
    assert {
        name: (scheme["type"], scheme.get("scheme") or scheme.get("name")) for name, scheme in schemes.items()
    } == {
        "token": ("http", "bearer"),
        "session": ("apiKey", settings.SESSION_COOKIE_NAME),
    }


def validate_answer(answer: Any, method: str, path: str) -> None:
    """The answer has exactly the members that the schema gives to this operation and status."""
    document = build_schema()
    response = document["paths"][f"/api/v1/{path}"][method]["responses"][str(answer.status_code)]
    [(media_type, content)] = response["content"].items()
    assert answer.headers["Content-Type"] == media_type
    schema = close_objects(
        json.loads(json.dumps({**content["schema"], "components": document["components"]}))
    )
    jsonschema.validate(json.loads(answer.content), schema)


def close_objects(schema: Any) -> Any:
    """Further members are errors, except where the schema allows them itself."""
    if isinstance(schema, list):
        return [close_objects(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: close_objects(value) for name, value in schema.items()}
    if closed.get("type") == "object" and "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed


def test_answers_are_what_the_schema_says(team: Team, user: User) -> None:
    engine = make_engine(team)
    parent = make_session(engine)
    child = make_session(engine, parent_id=parent)
    say(engine, parent, "hello")
    pending, denied = make_request(engine, session_id=child), make_request(engine, session_id=parent)
    question = make_question(engine, session_id=child)
    deny_request(principal=make_principal(user), request_id=denied.pk, fingerprint=denied.fingerprint)
    chat, subagent = Chat.objects.get(), Subagent.objects.get()
    client = call_as(user)
    made = client.write("permission-requests/", {"permission": "deploy"})
    validate_answer(made, "post", "permission-requests/")
    made_id = made.json()["id"]
    reads = {
        "permission-requests/": "permission-requests/",
        f"permission-requests/{pending.pk}/": "permission-requests/{id}/",
        f"permission-requests/{denied.pk}/": "permission-requests/{id}/",
        f"permission-requests/{denied.pk}/wait/": "permission-requests/{id}/wait/",
        "questions/": "questions/",
        f"questions/{question.pk}/": "questions/{id}/",
        f"questions/{question.pk}/wait/?timeout=0": "questions/{id}/wait/",
        "engines/": "engines/",
        f"engines/{engine.pk}/": "engines/{id}/",
        "chats/": "chats/",
        f"chats/{chat.pk}/": "chats/{id}/",
        f"chats/{chat.pk}/messages/": "chats/{id}/messages/",
        "subagents/": "subagents/",
        f"subagents/{subagent.pk}/": "subagents/{id}/",
        "teams/": "teams/",
        f"teams/{team.pk}/": "teams/{id}/",
        f"teams/{team.pk}/members/": "teams/{id}/members/",
        "tokens/": "tokens/",
        "users/me/": "users/me/",
        "events/?since=0": "events/",
    }
    for path, template in reads.items():
        validate_answer(client.read(path), "get", template)
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    answered = client.write(f"questions/{question.pk}/answer/", {"answers": [["Red"]]})
    validate_answer(answered, "post", "questions/{id}/answer/")
    validate_answer(client.read(f"questions/{question.pk}/"), "get", "questions/{id}/")
    validate_answer(
        client.write(f"permission-requests/{made_id}/cancel/"), "post", "permission-requests/{id}/cancel/"
    )
    validate_answer(write_signed_in(sign_in(user), "tokens/", wish_token()), "post", "tokens/")


def test_docs_are_served_without_any_foreign_address() -> None:
    page = ApiClient().read("/api/docs/")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    text = page.content.decode()
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)["']""", text)
    assert len(addresses) == 5
    assert [address for address in addresses if not re.match(r"/[a-z]", address)] == []
    assert "<style" not in text
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "img-src 'self' data:" in policy
    script = ApiClient().read("/api/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in script.content.decode()


def test_docs_policy_holds_on_the_docs_only(user: User) -> None:
    assert "data:" not in call_as(user).read("users/me/").headers["Content-Security-Policy"]


def test_docs_refuse_other_methods_with_a_problem() -> None:
    assert outcome(ApiClient().send("POST", "/api/docs/")) == (405, "method_not_allowed")


def test_root_names_every_resource(user: User) -> None:
    assert call_as(user).read("").json() == {
        name: f"http://testserver/api/v1/{name}/"
        for name in (
            "agents",
            "audit",
            "change-requests",
            "chats",
            "drifts",
            "engines",
            "events",
            "gate/calls",
            "health-checks",
            "instructions",
            "mcp-incidents",
            "mcp-requests",
            "mcp-servers",
            "models",
            "permission-requests",
            "prompts",
            "proposals",
            "providers",
            "publications",
            "questions",
            "releases",
            "reviews",
            "rule-targets",
            "rules",
            "sops",
            "ssh-keys",
            "subagents",
            "teams",
            "tokens",
            "tool-rules",
            "users/me",
        )
    }
