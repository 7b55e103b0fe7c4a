"""The one place where a door checks a password: counted first, then looked at. See `domain.login_throttles`.

Never on an API path: a check takes a quarter of a second on purpose.
"""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from accounts.addresses import read_address
from accounts.domain.login_throttles import TooManyAttempts, begin_attempt, take_back
from accounts.models import User

__all__ = ["TooManyAttempts", "check_password", "check_password_of"]


@sensitive_variables("password")
def check_password(request: HttpRequest, username: str, password: str) -> User | None:
    """The active user of this name and password, or None; raises TooManyAttempts without looking."""
    try:
        attempt = begin_attempt(username=username, address=read_address(request))
    except TooManyAttempts:
        user_login_failed.send(sender=__name__, credentials={"username": username}, request=request)
        raise
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        return None
    take_back(attempt)
    return user


@sensitive_variables("password")
def check_password_of(request: HttpRequest, password: str) -> bool:
    """Whether this is the password of the person who is logged in here."""
    person = request.user
    return isinstance(person, User) and check_password(request, person.username, password) == person
