"""Nobody brings an MCP server in alone: every trap of a second person, for this kind of review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts.domain.teams import end_membership
from accounts.enums import Role, Scope
from accounts.models import ApiToken, Membership, Team, User
from accounts.principal import Principal
from events.actors import Door
from events.errors import Conflict, DomainError, Invalid, NotFound, Refused
from mcp_servers.checks.results import finding, not_checked
from mcp_servers.domain.choices import choose_tools
from mcp_servers.domain.requests import request_server, retry_checks, withdraw_request
from mcp_servers.models import McpApproval, McpRequest, McpServer
from mcp_servers.queries import load_enabled
from reviews.domain.delegations import Window, create_delegation
from reviews.domain.voting import approve_review, reject_review
from reviews.models import Review, ReviewPolicy, Vote
from tests.factories import make_owner, make_principal, make_service, make_team, make_user
from tests.mcp_servers.make import approve, ask, make_content, make_server, work
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team)


def try_approve(user: User, request: McpRequest, fingerprint: str = "") -> str:
    review = Review.objects.get(mcp_request=request)
    try:
        outcome = approve_review(
            principal=make_principal(user),
            review_id=review.pk,
            fingerprint=fingerprint or review.content_hash,
        )
    except DomainError as error:
        return error.code
    return "decided" if outcome.is_decided else "voted"


def ask_as_agent(service: User, team: Team) -> McpRequest:
    principal = Principal(service, Door.MCP, ApiToken(user=service, scopes=[Scope.MCP_REQUEST]))
    return request_server(principal=principal, team=team, content=make_content(), source="api")


def test_whoever_asked_does_not_approve(team: Team, approver: User) -> None:
    both = make_user(team, Role.ADMIN)
    request = work(ask(team, requester=both))
    assert try_approve(both, request) == "refused"
    assert (McpApproval.objects.count(), load_enabled(team)) == (0, ())


def test_a_superuser_does_not_approve_alone(team: Team, approver: User) -> None:
    """Not what they asked for, and nothing of a team that they are not in."""
    owner = make_owner()
    request = work(ask(team))
    assert try_approve(owner, request) == "refused"
    asking = make_user(team, Role.ADMIN, is_superuser=True)
    own = work(ask(team, requester=asking))
    assert try_approve(asking, own) == "refused"
    assert load_enabled(team) == ()


def test_neither_an_agent_nor_whoever_answers_for_it_approves(team: Team, approver: User) -> None:
    owner = make_user(team)
    service = make_service(owner, team)
    request = work(ask_as_agent(service, team))
    assert try_approve(owner, request) == "refused"
    with pytest.raises((Refused, NotFound)):
        approve(request, service)
    assert try_approve(approver, request) == "decided"


def test_an_agent_with_every_scope_approves_nothing(team: Team, approver: User) -> None:
    service = make_service(make_user(team), team)
    request = work(ask(team))
    review = Review.objects.get()
    everything = ApiToken(user=service, scopes=list(Scope.values))
    for door in (Door.API, Door.MCP):
        with pytest.raises((Refused, NotFound)):
            approve_review(
                principal=Principal(service, door, everything, timezone.now()),
                review_id=review.pk,
                fingerprint=review.content_hash,
            )
    assert McpRequest.objects.get(pk=request.pk).state == "needs_review"


def test_a_persons_token_does_not_approve(team: Team, approver: User) -> None:
    work(ask(team))
    review = Review.objects.get()
    token = ApiToken(user=approver, scopes=list(Scope.values))
    with pytest.raises(Refused):
        approve_review(
            principal=Principal(approver, Door.API, token),
            review_id=review.pk,
            fingerprint=review.content_hash,
        )


def delegate(team: Team, delegator: User, to: User) -> None:
    now = timezone.now()
    create_delegation(
        principal=make_principal(delegator),
        team=team,
        delegate=to,
        window=Window(now, now + timedelta(days=1)),
        reason="On leave.",
    )


def test_a_delegation_does_not_help_whoever_asked(team: Team, approver: User, editor: User) -> None:
    delegate(team, approver, editor)
    request = work(ask(team, requester=editor))
    assert try_approve(editor, request) == "refused"


def test_the_seat_of_whoever_asked_can_be_lent_to_nobody(team: Team, approver: User) -> None:
    asking, standing_in = make_user(team), make_user(team, Role.VIEWER)
    delegate(team, asking, standing_in)
    request = work(ask(team, requester=asking))
    assert try_approve(standing_in, request) == "refused"


def test_one_person_counts_once_in_their_own_seat_and_anothers(team: Team, approver: User) -> None:
    ReviewPolicy.objects.create(team=team, kind="mcp_server", approvals_needed=2)
    other = make_user(team)
    delegate(team, other, approver)
    request = work(ask(team))
    assert try_approve(approver, request) == "voted"
    assert try_approve(approver, request) == "already_voted"
    assert load_enabled(team) == ()
    assert try_approve(other, request) == "decided"


def test_nobody_eligible_is_said_when_it_is_asked_for(team: Team) -> None:
    only = make_user(team)
    with pytest.raises(Conflict) as caught:
        ask(team, requester=only)
    assert caught.value.code == "unsatisfiable"
    with pytest.raises(Conflict):
        ask_as_agent(make_service(only, team), team)
    assert McpServer.objects.count() == 0


def test_nobody_eligible_any_more_when_it_was_checked_is_said_on_the_request(team: Team) -> None:
    only = make_user(team)
    request = ask(team)
    end_membership(
        principal=make_principal(make_owner()), membership=Membership.objects.get(user=only, team=team)
    )
    request = work(request)
    assert (request.state, request.review) == ("needs_review", None)
    assert request.problem.startswith("Nobody could approve this")
    make_user(team)
    retry_checks(principal=make_principal(make_user(team, Role.EDITOR)), request_id=request.pk)
    request.refresh_from_db()
    again = work(request)
    assert (again.problem, again.review is not None) == ("", True)


def test_without_a_probe_it_takes_two(team: Team, approver: User) -> None:
    second = make_user(team)
    request = work(ask(team), findings=[not_checked("probe", "There is no sandbox.")], is_probed=False)
    assert request.review is not None
    assert (request.review.approvals_needed, request.tools) == (2, ["*"])
    assert try_approve(approver, request) == "voted"
    assert load_enabled(team) == ()
    assert try_approve(second, request) == "decided"
    assert load_enabled(team)[0].has_all_tools


def test_without_a_probe_and_a_second_person_it_says_so(team: Team, approver: User) -> None:
    request = work(ask(team), is_probed=False)
    assert request.review is None
    assert request.problem.startswith("Nobody could approve this: it needs 2")


def test_checked_again_without_a_probe_it_takes_two_though_it_took_one_before(
    team: Team, approver: User, editor: User
) -> None:
    make_user(team)
    request = work(ask(team, requester=editor))
    first = request.review
    retry_checks(principal=make_principal(editor), request_id=request.pk)
    again = work(request, is_probed=False)
    assert first is not None
    first.refresh_from_db()
    assert again.review is not None
    assert (first.state, again.review.pk != first.pk, again.review.approvals_needed) == ("withdrawn", True, 2)
    assert (again.state, McpServer.objects.get().state) == ("needs_review", "needs_review")


def test_a_vote_on_what_was_shown_before_counts_no_more(team: Team, approver: User, editor: User) -> None:
    ReviewPolicy.objects.create(team=team, kind="mcp_server", approvals_needed=2)
    second = make_user(team)
    request = work(ask(team, requester=editor))
    assert try_approve(approver, request) == "voted"
    review = Review.objects.get()
    shown = review.content_hash
    retry_checks(principal=make_principal(editor), request_id=request.pk)
    request.refresh_from_db()
    work(request, now="Says something else now.")
    assert try_approve(second, request, fingerprint=shown) == "stale_fingerprint"
    assert try_approve(second, request) == "voted"
    assert try_approve(approver, request) == "decided"


def test_checked_again_with_the_same_end_votes_still_count(team: Team, approver: User, editor: User) -> None:
    ReviewPolicy.objects.create(team=team, kind="mcp_server", approvals_needed=2)
    second = make_user(team)
    request = work(ask(team, requester=editor))
    assert try_approve(approver, request) == "voted"
    retry_checks(principal=make_principal(editor), request_id=request.pk)
    request.refresh_from_db()
    work(request)
    assert try_approve(second, request) == "decided"


def test_choosing_tools_makes_votes_stale_and_nobody_an_author(team: Team, approver: User) -> None:
    ReviewPolicy.objects.create(team=team, kind="mcp_server", approvals_needed=2)
    second = make_user(team)
    request = work(ask(team))
    assert try_approve(second, request) == "voted"
    review = Review.objects.get()
    choose_tools(
        principal=make_principal(approver),
        request_id=request.pk,
        tools=["now"],
        fingerprint=review.content_hash,
    )
    review.refresh_from_db()
    assert (review.revision, review.approvals, review.author_ids) == (2, 0, [request.requested_by_id])
    assert [try_approve(approver, request), try_approve(second, request)] == ["voted", "decided"]
    assert load_enabled(team)[0].tools == ("now",)


def test_who_may_not_approve_chooses_no_tools(team: Team, approver: User, editor: User) -> None:
    request = work(ask(team, requester=editor))
    fingerprint = Review.objects.get().content_hash
    for user in (editor, make_user(team, Role.VIEWER), make_owner()):
        with pytest.raises(Refused):
            choose_tools(
                principal=make_principal(user), request_id=request.pk, tools=[], fingerprint=fingerprint
            )


def test_tools_are_chosen_among_those_that_were_listed_as_shown(team: Team, approver: User) -> None:
    request = work(ask(team))
    principal = make_principal(approver)
    fingerprint = Review.objects.get().content_hash
    for wrong in (["rm"], ["*"], ["now", "other"]):
        with pytest.raises(Invalid):
            choose_tools(principal=principal, request_id=request.pk, tools=wrong, fingerprint=fingerprint)
    with pytest.raises(Conflict):
        choose_tools(principal=principal, request_id=request.pk, tools=["now"], fingerprint="0" * 64)


def test_a_blocking_finding_can_be_rejected_and_never_approved(team: Team, approver: User) -> None:
    request = work(ask(team), findings=[finding("launcher", "blocking", "It runs a shell.")])
    with pytest.raises(Conflict, match="It runs a shell") as caught:
        approve(request, approver)
    assert caught.value.code == "not_approvable"
    review = Review.objects.get()
    assert (review.approvals, Vote.objects.count()) == (0, 0)
    outcome = reject_review(
        principal=make_principal(approver),
        review_id=review.pk,
        fingerprint=review.content_hash,
        reason="A shell.",
    )
    assert outcome.is_decided


def test_a_high_finding_needs_the_name_typed_at_every_door(team: Team, approver: User) -> None:
    request = work(ask(team, make_content("clock")), findings=[finding("lint", "high", "It hides text.")])
    for typed in ("", "yes", "Clock"):
        with pytest.raises(Invalid) as caught:
            approve(request, approver, confirmation=typed)
        assert (caught.value.code, caught.value.facts["expected"]) == ("confirmation_needed", "clock")
    assert Vote.objects.count() == 0
    assert approve(request, approver, confirmation=" clock ").is_decided


def test_an_approval_needs_a_recent_login(team: Team, approver: User) -> None:
    work(ask(team))
    review = Review.objects.get()
    with pytest.raises(Refused) as caught:
        approve_review(
            principal=Principal(approver, Door.ADMIN),
            review_id=review.pk,
            fingerprint=review.content_hash,
        )
    assert caught.value.code == "login_not_recent"


def test_what_is_live_moved_on_so_it_is_put_up_again(team: Team, approver: User, editor: User) -> None:
    """A second request's review was written against the first approval, which another one replaced."""
    server = make_server(team, make_content("clock"))
    request = work(ask(team, make_content("clock", timeout_ms=5), requester=editor))
    review = Review.objects.get(mcp_request=request)
    assert review.base is not None
    assert server.approval is not None
    assert review.base["bound"] == server.approval.bound
    Review.objects.filter(pk=review.pk).update(
        base={**review.base, "tools": []}, revision=2, content_hash="0" * 64
    )
    assert try_approve(approver, request) == "base_moved"


