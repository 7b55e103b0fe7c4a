"""Whether there is room to write on, and whether writing works: of the machine of whoever looks."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from health.enums import Component, HealthState
from health.findings import Finding

MIB, GIB = 1024**2, 1024**3
ERROR_BELOW_BYTES = 200 * MIB
DEGRADED_BELOW_BYTES = 2 * GIB
DEGRADED_BELOW_SHARE = 0.05
# Of a large disk a small share is still much room.
PLENTY_BYTES = 20 * GIB
FEW_FILES = 1000
SAMPLE = b"countersign" * 400


@dataclass(frozen=True, slots=True)
class Room:
    """What is left on a file system. `free_files` None where it counts none."""

    free_bytes: int
    total_bytes: int
    free_files: int | None


def probe_disk() -> list[Finding]:
    """One finding for each file system that Countersign writes on; the data folder's is written to."""
    findings: list[Finding] = []
    seen: set[int] = set()
    for role, folder in list_folders():
        place = find_existing(folder)
        device = place.stat().st_dev
        if device not in seen:
            seen.add(device)
            findings.append(probe_folder(role, place))
    return findings


def list_folders() -> list[tuple[str, Path]]:
    return [
        ("data", Path(settings.COUNTERSIGN_DATA_DIR)),
        ("audit", Path(settings.COUNTERSIGN_AUDIT_HEADS_FILE).parent),
        ("mcp", Path(settings.COUNTERSIGN_MCP_STORE)),
    ]


def find_existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def probe_folder(role: str, place: Path) -> Finding:
    name = f"Disk of the {role} folder"
    room = read_room(place)
    failure = try_writing(place) if role == "data" else ""
    state, detail = (HealthState.ERROR, failure) if failure else judge_room(room)
    facts = {"free_bytes": room.free_bytes, "total_bytes": room.total_bytes}
    return Finding(Component.DISK, state, name, role, detail=detail, facts=facts)


def read_room(place: Path) -> Room:
    """What an ordinary user may still use."""
    told = os.statvfs(place)
    free_files = told.f_favail if told.f_files else None
    return Room(told.f_bavail * told.f_frsize, told.f_blocks * told.f_frsize, free_files)


def judge_room(room: Room) -> tuple[HealthState, str]:
    left = f"{room.free_bytes / GIB:.1f} GiB" if room.free_bytes >= GIB else f"{room.free_bytes // MIB} MiB"
    if room.free_bytes < ERROR_BELOW_BYTES:
        return HealthState.ERROR, f"Only {left} are left."
    if room.free_files is not None and room.free_files < FEW_FILES:
        return HealthState.ERROR, f"Only {room.free_files} more files can be made."
    is_small_share = room.free_bytes < room.total_bytes * DEGRADED_BELOW_SHARE
    if room.free_bytes < DEGRADED_BELOW_BYTES or (is_small_share and room.free_bytes < PLENTY_BYTES):
        return HealthState.DEGRADED, f"{left} are left."
    return HealthState.READY, ""


def try_writing(place: Path) -> str:
    """Why a small file can't be written, synced and read back; "" when it can."""
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(SAMPLE)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            if file.read() != SAMPLE:
                return "What was written there is not what can be read."
    except OSError as error:
        return f"Nothing can be written there: {error.strerror or type(error).__name__}."
    return ""
