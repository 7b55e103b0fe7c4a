"""CAO servers: connected by an operator of this host, retired; their state as the collector sees it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Team
from engines.domain.delegations import list_open_refs, lose_delegations
from engines.domain.registry import normalize_address
from engines.models import CaoServer, Subagent
from events.actors import Actor, Subject
from events.changes import Change, changes, lock_rows
from events.encryption import seal
from events.errors import Conflict, Invalid
from events.text import is_storable, make_storable, read_line


def subject_of(server: CaoServer) -> Subject:
    return Subject("cao_server", server.pk)


def connect_cao_server(
    *, actor: Actor, team: Team, name: str, home_folder: str, address: str = "", token: str = ""
) -> CaoServer:
    """A new one of `team`; the caller has looked whether it can be read. Raises Invalid or Conflict."""
    if not Path(home_folder).is_absolute() or not is_storable(home_folder):
        raise Invalid(f"{home_folder!r} is not an absolute path.", field="home_folder")
    if token and not address:
        raise Invalid("A token is of no use without the address of the server.", field="token")
    if not is_storable(token):
        raise Invalid("A token may hold neither NUL nor half a surrogate pair.", field="token")
    server = CaoServer(
        team=team,
        name=read_line(name, field="name", max_length=80, is_required=True),
        home_folder=read_line(home_folder, field="home_folder", max_length=300),
        address=normalize_address(address) if address else "",
    )
    seal(server, "token", token)
    with changes(actor) as change:
        try:
            with transaction.atomic():
                server.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict("A CAO server of this name or folder is connected already.") from error
        after = {"team": team.pk, "home_folder": server.home_folder, "address": server.address}
        change.audit("cao_server.connect", subject_of(server), after={**after, "has_token": bool(token)})
        announce(change, server)
    return server


def retire_cao_server(*, actor: Actor, server: CaoServer) -> None:
    """Nobody will hear how its open delegations end: they are lost. Raises Conflict."""
    now = timezone.now()
    with changes(actor) as change:
        rows = CaoServer.objects.filter(pk=server.pk, retired_at=None)
        if not rows.update(retired_at=now, is_enabled=False):
            raise Conflict("The CAO server is retired already.")
        change.audit("cao_server.retire", subject_of(server))
        gone = dict.fromkeys(list_open_refs(server), now)
        lose_delegations(actor=actor, server=server, gone=gone)
        announce(change, server)


def set_cao_state(*, actor: Actor, server_id: str, state: str, reason: str = "") -> bool:
    """Record what the collector sees; True when it is news."""
    reason = make_storable(reason, 300)
    with changes(actor) as change:
        [server] = lock_rows(CaoServer.objects.select_related("team").filter(pk=server_id))
        if (server.state, server.state_reason) == (state, reason):
            return False
        before = {"state": server.state}
        server.state, server.state_reason = state, reason
        CaoServer.objects.filter(pk=server_id).update(
            state=state, state_reason=reason, state_since=timezone.now()
        )
        after = {"state": state, "reason": reason}
        change.audit("cao_server.state", subject_of(server), before=before, after=after)
        announce(change, server)
    return True


def announce(change: Change, server: CaoServer) -> None:
    change.event(
        "cao_server.changed",
        subject_of(server),
        topic="health",
        audience=server.team.audience,
        words={"state": server.state, "is_enabled": server.is_enabled},
    )


def stamp_cao_seen(*, server_id: str, at: datetime) -> None:
    """The last good read; not audited, no event."""
    CaoServer.objects.filter(pk=server_id).update(last_seen_at=at)


def note_stop_failed(*, row: Subagent, error: str) -> None:
    """Shown on the delegation's page; it is tried again."""
    Subagent.objects.filter(pk=row.pk).update(
        stop_attempts=row.stop_attempts + 1, stop_error=make_storable(error, 300)
    )


def list_collected_servers() -> dict[str, CaoServer]:
    servers = CaoServer.objects.filter(is_enabled=True, retired_at=None).select_related("team")
    return {server.pk: server for server in servers}