@pytest.mark.django_db(transaction=True)
def test_approving_and_choosing_at_once_never_approves_what_was_not_shown(team: Team) -> None:
    for _ in range(3):
        first, second = make_user(team), make_user(team)
        request = work(ask(team))
        review = Review.objects.get(mcp_request=request)

        def choose(request: McpRequest = request, review: Review = review, user: User = second) -> str:
            try:
                choose_tools(
                    principal=make_principal(user),
                    request_id=request.pk,
                    tools=["now"],
                    fingerprint=review.content_hash,
                )
            except DomainError as error:
                return error.code
            return "chosen"

        approve_it = partial(try_approve, first, request, review.content_hash)
        acts: list[Callable[[], str]] = [approve_it, choose]
        results = run_together(acts)
        stored = McpRequest.objects.get(pk=request.pk)
        if results[0] == "decided":
            assert stored.approval.tools == ["convert", "now"]
            assert results[1] == "already_over"
        else:
            assert results == ["stale_fingerprint", "chosen"]
            assert (stored.state, stored.tools) == ("needs_review", ["now"])


@pytest.mark.django_db(transaction=True)
def test_approving_checking_again_and_withdrawing_at_once_end_in_one_state(team: Team) -> None:
    for _ in range(3):
        approver, asking = make_user(team), make_user(team, Role.EDITOR)
        request = work(ask(team, requester=asking))
        shown = Review.objects.get(mcp_request=request).content_hash

        def withdraw(request: McpRequest = request, asking: User = asking) -> str:
            try:
                withdraw_request(principal=make_principal(asking), request_id=request.pk)
            except DomainError as error:
                return error.code
            return "withdrawn"

        def retry(request: McpRequest = request, asking: User = asking) -> str:
            try:
                return retry_checks(principal=make_principal(asking), request_id=request.pk).state
            except DomainError as error:
                return error.code

        acts: list[Callable[[], str]] = [partial(try_approve, approver, request, shown), withdraw, retry]
        results = run_together(acts)
        stored = McpRequest.objects.select_related("server").get(pk=request.pk)
        approvals = McpApproval.objects.filter(request=request).count()
        assert (stored.state, approvals) in {("approved", 1), ("withdrawn", 0)}
        assert (results[0] == "decided") == (stored.state == "approved")
        assert stored.server.state == stored.state


@pytest.mark.django_db(transaction=True)
def test_two_last_approvals_at_once_approve_once(team: Team) -> None:
    approvers = [make_user(team) for _ in range(3)]
    request = work(ask(team))
    results = run_together([partial(try_approve, user, request) for user in approvers])
    assert Counter(results) == {"decided": 1, "already_decided": 2}
    assert McpApproval.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_that_ask_for_one_name_at_once_share_one_server(team: Team, approver: User) -> None:
    editors = [make_user(team, Role.EDITOR) for _ in range(3)]

    def try_ask(user: User) -> str:
        return str(ask(team, make_content("clock"), requester=user).pk)

    results = run_together([partial(try_ask, user) for user in editors])
    assert (len(set(results)), McpServer.objects.count(), McpRequest.objects.count()) == (1, 1, 1)
