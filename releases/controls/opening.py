from __future__ import annotations

from pathlib import Path

from engines.enums import EngineControl
from engines.models import Engine
from events.encryption import reveal
from events.errors import Invalid
from events.keyring import KeyringError
from releases.config_agent.countersign_config_agent import FolderError
from releases.controls.by_hand import HandControl
from releases.controls.interface import Control, ControlError
from releases.controls.local import LocalControl
from releases.controls.remote import AgentControl


def open_control(engine: Engine) -> Control:
    """Raises ControlError for settings that can't be used."""
    try:
        if engine.control == EngineControl.AGENT:
            token = reveal(engine, "control_token")
            return AgentControl(engine.control_address, token, engine.control_certificate)
        if engine.control == EngineControl.CHILD:
            return LocalControl(Path(engine.control_folder))
    except (FolderError, Invalid, KeyringError) as error:
        raise ControlError(f"How this engine is controlled can't be used: {error}") from error
    return HandControl()
