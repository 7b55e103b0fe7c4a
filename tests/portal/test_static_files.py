from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.finders import get_finder
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.http import HttpResponse
from django.test import RequestFactory

from portal.static_files import StaticFilesMiddleware

# Closing a response tells Django that a request has ended, which looks at the connections.
pytestmark = pytest.mark.django_db


def serve(path: str) -> Any:
    middleware = StaticFilesMiddleware(lambda _: HttpResponse("passed on", status=404))
    return middleware(RequestFactory().get(path))


def test_files_come_from_the_apps_until_they_are_collected(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "nothing"
    response = serve("/static/admin/css/base.css")
    assert (response.status_code, response.headers["Content-Type"]) == (200, 'text/css; charset="utf-8"')
    assert "Access-Control-Allow-Origin" not in response.headers
    response.close()
    assert serve("/static/admin/css/missing.css").content == b"passed on"


def test_a_file_that_changes_while_it_is_served_comes_whole(settings: Any, tmp_path: Path) -> None:
    cached_finder: Any = get_finder
    settings.STATIC_ROOT = tmp_path / "nothing"
    settings.STATICFILES_DIRS = [tmp_path]
    cached_finder.cache_clear()
    file = tmp_path / "page.css"
    file.write_text("short")
    middleware = StaticFilesMiddleware(lambda _: HttpResponse("passed on", status=404))
    found = []
    for text in ("short", "a good deal longer than it was", "less"):
        file.write_text(text)
        response: Any = middleware(RequestFactory().get("/static/page.css"))
        found.append((int(response.headers["Content-Length"]), b"".join(response).decode()))
        response.close()
    cached_finder.cache_clear()
    assert found == [(len(text), text) for text in ("short", "a good deal longer than it was", "less")]


@pytest.mark.parametrize(
    "path", ["/static/../portal/settings.py", "/static//etc/passwd", "/static/%2e%2e/manage.py"]
)
def test_nothing_outside_is_served(settings: Any, tmp_path: Path, path: str) -> None:
    settings.STATIC_ROOT = tmp_path / "nothing"
    assert serve(path).content == b"passed on"


def test_collected_files_carry_their_hash_and_are_kept_for_ever(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_USE_FINDERS = False
    settings.WHITENOISE_AUTOREFRESH = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    url = staticfiles_storage.url("admin/css/base.css")
    assert url != "/static/admin/css/base.css"
    response = serve(url)
    assert (response.status_code, response.headers["Cache-Control"]) == (
        200,
        "max-age=315360000, public, immutable",
    )
    response.close()
