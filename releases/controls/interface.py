"""What publishing needs of whoever keeps an engine's configuration folder.

The folder is a link to one folder for each release, named by the release's hash; swapping is one rename.
What lay in the folder before the first release is kept, and is a place to go back to: `BEFORE`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

# What `read_current` calls the configuration that was there before the first release, and `swap` takes.
BEFORE: Final = "before"

# (path relative to the configuration folder with "/" between its parts, text)
ReleaseFile = tuple[str, str]


class ControlError(Exception):
    """It can't be done now; the message says why in a sentence, and nothing is half done."""


class ControlUnavailable(ControlError):
    """Nobody answers, or nobody is there to do it: worth another try, or a person's hand."""


class Control(Protocol):
    """Each verb may be repeated: done twice is done once. All but `describe_by_hand` raise ControlError."""

    @property
    def can_swap(self) -> bool:
        """False when a person has to copy the files: every verb below raises ControlUnavailable then."""

    @property
    def can_restart(self) -> bool: ...

    def describe_by_hand(self, release_hash: str, files: Sequence[ReleaseFile]) -> list[str]:
        """What a person has to do to bring this release (also an older one) to the engine, step by step."""

    async def stage(self, release_hash: str, files: Sequence[ReleaseFile]) -> None:
        """Lay the release down beside the live one, whole and on disk; the engine sees nothing of it."""

    async def keep_secrets(self, values: Mapping[str, str], *, only: bool) -> None:
        """Lay values of MCP servers' secrets down beside the releases; `only`: and remove all others.

        By name (`releases.mcp_part.name_secret` without its folder). A staged release refers to them.
        """

    async def read_current(self) -> str | None:
        """The hash of the release that the folder shows, BEFORE, or None where there is no folder yet."""

    async def swap(self, release_hash: str) -> None:
        """Show this staged release, or BEFORE, in one step. The engine reads it when it disposes."""

    async def restart(self) -> None:
        """End the engine's process and return once another one runs; it may not be healthy yet."""

    async def prune(self, keep: Sequence[str]) -> None:
        """Remove staged releases but these; the live one and BEFORE always stay."""

    async def find_changed(self, files: Sequence[ReleaseFile]) -> list[str]:
        """Paths in which the live folder differs from these files, sorted: changed, missing and foreign ones.

        What lies beside a release (the gate's secret, the engine's modules) is left out.
        """

    async def find_probe(self) -> str:
        """A folder on the engine's host, with a project file that shows whether such files count, or ""."""

    async def read_flags(self) -> dict[str, bool | None]:
        """Environment flags the engine's process runs with (`PROJECT_CONFIG_FLAG`); None = can't be told."""


PROJECT_CONFIG_FLAG: Final = "OPENCODE_DISABLE_PROJECT_CONFIG"


@dataclass(frozen=True, slots=True)
class Trial:
    """What a throwaway engine said of a release. `was_tried` False: there is no binary, `error` is empty."""

    was_tried: bool
    error: str
    reason: str = ""
