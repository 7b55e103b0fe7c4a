"""Whether an engine is held to the MCP servers that people approved: each way around it, open or closed."""

from __future__ import annotations

from dataclasses import dataclass

from engines.enums import EngineState
from engines.models import Engine
from releases.controls.interface import PROJECT_CONFIG_FLAG
from releases.models import Drift
from releases.queries import find_live_release

# What the check for drift calls what it found in the folder.
FOLDER_PLACES = ("configuration folder", "file ", "config.mcp")
# Connected, its servers are read every few seconds.
WATCHED = frozenset({EngineState.ONLINE, EngineState.DEGRADED})


@dataclass(frozen=True, slots=True)
class Closure:
    """One way around approvals. `is_closed` None: that is not known, and counts as open."""

    name: str
    is_closed: bool | None
    sentence: str


def list_closures(engine: Engine) -> tuple[Closure, ...]:
    drift = Drift.objects.filter(engine=engine).first()
    return (
        look_at_project_files(drift),
        look_at_password(engine),
        look_at_folder(engine, drift),
        look_at_watch(engine),
    )


def is_in_force(closures: tuple[Closure, ...]) -> bool:
    return all(closure.is_closed for closure in closures)


def look_at_project_files(drift: Drift | None) -> Closure:
    value = None if drift is None else drift.flags.get(PROJECT_CONFIG_FLAG)
    sentences = {
        True: f"The engine runs with {PROJECT_CONFIG_FLAG}=1: no project brings servers along.",
        False: f"The engine runs without {PROJECT_CONFIG_FLAG}=1: it starts whatever a project names.",
        None: f"Whether the engine runs with {PROJECT_CONFIG_FLAG}=1 can't be told from here.",
    }
    return Closure("Project files", value, sentences[value])


def look_at_password(engine: Engine) -> Closure:
    if engine.password:
        return Closure("Password", True, "Only who has the engine's password adds servers to it.")
    return Closure("Password", False, "The engine has no password: anybody on its host adds servers to it.")


def look_at_folder(engine: Engine, drift: Drift | None) -> Closure:
    name = "Configuration"
    if find_live_release(engine) is None:
        return Closure(name, False, "No release is live: the engine runs what lies in its own folder.")
    if drift is None or drift.checked_at is None or drift.reason:
        return Closure(name, None, "Whether the engine runs its release is not known.")
    if any(item["path"].startswith(FOLDER_PLACES) for item in drift.differences):
        return Closure(name, False, "The engine's folder or its servers differ from the release.")
    return Closure(name, True, "The engine runs its release's servers, started with their own environment.")


def look_at_watch(engine: Engine) -> Closure:
    if engine.is_enabled and engine.state in WATCHED:
        return Closure("Watch", True, "What it runs is read every few seconds; anything else is ended.")
    return Closure("Watch", False, "Nobody looks at what it runs now.")
