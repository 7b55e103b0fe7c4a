"""Who may open what: every page and every button, for everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.domain.invitations import invite_person
from accounts.domain.login_throttles import TooManyAttempts, begin_attempt
from accounts.domain.retirement import retire_user
from accounts.domain.ssh_keys import add_ssh_key
from accounts.enums import Role
from accounts.models import (
    ApiToken,
    Invitation,
    LoginLink,
    LoginSession,
    LoginThrottle,
    Membership,
    SshKey,
    Team,
    User,
)
from configs.content import (
    AgentContent,
    Content,
    InstructionContent,
    ModelContent,
    PromptContent,
    ProviderContent,
    ToolRulesContent,
)
from configs.models import Agent, ConfigLabel, ConfigVersion, Model, Prompt
from engines.models import Chat, Engine, Subagent
from governance.models import (
    PermissionRequest,
    Question,
    RuleProposal,
    RuleReplay,
    WhitelistAction,
    WhitelistTarget,
)
from health.models import HealthCheck
from mcp_servers.domain.incidents import report_incident
from mcp_servers.enums import IncidentKind
from mcp_servers.models import McpIncident, McpProbe, McpRequest, McpSecret, McpServer
from procedures.models import Proposal, ProposalComment, Sop
from releases.models import EngineDefaults, Publication, Release
from reviews.models import Delegation, Review, ReviewComment, ReviewPolicy
from tests.accounts.ssh.lines import make_ed25519_line
from tests.admin.doors import address, enter
from tests.factories import (
    make_config,
    make_engine,
    make_owner,
    make_principal,
    make_proposal,
    make_question,
    make_replay,
    make_request,
    make_rule,
    make_service,
    make_session,
    make_target,
    make_team,
    make_token,
    make_user,
)
from tests.mcp_servers.make import make_server
from tests.procedures.making import make_sop, make_sop_proposal
from tests.releases.make import make_publication
from tests.reviews.things import Things, ask_review, make_delegation, register_things

pytestmark = pytest.mark.django_db

CONFIGS = [
    *("configs_agent", "configs_instruction", "configs_model"),
    *("configs_prompt", "configs_provider", "configs_toolrules"),
]
LISTS = [
    "accounts_user",
    "accounts_team",
    "accounts_apitoken",
    "accounts_invitation",
    "accounts_loginsession",
    "accounts_sshkey",
    *CONFIGS,
    "engines_engine",
    "engines_chat",
    "engines_subagent",
    "governance_permissionrequest",
    "governance_question",
    "governance_ruleproposal",
    "governance_rulereplay",
    "governance_whitelistaction",
    "governance_whitelisttarget",
    "health_healthcheck",
    "mcp_servers_mcpincident",
    "mcp_servers_mcpserver",
    "procedures_proposal",
    "procedures_sop",
    "releases_publication",
    "releases_release",
    "reviews_delegation",
    "reviews_review",
    "reviews_reviewpolicy",
]
OWNERS_LISTS = ["accounts_loginthrottle", "events_auditentry"]
BUTTONS = {
    "accounts_user": ["reset-password", "rename", "end-logins", "retire"],
    "accounts_team": ["settings", "add-member", "set-role", "set-ssh", "end-membership", "retire"],
    "accounts_apitoken": ["revoke"],
    "accounts_invitation": ["new-link", "revoke"],
    "accounts_loginsession": ["end"],
    "accounts_sshkey": ["save", "activate", "deactivate", "drop"],
    "engines_engine": [
        *("pause", "resume", "change-access", "retire", "waive-gate", "require-gate"),
        *("change-control", "build-release", "roll-back", "defaults"),
    ],
    "engines_subagent": ["stop"],
    "procedures_proposal": ["submit", "withdraw", "request-changes", "comment", "resolve"],
    "procedures_sop": ["verify", "revoke"],
    "mcp_servers_mcpincident": ["acknowledge"],
    "mcp_servers_mcpserver": [
        *("approve", "reject", "choose-tools", "trial", "withdraw", "check-again"),
        *("suspend", "resume", "revoke", "switch-tool", "probe"),
        *("set-secret", "clear-secret", "reveal-secret"),
    ],
    "releases_publication": ["cancel", "force"],
    "releases_release": ["publish"],
    "governance_permissionrequest": [
        *("approve", "deny", "claim", "release", "snooze", "unsnooze", "comment"),
        *("approve-from-list", "deny-from-list", "claim-from-list", "release-from-list"),
        *("snooze-from-list", "unsnooze-from-list"),
    ],
    "governance_question": ["answer", "reject"],
    "governance_ruleproposal": ["dismiss"],
    "governance_rulereplay": ["step"],
    "governance_whitelistaction": ["switch-on", "switch-off", "retire", "restore"],
    "governance_whitelisttarget": ["switch-on", "switch-off", "retire", "restore"],
}
CONTENTS: tuple[Content, ...] = (
    AgentContent(name="builder"),
    InstructionContent(name="house-rules"),
    ModelContent(provider="acme", identifier="large", name="Large"),
    PromptContent(name="Reviewer"),
    ProviderContent(name="acme"),
    ToolRulesContent(),
)
# Their forms are opened and posted to; tests/admin/test_rules.py walks them.
RULE_PAGES = ("governance_whitelistaction", "governance_whitelisttarget")
BUTTONS |= {
    "reviews_delegation": ["revoke"],
    "reviews_review": ["approve", "reject", "withdraw", "comment"],
}
BUTTONS |= {model: ["restore", "retire", "unretire", "copy", "move-label", "drop-label"] for model in CONFIGS}
PRESSES = [(model, button) for model, buttons in BUTTONS.items() for button in buttons]


@dataclass(frozen=True)
class World:
    """A team with one of everything; `objects` by "app_model"."""

    team: Team
    admin: User
    objects: dict[str, str]


@pytest.fixture
def things() -> Iterator[Things]:
    with register_things() as registered:
        yield registered


@pytest.fixture
def world(things: Things) -> World:
    team = make_team()
    team_admin = make_user(team, Role.ADMIN)
    engine = make_engine(team)
    make_session(engine, "ses_1")
    make_session(engine, "ses_2", "ses_1")
    request = make_request(engine, session_id="ses_2")
    make_token(team_admin, "requests:read")
    invited = invite_person(
        principal=make_principal(team_admin), username="invited", team=team, role=Role.VIEWER
    )
    enter(team_admin)
    policy = ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=1)
    objects = {
        "accounts_user": make_user(team, Role.VIEWER).pk,
        "accounts_team": team.pk,
        "accounts_apitoken": ApiToken.objects.get().pk,
        "accounts_invitation": invited.invitation.pk,
        "accounts_loginsession": LoginSession.objects.get().pk,
        "accounts_sshkey": add_ssh_key(
            principal=make_principal(team_admin), public_key=make_ed25519_line()
        ).pk,
        **{
            f"configs_{content.kind.replace('_', '')}": make_config(team, content, author=team_admin).pk
            for content in CONTENTS
        },
        "engines_engine": engine.pk,
        "engines_chat": Chat.objects.get().pk,
        "engines_subagent": Subagent.objects.get().pk,
        "governance_permissionrequest": request.pk,
        "governance_question": make_question(engine, session_id="ses_2").pk,
        "governance_ruleproposal": make_proposal(team).pk,
        "governance_rulereplay": make_replay(team, team_admin).pk,
        "governance_whitelistaction": make_rule(team, author=team_admin).pk,
        "governance_whitelisttarget": make_target(team, author=team_admin).pk,
        "health_healthcheck": HealthCheck.objects.create(component="engine", team=team, name="engine").pk,
        "procedures_proposal": make_sop_proposal(team).pk,
        "procedures_sop": make_sop(team, make_user(team)).pk,
        "mcp_servers_mcpincident": report_incident(
            engine=engine, kind=IncidentKind.UNKNOWN_SERVER, name="evil", what="Nobody approved it."
        ).pk,
        "mcp_servers_mcpserver": make_server(team, approver=team_admin).pk,
        "releases_publication": make_publication(team_admin, engine).pk,
        "releases_release": Release.objects.get().pk,
        "reviews_delegation": make_delegation(team, team_admin).pk,
        "reviews_review": ask_review(make_user(team, Role.EDITOR), team).pk,
        "reviews_reviewpolicy": policy.pk,
    }
    return World(team, team_admin, objects)


def snapshot() -> list[object]:
    """Everything a button could have changed."""
    return [
        list(User.objects.order_by("pk").values_list("pk", "name", "is_active", "password")),
        list(Membership.objects.order_by("pk").values_list("pk", "role", "ended_at", "has_ssh")),
        list(Team.objects.order_by("pk").values_list("pk", "name", "tokens_may_decide", "retired_at")),
        list(ApiToken.objects.order_by("pk").values_list("pk", "revoked_at")),
        list(SshKey.objects.order_by("pk").values_list("pk", "name", "is_active", "deleted_at")),
        list(Invitation.objects.order_by("pk").values_list("pk", "revoked_at")),
        list(LoginLink.objects.order_by("pk").values_list("pk", "used_at")),
        list(LoginThrottle.objects.order_by("pk").values_list("pk", "locked_until")),
        list(Engine.objects.order_by("pk").values_list("pk", "is_enabled", "address", "retired_at")),
        list(PermissionRequest.objects.order_by("pk").values_list("pk", "state", "approvals")),
        list(Question.objects.order_by("pk").values_list("pk", "state", "answers")),
        list(Review.objects.order_by("pk").values_list("pk", "state", "approvals")),
        list(Delegation.objects.order_by("pk").values_list("pk", "revoked_at")),
        list(ReviewPolicy.objects.order_by("pk").values_list("pk", "approvals_needed", "approver_role")),
        ReviewComment.objects.count(),
        list(McpServer.objects.order_by("pk").values_list("pk", "state", "switched_off")),
        list(McpRequest.objects.order_by("pk").values_list("pk", "state", "tools")),
        list(McpSecret.objects.order_by("pk").values_list("pk", "value")),
        list(McpIncident.objects.order_by("pk").values_list("pk", "state")),
        McpProbe.objects.count(),
        list(Publication.objects.order_by("pk").values_list("pk", "state", "is_forced")),
        (Release.objects.count(), EngineDefaults.objects.count()),
        list(Proposal.objects.order_by("pk").values_list("pk", "state", "number")),
        (list(Sop.objects.order_by("pk").values_list("pk", "state")), ProposalComment.objects.count()),
        list(RuleProposal.objects.order_by("pk").values_list("pk", "state")),
        list(RuleReplay.objects.order_by("pk").values_list("pk", "state", "done")),
        list(WhitelistAction.objects.order_by("pk").values_list("pk", "state", "version")),
        list(WhitelistTarget.objects.order_by("pk").values_list("pk", "state", "version")),
        list(ConfigVersion.objects.order_by("pk").values_list("pk", "number")),
        list(ConfigLabel.objects.order_by("pk").values_list("pk", "number")),
        [list(kind.objects.values_list("pk", "version", "retired_at")) for kind in (Agent, Model, Prompt)],
    ]


def registered_admins() -> dict[str, Any]:
    registry = admin.site._registry  # noqa: SLF001 - Django has no public list
    return {f"{model._meta.app_label}_{model._meta.model_name}": found for model, found in registry.items()}


def test_every_registered_model_is_walked() -> None:
    registered = set(registered_admins())
    assert registered == {*LISTS, *OWNERS_LISTS}


def test_every_button_is_walked() -> None:
    names = set()
    for prefix, model_admin in registered_admins().items():
        for pattern in model_admin.get_urls():
            name = str(pattern.name or "").removeprefix(f"{prefix}_")
            if name not in {"changelist", "add", "history", "change", ""} and pattern.name:
                names.add((prefix, name))
    assert names == {
        *PRESSES,
        ("events_auditentry", "check"),
        ("events_auditentry", "export"),
        ("reviews_reviewpolicy", "set-approvals"),
        ("reviews_reviewpolicy", "set-terms"),
        ("accounts_loginsession", "end-others"),
        ("accounts_loginthrottle", "clear"),
        ("governance_permissionrequest", "bulk-approve"),
        ("governance_permissionrequest", "bulk-deny"),
        # Forms that are opened and posted to; tests/admin/test_workshop.py walks them.
        ("governance_permissionrequest", "propose-rule"),
        ("governance_ruleproposal", "make-rule"),
        ("governance_ruleproposal", "look"),
        # tests/governance/test_engine_blocks.py walks these.
        ("governance_whitelistaction", "export"),
        ("governance_whitelistaction", "import"),
        *((model, page) for model in RULE_PAGES for page in ("edit", "try")),
        # tests/admin/test_procedures.py walks it.
        ("procedures_proposal", "edit"),
        # tests/admin/test_mcp_requesting.py walks these.
        ("mcp_servers_mcpserver", "import"),
        ("mcp_servers_mcpserver", "export"),
        # tests/releases/test_admin.py walks it.
        ("releases_release", "files"),
        # tests/admin/test_configs.py walks these.
        *((model, page) for model in CONFIGS for page in ("edit", "preview", "versions")),
    }


@pytest.mark.parametrize("model", [*LISTS, *OWNERS_LISTS])
def test_nothing_can_be_deleted(model: str) -> None:
    with pytest.raises(NoReverseMatch):
        address(model, "delete", "x")


def test_a_member_opens_every_list_and_object(world: World) -> None:
    client = enter(world.admin)
    urls = [address(model, "changelist") for model in LISTS] + [
        address(model, view, world.objects[model]) for model in LISTS for view in ("change", "history")
    ]
    assert {url: client.get(url).status_code for url in urls} == dict.fromkeys(urls, 200)


def press_urls(world: World) -> list[str]:
    policies = [
        address("reviews_reviewpolicy", button, world.team.pk) for button in ("set-approvals", "set-terms")
    ]
    return [*(address(model, button, world.objects[model]) for model, button in PRESSES), *policies]


STRANGERS: dict[str, Callable[[World], User | None]] = {
    "anonymous": lambda _: None,
    "a person without a team": lambda _: make_user(),
    "a service account of the team": lambda world: make_service(world.admin, world.team),
    "a retired person": lambda world: make_retired(world.team),
    "a former member": lambda world: make_former_member(world.team),
}


def make_retired(team: Team) -> User:
    user = make_user(team, Role.ADMIN)
    retire_user(principal=make_principal(make_owner()), user=user)
    return user


def make_former_member(team: Team) -> User:
    user = make_user(team, Role.ADMIN)
    user.memberships.update(ended_at=team.created_at)
    return user


@pytest.mark.parametrize("stranger", STRANGERS)
def test_who_does_not_belong_here_is_sent_to_the_login_page(world: World, stranger: str) -> None:
    user = STRANGERS[stranger](world)
    client = enter(user) if user else Client()
    for model in LISTS:
        for url in (address(model, "changelist"), address(model, "change", world.objects[model])):
            response = client.get(url)
            assert (response.status_code, response.headers["Location"]) == (
                302,
                f"{reverse('admin:login')}?next={url}",
            )


@pytest.mark.parametrize("stranger", STRANGERS)
def test_who_does_not_belong_here_presses_no_button(world: World, stranger: str) -> None:
    user = STRANGERS[stranger](world)
    before = snapshot()
    client = enter(user) if user else Client()
    for url in press_urls(world):
        response = client.post(url)
        assert (response.status_code, response.headers["Location"]) == (
            302,
            f"{reverse('admin:login')}?next={url}",
        )
    assert snapshot() == before


def test_another_teams_objects_do_not_exist(world: World) -> None:
    client = enter(make_user(make_team(), Role.ADMIN))
    urls = [address(model, view, world.objects[model]) for model in LISTS for view in ("change", "history")]
    assert {url: client.get(url).status_code for url in urls} == dict.fromkeys(urls, 404)
    for model in LISTS:
        assert world.objects[model] not in client.get(address(model, "changelist")).content.decode()


def test_another_teams_buttons_do_not_exist(world: World) -> None:
    client = enter(make_user(make_team(), Role.ADMIN))
    before, urls = snapshot(), press_urls(world)
    assert {url: client.post(url).status_code for url in urls} == dict.fromkeys(urls, 404)
    assert snapshot() == before


def test_opening_a_buttons_address_is_405_and_does_nothing(world: World) -> None:
    client = enter(world.admin)
    before, urls = snapshot(), press_urls(world)
    answers = {url: client.get(url) for url in urls}
    found = {url: (answer.status_code, answer.headers.get("Allow")) for url, answer in answers.items()}
    assert found == dict.fromkeys(urls, (405, "POST"))
    assert snapshot() == before


def test_a_press_without_the_forms_token_is_403(world: World) -> None:
    client = enter(world.admin, enforce_csrf_checks=True)
    before, urls = snapshot(), press_urls(world)
    assert {url: client.post(url).status_code for url in urls} == dict.fromkeys(urls, 403)
    assert snapshot() == before


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_pages_are_only_read(world: World, method: str) -> None:
    client = enter(world.admin)
    before = snapshot()
    urls = [
        url
        for model in LISTS
        for url in (address(model, "changelist"), address(model, "change", world.objects[model]))
    ]
    assert {url: getattr(client, method)(url).status_code for url in urls} == dict.fromkeys(urls, 405)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("model", "column"),
    [
        ("accounts_user", "password__startswith"),
        ("accounts_apitoken", "digest__startswith"),
        ("engines_engine", "password__gt"),
        ("governance_permissionrequest", "content__startswith"),
        ("governance_permissionrequest", "team__name"),
        ("engines_chat", "engine__password__startswith"),
    ],
)
def test_no_column_can_be_guessed_through_the_address(world: World, model: str, column: str) -> None:
    client = enter(world.admin)
    for value in ("", "a"):
        assert client.get(address(model, "changelist"), {column: value}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\0"},
        {"engine": "\0"},
        {"chat": "a\0b"},
        {"permission": "\0"},
        {"_rows": "1", "_known": "\0,x"},
        {"p": "-1"},
        {"p": "999999999999999999999"},
        {"o": "x.9.-1"},
    ],
)
def test_nonsense_in_the_inboxs_address_is_no_error(world: World, query: dict[str, str]) -> None:
    url = address("governance_permissionrequest", "changelist")
    assert enter(world.admin).get(url, query).status_code in {200, 302}


@pytest.mark.parametrize("model", [*LISTS, *OWNERS_LISTS])
@pytest.mark.parametrize("key", ["x", "99999999999999999999999", "a%00b", "..", "%F0%9F%98%80"])
def test_nonsense_for_a_key_is_404(world: World, model: str, key: str) -> None:
    url = f"{address(model, 'changelist')}{key}/change/"
    assert enter(make_owner()).get(url).status_code == 404


def test_only_owners_read_the_whole_audit_chain(world: World) -> None:
    url = address("events_auditentry", "changelist")
    assert [enter(user).get(url).status_code for user in (world.admin, make_owner())] == [403, 200]


def make_lock() -> LoginThrottle:
    """Of an account from one address."""
    for _ in range(5):
        begin_attempt(username="bob", address="192.0.2.7")
    with pytest.raises(TooManyAttempts):
        begin_attempt(username="bob", address="192.0.2.7")
    return LoginThrottle.objects.exclude(locked_until=None).get()


def test_only_owners_see_and_clear_login_locks(world: World) -> None:
    lock = make_lock()
    urls = [address("accounts_loginthrottle", view, lock.pk) for view in ("change", "history")]
    clear = address("accounts_loginthrottle", "clear", lock.pk)
    client, stranger, owner = enter(world.admin), Client(), enter(make_owner())
    assert client.get(address("accounts_loginthrottle", "changelist")).status_code == 403
    assert [client.get(url).status_code for url in urls] == [404, 404]
    assert [client.post(clear).status_code, stranger.post(clear).status_code] == [404, 302]
    assert enter(world.admin, enforce_csrf_checks=True).post(clear).status_code == 403
    assert owner.get(clear).status_code == 405
    assert LoginThrottle.objects.filter(pk=lock.pk).exists()
    assert [owner.get(url).status_code for url in urls] == [200, 200]
    assert owner.post(clear).status_code == 302
    assert not LoginThrottle.objects.filter(pk=lock.pk).exists()


def test_logging_out_elsewhere_needs_a_login_a_post_and_the_forms_token(world: World) -> None:
    url = address("accounts_loginsession", "end-others")
    elsewhere = enter(world.admin)
    assert Client().post(url).status_code == 302
    assert enter(make_user(make_team())).post(url).status_code == 302
    assert enter(world.admin).get(url).status_code == 405
    assert enter(world.admin, enforce_csrf_checks=True).post(url).status_code == 403
    assert elsewhere.get(reverse("admin:index")).status_code == 200


def test_an_owner_without_a_team_reads_no_chats(world: World) -> None:
    client = enter(make_owner())
    for model in ("engines_chat", "engines_subagent"):
        assert client.get(address(model, "change", world.objects[model])).status_code == 404


def test_the_menu_shows_what_one_may_open(world: World) -> None:
    def menu(user: User) -> list[str]:
        html = enter(user).get(reverse("admin:index")).content.decode()
        side = html[html.index('class="menu-side"') : html.index("<main")]
        return [
            re.sub(r"<[^>]+>", " ", link).split()[0] for link in re.findall(r"<a .*?</a>", side, re.DOTALL)
        ]

    inbox = ["Requests", "Questions", "Reviews", "Delegations"]
    rules = ["Rules", "Path", "Proposals", "Replays"]
    mcp = ["MCP", "MCP"]
    configs = ["Agents", "Prompts", "Instructions", "Models", "Providers", "Rules"]
    procedures = ["Proposals", "Procedures"]
    engines = ["Engines", "Every", "Subagents", "Releases", "Publications", "Health"]
    work = ["Dashboard", "Chats", *inbox, *rules, *mcp, *procedures, *configs, *engines]
    people = ["Teams", "API", "SSH", "Logins"]
    assert menu(world.admin) == [*work, "Users", "Invitations", *people]
    assert menu(make_user(world.team, Role.APPROVER)) == [*work, "Users", *people]
    assert menu(make_owner()) == [
        "Dashboard",
        *inbox,
        *mcp,
        *procedures,
        *configs,
        "Engines",
        "Health",
        "Users",
        "Invitations",
        *people,
        "Login",
        "Audit",
    ]
