"""Values of secrets: written by people, sealed, shown by their last four characters, looked at by admins.

A value never reaches an event, an audit entry, an export or a review. What is approved are names.
"""

from __future__ import annotations

from django.utils import timezone

from accounts.domain.recent_login import require_recent_login
from accounts.principal import Principal
from events.changes import Change, changes
from events.encryption import reveal, seal
from events.errors import Conflict, Invalid, NotFound
from events.identifiers import is_record_id
from events.text import is_storable
from mcp_servers.domain.moves import find_open_request, lock_server
from mcp_servers.domain.refusing import refuse
from mcp_servers.enums import SecretKind
from mcp_servers.models import McpRequest, McpSecret, McpServer
from mcp_servers.policies import can_see_server, explain_not_revealing, explain_not_setting_secrets
from mcp_servers.queries import get_server

MAX_VALUE_LENGTH = 32 * 1024
# Of a shorter value its last four would say too much.
LEAST_LENGTH_TO_SHOW = 8


def read_value(kind: str, value: str) -> str:
    """Raises Invalid without saying the value."""
    if not value:
        raise Invalid("value: this may not be empty.", field="value")
    if len(value) > MAX_VALUE_LENGTH:
        raise Invalid(f"value: at most {MAX_VALUE_LENGTH} characters.", field="value")
    if not is_storable(value):
        raise Invalid("value: this holds characters that can't be stored.", field="value")
    if kind == SecretKind.HEADER and any(mark in value for mark in "\r\n"):
        raise Invalid("value: a header is one line.", field="value")
    return value


def set_secret(
    *, principal: Principal, server_id: str, kind: str, name: str, value: str, request_id: str = ""
) -> McpSecret:
    """Write a value; nobody reads it back but admins (`reveal_secret`).

    With `request_id`, or where nothing is approved yet, it belongs to the open request and is the server's
    once that is approved. Raises NotFound, Refused, Invalid (also for a name that is not declared), Conflict.
    """
    with changes(principal.actor) as change:
        server = lock_server(get_server(principal, server_id).pk)
        refuse(explain_not_setting_secrets(principal, server.team_id), server.subject)
        request = find_target(server, request_id)
        if (kind, name) not in list_declared(server, request):
            raise Invalid("name: the server declares no such secret.", field="name")
        return put_secret(change, principal, server, request, kind, name, read_value(kind, value))


def find_target(server: McpServer, request_id: str) -> McpRequest | None:
    """Whose the value is: the open request's, or None for what is approved."""
    if server.approval is not None and not request_id:
        return None
    request = find_open_request(server)
    if request is None or (request_id and request.pk != request_id):
        raise Conflict("This request is over.", code="already_over")
    return request


def list_declared(server: McpServer, request: McpRequest | None) -> frozenset[tuple[str, str]]:
    content = request.read_content() if request else server.approval and server.approval.read_content()
    return frozenset(content.secret_names) if content else frozenset()


def put_secret(
    change: Change,
    principal: Principal,
    server: McpServer,
    request: McpRequest | None,
    kind: str,
    name: str,
    value: str,
) -> McpSecret:
    """The caller holds the server."""
    row = McpSecret.objects.filter(server=server, request=request, kind=kind, name=name).first()
    is_new = row is None
    row = row or McpSecret(server=server, request=request, kind=kind, name=name)
    seal(row, "value", value)
    row.last_four = value[-4:] if len(value) >= LEAST_LENGTH_TO_SHOW and value[-4:].isprintable() else ""
    row.set_by_id, row.set_by_label = principal.user.pk, str(principal.user)[:200]
    row.set_at = timezone.now()
    row.save(force_insert=is_new)
    change.audit("mcp_secret.set", server.subject, after=describe_secret(row))
    return row


def clear_secret(*, principal: Principal, secret_id: str) -> None:
    """Forget a value. Raises NotFound or Refused."""
    with changes(principal.actor) as change:
        row = get_secret(principal, secret_id)
        server = lock_server(row.server_id)
        refuse(explain_not_setting_secrets(principal, server.team_id), server.subject)
        row.delete()
        change.audit("mcp_secret.clear", server.subject, before=describe_secret(row))


def reveal_secret(*, principal: Principal, secret_id: str) -> str:
    """The value, for an admin of the team with a recent login; that it was looked at is in the audit chain.

    Raises NotFound, or Refused (`login_not_recent`).
    """
    with changes(principal.actor) as change:
        row = get_secret(principal, secret_id)
        refuse(explain_not_revealing(principal, row.server.team_id), row.server.subject)
        require_recent_login(principal)
        change.audit("mcp_secret.reveal", row.server.subject, after=describe_secret(row))
        return reveal(row, "value")


def get_secret(principal: Principal, secret_id: str) -> McpSecret:
    """Raises NotFound also for one of a server that this principal may not see."""
    rows = McpSecret.objects.select_related("server__team")
    row = rows.filter(pk=secret_id).first() if is_record_id(secret_id) else None
    if row is None or not can_see_server(principal, row.server):
        raise NotFound("There is no such secret.")
    return row


def open_secrets(*, server: McpServer, request: McpRequest | None = None) -> dict[tuple[str, str], str]:
    """{(kind, name): value} for the process that the server is started in, and for nothing else.

    With a `request`: what its probe needs, its own values before the server's.
    """
    rows = list(McpSecret.objects.filter(server=server, request=None))
    if request is not None:
        rows += McpSecret.objects.filter(request=request)
    declared = list_declared(server, request)
    return {(row.kind, row.name): reveal(row, "value") for row in rows if (row.kind, row.name) in declared}


def take_over_secrets(change: Change, request: McpRequest) -> None:
    """The request is approved: its values replace the server's; those that nothing declares any more go."""
    declared = frozenset(request.read_content().secret_names)
    pending = list(McpSecret.objects.filter(request=request))
    replaced = {(row.kind, row.name) for row in pending}
    for row in McpSecret.objects.filter(server=request.server, request=None):
        if (row.kind, row.name) in replaced or (row.kind, row.name) not in declared:
            row.delete()
            change.audit("mcp_secret.clear", request.server.subject, before=describe_secret(row))
    McpSecret.objects.filter(request=request).update(request=None)


def describe_secret(row: McpSecret) -> dict[str, object]:
    return {"kind": row.kind, "name": row.name, "server": row.server_id, "request": row.request_id}
