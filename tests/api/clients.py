"""Callers of the API as they are outside: a token in the Authorization header, or a browser's session."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from accounts.domain.users import set_password
from accounts.enums import Scope
from accounts.models import User
from events.problems import PROBLEM_JSON
from tests.factories import ACTOR, PASSWORD, make_token

API = "/api/v1/"


class ApiClient(Client):
    """Django's client, JSON by default; an exception in a view is what a caller would see: a 500."""

    def __init__(self, secret: str = "") -> None:
        headers = {"Authorization": f"Bearer {secret}"} if secret else None
        super().__init__(enforce_csrf_checks=True, headers=headers, raise_request_exception=False)

    def send(self, method: str, path: str, body: Any = None, **extra: Any) -> Any:
        """`path` below /api/v1/; `body` is made JSON, bytes are sent as they are."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.generic(
            method, path if path.startswith("/") else API + path, data, "application/json", **extra
        )

    def read(self, path: str, **extra: Any) -> Any:
        return self.send("GET", path, **extra)

    def write(self, path: str, body: Any = None, **extra: Any) -> Any:
        return self.send("POST", path, {} if body is None else body, **extra)


def call_as(user: User, *scopes: str) -> ApiClient:
    """With a token of this user; every scope that such a user's token may have unless some are named."""
    everything = Scope.for_services() if user.is_service else Scope.values
    return ApiClient(make_token(user, *(scopes or sorted(everything))))


def sign_in(user: User) -> ApiClient:
    """With a session, through Django's own log-in."""
    set_password(actor=ACTOR, user=user, password=PASSWORD)
    client = ApiClient()
    assert client.login(username=user.username, password=PASSWORD)
    return client


def write_signed_in(client: ApiClient, path: str, body: Any = None) -> Any:
    """POST with the CSRF token that a page of ours would carry."""
    token = "a" * 32
    client.cookies[csrf_cookie_name()] = token
    return client.write(path, body, headers={"X-CSRFToken": token})


def csrf_cookie_name() -> str:
    from django.conf import settings

    return str(settings.CSRF_COOKIE_NAME)


def problem(response: Any) -> dict[str, Any]:
    """The problem document of an answer; asserts the form that all of them share."""
    assert response.headers["Content-Type"] == PROBLEM_JSON, response.content
    document: dict[str, Any] = json.loads(response.content)
    assert document["status"] == response.status_code
    assert document["type"] == f"/problems/{document['code']}"
    assert document["title"]
    assert document["detail"]
    return document


def outcome(response: Any) -> tuple[int, str]:
    """(status, problem code)."""
    return response.status_code, problem(response)["code"]
