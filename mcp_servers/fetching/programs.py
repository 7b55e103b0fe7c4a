"""A program of the machine: nothing is fetched; its files are told by their hashes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from events.canonical import canonical_json
from mcp_servers.content import McpServerContent
from mcp_servers.fetching.packages import FetchedPackage, FetchError, FetchLimits
from mcp_servers.fetching.store import hash_file


def read_program(content: McpServerContent, limits: FetchLimits) -> FetchedPackage:
    """Program and arguments, bound to the hash of every file among them. Raises FetchError."""
    program = Path(content.program)
    if not program.is_file() or not os.access(program, os.X_OK):
        raise FetchError("no_program", "There is no such program on this machine.")
    files = [program, *(path for text in content.arguments if (path := Path(text)).is_absolute())]
    hashes = [[str(path), hash_bounded(path, limits)] for path in files if path.is_file()]
    total = f"sha256:{hashlib.sha256(canonical_json(hashes).encode()).hexdigest()}"
    return FetchedPackage(
        argv=(content.program, *content.arguments),
        folder="",
        artefact_hash=total,
        tree_hash=total,
        lock="".join(f"{path} sha256:{digest}\n" for path, digest in hashes),
        metadata={"name": program.name, "version": "", "summary": "", "author": "", "dependencies": 0},
    )


def hash_bounded(path: Path, limits: FetchLimits) -> str:
    if path.stat().st_size > limits.max_bytes:
        raise FetchError("too_large", f"{path.name} has more than {limits.max_bytes:,} bytes.")
    return hash_file(path)
