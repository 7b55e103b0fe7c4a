"""The demo's rows: one person who decides, one team, the engine, and a machine for the REST door."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from accounts.domain.login_links import create_login_link
from accounts.domain.teams import add_member, create_team
from accounts.domain.tokens import create_token
from accounts.domain.users import create_user
from accounts.enums import Role, Scope, UserKind
from accounts.models import Team, User
from accounts.principal import Principal
from chats.demo import seed_chat
from engines.domain.registry import register_engine
from engines.domain.retirement import retire_engine
from engines.enums import EngineControl
from engines.models import Engine
from events.actors import Door, build_command_actor
from events.encryption import register_keys
from events.keyring import make_keys_file
from governance.domain.gate_access import make_gate_token
from governance.domain.rules import save_rule
from governance.enums import RuleEffect
from governance.rule_drafts import RuleDraft
from mcp_servers.demo import seed_request
from procedures.demo import seed_proposal
from relay.demo.parts import seed_parts

TEAM = "Demo"
PERSON = "demo"
ACTOR = build_command_actor("demo")


def prepare_database() -> None:
    """Keys, tables, the team and the person; for an empty database."""
    try:
        make_keys_file(Path(settings.COUNTERSIGN_KEYS_FILE))
        call_command("migrate", interactive=False, verbosity=0)
        register_keys()
        team = create_team(actor=ACTOR, name=TEAM)
        person = create_user(actor=ACTOR, username=PERSON, name="You", is_superuser=True)
        add_member(actor=ACTOR, team=team, user=person, role=Role.ADMIN)
    finally:
        connections.close_all()


def make_login_link() -> str:
    """A fresh one-use link's address."""
    try:
        made = create_login_link(actor=ACTOR, user=User.objects.get(username=PERSON))
        return f"{settings.COUNTERSIGN_PUBLIC_URL}{reverse('login-link', args=[made.secret])}"
    finally:
        connections.close_all()


def register_demo_engine(
    *, address: str, username: str, password: str, project: str, folder: str, model_url: str
) -> str:
    """The engine that is about to start, and what its agents may read unasked; returns its gate's token.

    `folder` is the one that it runs in: releases reach it there.
    """
    try:
        team = Team.objects.get(name=TEAM)
        engine = register_engine(
            actor=ACTOR,
            team=team,
            name="OpenCode",
            address=address,
            username=username,
            password=password,
            directories=[project],
            control=EngineControl.CHILD,
            control_folder=folder,
        )
        draft = RuleDraft(
            name="Read this project",
            permission="read",
            value=f"{project}/**",
            effect=RuleEffect.ALLOW,
            reason="Looking at the project's own files needs nobody.",
            engine_id=engine.pk,
            directory=project,
        )
        user = User.objects.get(username=PERSON)
        person = Principal(user, Door.COMMAND, password_checked_at=timezone.now())
        save_rule(principal=person, team=team, draft=draft, activate=True)
        seed_chat(person, engine)
        seed_parts(person, engine, model_url)
        return make_gate_token(actor=ACTOR, engine=engine).secret
    finally:
        connections.close_all()


def retire_demo_engine() -> None:
    """It did not start: nothing of it will come."""
    try:
        retire_engine(actor=ACTOR, engine=Engine.objects.get(retired_at=None))
    finally:
        connections.close_all()


def make_agent_token() -> str:
    """A token for the scripted agent, which first proposes a procedure and asks for an MCP server.

    Its owner is nobody who decides: who answers for a machine may not approve what it asks for.
    """
    try:
        operator = create_user(actor=ACTOR, username="operator", name="Operator of the demo's agent")
        agent = create_user(
            actor=ACTOR,
            username="scripted-agent",
            name="Scripted agent",
            kind=UserKind.SERVICE,
            owner=operator,
        )
        team = Team.objects.get(name=TEAM)
        add_member(actor=ACTOR, team=team, user=agent, role=Role.VIEWER)
        seed_proposal(Principal(agent, Door.COMMAND), team)
        made = create_token(
            actor=ACTOR,
            user=agent,
            name="demo",
            scopes=[Scope.REQUESTS_CREATE, Scope.MCP_REQUEST],
            expires_at=timezone.now() + timedelta(days=7),
        )
        seed_request(Principal(agent, Door.COMMAND, made.token), team)
        return made.secret
    finally:
        connections.close_all()
