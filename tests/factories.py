"""Rows that tests start from, made through the domain wherever it has a verb for it."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.domain.teams import add_member, create_team
from accounts.domain.tokens import create_token
from accounts.domain.users import create_user
from accounts.enums import Role, UserKind
from accounts.models import Team, User
from accounts.principal import Principal
from chats.domain.chats import create_chat
from chats.domain.prompts import PromptIds, claim_prompt, list_prompts
from chats.domain.sending import send_message
from chats.models import OutgoingMessage
from configs.content import Content
from configs.domain.label_moves import read_moves
from configs.domain.labels import apply_moves
from configs.domain.objects import save_object
from engines.domain.cao_servers import connect_cao_server
from engines.domain.registry import register_engine
from engines.domain.sessions import SessionFacts, record_session
from engines.models import CaoServer, Chat, Engine
from events.actors import RELAY_ACTOR, Door, build_command_actor
from events.changes import changes
from governance.domain.questions import QuestionOfEngine, record_engine_question
from governance.domain.replay import begin_replay, step_replay
from governance.domain.requests import AskedByEngine, record_engine_request, seal_request
from governance.enums import RuleState
from governance.models import (
    EngineGate,
    PermissionRequest,
    Question,
    RuleProposal,
    RuleReplay,
    TeamRules,
    WhitelistAction,
    WhitelistTarget,
)
from governance.rule_drafts import RuleDraft

ACTOR = build_command_actor("test")
PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


def make_team(name: str = "") -> Team:
    return create_team(actor=ACTOR, name=name or f"Team {next(_numbers)}")


def make_user(team: Team | None = None, role: str = Role.APPROVER, **values: Any) -> User:
    username = values.pop("username", "") or f"user{next(_numbers)}"
    user = create_user(actor=ACTOR, username=username, **values)
    if team is not None:
        add_member(actor=ACTOR, team=team, user=user, role=role)
    return user


def make_owner(**values: Any) -> User:
    return make_user(is_superuser=True, **values)


def make_service(owner: User, team: Team | None = None) -> User:
    return make_user(team, Role.VIEWER, kind=UserKind.SERVICE, owner=owner)


def make_principal(user: User, door: str = Door.API) -> Principal:
    """As in a session that has just been logged in."""
    return Principal(user, door, password_checked_at=timezone.now())


def make_token(user: User, *scopes: str) -> str:
    """The token's text, for an Authorization header."""
    expires_at = timezone.now() + timedelta(days=1)
    return create_token(
        actor=ACTOR, user=user, name="test", scopes=list(scopes), expires_at=expires_at
    ).secret


def make_engine(team: Team, **values: Any) -> Engine:
    number = next(_numbers)
    values = {"name": f"engine {number}", "address": f"http://127.0.0.1:{20000 + number}", **values}
    return register_engine(actor=ACTOR, team=team, **values)


def make_gated(engine: Engine) -> Engine:
    """As if an owner let it work without its gate, which is another test's matter."""
    EngineGate.objects.update_or_create(
        engine=engine,
        defaults={
            "waived_at": timezone.now(),
            "waived_by_id": "0" * 15,
            "waived_by_label": "An owner",
            "waived_reason": "A test's engine has no plugin.",
        },
    )
    return engine


def make_session(engine: Engine, session_id: str = "", parent_id: str = "", **values: Any) -> str:
    session_id = session_id or f"ses_{next(_numbers)}"
    facts = {"title": "A session", "directory": "/srv/demo", "agent": "build", **values}
    record_session(
        actor=RELAY_ACTOR,
        engine=engine,
        facts=SessionFacts(id=session_id, parent_id=parent_id, created_at=timezone.now(), **facts),
    )
    return session_id


def make_chat(user: User, engine: Engine, session_id: str = "", **values: Any) -> Chat:
    """A chat of this person's, with a session when one is named."""
    values = {"title": "A chat", "directory": "", **values}
    if not engine.directories:
        Engine.objects.filter(pk=engine.pk).update(directories=["/srv/demo"])
        engine.directories = ["/srv/demo"]
    chat = create_chat(principal=make_principal(user), team=engine.team, engine=engine, **values)
    if session_id:
        Chat.objects.filter(pk=chat.pk).update(ai_engine_session_id=session_id)
        chat.refresh_from_db()
    return chat


def make_prompt(chat: Chat, text: str = "Hello", *, is_claimed: bool = False) -> OutgoingMessage:
    """A message of the chat's user in the outbox, claimed for sending when `is_claimed`."""
    assert chat.user is not None
    message = send_message(principal=make_principal(chat.user), chat_id=chat.pk, text=text)
    prompt = list_prompts().get(message=message)
    if is_claimed:
        number = next(_numbers)
        ids = PromptIds(f"msg_{number}", [f"prt_{number}"])
        assert claim_prompt(prompt=prompt, epoch=1, ids=ids, now=timezone.now())
    return prompt


