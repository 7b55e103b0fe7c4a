"""Asking for MCP servers: who may, what becomes of it, and what never changes afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.domain.team_retirement import retire_team
from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team, User
from accounts.principal import Principal
from events.actors import Door
from events.errors import Conflict, DomainError, Invalid, NotFound, Refused
from events.models import AuditEntry, Event
from mcp_servers.content import McpServerContent, Package
from mcp_servers.domain.requests import request_server, retry_checks, withdraw_request
from mcp_servers.domain.servers import revoke_server, suspend_server
from mcp_servers.models import McpApproval, McpRequest, McpSecret, McpServer
from mcp_servers.queries import get_request, list_requests, list_servers, load_enabled
from reviews.domain.voting import reject_review
from reviews.models import Review
from tests.factories import make_owner, make_principal, make_service, make_team, make_user
from tests.mcp_servers.make import approve, ask, make_content, make_server, with_secret, work

pytestmark = pytest.mark.django_db

SERVICE_SCOPES = [Scope.MCP_READ, Scope.MCP_REQUEST]


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


def as_agent(service: User, *scopes: str) -> Principal:
    """With a token of these scopes, at the agents' own door."""
    return Principal(service, Door.MCP, ApiToken(user=service, scopes=list(scopes or SERVICE_SCOPES)))


def read_events() -> list[tuple[str, str]]:
    return list(Event.objects.filter(topic="mcp").order_by("seq").values_list("kind", "subject_kind"))


# The way --------------------------------------------------------------------------------------------------


def test_the_way_from_a_request_to_what_engines_may_run(team: Team, approver: User) -> None:
    request = ask(team, make_content("clock"))
    assert (request.state, request.server.state, load_enabled(team)) == ("requested", "requested", ())
    work(request)
    request.refresh_from_db()
    assert (request.state, request.server.state, request.problem) == ("needs_review", "needs_review", "")
    assert load_enabled(team) == ()
    assert approve(request, approver).is_decided
    server = McpServer.objects.get()
    assert (server.state, server.name, server.approved_by_id) == ("approved", "clock", approver.pk)
    [enabled] = load_enabled(team)
    assert (enabled.server, enabled.tools) == (server, ("convert", "now"))
    assert enabled.argv == ("/srv/store/bin/server",)
    assert enabled.content == make_content("clock")


def test_everything_on_the_way_is_told_and_audited_without_content(team: Team, approver: User) -> None:
    request = ask(team, with_secret(make_content("clock")), secrets={"API_TOKEN": "a-very-secret-value"})
    work(request)
    approve(request, approver)
    kinds = [kind for kind, _ in read_events()]
    assert {subject for _, subject in read_events()} == {"mcp_server"}
    assert list(dict.fromkeys(kinds)) == [
        f"mcp_server.{word}"
        for word in ("requested", "checking", "probed", "needs_review", "checked", "approved")
    ]
    assert kinds.count("mcp_server.approved") == 1
    verbs = list(
        AuditEntry.objects.filter(subject_kind__startswith="mcp_")
        .order_by("n")
        .values_list("verb", flat=True)
    )
    assert verbs == [
        *("mcp_secret.set", "mcp_request.open", "mcp_request.begin_checks", "mcp_server.probed"),
        *("mcp_request.finish_checks", "mcp_request.approve", "mcp_server.approve"),
    ]
    told = str(list(Event.objects.values_list("words"))) + str(list(AuditEntry.objects.values_list("text")))
    assert "a-very-secret-value" not in told
    assert "mcp-server-time" not in told


def test_an_agent_asks_and_its_owner_and_itself_stand_as_authors(team: Team, approver: User) -> None:
    owner = make_user(team)
    service = make_service(owner, team)
    request = request_server(
        principal=as_agent(service),
        team=team,
        content=make_content(),
        source="api",
        reason="Time is needed.",
    )
    assert (request.requested_by_kind, request.requested_by_id, request.door) == (
        "service",
        service.pk,
        "mcp",
    )
    work(request)
    review = Review.objects.get()
    assert (review.author_ids, review.requested_by_id, review.reason) == (
        [service.pk, owner.pk],
        service.pk,
        "Time is needed.",
    )


# Who may ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.EDITOR, Role.APPROVER, Role.ADMIN])
def test_editors_approvers_and_admins_ask(team: Team, role: str, approver: User) -> None:
    assert ask(team, requester=make_user(team, role)).state == "requested"


