"""What no rule can allow: other processes' secrets, and the folders of the engine and of ourselves."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from governance.matching.paths import FORBIDDEN, find_paths, get_base_name, is_inside
from governance.matching.words import SimpleCommand, Word

MAX_PLACES = 16
# What a pattern of file names is held against, since it is not known which names it will find.
EXAMPLES = tuple(
    f"/proc/{process}/{name}"
    for process in ("1", "self", "self/task/1", "1/task/1", "thread-self")
    for name in ("environ", "mem", "maps")
)


def find_forbidden(command: SimpleCommand, places: Sequence[str] = (), folders: Sequence[str] = ()) -> str:
    """The first word, redirect or value that leads to a forbidden place, as it is written; "" without one.

    places: the folders it may be taken from. folders: forbidden ones besides those that always are.
    """
    for word in list_words(command):
        text = word.text
        if not ("/" in text or "countersign" in text or folders or len(places) > 1 or ".." in text):
            continue
        if any(is_forbidden(path, places, folders) for path in find_paths(word)):
            return text.replace("\0", "…")
        if word.has_glob and any(may_find(word, place, folders) for place in places or ("",)):
            return text.replace("\0", "…")
    return ""


def list_words(command: SimpleCommand) -> Iterator[Word]:
    yield from command.words
    yield from (item.target for item in command.redirects if item.target is not None)
    yield from (item.value for item in command.assignments)


def is_forbidden(path: str, places: Sequence[str], folders: Sequence[str]) -> bool:
    """Of a path as it is written."""
    if FORBIDDEN.search(path):
        return True
    if path.startswith("~"):
        return any(is_below_home(path, folder) for folder in folders)
    if path.startswith("/"):
        return is_normally_forbidden(path, folders)
    return any(is_normally_forbidden(posixpath.join(place, path), folders) for place in places if place)


def is_normally_forbidden(path: str, folders: Sequence[str]) -> bool:
    """Of an absolute path, without its detours."""
    normal = "/" + posixpath.normpath(path).lstrip("/")
    return bool(FORBIDDEN.search(normal)) or any(is_inside(normal, folder) for folder in folders)


def is_below_home(path: str, folder: str) -> bool:
    """Whether `~/…` is in the folder, whichever of the folders above it is the home."""
    inner = posixpath.normpath(path.partition("/")[2])
    parts = posixpath.normpath(folder).strip("/").split("/")
    endings = ("/".join(parts[start:]) for start in range(1, len(parts)))
    return any(inner == ending or inner.startswith(ending + "/") for ending in endings)


def may_find(word: Word, place: str, folders: Sequence[str]) -> bool:
    """Whether a pattern of file names could find something forbidden."""
    pattern = posixpath.normpath(posixpath.join(place, word.text.replace("\0", "*")))
    if any(fnmatchcase(example, pattern) for example in EXAMPLES):
        return True
    parts = pattern.split("/")
    return any(may_enter(parts, posixpath.normpath(folder).split("/")) for folder in folders)


def may_enter(parts: list[str], folder: list[str]) -> bool:
    """Whether a pattern, split at its slashes, could find this folder or something in it."""
    return len(parts) >= len(folder) and all(map(fnmatchcase, folder, parts))


def list_places(commands: Sequence[SimpleCommand], place: str) -> list[str]:
    """The folders from which relative paths may be taken: the project, and where `cd` and `-C` lead."""
    places = [place]
    for command in commands:
        texts = [word.text for word in command.words]
        if texts and get_base_name(texts[0]) in {"cd", "pushd"}:
            entered = [text for text in texts[1:] if not text.startswith("-")]
        else:
            entered = [following for option, following in itertools.pairwise(texts) if option == "-C"]
        for text in entered:
            if len(places) < MAX_PLACES:
                places += [posixpath.join(known, text) for known in list(places) if known or text[:1] == "/"]
    return list(dict.fromkeys(places))