def make_request(
    engine: Engine,
    command: str = "ls -la",
    *,
    session_id: str = "ses_1",
    sealed: bool = True,
    now: datetime | None = None,
    **values: Any,
) -> PermissionRequest:
    """A request of an engine as the relay stores it; a bash command unless `values` says otherwise."""
    now = now or timezone.now()
    asked = {
        "engine_request_id": f"per_{next(_numbers)}",
        "session_id": session_id,
        "permission": "bash",
        "patterns": [command],
        "directory": "/srv/demo",
        "metadata": {"command": command},
        "message_id": "msg_1",
        "call_id": "call_1",
        **values,
    }
    request = record_engine_request(engine=engine, asked=AskedByEngine(**asked), now=now)
    if sealed:
        arguments = {"command": command, "description": "test"} if asked["permission"] == "bash" else {}
        request = seal_request(actor=RELAY_ACTOR, request=request, arguments=arguments, now=now)
    return request


COLOURS = {
    "header": "Colour",
    "question": "Which colour shall it have?",
    "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
    "multiple": False,
}


def make_question(
    engine: Engine,
    *items: dict[str, Any],
    session_id: str = "ses_1",
    now: datetime | None = None,
    **values: Any,
) -> Question:
    """A question of an engine as the relay stores it; about a colour unless `items` says otherwise."""
    asked = {
        "engine_question_id": f"que_{next(_numbers)}",
        "session_id": session_id,
        "directory": "/srv/demo",
        "items": items or (COLOURS,),
        "message_id": "msg_1",
        "call_id": "call_1",
        **values,
    }
    return record_engine_question(engine=engine, asked=QuestionOfEngine(**asked), now=now or timezone.now())


def make_rule(team: Team, value: str = "git status", effect: str = "allow", **values: Any) -> WhitelistAction:
    """A rule as it applies: switched on, unless `values` gives another state."""
    state = values.pop("state", RuleState.ACTIVE)
    author = values.pop("author", None) or make_user(team)
    name = values.pop("name", "") or f"rule {next(_numbers)}"
    rule = WhitelistAction.objects.create(
        team=team, name=name, value=value, effect=effect, created_by=author, **values
    )
    switch_rows(rule, state, author)
    return rule


def make_target(
    team: Team, pattern: str = "/srv/demo/**", effect: str = "allow", **values: Any
) -> WhitelistTarget:
    """A path rule as it applies: switched on, unless `values` gives another state."""
    state = values.pop("state", RuleState.ACTIVE)
    author = values.pop("author", None) or make_user(team)
    name = values.pop("name", "") or f"target {next(_numbers)}"
    target = WhitelistTarget.objects.create(
        team=team, name=name, pattern=pattern, effect=effect, created_by=author, **values
    )
    switch_rows(target, state, author)
    return target


def switch_rows(rule: WhitelistAction | WhitelistTarget, state: str, author: User) -> None:
    """Past the domain's checks, which have tests of their own; the team's number moves as it does there."""
    rule.state, rule.activated_by, rule.activated_at = state, author, timezone.now()
    rule.save()
    TeamRules.objects.get_or_create(team_id=rule.team_id)
    TeamRules.objects.filter(team_id=rule.team_id).update(version=F("version") + 1)


def make_replay(team: Team, person: User, value: str = "git status") -> RuleReplay:
    """A draft of one exact command over the team's past, at its end."""
    draft = RuleDraft(name="draft", value=value, effect="allow", directory="/srv/demo")
    replay = begin_replay(principal=make_principal(person), team=team, draft=draft)
    while replay.is_running:
        step_replay(replay)
    return replay


def make_proposal(team: Team, pattern: str = "git status") -> RuleProposal:
    """As five approvals of one person would have made it."""
    now = timezone.now()
    return RuleProposal.objects.create(
        team=team,
        permission="bash",
        directory="/srv/demo",
        pattern=pattern,
        is_strict=True,
        rung="exactly this",
        shape_hash=f"{next(_numbers):064}",
        approvals=5,
        people=1,
        evidence={"people": [], "agents": ["build"], "requests": []},
        first_at=now,
        last_at=now,
    )


def make_config(team: Team | None, content: Content, *labels: str, author: User | None = None) -> Any:
    """Something configured, with labels on its first version: also protected ones, as if approved."""
    author = author or (make_user(team, Role.EDITOR) if team else make_owner())
    row = save_object(principal=make_principal(author), kind=content.kind, team=team, content=content).row
    for label in labels:
        put_label(row, label)
    return row


def change_config(row: Any, content: Content, *labels: str, author: User | None = None) -> Any:
    """Its next version; the labels move there."""
    author = author or (make_user(row.team, Role.EDITOR) if row.team else make_owner())
    saved = save_object(
        principal=make_principal(author),
        kind=row.kind,
        team=row.team,
        content=content,
        object_id=row.pk,
        expected_version=row.version,
    )
    for label in labels:
        put_label(saved.row, label)
    return saved.row


def put_label(row: Any, label: str, number: int | None = None) -> None:
    """Also a protected one, as if somebody had approved it; `number` None: the latest version."""
    with changes(ACTOR) as change:
        apply_moves(change, label, read_moves(label, [(row, number or row.version)]))


def make_cao_server(team: Team, **values: Any) -> CaoServer:
    number = next(_numbers)
    values = {"name": f"cao{number}", "home_folder": f"/srv/cao{number}", **values}
    return connect_cao_server(actor=ACTOR, team=team, **values)
