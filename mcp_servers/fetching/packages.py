"""What a fetch gives: a package in the store, ready to start, and what was seen of it on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class FetchError(Exception):
    """Nothing was fetched, nothing is left. `reason` is a code, the message a sentence for people.

    Reasons: not_exact, no_such_package, source_only, foreign_source, wrong_hash, too_large, too_slow,
    no_network, no_program, not_fetchable, broken.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """Bounds of one fetch, its download and everything it depends on included."""

    timeout_s: float = 300
    max_bytes: int = 512 * 1024 * 1024
    max_files: int = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPackage:
    """`argv` begins with absolute paths into the store, the content's own arguments behind them.

    `artefact_hash` is "sha256:…" of the package's own archive, `tree_hash` of everything that is installed
    for it, and `lock` names each archive with its hash. `has_install_scripts` names packages whose scripts
    would have run, and did not. None in `released_at` or `is_yanked`: the index does not say.
    """

    argv: tuple[str, ...]
    folder: str
    artefact_hash: str
    tree_hash: str
    lock: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    has_install_scripts: tuple[str, ...] = ()
    released_at: str | None = None
    licence: str = ""
    is_yanked: bool | None = None
    is_from_store: bool = False
