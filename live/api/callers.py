"""What the stream needs to know of an API request's caller, who has been authenticated before."""

from __future__ import annotations

from rest_framework.request import Request

from accounts.api.authentication import principal_of
from live.enums import CredentialKind
from live.rights import Caller, Credential, Rights


def read_credential(request: Request) -> Credential:
    """The token or session that speaks for the request: when it ends, so does what it listens to."""
    principal = principal_of(request)
    if principal.token is not None:
        return Credential(CredentialKind.TOKEN, principal.token.pk, principal.user.pk)
    session = request._request.session  # noqa: SLF001 - the session hangs on Django's request
    return Credential(CredentialKind.SESSION, session.session_key or "", principal.user.pk)


def read_caller(request: Request) -> Caller:
    """With the rights of this moment."""
    return Caller(read_credential(request), Rights.of(principal_of(request)))
