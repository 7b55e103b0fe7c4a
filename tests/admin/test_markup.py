"""Every page keeps the strict policy: nothing inline, no foreign address, everything has a name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from accounts.domain.login_links import create_login_link
from accounts.domain.ssh_keys import add_ssh_key
from accounts.enums import Role
from accounts.models import ApiToken, Team, User
from configs.content import (
    AgentContent,
    InstructionContent,
    ModelContent,
    PromptContent,
    PromptVariable,
    ProviderContent,
    ToolRule,
    ToolRulesContent,
)
from configs.domain.imports import SourceFile, import_files
from configs.models import ImportedFile
from configs.pages.doors import ADMIN_DOOR, CONFIGURE_DOOR
from engines.models import Chat, Engine, Message, Subagent
from events.models import AuditEntry
from health.models import HealthCheck
from mcp_servers.checks.results import HIGH, finding, not_checked
from mcp_servers.domain.incidents import report_incident
from mcp_servers.enums import IncidentKind
from releases.models import Release
from tests.accounts.ssh.lines import make_ed25519_line
from tests.admin.doors import INBOX, Page, address, enter, request_url
from tests.factories import (
    ACTOR,
    change_config,
    make_chat,
    make_config,
    make_engine,
    make_gated,
    make_owner,
    make_principal,
    make_prompt,
    make_question,
    make_request,
    make_session,
    make_team,
    make_token,
    make_user,
)
from tests.health.make import make_finding, report
from tests.mcp_servers.make import ask, make_content, make_remote_content, make_server, with_secret, work
from tests.procedures.making import make_sop, make_sop_proposal
from tests.releases.make import make_publication
from tests.reviews.things import ask_review, make_delegation, register_things

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def reader(team: Team) -> User:
    """An owner who is a team's admin too: sees every part of every page."""
    user = make_owner()
    team.memberships.create(user=user, role="admin")
    return user


@pytest.fixture(autouse=True)
def things() -> Iterator[None]:
    with register_things():
        yield


def make_health(team: Team) -> str:
    """A component that went wrong, so that every page has its banner; returns its key."""
    for state, detail in (("ready", ""), ("error", "<b>It</b> says so.")):
        report(make_finding(state, team=team, subject_id="e1", detail=detail, facts={"answer_ms": 3}))
    return str(HealthCheck.objects.get(subject_id="e1").pk)


def every_page(team: Team, reader: User) -> list[str]:
    engine = make_engine(team, directories=["/srv/a"])
    make_session(engine, "ses_1")
    make_session(engine, "ses_2", "ses_1")
    whole = make_request(engine, session_id="ses_2")
    edit = make_request(engine, permission="edit", patterns=["a"], metadata={"diff": "@@ -1 +1 @@\n-a\n+b"})
    odd = make_request(engine, "cat \u202e", sealed=False)
    make_token(reader, "requests:read")
    link = create_login_link(actor=ACTOR, user=make_user(team)).secret
    configured = make_everything_configured(team, reader)
    objects = {
        "accounts_user": make_user(team).pk,
        "accounts_team": team.pk,
        "accounts_apitoken": ApiToken.objects.get().pk,
        "accounts_sshkey": add_ssh_key(principal=make_principal(reader), public_key=make_ed25519_line()).pk,
        "engines_engine": engine.pk,
        "engines_chat": Chat.objects.get(ai_engine_session_id="ses_1").pk,
        "engines_subagent": Subagent.objects.get(source_ref="ses_2").pk,
        "governance_permissionrequest": whole.pk,
        "governance_question": make_question(engine, session_id="ses_2").pk,
        "mcp_servers_mcpincident": report_incident(
            engine=engine, kind=IncidentKind.UNKNOWN_SERVER, name="evil", what="Nobody approved it."
        ).pk,
        "mcp_servers_mcpserver": make_everything_of_mcp(team, reader),
        "procedures_proposal": make_sop_proposal(team).pk,
        "procedures_sop": make_sop(team, make_user(team)).pk,
        "health_healthcheck": make_health(team),
        "releases_publication": make_publication(reader, engine).pk,
        "releases_release": Release.objects.get().pk,
        "reviews_review": ask_review(make_user(team), team).pk,
        "reviews_delegation": make_delegation(team, reader).pk,
        "events_auditentry": str(AuditEntry.objects.order_by("n")[0].pk),
    }
    return [
        reverse("admin:index"),
        reverse("admin:password_change"),
        f"{reverse(INBOX)}?tab=all",
        request_url(edit),
        request_url(odd),
        reverse("login-link", args=[link]),
        "/login/gone/",
        "/admin/nothing/",
        *(address(model, "add") for model in ("accounts_user", "accounts_team", "accounts_apitoken")),
        address("accounts_sshkey", "add"),
        address("reviews_delegation", "add"),
        address("mcp_servers_mcpserver", "add"),
        address("mcp_servers_mcpserver", "import"),
        address("procedures_proposal", "add"),
        address("procedures_proposal", "edit", objects["procedures_proposal"]),
        *list_config_pages(configured),
        *list_chat_pages(reader, engine),
        *(address(model, "changelist") for model in objects),
        *(address(model, view, pk) for model, pk in objects.items() for view in ("change", "history")),
    ]


