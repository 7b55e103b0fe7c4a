"""Every error below /api/ is a problem document: never HTML, never a stack trace."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from rest_framework.throttling import BaseThrottle

from accounts.api.me import MeView
from accounts.models import User
from events.errors import Conflict, Gone, Invalid, NotFound, Refused, TooLarge
from events.models import AuditEntry
from tests.api.clients import ApiClient, call_as, outcome, problem
from tests.factories import make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user(make_team())


def raising(error: Exception) -> Any:
    def get(self: Any, request: Any) -> None:
        raise error

    return get


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize(
    "path", ["/api/", "/api/v2/", "/api/v1/nothing/", "/api/v1/engines", "/api/v1/../../admin/", "/api/%00/"]
)
def test_what_is_not_there_is_a_problem(path: str, method: str) -> None:
    answer = ApiClient().send(method, path)
    assert outcome(answer) == (404, "not_found")


def test_unknown_path_is_named_but_not_run(user: User) -> None:
    answer = ApiClient().read("/api/<script>alert(1)</script>/")
    assert problem(answer)["detail"] == "There is nothing at /api/<script>alert(1)</script>/."
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_wrong_method_is_a_problem(user: User, method: str) -> None:
    answer = call_as(user).send(method, "users/me/")
    assert outcome(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


def test_unexpected_error_tells_nothing_of_itself(
    user: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(MeView, "get", raising(ZeroDivisionError("the secret inside")))
    answer = call_as(user).read("users/me/")
    assert outcome(answer) == (500, "server_error")
    text = answer.content.decode()
    assert "secret inside" not in text
    assert "Traceback" not in text
    assert answer.headers["X-Request-ID"]
    assert any(record.exc_info for record in caplog.records)


def test_unexpected_error_tells_nothing_of_itself_in_debug_mode_either(
    user: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.DEBUG = True
    monkeypatch.setattr(MeView, "get", raising(ZeroDivisionError("the secret inside")))
    answer = call_as(user).read("users/me/")
    assert outcome(answer) == (500, "server_error")
    assert "secret inside" not in answer.content.decode()
    assert outcome(ApiClient().read("/api/nothing/")) == (404, "not_found")


@pytest.mark.parametrize(
    ("error", "status", "code", "facts"),
    [
        (Invalid("No.", field="name"), 400, "invalid", {"errors": [{"field": "name", "detail": "No."}]}),
        (Refused("No."), 403, "refused", {}),
        (NotFound("No."), 404, "not_found", {}),
        (Conflict("No.", code="stale", state="denied"), 409, "stale", {"state": "denied"}),
        (Gone("No."), 410, "gone", {}),
        (TooLarge("No."), 413, "too_large", {}),
        (Conflict("No.", status="pretended", type="/x", title="x"), 409, "conflict", {"title": "Conflict"}),
        (Http404("x"), 404, "not_found", {}),
        (PermissionDenied("x"), 403, "permission_denied", {}),
        (RequestDataTooBig("x"), 413, "too_large", {}),
        (SuspiciousOperation("x"), 400, "bad_request", {}),
        (OperationalError("x"), 503, "unavailable", {}),
    ],
)
def test_error_has_its_status_code_and_facts(
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    code: str,
    facts: dict[str, Any],
) -> None:
    monkeypatch.setattr(MeView, "get", raising(error))
    answer = call_as(user).read("users/me/")
    document = problem(answer)
    assert (document["status"], document["code"], {name: document[name] for name in facts}) == (
        status,
        code,
        facts,
    )
    if status == 503:
        assert answer.headers["Retry-After"] == "1"


def test_too_many_calls_say_when_to_come_back(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(BaseThrottle):
        def allow_request(self, request: Any, view: Any) -> bool:
            return False

        def wait(self) -> float:
            return 12.3

    monkeypatch.setattr(MeView, "throttle_classes", [Closed])
    answer = call_as(user).read("users/me/")
    assert (outcome(answer), answer.headers["Retry-After"]) == ((429, "throttled"), "13")


def test_foreign_host_is_a_problem() -> None:
    answer = ApiClient().read("users/me/", headers={"Host": "evil.example"})
    assert outcome(answer) == (400, "bad_request")


def test_foreign_host_outside_the_api_is_a_page() -> None:
    answer = ApiClient().read("/admin/", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/html; charset=utf-8")


def test_accept_header_makes_no_error(user: User) -> None:
    client = call_as(user)
    for accept in ("text/html", "application/xml", "nonsense", "application/problem+json", "*/*;q=0"):
        answer = client.read("users/me/", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


def test_format_can_not_be_chosen(user: User) -> None:
    client = call_as(user)
    answer = client.read("engines/?format=api")
    assert problem(answer)["errors"] == [{"field": "format", "detail": "Unknown query parameter."}]
    assert outcome(client.read("engines.json")) == (404, "not_found")


def test_refusals_beyond_the_budget_are_answered_but_not_audited(user: User) -> None:
    client = call_as(user, "chats:read")
    before = AuditEntry.objects.count()
    answers = [client.read("teams/") for _ in range(15)]
    assert {outcome(answer) for answer in answers} == {(403, "missing_scope")}
    assert AuditEntry.objects.count() == before + 10
