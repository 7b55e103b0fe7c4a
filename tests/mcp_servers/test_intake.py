"""The worker's side: claims of requests and probes, and remote servers' trials."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from engines.models import Engine
from events.errors import Conflict, Invalid, Refused
from mcp_servers.checks.results import finding
from mcp_servers.domain.intake import (
    ClaimLost,
    begin_checks,
    finish_checks,
    is_any_due,
    record_checks,
    record_fetch,
    release_claim,
    renew_claim,
)
from mcp_servers.domain.probes import (
    claim_probe,
    end_probe,
    give_up_lost_probes,
    probe_by_hand,
    queue_probe,
    start_probe,
    step_probe,
)
from mcp_servers.domain.requests import retry_checks, withdraw_request
from mcp_servers.domain.trials import begin_trial
from mcp_servers.models import McpProbe, McpRequest, McpServer
from mcp_servers.queries import load_enabled
from tests.factories import make_engine, make_principal, make_team, make_user
from tests.mcp_servers.make import (
    HOLDER,
    approve,
    ask,
    make_content,
    make_remote_content,
    make_server,
    work,
    write_digests,
    write_listing,
)
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def server(team: Team, approver: User, editor: User) -> McpServer:
    return make_server(team, make_content("clock"), approver=approver, requester=editor)


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


# Remote ones: a trial first --------------------------------------------------------------------------------


def test_a_remote_server_is_visited_only_after_an_approver_said_so(
    team: Team, approver: User, editor: User
) -> None:
    request = work(ask(team, make_remote_content("web"), requester=editor))
    assert (request.state, request.tools, request.bound["digests"]) == ("needs_review", [], {})
    with pytest.raises(Conflict, match="trial"):
        approve(request, approver)
    with pytest.raises(Refused):
        begin_trial(principal=make_principal(editor), request_id=request.pk)
    begin_trial(principal=make_principal(approver), request_id=request.pk)
    request.refresh_from_db()
    assert (request.state, request.server.state, load_enabled(team)) == ("trial", "trial", ())
    with pytest.raises(Conflict, match="on trial"):
        approve(request, approver)
    tried = work(request)
    assert (tried.state, tried.tools, tried.tried_at is not None) == (
        "needs_review",
        ["convert", "now"],
        True,
    )
    assert approve(tried, approver).is_decided
    assert load_enabled(team)[0].argv == ()


def test_a_trial_that_saw_nothing_approves_nothing(team: Team, approver: User) -> None:
    request = work(ask(team, make_remote_content()))
    begin_trial(principal=make_principal(approver), request_id=request.pk)
    request.refresh_from_db()
    work(request, is_probed=False)
    with pytest.raises(Conflict, match="trial"):
        approve(request, approver)
    begin_trial(principal=make_principal(approver), request_id=request.pk)


def test_a_remote_server_with_a_blocking_finding_is_not_visited(team: Team, approver: User) -> None:
    request = work(
        ask(team, make_remote_content()), findings=[finding("address", "blocking", "It is a private one.")]
    )
    with pytest.raises(Conflict):
        begin_trial(principal=make_principal(approver), request_id=request.pk)


def test_a_server_that_runs_here_has_no_trial(team: Team, approver: User) -> None:
    request = work(ask(team))
    with pytest.raises(Invalid):
        begin_trial(principal=make_principal(approver), request_id=request.pk)


def test_checked_again_after_a_trial_it_is_visited_again(team: Team, approver: User, editor: User) -> None:
    request = work(ask(team, make_remote_content(), requester=editor))
    begin_trial(principal=make_principal(approver), request_id=request.pk)
    request.refresh_from_db()
    request = work(request)
    assert retry_checks(principal=make_principal(editor), request_id=request.pk).state == "trial"


# The worker's claims ---------------------------------------------------------------------------------------


def test_two_workers_never_have_the_same_request(team: Team, approver: User) -> None:
    request = ask(team)
    first = begin_checks(holder="one")
    assert first is not None
    assert (first.pk, first.state, first.run) == (request.pk, "checking", 1)
    assert begin_checks(holder="two") is None
    for act in (renew_claim, finish_checks):
        with pytest.raises(ClaimLost):
            act(request=first, holder="two")


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_claim_each_request_once(team: Team) -> None:
    make_user(team)
    requests = {ask(team).pk for _ in range(2)}

    def claim(holder: str) -> str:
        claimed = begin_checks(holder=holder)
        return claimed.pk if claimed else ""

    claimed = run_together([partial(claim, str(number)) for number in range(4)])
    taken = [request_id for request_id in claimed if request_id]
    assert len(taken) == len(set(taken))
    assert set(taken) <= requests
    assert set(McpRequest.objects.values_list("run", flat=True)) <= {0, 1}


def test_a_worker_that_is_gone_loses_its_claim_and_writes_nothing_more(team: Team, approver: User) -> None:
    make_user(team)
    ask(team)
    first = begin_checks(holder="one")
    assert first is not None
    record_checks(request=first, holder="one", results=[finding("launcher", "high", "From the first.")])
    later = timezone.now() + timedelta(minutes=2)
    assert is_any_due(now=later)
    second = begin_checks(holder="two", now=later)
    assert second is not None
    assert (second.pk, second.run) == (first.pk, 2)
    with pytest.raises(ClaimLost):
        record_fetch(request=first, holder="one", argv=["/bin/x"])
    with pytest.raises(ClaimLost):
        record_checks(request=first, holder="one", results=[])
    done = finish_checks(request=second, holder="two")
    assert done.review is not None
    assert done.review.content["findings"] == []


def test_a_request_that_was_withdrawn_is_lost_to_its_worker(team: Team, approver: User, editor: User) -> None:
    request = ask(team, requester=editor)
    claimed = begin_checks(holder="one")
    assert claimed is not None
    withdraw_request(principal=make_principal(editor), request_id=request.pk)
    with pytest.raises(ClaimLost):
        finish_checks(request=claimed, holder="one")
    assert not is_any_due(now=timezone.now())


def test_a_claim_that_is_let_go_is_anothers_at_once(team: Team, approver: User) -> None:
    ask(team)
    claimed = begin_checks(holder="one")
    assert claimed is not None
    release_claim(request=claimed, holder="two")
    assert begin_checks(holder="two") is None
    release_claim(request=claimed, holder="one")
    assert begin_checks(holder="two") is not None


# Probes of what is approved --------------------------------------------------------------------------------


def test_a_probe_is_queued_once_claimed_once_and_shown_step_by_step(
    server: McpServer, engine: Engine
) -> None:
    queued = queue_probe(server=server, cause="engine_start", engine=engine)
    assert queue_probe(server=server, cause="tools_changed", engine=engine).pk == queued.pk
    probe = claim_probe(holder="one")
    assert probe is not None
    assert (probe.pk, claim_probe(holder="two")) == (queued.pk, None)
    assert step_probe(probe=probe, holder="one", state="listing", step="Listing tools.")
    assert not step_probe(probe=probe, holder="two", state="listing")
    listing = write_listing()
    assert end_probe(probe=probe, holder="one", listing=listing, digests=write_digests(listing))
    assert not end_probe(probe=probe, holder="one", listing={}, digests={})
    stored = McpProbe.objects.get(pk=probe.pk)
    assert (stored.state, stored.listing, stored.claimed_until) == ("done", listing, None)


def test_people_have_a_server_probed_by_hand(server: McpServer, editor: User) -> None:
    assert probe_by_hand(principal=make_principal(editor), server_id=server.pk).cause == "by_hand"
    with pytest.raises(Refused):
        probe_by_hand(principal=make_principal(make_user(server.team, Role.VIEWER)), server_id=server.pk)


def test_nothing_unapproved_is_probed_by_hand(team: Team, approver: User, editor: User) -> None:
    request = ask(team)
    with pytest.raises(Conflict):
        probe_by_hand(principal=make_principal(editor), server_id=request.server_id)


def test_a_requests_probe_whose_worker_is_gone_is_given_up(team: Team, approver: User) -> None:
    ask(team)
    claimed = begin_checks(holder=HOLDER)
    assert claimed is not None
    probe = start_probe(request=claimed, holder=HOLDER)
    assert give_up_lost_probes(now=timezone.now()) == 0
    assert give_up_lost_probes(now=timezone.now() + timedelta(minutes=2)) == 1
    probe.refresh_from_db()
    assert (probe.state, probe.error) == ("failed", "The worker that ran it stopped.")
