"""The worker's verbs: it claims a request, writes down what was checked, fetched and seen, and lets it go.

A claim lasts a minute and is renewed by every verb. Whoever lost it (another worker took over, the request
ended or is to be checked again) gets ClaimLost and has written nothing.

    request = begin_checks(holder=…)
    record_checks(request=request, holder=…, results=…)
    record_fetch(request=request, holder=…, argv=…, artefact_hash=…)
    record_probe(request=request, holder=…, probe=…)
    finish_checks(request=request, holder=…)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.principal import Principal
from events.actors import Door
from events.changes import changes
from events.errors import DomainError
from events.text import make_storable
from mcp_servers.binding import bind, write_reviewed
from mcp_servers.checks.results import CheckResult
from mcp_servers.content import McpServerContent
from mcp_servers.domain.log import WORKER_ACTOR, announce_mcp_request
from mcp_servers.domain.moves import lock_request, move_request
from mcp_servers.enums import CheckOutcome, ProbeState, RequestState, Severity
from mcp_servers.models import McpCheck, McpProbe, McpRequest
from mcp_servers.queries import ALL_TOOLS, list_checks, list_tools
from mcp_servers.review_kind import title_of
from reviews.domain.reviews import find_open_review, open_review, renew_content, withdraw_reviews_of
from reviews.enums import ReviewKind
from reviews.models import Review

CLAIM_LENGTH = timedelta(seconds=60)
# What nobody could look at needs a second person.
UNSEEN_APPROVALS = 2
MAX_SENTENCE_LENGTH = 1000


class ClaimLost(Exception):
    """Somebody else works on it, or nobody shall any more; stop, and write nothing."""


def list_due(now: datetime) -> QuerySet[McpRequest]:
    """What waits for a worker, oldest first; one look is one query in an index."""
    is_free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    rows = McpRequest.objects.filter(is_free, state__in=RequestState.claimable())
    return rows.filter(server__team__retired_at=None).order_by("created_at", "pk")


def is_any_due(*, now: datetime) -> bool:
    return list_due(now).exists()


def begin_checks(*, holder: str, now: datetime | None = None) -> McpRequest | None:
    """Claim the oldest request that waits; None when none does.

    Its state is `checking`, or `trial` when a remote server is to be visited; `run` is a new round.
    """
    now = now or timezone.now()
    for request_id in list_due(now).values_list("pk", flat=True)[:10]:
        with changes(WORKER_ACTOR) as change:
            request = lock_request(request_id)
            if not list_due(now).filter(pk=request_id).exists():
                continue
            state = RequestState.TRIAL if request.state == RequestState.TRIAL else RequestState.CHECKING
            move_request(
                change,
                request,
                state,
                verb="begin_checks",
                only_from=RequestState.claimable(),
                run=request.run + 1,
                bound={},
                tools=[],
                probe=None,
                problem="",
                claimed_by=holder,
                claimed_until=now + CLAIM_LENGTH,
            )
            return request
    return None


def hold_claim(request: McpRequest, holder: str) -> McpRequest:
    """The request as it is, held, its claim renewed. Raises ClaimLost."""
    now = timezone.now()
    current = lock_request(request.pk)
    rows = McpRequest.objects.filter(
        pk=request.pk,
        claimed_by=holder,
        claimed_until__gt=now,
        run=request.run,
        state__in=[RequestState.CHECKING, RequestState.TRIAL],
    )
    if not rows.update(claimed_until=now + CLAIM_LENGTH):
        raise ClaimLost(request.pk)
    return current


def renew_claim(*, request: McpRequest, holder: str) -> None:
    """Raises ClaimLost."""
    with changes(WORKER_ACTOR):
        hold_claim(request, holder)


def release_claim(*, request: McpRequest, holder: str) -> None:
    """Let another worker begin at once: this one stops. What was recorded of this run counts no more."""
    rows = McpRequest.objects.filter(pk=request.pk, claimed_by=holder, run=request.run)
    rows.filter(state__in=RequestState.claimable()).update(claimed_until=timezone.now())


def record_checks(*, request: McpRequest, holder: str, results: Iterable[CheckResult]) -> list[McpCheck]:
    """Write down what checks said, after what this run has said already. Raises ClaimLost."""
    with changes(WORKER_ACTOR) as change:
        current = hold_claim(request, holder)
        rows = McpCheck.objects.filter(request=current, run=current.run)
        first = (rows.aggregate(last=Max("position"))["last"] or 0) + 1
        made = [
            McpCheck(
                request=current,
                run=current.run,
                position=position,
                name=result.name,
                outcome=CheckOutcome(result.outcome),
                severity=Severity(result.severity),
                sentence=make_storable(result.sentence, MAX_SENTENCE_LENGTH),
                details=dict(result.details),
            )
            for position, result in enumerate(results, start=first)
        ]
        McpCheck.objects.bulk_create(made)
        announce_mcp_request(change, current, "checking", checks=first - 1 + len(made))
    return made


def record_fetch(
    *,
    request: McpRequest,
    holder: str,
    argv: Sequence[str],
    artefact_hash: str = "",
    lock: str = "",
) -> McpRequest:
    """What would be started: `argv`, absolute; `artefact_hash` "sha256:…"; `lock` the lock file's text.

    Raises ClaimLost.
    """
    lock_hash = f"sha256:{hashlib.sha256(lock.encode()).hexdigest()}" if lock else ""
    facts = {"argv": list(argv), "artefact_hash": artefact_hash, "lock_hash": lock_hash}
    with changes(WORKER_ACTOR) as change:
        current = hold_claim(request, holder)
        put_bound(current, **facts)
        announce_mcp_request(change, current, "checking", step="fetched")
    return current


def record_probe(*, request: McpRequest, holder: str, probe: McpProbe) -> McpRequest:
    """What the probe of this request saw, or that it saw nothing. Raises ClaimLost."""
    with changes(WORKER_ACTOR) as change:
        current = hold_claim(request, holder)
        probe = McpProbe.objects.get(pk=probe.pk, request=current)
        current.probe = probe
        has_seen = probe.state == ProbeState.DONE
        put_bound(
            current,
            protocol_version=str(probe.listing.get("protocol_version", "")) if has_seen else "",
            digests=probe.digests if has_seen else {},
        )
        announce_mcp_request(change, current, "probed", outcome=probe.state)
    return current


def put_bound(request: McpRequest, **facts: Any) -> None:
    """The caller holds the request."""
    content = McpServerContent.read(request.content)
    names = ("argv", "artefact_hash", "lock_hash", "protocol_version", "digests")
    known = {name: request.bound[name] for name in names if name in request.bound}
    request.bound = bind(content, **{**known, **facts})
    McpRequest.objects.filter(pk=request.pk).update(bound=request.bound, probe=request.probe)


def finish_checks(*, request: McpRequest, holder: str) -> McpRequest:
    """Everything that can be looked at was: it needs people now. Its review is opened or brought up to date.

    Where nobody could approve it, or its review can't be written, `problem` says so. Raises ClaimLost.
    """
    with changes(WORKER_ACTOR) as change:
        current = hold_claim(request, holder)
        if not current.bound:
            put_bound(current)
        values: dict[str, Any] = {
            "tools": choose_default_tools(current),
            "claimed_by": "",
            "claimed_until": None,
        }
        if current.state == RequestState.TRIAL and current.bound.get("digests"):
            values["tried_at"] = timezone.now()
        move_request(
            change,
            current,
            RequestState.NEEDS_REVIEW,
            verb="finish_checks",
            only_from={RequestState.CHECKING, RequestState.TRIAL},
            **values,
        )
        announce_mcp_request(change, current, "checked")
        try:
            put_up_for_review(current)
        except DomainError as error:
            current.problem = error.message[:500]
            McpRequest.objects.filter(pk=current.pk).update(problem=current.problem)
    return current


def choose_default_tools(request: McpRequest) -> list[str]:
    """All that was listed, but for those that a finding of weight names; "*" where nothing was listed."""
    listed = list_tools(request)
    if not request.bound.get("digests"):
        return [ALL_TOOLS] if not request.read_content().is_remote else []
    doubtful = {
        str(name)
        for check in list_checks(request)
        if check.severity in {Severity.HIGH, Severity.BLOCKING}
        for name in [check.details.get("tool"), *check.details.get("tools", ())]
    }
    return [name for name in listed if name not in doubtful]


def put_up_for_review(request: McpRequest) -> Review:
    """The open review brought up to date, or a new one in the name of whoever asked.

    Raises Conflict or TooLarge; then the request has the review that it had.
    """
    at_least = 1 if request.bound.get("digests") or request.read_content().is_remote else UNSEEN_APPROVALS
    content = write_reviewed(request)
    with changes(WORKER_ACTOR) as inner:
        there = find_open_review(kind=ReviewKind.MCP_SERVER, subject=request.subject)
        if there is not None and there.approvals_needed >= at_least:
            return renew_content(change=inner, review=there, content=content)
        if there is not None:
            # How many it needs is fixed when a review is opened.
            link_review(request, None)
            withdraw_reviews_of(change=inner, subject=request.subject, reason="It needs more people now.")
        review = open_review(
            change=inner,
            principal=Principal(User.objects.get(pk=request.requested_by_id), Door.TASK),
            team=request.server.team,
            kind=ReviewKind.MCP_SERVER,
            subject=request.subject,
            title=title_of(request.server),
            content=content,
            reason=request.reason,
            at_least=at_least,
        )
        link_review(request, review)
        return review


def link_review(request: McpRequest, review: Review | None) -> None:
    request.review = review
    McpRequest.objects.filter(pk=request.pk).update(review=review)