def list_chat_pages(reader: User, engine: Engine) -> list[str]:
    """The list, the form, and a chat in which everything happens that a chat shows."""
    chat = make_chat(reader, make_gated(engine), "ses_talk", tags=["totals"])
    parts = [
        {"id": "prt_1", "type": "reasoning", "text": "Let me think"},
        {"id": "prt_2", "type": "text", "text": "# Done\n\n- **one**\n\n```\ncode\n```"},
        {"id": "prt_3", "type": "tool", "tool": "bash", "callID": "call_1", "status": "running"},
        {"id": "prt_4", "type": "patch", "files": ["a.py"]},
        {"id": "prt_5", "type": "file", "filename": "a.png", "mime": "image/png"},
    ]
    Message.objects.create(
        chat=chat, role="assistant", ai_engine_message_id="msg_1", engine_message_status="failed", parts=parts
    )
    make_session(engine, "ses_below", "ses_talk", agent="explore")
    plain = make_request(engine, "npm test", session_id="ses_talk")
    danger = make_request(engine, "rm -rf build", session_id="ses_below")
    make_question(engine, session_id="ses_talk")
    make_prompt(chat, "And then?")
    return [
        reverse("chats:list"),
        f"{reverse('chats:list')}?whose=all&q=nothing",
        reverse("chats:new"),
        reverse("chats:show", args=[chat.pk]),
        address("engines_chat", "change", chat.pk),
        *(reverse("chats:request", args=[chat.pk, request.pk]) for request in (plain, danger)),
    ]


def make_everything_configured(team: Team, author: User) -> dict[str, str]:
    """{kind: id}, each in two versions where that shows more."""
    variable = PromptVariable(name="language", default="Python")
    prompt = make_config(team, PromptContent(name="Reviewer", body="In {{language}}", variables=(variable,)))
    change_config(prompt, PromptContent(name="Reviewer", body="Other"), "production")
    rules = (ToolRule("bash", "*", "ask"), ToolRule("*", "*", "deny"))
    rows = [
        prompt,
        make_config(team, AgentContent(name="builder", prompt=prompt.pk, rules=rules)),
        make_config(team, InstructionContent(name="house-rules", body="x")),
        make_config(team, ModelContent(provider="acme", identifier="large", name="Large")),
        make_config(team, ProviderContent(name="acme")),
        make_config(team, ToolRulesContent(rules=rules), author=author),
    ]
    file = SourceFile("agent/one.md", b"---\nmode: all\nnobody_knows: 1\n---\nHello")
    import_files(principal=make_principal(make_user(team, Role.EDITOR)), team=team, files=[file])
    imported = ImportedFile.objects.get()
    return {**{row.kind: row.pk for row in rows}, "imported_file": imported.pk}


def list_config_pages(configured: dict[str, str]) -> list[str]:
    """Every page of every kind, at both doors."""
    views = ("show", "edit", "versions", "history")
    return [
        *(reverse(f"configure:{name}") for name in ("index", "production", "labels", "import", "catalogue")),
        reverse("configure:imported", args=[configured["imported_file"]]),
        *(
            door.url(kind, view, *arguments)
            for door in (ADMIN_DOOR, CONFIGURE_DOOR)
            for kind, pk in configured.items()
            if kind != "imported_file"
            for view, arguments in [("list", ()), ("add", ()), *((view, (pk,)) for view in views)]
        ),
    ]


def make_everything_of_mcp(team: Team, reader: User) -> str:
    """One that was approved and is asked for anew, with every kind of finding; and one that is remote."""
    editor = make_user(team, Role.EDITOR)
    content = with_secret(make_content("clock", arguments=("--zone",)))
    server = make_server(team, content, approver=make_user(team), requester=editor)
    findings = [
        finding("tool_text", HIGH, "It hides something.", tool="now"),
        not_checked("vulnerabilities", "There is no list."),
    ]
    work(ask(team, with_secret(make_content("clock")), requester=editor), findings=findings, now="\u202e")
    work(ask(team, make_remote_content("far"), requester=editor))
    return server.pk


def find_inline(page: Page) -> list[tuple[str, str]]:
    """What a strict policy forbids, and what reaches beyond this site."""
    found = []
    for tag, attributes in page.elements:
        found += [(tag, name) for name in attributes if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and not attributes.get("src")):
            found.append((tag, "inline"))
        for name in ("src", "href", "action", "formaction"):
            value = attributes.get(name, "/")
            if not value.startswith(("/", "#", "?")) or value.startswith("//"):
                found.append((tag, value))
    return found


def find_nameless(page: Page) -> list[dict[str, str]]:
    """Fields that no label names."""
    labelled = {attributes.get("for") for attributes in page.find("label")}
    return [
        attributes
        for tag, attributes in page.elements
        if tag in {"input", "select", "textarea"}
        and attributes.get("type") not in {"hidden", "checkbox", "radio"}
        and "hidden" not in attributes
        and attributes.get("id") not in labelled
    ]


def test_every_page_keeps_the_strict_policy(team: Team, reader: User) -> None:
    client = enter(reader)
    inline, nameless, policies, icons = {}, {}, set(), {}
    for url in every_page(team, reader):
        response = client.get(url)
        assert response.status_code in {200, 404, 410}, url
        page = Page(response.content.decode())
        inline[url], nameless[url] = find_inline(page), find_nameless(page)
        icons[url] = len(page.find("link", rel="icon"))
        policies.add(response.headers["Content-Security-Policy"])
    assert {url: found for url, found in inline.items() if found} == {}
    assert {url: found for url, found in nameless.items() if found} == {}
    assert {url: count for url, count in icons.items() if count != 1} == {}
    [policy] = policies
    assert {"default-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))


def test_the_login_page_too() -> None:
    page = Page(Client().get(reverse("admin:login")).content.decode())
    assert (find_inline(page), find_nameless(page), len(page.find("link", rel="icon"))) == ([], [], 1)
