"""Who calls the API: an agent or a script with a token, or a person's browser with its session."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts.api.token_cache import token_cache
from accounts.models import ApiToken, User
from accounts.principal import Principal
from accounts.reauthentication import read_password_check
from events.actors import Door

logger = logging.getLogger(__name__)


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer csk_…`. Whoever sends a bearer token is never taken for the cookie's user."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token_cache.find(secret.strip())
        if token is None:
            logger.warning("an API token was refused")
            raise exceptions.AuthenticationFailed(
                "This token is unknown, expired or revoked.", code="invalid_token"
            )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Countersign"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The admin's session: unsafe methods need the CSRF token, and no method is served to another origin."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        plain = request._request  # noqa: SLF001 - the session hangs on Django's request
        user = plain.user
        if not user.is_authenticated or not user.is_active or user.is_service:
            return None
        refuse_foreign_origin(plain)
        self.enforce_csrf(request)
        return user, None

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise exceptions.PermissionDenied(str(error.detail), code="csrf_failed") from error


def refuse_foreign_origin(request: HttpRequest) -> None:
    """Raises PermissionDenied when a browser says that another site's page makes this request."""
    origin = request.headers.get("Origin")
    if origin is None:
        return
    own = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    if origin not in own or not urlsplit(origin).netloc:
        raise exceptions.PermissionDenied(
            "The session is not used for requests from another site.", code="foreign_origin"
        )


def principal_of(request: Request) -> Principal:
    """Who this request's caller is; the same object each time, so that roles are read once."""
    principal: Principal | None = getattr(request, "principal", None)
    if principal is None:
        user, token = request.user, request.auth
        if not isinstance(user, User):
            raise exceptions.NotAuthenticated
        if isinstance(token, ApiToken):
            principal = Principal(user, Door.API, token)
        else:
            plain = request._request  # noqa: SLF001 - the session hangs on Django's request
            principal = Principal(user, Door.API, password_checked_at=read_password_check(plain))
        request.principal = principal  # type: ignore[attr-defined]  # one more fact about the request
    return principal