def test_others_may_not_ask(team: Team, approver: User) -> None:
    service = make_service(approver, team)
    stranger = make_user(make_team(), Role.ADMIN)
    foreign = make_service(stranger, Team.objects.exclude(pk=team.pk)[0])
    refused = [
        make_principal(make_user(team, Role.VIEWER)),
        make_principal(stranger),
        make_principal(make_owner()),
        as_agent(service, Scope.MCP_READ),
        as_agent(foreign),
        Principal(approver, Door.API, ApiToken(user=approver, scopes=[Scope.MCP_READ])),
    ]
    for principal in refused:
        with pytest.raises(Refused):
            request_server(principal=principal, team=team, content=make_content(), source="api")
    assert McpServer.objects.count() == 0


def test_a_request_that_nobody_could_approve_is_refused_at_once(team: Team) -> None:
    only = make_user(team)
    with pytest.raises(Conflict) as caught:
        ask(team, requester=only)
    assert caught.value.code == "unsatisfiable"
    assert (McpServer.objects.count(), McpRequest.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "values",
    [
        {"name": "../../etc/passwd"},
        {"name": "a_b"},
        {"name": "UPPER"},
        {"name": "two\nlines: {image: evil}"},
        {"name": ""},
        {"program": "relative/path", "package": None},
        {"program": "/srv/../etc/x", "package": None},
        {"transport": "shell"},
    ],
    ids=["traversal", "underscore", "upper", "yaml", "empty", "relative", "dots", "transport"],
)
def test_names_and_paths_that_could_lead_elsewhere_are_refused(
    team: Team, approver: User, values: dict[str, Any]
) -> None:
    content = replace(make_content("fine"), **values)
    with pytest.raises(Invalid):
        ask(team, content)
    assert McpServer.objects.count() == 0


def test_other_wrong_input_is_refused(team: Team, approver: User) -> None:
    wrong: list[dict[str, Any]] = [
        {"source": "approved"},
        {"valid_days": 0},
        {"valid_days": 100_000},
        {"catalog": "two\nlines"},
        {"secrets": {"UNDECLARED": "x"}},
        {"reason": "x" * 5000},
    ]
    for values in wrong:
        with pytest.raises(Invalid):
            ask(team, **values)
    assert McpRequest.objects.count() == 0


# The same again, and something else under the same name ----------------------------------------------------


def test_the_same_that_waits_is_given_back(team: Team, approver: User, editor: User) -> None:
    first = ask(team, make_content("clock"), requester=editor)
    assert ask(team, make_content("clock"), requester=editor).pk == first.pk
    assert ask(team, make_content("clock")).pk == first.pk
    assert McpRequest.objects.count() == 1


def test_what_is_approved_already_is_not_asked_for_again(team: Team, approver: User) -> None:
    server = make_server(team, make_content("clock"))
    with pytest.raises(Conflict) as caught:
        ask(team, make_content("clock"))
    assert (caught.value.code, caught.value.facts["server"]) == ("already_approved", server.pk)
    suspend_server(principal=make_principal(approver), server_id=server.pk, reason="Look at it.")
    with pytest.raises(Conflict) as caught:
        ask(team, make_content("clock"))
    assert caught.value.code == "suspended"


def test_it_may_be_asked_for_again_on_purpose(team: Team, approver: User) -> None:
    server = make_server(team, make_content("clock"))
    request = ask(team, make_content("clock"), again=True)
    assert (request.server_id, request.number, request.state) == (server.pk, 2, "requested")


def test_an_image_swap_under_an_approved_name_is_a_new_request(team: Team, approver: User) -> None:
    """The earlier implementation kept "approved" and rendered the other image at once."""
    image = Package(kind="oci", identifier="ghcr.io/acme/clock", version=f"sha256:{'a' * 64}")
    server = make_server(team, make_content("clock", package=image))
    before = load_enabled(team)
    swapped = Package(kind="oci", identifier="ghcr.io/evil/clock", version=f"sha256:{'b' * 64}")
    request = ask(team, make_content("clock", package=swapped))
    for _ in range(2):
        assert load_enabled(team) == before
        assert load_enabled(team)[0].content.package == image
        server.refresh_from_db()
        assert server.approval is not None
        assert (server.state, server.approval.request_id != request.pk) == ("approved", True)
        if request.state == "requested":
            request = work(request)
    assert (request.state, McpApproval.objects.count()) == ("needs_review", 1)
    approve(request, approver)
    assert load_enabled(team)[0].content.package == swapped


