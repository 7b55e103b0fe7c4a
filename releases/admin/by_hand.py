"""What a person does where nobody here reaches the engine's folder, and the files to do it with."""

from __future__ import annotations

import io
import zipfile

from releases.controls.by_hand import HandControl
from releases.models import Release

# The oldest time that a zip file can hold: the same release is the same file, whenever it is fetched.
EPOCH = (1980, 1, 1, 0, 0, 0)


def list_steps_by_hand(release: Release) -> list[str]:
    return HandControl().describe_by_hand(release.content_hash, release.file_pairs)


def pack_files(release: Release) -> bytes:
    """A zip of the release's files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in release.file_pairs:
            archive.writestr(zipfile.ZipInfo(path, EPOCH), text.encode())
    return packed.getvalue()
