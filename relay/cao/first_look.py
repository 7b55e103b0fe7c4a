"""The first look at a CAO server, before it is connected: what of it can be read, and what will be missed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from events.egress import DEFAULT_ALLOW, AllowList
from relay.cao.delegations import EVIDENCE_OF_MISSING
from relay.cao.http import CaoClient
from relay.cao.picture import read_picture
from relay.cao.snapshots import FOLDER

NO_SNAPSHOTS = "it has left no snapshot files yet: parents of what is gone before it is seen stay unknown"
NO_ADDRESS = "it has no address: nobody asks what its terminals do, and its trees can't be stopped from here"


@dataclass(frozen=True, slots=True)
class FirstLook:
    """`lacks` are clauses about what the ledger will not know."""

    terminals: int
    lacks: list[str]


def look_at_cao(home: Path, address: str, token: str) -> FirstLook:
    """Raises SourceUnavailable, CaoError or Invalid."""
    picture = read_picture(home)
    lacks = sorted(EVIDENCE_OF_MISSING[name] for name in picture.missing)
    if not (home / FOLDER).is_dir():
        lacks.append(NO_SNAPSHOTS)
    if address:
        asyncio.run(ask(address, token))
    else:
        lacks.append(NO_ADDRESS)
    return FirstLook(len(picture.terminals), lacks)


async def ask(address: str, token: str) -> None:
    allow = AllowList.parse([*DEFAULT_ALLOW, *settings.COUNTERSIGN_EGRESS_ALLOW])
    client = CaoClient(address, token, allow=allow)
    try:
        await client.check()
    finally:
        await client.aclose()
