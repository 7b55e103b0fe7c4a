"""A release's hash and signature: what was built is what is published, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from events.canonical import canonical_json
from events.keyring import KeyringError, get_keyring
from releases.models import Release

PURPOSE = "releases"


def hash_files(files: Sequence[tuple[str, str]]) -> str:
    """SHA-256, hex, over the canonical JSON of [[path, text], …] sorted by path."""
    pairs = sorted([path, text] for path, text in files)
    return hashlib.sha256(canonical_json(pairs).encode()).hexdigest()


def write_signed_text(
    *, engine_id: str, number: int, content_hash: str, inputs: dict[str, Any], engine_schema: str
) -> str:
    return canonical_json(
        {
            "engine": engine_id,
            "number": number,
            "content_hash": content_hash,
            "inputs": inputs,
            "engine_schema": engine_schema,
        }
    )


def sign_release(
    *, engine_id: str, number: int, content_hash: str, inputs: dict[str, Any], engine_schema: str
) -> tuple[str, str]:
    """(key id, signature)."""
    text = write_signed_text(
        engine_id=engine_id,
        number=number,
        content_hash=content_hash,
        inputs=inputs,
        engine_schema=engine_schema,
    )
    return get_keyring().sign(text, purpose=PURPOSE)


def explain_broken_seal(release: Release) -> str:
    """Why this row is not what was built, "" when it is."""
    if hash_files(release.file_pairs) != release.content_hash:
        return "Its files are not those that were built: their hash differs."
    text = write_signed_text(
        engine_id=release.engine_id,
        number=release.number,
        content_hash=release.content_hash,
        inputs=release.inputs,
        engine_schema=release.engine_schema,
    )
    try:
        is_ours = get_keyring().verify(release.key_id, text, release.signature, purpose=PURPOSE)
    except KeyringError as error:
        return f"Its signature can't be checked: {error}."
    return "" if is_ours else "Its signature is not ours."
