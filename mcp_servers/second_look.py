"""Looking again at what is approved: whether it is still that, to the digest.

What differs is a drift, and off everywhere at once. So is a server that can't be looked at any more although
it could be before people approved it. What only the portal lacks (a sandbox, its network) says nothing of the
server and leaves it as it is; the probe says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from events.database_threads import DatabaseThread
from events.errors import DomainError
from mcp_servers.content import McpServerContent
from mcp_servers.domain.drift import NOT_AS_APPROVED, record_drift
from mcp_servers.domain.intake import ClaimLost
from mcp_servers.domain.log import WORKER_ACTOR
from mcp_servers.domain.probes import end_probe, fail_probe, step_probe
from mcp_servers.domain.secrets import open_secrets
from mcp_servers.enums import ProbeState
from mcp_servers.fetching.fetch import fetch_package
from mcp_servers.fetching.packages import FetchError
from mcp_servers.first_look import read_listing
from mcp_servers.models import McpApproval, McpProbe
from mcp_servers.probing import (
    Listing,
    ListingChange,
    ListingError,
    ProbeError,
    compare_listings,
    digests,
)
from mcp_servers.sandbox import NoSandbox, find_sandbox
from mcp_servers.seeing import Stopwatch, look_local, look_remote, pin

logger = logging.getLogger(__name__)

OTHER_FILES = "Its files are not those that were approved."
ATTEMPTS = 2
PAUSE_S = 2.0
# What says something of the server, and not of the portal or the network between.
OF_THE_SERVER = frozenset({"ended", "too_slow", "too_much", "protocol", "refused"})
# The same of a fetch: what lies in the store, or on the machine, is not what was approved.
OF_THE_ARTEFACT = frozenset({"broken", "wrong_hash", "no_program", "too_large"})


class Unlike(Exception):
    """It is not what was approved; the message says how, as a sentence."""


class Unseen(Exception):
    """It could not be looked at, for a reason that is not its own."""


@dataclass(slots=True)
class SecondLook:
    """A claimed probe of an approved server. Raises ClaimLost when it is no longer this worker's."""

    probe: McpProbe
    holder: str
    database: DatabaseThread
    watch: Stopwatch = field(default_factory=Stopwatch)

    async def run(self) -> None:
        approval = self.probe.server.approval
        if approval is None:
            await self.fail("Nothing of it is approved any more.", is_run=False)
            return
        try:
            listing, artefact = await self.look(approval)
            await self.compare(approval, listing, artefact)
        except Unseen as unseen:
            await self.fail(str(unseen) or "It could not be looked at.", is_run=False)
        except Unlike as unlike:
            await self.fail(str(unlike))
            await self.drift((), str(unlike))

    async def look(self, approval: McpApproval) -> tuple[Listing, str]:
        """What it offers now, and how its files differ ("" for not). Raises Unlike or Unseen."""
        content = await self.database.run(approval.read_content)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.watch.time("probe"):
                    if content.is_remote:
                        return await self.visit(content), ""
                    return await self.start(content, approval)
            except ProbeError as error:
                if error.reason not in OF_THE_SERVER:
                    raise Unseen(str(error)) from error
                if attempt == ATTEMPTS:
                    # It was seen before people approved it: they would not have approved it like this.
                    could_before = bool(approval.bound.get("digests"))
                    raise (Unlike if could_before else Unseen)(str(error)) from error
                await asyncio.sleep(PAUSE_S)
        raise AssertionError("unreachable")

    async def start(self, content: McpServerContent, approval: McpApproval) -> tuple[Listing, str]:
        sandbox = await find_sandbox()
        if isinstance(sandbox, NoSandbox):
            raise Unseen(f"no sandbox. {sandbox.reason}")
        await self.show(ProbeState.FETCHING, "holding its files against what was approved")
        bound_hash = str(approval.bound.get("artefact_hash", ""))
        try:
            fetched = await fetch_package(
                content, settings.COUNTERSIGN_MCP_STORE, artefact_hash=bound_hash if content.package else ""
            )
        except FetchError as error:
            raise (Unlike if error.reason in OF_THE_ARTEFACT else Unseen)(error.sentence) from error
        artefact = (
            "" if fetched.artefact_hash == bound_hash else "Its files are not those that were approved."
        )
        # As engines start it, and not as it would be started if it were asked for now.
        fetched = replace(fetched, argv=tuple(approval.bound.get("argv") or fetched.argv))
        return await look_local(content, fetched, sandbox, self.show), artefact

    async def visit(self, content: McpServerContent) -> Listing:
        try:
            pinned = await pin(content)
        except DomainError as error:
            raise Unseen(error.message) from error
        secrets = await self.database.run(open_secrets, server=self.probe.server)
        return await look_remote(content, pinned, secrets, self.show)

    async def compare(self, approval: McpApproval, listing: Listing, artefact: str) -> None:
        try:
            found = digests(listing)
        except ListingError as error:
            raise Unlike(str(error)) from error
        bound = approval.bound.get("digests") or {}
        is_same = not bound or bound.get("total") == found.total
        before = await self.database.run(read_approved, approval)
        changes = () if is_same or before is None else compare_listings(before, listing)
        await self.own(
            end_probe,
            listing=listing.write(),
            digests=found.write(),
            differences=[change.write() for change in changes],
            timings=self.watch.timings,
        )
        if not is_same:
            await self.drift(changes, describe_changes(changes))
        elif artefact:
            await self.drift((), artefact)

    async def drift(self, changes: Sequence[ListingChange], reason: str) -> None:
        await self.database.run(
            record_drift,
            server=self.probe.server,
            differences=[change.write() for change in changes],
            engine=self.probe.engine,
            reason=reason[:500],
            actor=WORKER_ACTOR,
        )

    async def fail(self, sentence: str, *, is_run: bool = True) -> None:
        await self.own(fail_probe, error=sentence, is_run=is_run, timings=self.watch.timings)

    async def break_off(self) -> None:
        """The worker itself failed: that is no sign of anything, and nothing was seen."""
        await self.fail("A fault of the portal ended it; the log says more.")

    async def show(self, state: ProbeState, step: str) -> None:
        await self.own(step_probe, state=state, step=step)

    async def own(self, verb: Any, **values: Any) -> None:
        if not await self.database.run(verb, probe=self.probe, holder=self.holder, **values):
            raise ClaimLost(self.probe.pk)


def read_approved(approval: McpApproval) -> Listing | None:
    return read_listing(approval.probe)


def describe_changes(changes: Sequence[ListingChange]) -> str:
    """Names alone."""
    if not changes:
        return NOT_AS_APPROVED
    said = [f"{change.kind} {change.name} {change.change}".replace("  ", " ") for change in changes[:5]]
    more = f" and {len(changes) - 5} more" if len(changes) > 5 else ""
    return f"It offers other things than were approved: {', '.join(said)}{more}."
