"""Engines: registered, paused, retired; their state as the relay sees it."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from engines.enums import EngineControl
from engines.models import Engine
from engines.policies import can_manage_engine
from events.actors import Actor, Subject
from events.changes import Change, changes, lock_rows
from events.encryption import seal
from events.errors import Conflict, Invalid, Refused
from events.text import is_storable, make_storable, read_line

DEFAULT_PORTS = {"http": 80, "https": 443}
# A name, an IPv4 address, or what stands inside the brackets of an IPv6 one.
HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?|[0-9a-f:.]+")


def subject_of(engine: Engine) -> Subject:
    return Subject("engine", engine.pk)


def normalize_address(address: str) -> str:
    """`scheme://host:port` without credentials, path or query, so that one address is one text.

    Raises Invalid.
    """
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError as error:
        raise Invalid("The address has no valid host or port.", field="address") from error
    if parts.scheme not in DEFAULT_PORTS or not HOST.fullmatch(parts.hostname or ""):
        raise Invalid("An engine's address looks like http://host:port.", field="address")
    if parts.username is not None or parts.password is not None:
        raise Invalid("Credentials do not belong into the address.", field="address")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise Invalid("An engine's address has no path.", field="address")
    if port == 0:
        raise Invalid("The address has no valid host or port.", field="address")
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    return f"{parts.scheme}://{host}:{port or DEFAULT_PORTS[parts.scheme]}"


def register_engine(
    *,
    actor: Actor,
    team: Team,
    name: str,
    address: str,
    username: str = "opencode",
    password: str = "",
    directories: list[str] | None = None,
    version: str = "",
    control: str = "none",
    control_folder: str = "",
) -> Engine:
    """A new engine of `team`; the caller has checked the actor's right to do so."""
    for directory in directories or []:
        if not directory.startswith("/") or not is_storable(directory):
            raise Invalid(f"{directory!r} is not an absolute path.", field="directories")
    if not is_storable(password):
        raise Invalid("A password may hold neither NUL nor half a surrogate pair.", field="password")
    engine = Engine(
        team=team,
        name=read_line(name, field="name", max_length=80, is_required=True),
        address=read_line(normalize_address(address), field="address", max_length=300),
        username=read_line(username, field="username", max_length=80),
        directories=directories or [],
        version=make_storable(version, 40),
        control=EngineControl(control),
        control_folder=read_line(control_folder, field="control_folder", max_length=300),
    )
    seal(engine, "password", password)
    with changes(actor) as change:
        try:
            with transaction.atomic():
                engine.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict("An engine of this name or address is registered already.") from error
        change.audit(
            "engine.register",
            subject_of(engine),
            after={"team": team.pk, "address": engine.address, "has_password": bool(password)},
        )
        announce(change, engine, "engine.registered")
    return engine


def announce(change: Change, engine: Engine, kind: str) -> None:
    change.event(
        kind,
        subject_of(engine),
        topic="health",
        audience=engine.team.audience,
        words={"state": engine.state, "is_enabled": engine.is_enabled},
    )


def set_engine_state(
    *, actor: Actor, engine_id: str, state: str, reason: str = "", version: str = ""
) -> bool:
    """Record what the relay sees; True when it is news. An unchanged state writes nothing."""
    reason = make_storable(reason, 300)
    with changes(actor) as change:
        [engine] = lock_rows(Engine.objects.select_related("team").filter(pk=engine_id))
        version = make_storable(version, 40) or engine.version
        if (engine.state, engine.state_reason, engine.version) == (state, reason, version):
            return False
        before = {"state": engine.state, "version": engine.version}
        engine.state, engine.state_reason, engine.version = state, reason, version
        Engine.objects.filter(pk=engine_id).update(
            state=state, state_reason=reason, version=version, state_since=timezone.now()
        )
        change.audit(
            "engine.state",
            subject_of(engine),
            before=before,
            after={"state": state, "reason": engine.state_reason, "version": engine.version},
        )
        announce(change, engine, "engine.state")
    return True


def stamp_engine_seen(*, engine_id: str, at: datetime) -> None:
    """Last sign of life; not audited, no event."""
    Engine.objects.filter(pk=engine_id).update(last_seen_at=at)


def set_engine_enabled(*, principal: Principal, engine: Engine, is_enabled: bool) -> None:
    """Pause or resume: a paused engine has no relay, so nothing of it is answered."""
    with changes(principal.actor) as change:
        if not can_manage_engine(principal, engine):
            raise Refused("Only the team's admins and owners pause engines.")
        rows = Engine.objects.filter(pk=engine.pk, retired_at=None).exclude(is_enabled=is_enabled)
        if not rows.update(is_enabled=is_enabled):
            raise Conflict("The engine is in that state already.")
        engine.is_enabled = is_enabled
        change.audit("engine.enable" if is_enabled else "engine.pause", subject_of(engine))
        announce(change, engine, "engine.changed")
