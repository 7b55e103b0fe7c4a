"""Which processes serve, by their own word."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from typing import Any

from health.models import PortalProcess

# Heard of every five seconds.
SILENT_AFTER = timedelta(seconds=20)
# One that never came back is forgotten; what became of it stands in the history.
FORGOTTEN_AFTER = timedelta(minutes=10)


def beat(*, holder: str, tasks: dict[str, dict[str, Any]], started_at: datetime, now: datetime) -> None:
    """This process is there; `tasks` as in `PortalProcess`."""
    rows = PortalProcess.objects.filter(pk=holder)
    if rows.update(beat_at=now, tasks=tasks):
        return
    PortalProcess.objects.create(
        holder=holder,
        host=read_host(),
        pid=os.getpid(),
        started_at=started_at,
        beat_at=now,
        tasks=tasks,
    )
    forget_dead_neighbours()


def leave(*, holder: str) -> None:
    """It stops, and says so."""
    PortalProcess.objects.filter(pk=holder).delete()


def forget_lost_processes(*, now: datetime) -> int:
    return PortalProcess.objects.filter(beat_at__lt=now - FORGOTTEN_AFTER).delete()[0]


def forget_dead_neighbours() -> None:
    """Processes of this machine that were killed: whoever starts after them knows at once."""
    for process in PortalProcess.objects.filter(host=read_host()).exclude(pid=os.getpid()):
        if not is_alive(process.pid):
            process.delete()


def read_host() -> str:
    return socket.gethostname()[:64]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
