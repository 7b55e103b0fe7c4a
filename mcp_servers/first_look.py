"""One round with a request: checks, fetch, probe, then it needs people.

Whoever takes a request over from a worker that was killed begins a new round: nothing of a broken one counts.
Nothing is fetched or started that can't be approved anyway.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings
from django.utils import timezone

from events.database_threads import DatabaseThread
from events.errors import DomainError
from mcp_servers.checks.known_names import KnownNames
from mcp_servers.checks.package_checks import check_package, explain_no_fetch
from mcp_servers.checks.results import BLOCKING, HIGH, CheckResult, finding, not_checked, passed
from mcp_servers.checks.static import run_static_checks
from mcp_servers.content import McpServerContent
from mcp_servers.domain.intake import ClaimLost, finish_checks, record_checks, record_fetch, record_probe
from mcp_servers.domain.probes import end_probe, fail_probe, start_probe, step_probe
from mcp_servers.domain.secrets import open_secrets
from mcp_servers.enums import ProbeCause, ProbeState, RequestState
from mcp_servers.fetching.fetch import fetch_package
from mcp_servers.fetching.packages import FetchedPackage, FetchError
from mcp_servers.models import McpProbe, McpRequest
from mcp_servers.probing import (
    Listing,
    ListingError,
    ProbeError,
    compare_listings,
    digests,
    lint_listing,
)
from mcp_servers.queries import find_previous_approval, list_known_names
from mcp_servers.sandbox import NoSandbox, find_sandbox
from mcp_servers.seeing import Stopwatch, look_local, look_remote, pin

logger = logging.getLogger(__name__)

T = TypeVar("T")
Look = Callable[[], Awaitable[Listing]]


@dataclass(slots=True)
class FirstLook:
    """A claimed request. Raises ClaimLost when it is no longer this worker's."""

    request: McpRequest
    holder: str
    database: DatabaseThread
    watch: Stopwatch = field(default_factory=Stopwatch)
    row: McpProbe | None = None

    async def run(self) -> None:
        content = self.request.read_content()
        known = await self.database.run(list_names, self.request)
        static = run_static_checks(content, known=known)
        await self.record(static)
        if any(result.is_blocking for result in static):
            await self.record([not_checked("probe", "Not started: what was found forbids it.")])
        elif not content.is_remote:
            await self.look_at_local(content, known)
        elif self.request.state == RequestState.TRIAL:
            await self.look_at_remote(content, known)
        else:
            await self.record([not_checked("probe", "A remote server is visited in a trial, not before.")])
        await self.database.run(finish_checks, request=self.request, holder=self.holder)

    async def break_off(self) -> None:
        """The worker itself failed: people are told, and see what was not looked at."""
        sentence = "The checks broke off by a fault of the portal: what comes after this was not looked at."
        if self.row is not None and self.row.is_running:
            await self.own(fail_probe, self.row, error="A fault of the portal ended it; the log says more.")
        await self.record([finding("worker", BLOCKING, sentence)])
        await self.database.run(finish_checks, request=self.request, holder=self.holder)

    async def record(self, results: Sequence[CheckResult]) -> None:
        await self.database.run(record_checks, request=self.request, holder=self.holder, results=results)

    # A server that runs here

    async def look_at_local(self, content: McpServerContent, known: KnownNames) -> None:
        row = await self.start(ProbeCause.REQUEST)
        fetched = await self.fetch(content, row)
        if fetched is None:
            await self.give_up(row, "Nothing was fetched, so nothing could be started.")
            return
        sandbox = await find_sandbox()
        if isinstance(sandbox, NoSandbox):
            await self.give_up(row, f"no sandbox. {sandbox.reason}")
            return

        async def look() -> Listing:
            return await look_local(content, fetched, sandbox, self.shower(row))

        await self.probe(row, look, known)

    async def fetch(self, content: McpServerContent, row: McpProbe) -> FetchedPackage | None:
        """Nothing of what is fetched runs. None when there is nothing; then a check says why."""
        await self.show(row, ProbeState.FETCHING, "fetching the package")
        try:
            with self.watch.time("fetch"):
                fetched = await fetch_package(content, settings.COUNTERSIGN_MCP_STORE)
        except FetchError as error:
            await self.record(explain_no_fetch(error))
            return None
        await self.database.run(
            record_fetch,
            request=self.request,
            holder=self.holder,
            argv=fetched.argv,
            artefact_hash=fetched.artefact_hash,
            lock=fetched.lock,
        )
        await self.record(check_package(content, fetched, now=timezone.now()))
        return fetched

    # A remote one, in its trial

    async def look_at_remote(self, content: McpServerContent, known: KnownNames) -> None:
        row = await self.start(ProbeCause.TRIAL)
        try:
            pinned = await pin(content)
        except DomainError as error:
            await self.record([finding("address_resolved", HIGH, error.message)])
            await self.give_up(row, f"Not visited: {error.message}")
            return
        where = ", ".join(pinned.addresses)
        sentence = f"Its name leads to {where}; the visit went there and nowhere else."
        await self.record([passed("address_resolved", sentence, addresses=list(pinned.addresses))])
        secrets = await self.database.run(open_secrets, server=self.request.server, request=self.request)

        async def look() -> Listing:
            return await look_remote(content, pinned, secrets, self.shower(row))

        await self.probe(row, look, known)

    # The probe itself

    async def probe(self, row: McpProbe, look: Look, known: KnownNames) -> None:
        try:
            with self.watch.time("probe"):
                listing = await look()
            with self.watch.time("lint"):
                found = digests(listing)
                results = await asyncio.to_thread(lint_listing, listing, known=known)
        except (ProbeError, ListingError) as error:
            await self.own(fail_probe, row, error=str(error), timings=self.watch.timings)
            await self.note(row)
            said = getattr(error, "said", "")
            details: dict[str, Any] = {"said": said[-1000:].replace("\0", "")} if said else {}
            await self.record([finding("probe", HIGH, str(error), **details)])
            return
        before = await self.database.run(read_previous, self.request)
        changes = compare_listings(before, listing) if before is not None else ()
        await self.own(
            end_probe,
            row,
            listing=listing.write(),
            digests=found.write(),
            differences=[change.write() for change in changes],
            timings=self.watch.timings,
        )
        await self.note(row)
        await self.record([describe_listing(listing), *results])

    async def start(self, cause: ProbeCause) -> McpProbe:
        self.row = await self.database.run(start_probe, request=self.request, cause=cause, holder=self.holder)
        return self.row

    async def give_up(self, row: McpProbe, sentence: str) -> None:
        """Nothing was started: not checked, and never taken for clean."""
        await self.own(fail_probe, row, error=sentence, is_run=False, timings=self.watch.timings)
        await self.note(row)
        await self.record([not_checked("probe", sentence)])

    async def note(self, row: McpProbe) -> None:
        await self.database.run(record_probe, request=self.request, holder=self.holder, probe=row)

    def shower(self, row: McpProbe) -> Callable[[ProbeState, str], Awaitable[None]]:
        async def show(state: ProbeState, step: str) -> None:
            await self.show(row, state, step)

        return show

    async def show(self, row: McpProbe, state: ProbeState, step: str) -> None:
        await self.own(step_probe, row, state=state, step=step)

    async def own(self, verb: Callable[..., bool], row: McpProbe, **values: Any) -> None:
        if not await self.database.run(verb, probe=row, holder=self.holder, **values):
            raise ClaimLost(self.request.pk)


def list_names(request: McpRequest) -> KnownNames:
    return list_known_names(request.server.team, except_server=request.server)


def read_previous(request: McpRequest) -> Listing | None:
    """What was seen of what was approved under this name before."""
    approval = find_previous_approval(request)
    return read_listing(approval.probe) if approval is not None else None


def read_listing(row: McpProbe | None) -> Listing | None:
    return Listing.read(row.listing) if row is not None and row.state == ProbeState.DONE else None


def describe_listing(listing: Listing) -> CheckResult:
    counts = {kind: len(getattr(listing, kind)) for kind in ("tools", "prompts", "resources", "templates")}
    said = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "nothing"
    sentence = f"It started and offers {said}."
    return passed("probe", sentence, **counts, protocol_version=listing.protocol_version)
