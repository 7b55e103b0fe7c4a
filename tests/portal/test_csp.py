"""The strict policy, as a header and in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser

from tests.portal.server_client import running
from tests.portal.test_up import UP, read_port, run_command, variables  # noqa: F401 - a fixture

STRICT = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}

LOGIN = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from accounts.models import User
user = User.objects.get(username="ada")
session = SessionStore()
session[SESSION_KEY] = user.pk
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(settings.SESSION_COOKIE_NAME, session.session_key)
"""


def read_policy(response: Any) -> dict[str, str]:
    directives = response.headers["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/login/", "/api/v1/", "/nowhere/"])
def test_every_answer_has_the_strict_policy(path: str) -> None:
    response = Client().get(path, headers={"host": "localhost"})
    assert read_policy(response) == STRICT
    assert (response.headers["X-Content-Type-Options"], response.headers["X-Frame-Options"]) == (
        "nosniff",
        "DENY",
    )


@pytest.mark.django_db
def test_the_docs_page_may_show_its_icons_and_nothing_else() -> None:
    response = Client().get("/api/docs/", headers={"host": "localhost"})
    assert read_policy(response) == {**STRICT, "img-src": "'self' data:"}


@pytest.mark.browser
def test_the_docs_page_works_under_it(variables: dict[str, str], chromium: Browser) -> None:  # noqa: F811
    with running(UP, **variables) as server:
        port = read_port(server)
        assert run_command(variables, "create_owner", "ada").returncode == 0
        name, key = run_command(variables, "shell", "--verbosity", "0", "-c", LOGIN).stdout.split()
        context = chromium.new_context()
        context.add_cookies([{"name": name, "value": key, "url": f"http://127.0.0.1:{port}"}])
        page = context.new_page()
        complaints: list[str] = []
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}/api/docs/")
        page.locator(".opblock-get .opblock-summary-control").first.click()
        page.locator(".try-out__btn").first.click()
        page.locator("button.execute").first.wait_for()
        context.close()
        assert complaints == []
