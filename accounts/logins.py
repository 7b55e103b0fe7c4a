"""What follows a login and a logout, whichever of Django's doors it came through.

Django's signals are the only place that every login passes: the login page, a login link, and whatever
else calls `django.contrib.auth.login`.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from accounts.models import User


def connect_signals() -> None:
    """Called once, when the app is ready."""
    user_logged_in.connect(follow_login, dispatch_uid="accounts.logins")
    user_logged_out.connect(follow_logout, dispatch_uid="accounts.logins")


def follow_login(*, request: HttpRequest, user: User, **_: Any) -> None:
    from accounts.domain.login_sessions import note_login  # models are not ready when this is imported
    from accounts.reauthentication import note_password_check

    note_password_check(request)
    note_login(request, user)


def follow_logout(*, request: HttpRequest, **_: Any) -> None:
    from accounts.domain.login_sessions import note_logout

    note_logout(request)
