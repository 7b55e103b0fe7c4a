"""Whether files in an engine's projects can loosen what a release sets: the engine is asked."""

from __future__ import annotations

from relay.opencode.client import OpenCodeClient
from relay.opencode.project_files import are_project_files_read, describe
from releases.controls.interface import PROJECT_CONFIG_FLAG, Control, ControlError


async def look_at_project_files(client: OpenCodeClient, control: Control) -> str:
    """A warning for people; "" when project files change nothing. Never raises for an engine or a control."""
    try:
        probe = await control.find_probe()
        are_read = await are_project_files_read(client, probe) if probe else None
        if are_read is None:
            # A flag that is set is proof; one that is not found proves nothing about a wrapper's environment.
            flag = (await control.read_flags()).get(PROJECT_CONFIG_FLAG)
            are_read = None if flag is None else not flag
    except ControlError:
        are_read = None
    return describe(are_read)
