"""Who keeps an engine's configuration folder and restarts it: changed as one, and only to what answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accounts.principal import Principal
from engines.domain.access import refuse_strangers
from engines.domain.registry import announce, subject_of
from engines.enums import EngineControl
from engines.models import Engine
from events.actors import Actor
from events.changes import changes, lock_rows
from events.encryption import reveal, seal
from events.errors import Conflict, Invalid
from events.text import is_storable
from releases.config_agent.countersign_config_agent import MIN_TOKEN_CHARACTERS, FolderError
from releases.controls.interface import PROJECT_CONFIG_FLAG, ControlError
from releases.controls.local import LocalControl
from releases.controls.remote import AgentControl, check_agent_address

COLUMNS = ("control", "control_folder", "control_address", "control_token", "control_certificate")
MAX_CERTIFICATE_BYTES = 64 * 1024
# A page that asks an agent keeps the worker thread waiting.
LOOK_TIMEOUT_S = 10.0
PROJECT_FILES_COUNT = (
    f"The engine runs without {PROJECT_CONFIG_FLAG}=1: a file in a project can loosen every rule of a"
    " release. Set it in the engine's environment and restart it."
)
NOT_TOLD = (
    f"Whether the engine runs with {PROJECT_CONFIG_FLAG}=1 can't be told from here. Without it a file in a"
    " project can loosen every rule of a release."
)
NO_RESTART = (
    "The agent has no command that restarts the engine: a release that the engine can't read needs a"
    " restart by hand."
)


@dataclass(frozen=True, slots=True)
class ControlWish:
    """What is wanted. `token` None keeps the stored one, which goes to no other address."""

    control: EngineControl
    folder: str = ""
    address: str = ""
    token: str | None = None
    certificate: str = ""


def change_control_as(*, principal: Principal, engine: Engine, wish: ControlWish) -> list[str]:
    """The same for a person. A folder of this host is named on this host alone, by its command."""
    refuse_strangers(principal=principal, engine=engine)
    if wish.control == EngineControl.CHILD:
        raise Invalid("An engine of this host is named by: manage.py control_engine", field="control")
    return change_control(actor=principal.actor, engine=engine, wish=wish)


def change_control(*, actor: Actor, engine: Engine, wish: ControlWish) -> list[str]:
    """Ask whoever is to keep the folder, then store it; returns warnings. Not in a transaction.

    The caller has checked the actor's right to do so. Raises Invalid (also when nobody answers) or Conflict.
    """
    wish = read_wish(engine, wish)
    warnings = asyncio.run(look(wish))
    store_control(actor=actor, engine=engine, wish=wish)
    return warnings


def read_wish(engine: Engine, wish: ControlWish) -> ControlWish:
    """Checked, and without what its kind has no use for. Raises Invalid."""
    if wish.control == EngineControl.NONE:
        return ControlWish(EngineControl.NONE, token="")
    if wish.control == EngineControl.CHILD:
        if not wish.folder.startswith("/") or not is_storable(wish.folder) or len(wish.folder) > 300:
            raise Invalid("Name the engine's folder by its absolute path.", field="folder")
        return ControlWish(EngineControl.CHILD, folder=wish.folder, token="")
    address = check_agent_address(wish.address.strip())
    if wish.token is None and address != engine.control_address:
        raise Invalid("Give the token too: the stored one is not sent to another address.", field="token")
    token = reveal(engine, "control_token") if wish.token is None else wish.token.strip()
    if len(token) < MIN_TOKEN_CHARACTERS or not is_storable(token):
        raise Invalid(f"A token has at least {MIN_TOKEN_CHARACTERS} characters.", field="token")
    certificate = wish.certificate.strip()
    if len(certificate.encode(errors="replace")) > MAX_CERTIFICATE_BYTES or not is_storable(certificate):
        raise Invalid("This is no certificate.", field="certificate")
    return ControlWish(EngineControl.AGENT, address=address, token=token, certificate=certificate)


async def look(wish: ControlWish) -> list[str]:
    """What a person has to know of it. Raises Invalid when nobody answers, or the folder can't be used."""
    try:
        async with asyncio.timeout(LOOK_TIMEOUT_S):
            if wish.control == EngineControl.CHILD:
                return await look_at_child(Path(wish.folder))
            if wish.control == EngineControl.AGENT:
                return await look_at_agent(wish)
    except TimeoutError as error:
        raise Invalid("Nobody answers there. Nothing was changed.", field="address") from error
    except (ControlError, FolderError, OSError, ValueError) as error:
        raise Invalid(f"{error} Nothing was changed.") from error
    return []


async def look_at_child(root: Path) -> list[str]:
    if not await asyncio.to_thread(root.is_dir):
        raise ControlError(f"There is no folder {root}.")
    control = LocalControl(root)
    await control.read_current()
    return describe_flags(await control.read_flags())


async def look_at_agent(wish: ControlWish) -> list[str]:
    control = AgentControl(wish.address, wish.token or "", wish.certificate)
    warnings = describe_flags(await control.read_flags())
    return warnings if control.can_restart else [*warnings, NO_RESTART]


def describe_flags(flags: dict[str, bool | None]) -> list[str]:
    value = flags.get(PROJECT_CONFIG_FLAG)
    return [] if value else [NOT_TOLD if value is None else PROJECT_FILES_COUNT]


def store_control(*, actor: Actor, engine: Engine, wish: ControlWish) -> None:
    with changes(actor) as change:
        [current] = lock_rows(Engine.objects.select_related("team").filter(pk=engine.pk))
        if current.retired_at is not None:
            raise Conflict("The engine is retired.")
        before, old_token = describe(current), reveal(current, "control_token")
        current.control, current.control_folder = wish.control, wish.folder
        current.control_address, current.control_certificate = wish.address, wish.certificate
        if old_token != (wish.token or ""):
            seal(current, "control_token", wish.token or "")
        Engine.objects.filter(pk=engine.pk).update(**{name: getattr(current, name) for name in COLUMNS})
        after = {**describe(current), "token_changed": old_token != (wish.token or "")}
        change.audit("engine.change_control", subject_of(current), before=before, after=after)
        announce(change, current, "engine.changed")
    engine.refresh_from_db(fields=COLUMNS)


def describe(engine: Engine) -> dict[str, Any]:
    """For the audit chain, which never holds a token."""
    return {
        "control": str(engine.control),
        "folder": engine.control_folder,
        "address": engine.control_address,
        "has_certificate": bool(engine.control_certificate),
    }
