"""The paths of a call: absolute, without detours, and how far below them the call reaches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from governance.matching.calls import SEARCHING_VERBS
from governance.matching.honesty import explain_dishonest
from governance.matching.path_globs import EVERY_NAME, PathGlob, split_path
from governance.matching.words import UnreadableError

MAX_LENGTH = 4096
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# What a searched pattern of file names begins with.
SEARCHED = re.compile(r"[*?\[{]")


class Reach(Enum):
    SELF = auto()
    # Any one name directly in the folder: how an engine asks for a folder outside the project.
    CHILD = auto()
    BELOW = auto()


@dataclass(frozen=True, slots=True)
class AskedPath:
    """`parts`: the names from the root on. `inner`: those below the project, all of them outside of it."""

    source: str
    parts: tuple[str, ...]
    reach: Reach
    inner: tuple[str, ...]

    @property
    def probe(self) -> tuple[str, ...]:
        return (*self.parts, EVERY_NAME) if self.reach is Reach.CHILD else self.parts

    def is_covered(self, glob: PathGlob) -> bool:
        """Whether all that the call reaches is the pattern's."""
        return glob.covers_below(self.parts) if self.reach is Reach.BELOW else glob.covers(self.probe)

    def is_touched(self, glob: PathGlob) -> bool:
        """Whether something that the call may reach could be the pattern's."""
        return glob.covers(self.parts) if self.reach is Reach.SELF else glob.may_reach_below(self.parts)


def read_path(source: str, directory: str, verb: str) -> AskedPath:
    """Raises UnreadableError, with why the path can't be judged."""
    refuse_unclear(source)
    if not source.startswith("/") and not directory.startswith("/"):
        raise UnreadableError(f"{source} can't be placed: the project folder is not known.")
    path, reach = source, Reach.BELOW if verb in SEARCHING_VERBS else Reach.SELF
    if verb == "glob" and (found := SEARCHED.search(path)):
        if ".." in path[found.start() :]:
            raise UnreadableError(f"{source} leads back from what is not known before it runs.")
        path = path[: path.rfind("/", 0, found.start()) + 1]
    elif verb == "external_directory" and path.endswith("/*"):
        path, reach = path[:-1], Reach.CHILD
    if verb == "external_directory" and ("*" in path or "?" in path):
        raise UnreadableError(f"{source} names a folder that is not known before it runs.")
    project = split_path(directory) if directory.startswith("/") else []
    parts = split_path(path if path.startswith("/") else f"{directory}/{path}")
    is_inside = bool(project) and parts[: len(project)] == project
    return AskedPath(source, tuple(parts), reach, tuple(parts[len(project) :] if is_inside else parts))


def refuse_unclear(source: str) -> None:
    if not isinstance(source, str):
        raise UnreadableError("A path is no text.")
    if problem := explain_dishonest(source):
        raise UnreadableError(problem)
    if len(source) > MAX_LENGTH:
        raise UnreadableError("A path is longer than 4096 characters.")
    for sign, why in (
        ("\n", "holds a line break"),
        ("\t", "holds a tab"),
        ("\\", "holds a backslash, which separates names on some systems"),
    ):
        if sign in source:
            raise UnreadableError(f"A path {why}.")
    if source.startswith("~"):
        raise UnreadableError(f"{source} leads to a home folder that is not known here.")
    if source.startswith("$"):
        raise UnreadableError(f"{source} begins with what may be replaced.")
    if SCHEME.match(source):
        raise UnreadableError(f"{source} is no plain path.")