@pytest.mark.parametrize(
    "values",
    [
        {"arguments": ("--local-timezone", "UTC")},
        {"package": Package(kind="pypi", identifier="mcp-server-time", version="2026.10.20")},
        {"package": Package(kind="npm", identifier="mcp-server-time", version="2026.10.19")},
        {"client_capabilities": ("sampling",)},
        {"timeout_ms": 5},
        {"description": "Another text."},
        {"working_directory": "/srv"},
    ],
    ids=["argv", "version", "kind", "capabilities", "timeout", "text", "folder"],
)
def test_anything_changed_is_a_new_request_and_reaches_nothing(
    team: Team, approver: User, values: dict[str, Any]
) -> None:
    make_server(team, make_content("clock"))
    before = load_enabled(team)
    request = ask(team, make_content("clock", **values))
    work(request)
    assert (request.number, load_enabled(team)) == (2, before)
    assert McpServer.objects.get().state == "approved"


def test_ones_own_earlier_wish_gives_way(team: Team, approver: User, editor: User) -> None:
    first = work(ask(team, make_content("clock"), requester=editor))
    second = ask(team, make_content("clock", timeout_ms=5), requester=editor)
    first.refresh_from_db()
    assert (first.state, second.state, second.number) == ("superseded", "requested", 2)
    assert [review.state for review in Review.objects.all()] == ["withdrawn"]
    assert McpServer.objects.get().state == "requested"


def test_nobody_takes_another_persons_request_away(team: Team, approver: User, editor: User) -> None:
    first = ask(team, make_content("clock"), requester=editor)
    agent = as_agent(make_service(approver, team))
    with pytest.raises(Conflict) as caught:
        request_server(principal=agent, team=team, content=make_content("clock", timeout_ms=5), source="api")
    assert (caught.value.code, caught.value.facts["request"]) == ("already_open", first.pk)
    first.refresh_from_db()
    assert first.state == "requested"


def test_a_name_is_one_teams_and_another_team_has_its_own(team: Team, approver: User) -> None:
    other = make_team()
    make_user(other)
    first, second = ask(team, make_content("clock")), ask(other, make_content("clock"))
    assert first.server_id != second.server_id
    assert McpServer.objects.count() == 2


# Withdrawing and checking again ----------------------------------------------------------------------------


def test_whoever_asked_withdraws_and_the_name_is_free(team: Team, approver: User, editor: User) -> None:
    request = work(ask(team, make_content("clock"), requester=editor))
    for other in (approver, make_user(team, Role.EDITOR)):
        with pytest.raises(Refused):
            withdraw_request(principal=make_principal(other), request_id=request.pk)
    withdrawn = withdraw_request(
        principal=make_principal(editor), request_id=request.pk, reason="Not needed."
    )
    server = McpServer.objects.get()
    assert (withdrawn.state, server.state, server.is_retired) == ("withdrawn", "withdrawn", True)
    assert Review.objects.get().state == "withdrawn"
    assert ask(team, make_content("clock")).server_id != server.pk


def test_the_owner_of_an_agent_withdraws_what_it_asked(team: Team, approver: User) -> None:
    owner = make_user(team)
    agent = as_agent(make_service(owner, team))
    request = request_server(principal=agent, team=team, content=make_content(), source="api")
    assert withdraw_request(principal=make_principal(owner), request_id=request.pk).state == "withdrawn"


def test_withdrawing_a_change_leaves_what_is_approved(team: Team, approver: User, editor: User) -> None:
    make_server(team, make_content("clock"))
    request = ask(team, make_content("clock", timeout_ms=5), requester=editor)
    withdraw_request(principal=make_principal(editor), request_id=request.pk)
    assert McpServer.objects.get().state == "approved"
    assert len(load_enabled(team)) == 1


def test_a_rejection_on_the_reviews_page_ends_the_request_with_its_reason(team: Team, approver: User) -> None:
    request = work(ask(team, make_content("clock")))
    assert request.review is not None
    reject_review(
        principal=make_principal(approver),
        review_id=request.review.pk,
        fingerprint=request.review.content_hash,
        reason="Too much for a clock.",
    )
    request.refresh_from_db()
    server = McpServer.objects.get()
    assert (request.state, server.state, server.state_reason) == (
        "rejected",
        "rejected",
        "Too much for a clock.",
    )


