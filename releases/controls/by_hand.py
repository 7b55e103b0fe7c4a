"""No control: a person copies the files and restarts the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from releases.controls.interface import PROJECT_CONFIG_FLAG, ControlUnavailable, ReleaseFile

WHY = "Nobody here can reach this engine's configuration folder: its files have to be copied by hand."

COPY_REST = (
    "Copy countersign-gate.json, package.json, package-lock.json, node_modules and, where there is one,"
    " mcp-secrets from the folder that the engine has now: no secret is part of a release."
)
GIVE_AWAY = "Give the new folder to another user than the engine's, readable to the engine's."
WAIT = "Wait until no session works and no request is open."
SET_FLAG = (
    f"See that the engine is started with {PROJECT_CONFIG_FLAG}=1: a file in a project could otherwise"
    " loosen its rules."
)
RESTART = (
    "Restart the engine by hand. Going back to an older release takes the same steps, and a restart too."
)
STEPS_BETWEEN = (COPY_REST, GIVE_AWAY, WAIT)
LAST_STEPS = (SET_FLAG, RESTART)


class HandControl:
    """Knows the steps, and can do none of them."""

    can_swap = False
    can_restart = False

    def describe_by_hand(self, release_hash: str, files: Sequence[ReleaseFile]) -> list[str]:
        return describe_steps(release_hash, files)

    async def stage(self, release_hash: str, files: Sequence[ReleaseFile]) -> None:
        refuse()

    async def keep_secrets(self, values: Mapping[str, str], *, only: bool) -> None:
        refuse()

    async def read_current(self) -> str | None:
        refuse()

    async def swap(self, release_hash: str) -> None:
        refuse()

    async def restart(self) -> None:
        refuse()

    async def prune(self, keep: Sequence[str]) -> None:
        refuse()

    async def find_changed(self, files: Sequence[ReleaseFile]) -> list[str]:
        refuse()

    async def find_probe(self) -> str:
        return ""

    async def read_flags(self) -> dict[str, bool | None]:
        return {PROJECT_CONFIG_FLAG: None}


def refuse() -> NoReturn:
    raise ControlUnavailable(WHY)


def describe_steps(release_hash: str, files: Sequence[ReleaseFile]) -> list[str]:
    """The same for an older release: going back is these steps with its files."""
    short = release_hash[:12]
    beside = f"NAME.releases/{short}"
    download = (
        f"Download the files of the release {short} and copy all {len(files)} of them to the engine's host,"
        f" into a new folder beside its OPENCODE_CONFIG_DIR (called NAME here): {beside}."
    )
    point = (
        f"Put the new folder in the old one's place: ln -s {beside} NAME.new && mv -T NAME.new NAME."
        " The first time, stop the engine and rename its folder to NAME.releases/before."
    )
    return [download, *STEPS_BETWEEN, point, *LAST_STEPS]