def test_an_approver_ends_a_request_that_nobody_can_review(team: Team, approver: User, editor: User) -> None:
    request = work(ask(team, requester=editor), is_probed=False)
    assert (request.review, request.state) == (None, "needs_review")
    with pytest.raises(Refused):
        withdraw_request(principal=make_principal(make_user(team, Role.EDITOR)), request_id=request.pk)
    ended = withdraw_request(principal=make_principal(approver), request_id=request.pk, reason="Unseen.")
    assert (ended.state, ended.server.state, ended.server.state_reason) == (
        "withdrawn",
        "withdrawn",
        "Unseen.",
    )


def test_a_team_with_open_requests_is_not_retired(team: Team, approver: User) -> None:
    ask(team)
    with pytest.raises(Conflict, match="1 open request for MCP servers"):
        retire_team(principal=make_principal(make_owner()), team=team)


def test_checked_again_nobody_approves_meanwhile(team: Team, approver: User, editor: User) -> None:
    request = work(ask(team, requester=editor))
    retry_checks(principal=make_principal(editor), request_id=request.pk)
    with pytest.raises(Conflict) as caught:
        approve(request, approver)
    assert caught.value.code == "not_approvable"
    request.refresh_from_db()
    again = work(request)
    assert (again.run, again.state, again.checks.filter(run=2).count()) == (2, "needs_review", 1)
    assert approve(again, approver).is_decided


def test_whoever_may_not_ask_does_not_have_it_checked_again(team: Team, approver: User) -> None:
    request = work(ask(team))
    with pytest.raises(Refused):
        retry_checks(principal=make_principal(make_user(team, Role.VIEWER)), request_id=request.pk)


def test_what_is_over_stays_over(team: Team, approver: User, editor: User) -> None:
    server = make_server(team, make_content("clock"), requester=editor)
    [request] = McpRequest.objects.all()
    for act in (withdraw_request, retry_checks):
        with pytest.raises(Conflict):
            act(principal=make_principal(editor), request_id=request.pk)
    revoke_server(principal=make_principal(approver), server_id=server.pk, reason="Not needed.")
    with pytest.raises(DomainError):
        revoke_server(principal=make_principal(approver), server_id=server.pk, reason="Again.")


# Seeing ----------------------------------------------------------------------------------------------------


def test_only_the_team_and_owners_see_them(team: Team, approver: User) -> None:
    request = ask(team)
    service = make_service(approver, team)
    seeing = [make_principal(approver), make_principal(make_owner()), as_agent(service)]
    for principal in seeing:
        assert [row.pk for row in list_requests(principal)] == [request.pk]
        assert [row.pk for row in list_servers(principal)] == [request.server_id]
        assert get_request(principal, request.pk) == request
    blind = [
        make_principal(make_user(make_team(), Role.ADMIN)),
        as_agent(service, Scope.CHATS_READ),
        make_principal(make_user()),
    ]
    for principal in blind:
        assert (list(list_requests(principal)), list(list_servers(principal))) == ([], [])
        with pytest.raises(NotFound):
            get_request(principal, request.pk)


def test_whoever_asked_follows_it_with_a_token_that_may_only_ask(team: Team, approver: User) -> None:
    agent = as_agent(make_service(approver, team), Scope.MCP_REQUEST)
    make_user(team)
    request = request_server(principal=agent, team=team, content=make_content(), source="api")
    assert get_request(agent, request.pk) == request


def test_secrets_end_with_the_request_that_brought_them(team: Team, approver: User, editor: User) -> None:
    request = ask(
        team, with_secret(make_content("clock")), requester=editor, secrets={"API_TOKEN": "s3cret-value"}
    )
    assert McpSecret.objects.count() == 1
    withdraw_request(principal=make_principal(editor), request_id=request.pk)
    assert McpSecret.objects.count() == 0


def test_a_wish_for_some_days_holds_for_these(team: Team, approver: User) -> None:
    server = make_server(team, valid_days=30)
    assert server.approval is not None
    assert server.approval.expires_at == server.approval.approved_at + timedelta(days=30)
    assert len(load_enabled(team)) == 1
    assert load_enabled(team, now=timezone.now() + timedelta(days=31)) == ()


def test_a_content_is_read_by_the_same_rules_at_every_door(team: Team, approver: User) -> None:
    """One that was put together past its reader is refused."""
    content = McpServerContent(name="clock", program="/bin/sh", package=Package(kind="pypi", identifier="x"))
    with pytest.raises(Invalid):
        ask(team, content)
