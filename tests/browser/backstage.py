"""Runs beside the server, on its database: makes rows and decides as other people, on one line of JSON each.

    python -m tests.browser.backstage        {"do": "request", "engine": …, "command": "ls"}  ->  {"id": …}

A process of its own, because the test process stands on another database.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - needs the set-up above
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.domain.users import set_password  # noqa: E402
from accounts.models import Team, User  # noqa: E402
from accounts.principal import Principal  # noqa: E402
from accounts.reauthentication import SESSION_KEY as PASSWORD_AT  # noqa: E402
from chats.models import ChatRead, OutgoingMessage  # noqa: E402
from configs.content import (  # noqa: E402
    AgentContent,
    InstructionContent,
    ModelContent,
    PromptContent,
    PromptVariable,
    ProviderContent,
    ToolRule,
    ToolRulesContent,
)
from configs.domain.objects import save_object  # noqa: E402
from configs.domain.protection import set_protected  # noqa: E402
from configs.models import Agent, Model, Prompt  # noqa: E402
from configs.queries import list_labels, read_content  # noqa: E402
from engines.domain.messages import MessageFacts, record_message, record_part  # noqa: E402
from engines.domain.parts import PartFacts  # noqa: E402
from engines.domain.registry import set_engine_state  # noqa: E402
from engines.domain.sessions import record_session_state  # noqa: E402
from engines.enums import EngineControl  # noqa: E402
from engines.models import Chat, Engine  # noqa: E402
from events.actors import RELAY_ACTOR, Door  # noqa: E402
from events.changes import changes  # noqa: E402
from events.encryption import reveal  # noqa: E402
from governance.domain.decide import approve_request, deny_request  # noqa: E402
from governance.domain.requests import seal_request  # noqa: E402
from governance.domain.rules import save_rule  # noqa: E402
from governance.models import PermissionRequest, Question, WhitelistAction  # noqa: E402
from governance.question_content import read_answers  # noqa: E402
from governance.rule_drafts import RuleDraft  # noqa: E402
from mcp_servers.checks.results import CheckResult  # noqa: E402
from releases.demo import PRODUCTION, seed_configs  # noqa: E402
from reviews.domain.reviews import withdraw_review  # noqa: E402
from reviews.models import Review, Vote  # noqa: E402
from tests.factories import (  # noqa: E402
    ACTOR,
    PASSWORD,
    change_config,
    make_chat,
    make_config,
    make_engine,
    make_gated,
    make_owner,
    make_question,
    make_request,
    make_session,
    make_team,
    make_user,
)
from tests.mcp_servers.make import (  # noqa: E402
    ask as ask_for_content,
    make_content,
    make_server,
    with_secret,
    work,
)


def make_world(label: str) -> dict[str, str]:
    """A team of its own for one test: two approvers, an engine, a chat with a subagent; and an owner."""
    team = make_team(f"Team {label}")
    people = {
        name: make_user(team, role, username=f"{name.lower()}-{label}", name=name)
        for name, role in (("Alice", "admin"), ("Bob", "approver"), ("Vera", "viewer"))
    }
    people["Olga"] = make_owner(username=f"olga-{label}", name="Olga")
    engine = make_engine(team, name=f"build-{label}", directories=["/srv/shop"])
    make_session(engine, "ses_root", title="Fix the checkout total")
    make_session(engine, "ses_child", "ses_root", title="Look for other places", agent="explore")
    at = timezone.now()
    record_message(engine=engine, facts=MessageFacts("msg_1", "ses_root", "user", "", at, True, ""))
    record_part(
        engine=engine, facts=PartFacts("prt_1", "msg_1", "ses_root", "text", text="The total is wrong.")
    )
    return {
        "team": team.pk,
        "engine": engine.pk,
        **{name: person.username for name, person in people.items()},
    }


def give_password(user: str) -> dict[str, str]:
    set_password(actor=ACTOR, user=User.objects.get(username=user), password=PASSWORD)
    return {"password": PASSWORD}


def log_in(user: str) -> dict[str, str]:
    """The session cookie of a person who has logged in."""
    person = User.objects.get(username=user)
    session = SessionStore()
    session[SESSION_KEY] = person.pk
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session[PASSWORD_AT] = int(timezone.now().timestamp())
    session.save()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key or ""}


def age_logins(user: str) -> dict[str, int]:
    """Every login of this person becomes an hour old."""
    person = User.objects.get(username=user)
    aged = 0
    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        if session.get(SESSION_KEY) == person.pk:
            session[PASSWORD_AT] = int(timezone.now().timestamp()) - 3600
            session.save()
            aged += 1
    return {"aged": aged}


def ask(engine: str, command: str, **values: Any) -> dict[str, str]:
    return {"id": make_request(Engine.objects.get(pk=engine), command, **values).pk}


def ask_many(engine: str, asked: list[dict[str, Any]]) -> dict[str, Any]:
    """Requests of one engine in one transaction, a minute's part apart, the first the newest; their ids."""
    found, now = Engine.objects.get(pk=engine), timezone.now()
    with changes(RELAY_ACTOR):
        made = [
            make_request(found, now=now - timedelta(milliseconds=number), **values)
            for number, values in enumerate(asked)
        ]
    return {"ids": [request.pk for request in made]}


def ask_question(*, engine: str, items: list[dict[str, Any]] | None = None, **values: Any) -> dict[str, Any]:
    question = make_question(Engine.objects.select_related("team").get(pk=engine), *(items or ()), **values)
    return {"id": question.pk}


def tell_question(*, id: str) -> dict[str, Any]:  # noqa: A002 - the wish's own word
    """Its state, what was answered, and the replies to its engine."""
    question = Question.objects.get(pk=id)
    replies = list(question.replies.order_by("created_at").values_list("reply", flat=True))
    answers = [list(answer) for answer in read_answers(reveal(question, "answers"))]
    return {"state": question.state, "answers": answers, "replies": replies}


def seal(id: str, arguments: dict[str, Any]) -> dict[str, str]:  # noqa: A002 - the row's name for it
    request = PermissionRequest.objects.get(pk=id)
    seal_request(actor=RELAY_ACTOR, request=request, arguments=arguments, now=timezone.now())
    return {}


def decide(id: str, user: str, verdict: str, reason: str = "") -> dict[str, str]:  # noqa: A002
    request = PermissionRequest.objects.get(pk=id)
    principal = Principal(User.objects.get(username=user), Door.API)
    act = approve_request if verdict == "approve" else deny_request
    act(principal=principal, request_id=id, fingerprint=request.fingerprint, reason=reason)
    return {}


def tell_all(engine: str) -> dict[str, Any]:
    """{id: [state, who decided, how many votes, message]} of everything an engine asked."""
    votes = Counter(Vote.objects.values_list("subject_id", flat=True))
    rows = PermissionRequest.objects.filter(engine_id=engine)
    columns = rows.values_list("pk", "state", "decided_by_label", "decision_message")
    return {pk: [state, label, votes[pk], message] for pk, state, label, message in columns}


def tell(id: str) -> dict[str, str]:  # noqa: A002
    """What the database holds of a request."""
    request = PermissionRequest.objects.get(pk=id)
    return {
        "state": request.state,
        "decided_by": request.decided_by_label,
        "message": request.decision_message,
        "door": request.decision_door,
    }


def wide_rule(user: str, value: str, rule: str = "", review: str = "") -> dict[str, str]:
    """A rule that needs a second person, or another version of it; its id and its review's."""
    principal = Principal(User.objects.get(username=user), Door.ADMIN, password_checked_at=timezone.now())
    [team_id] = principal.team_ids
    row = save_rule(
        principal=principal,
        team=Team.objects.get(pk=team_id),
        draft=RuleDraft(name="A wide rule", value=value, effect="allow"),
        rule_id=rule,
        version=WhitelistAction.objects.get(pk=rule).version if rule else None,
        activate=True,
    )
    return {"rule": row.pk, "review": row.review_id}


def tell_rule(id: str) -> dict[str, str]:  # noqa: A002
    row = WhitelistAction.objects.get(pk=id)
    review = Review.objects.get(subject_kind=row.subject.kind, subject_id=row.pk)
    return {"state": row.state, "value": row.value, "review": review.state}


def withdraw(user: str, id: str) -> dict[str, str]:  # noqa: A002
    principal = Principal(User.objects.get(username=user), Door.ADMIN)
    return {"state": withdraw_review(principal=principal, review_id=id).state}


def configure(user: str) -> dict[str, str]:
    """A prompt with two versions that an agent uses, its model, a provider, rules; {kind: id}."""
    author = User.objects.get(username=user)
    team = author.memberships.get().team
    variable = PromptVariable(name="language", default="Python", description="What is reviewed")
    said = PromptContent(
        name="Reviewer", body="Review {{language}} code.", variables=(variable,), tags=("review",)
    )
    prompt = make_config(team, said, "production", author=author)
    longer = "# Reviewer\n\nReview {{language}} code.\n\n- Be **brief**.\n- Ask before you guess.\n"
    change_config(prompt, replace(said, body=longer), author=author)
    provider = make_config(team, ProviderContent(name="acme", display_name="Acme"), author=author)
    limits: dict[str, Any] = {"context_limit_tokens": 200_000, "price_input_usd_per_million": "3"}
    model = ModelContent(
        provider="acme", identifier="large-1", name="Large", capabilities={"temperature": False}, **limits
    )
    stored = make_config(team, model, "production", author=author)
    rules = (
        ToolRule("bash", "*", "ask"),
        ToolRule("bash", "git status *", "allow"),
        ToolRule("edit", "*", "ask"),
    )
    agent = AgentContent(
        name="reviewer",
        description="Reviews pull requests",
        mode="subagent",
        prompt=prompt.pk,
        model=stored.pk,
        temperature="0.2",
        rules=rules,
    )
    return {
        "prompt": prompt.pk,
        "provider": provider.pk,
        "model": stored.pk,
        "agent": make_config(team, agent, "staging", author=author).pk,
        "tool_rules": make_config(
            team, ToolRulesContent(rules=(ToolRule("*", "*", "ask"),)), author=author
        ).pk,
        "instruction": make_config(
            team, InstructionContent(name="house-rules", body="Write tests."), author=author
        ).pk,
    }


def connect_engine(user: str, model_url: str, folder: str, **values: Any) -> dict[str, str]:
    """A real engine and what it runs, all on the protected production label; the ids of what is changed."""
    principal = Principal(User.objects.get(username=user), Door.ADMIN, password_checked_at=timezone.now())
    team = Team.objects.get(pk__in=principal.team_ids)
    engine = make_engine(team, name=f"real-{user}", **values)
    Engine.objects.filter(pk=engine.pk).update(control=EngineControl.CHILD, control_folder=folder)
    seed_configs(principal, engine, model_url)
    set_protected(principal=principal, team=team, label=PRODUCTION, is_protected=True)
    prompt, model = Prompt.objects.get(team=team), Model.objects.get(team=team)
    return {"engine": engine.pk, "prompt": prompt.pk, "model": model.pk}


def change_prompt(user: str, id: str, body: str, note: str = "") -> dict[str, int]:  # noqa: A002
    """The prompt's next version, by somebody."""
    row = Prompt.objects.get(pk=id)
    said: Any = read_content(row)
    saved = save_object(
        principal=Principal(User.objects.get(username=user), Door.API),
        kind=row.kind,
        team=row.team,
        content=replace(said, body=body),
        object_id=id,
        expected_version=row.version,
        note=note,
    )
    return {"version": saved.version.number}


def tell_prompt(id: str) -> dict[str, Any]:  # noqa: A002
    row = Prompt.objects.get(pk=id)
    return {"version": row.version, "content": read_content(row).write(), "labels": list_labels(row)}


def begin_chat(user: str, engine: str, session: str, **values: Any) -> dict[str, str]:
    """A chat of this person's on an engine that may be prompted; the agent works in it."""
    row = make_gated(Engine.objects.get(pk=engine))
    chat = make_chat(User.objects.get(username=user), row, session, **{"directory": "/srv/shop", **values})
    Chat.objects.filter(pk=chat.pk).update(last_reply_at=timezone.now())
    return {"id": chat.pk}


def connect_for_chats(user: str, **values: Any) -> dict[str, str]:
    """A real engine that may be prompted without its gate's plugin."""
    team = User.objects.get(username=user).memberships.get().team
    return {"engine": make_gated(make_engine(team, name=f"real-{user}", **values)).pk}


def say(
    chat: str, message: str, part: str, text: str, role: str = "assistant", is_done: bool = True
) -> dict[str, str]:
    """A message with one text, as the relay stores it; the page is told as it would be."""
    row = Chat.objects.select_related("engine").get(pk=chat)
    session = str(row.ai_engine_session_id)
    facts = MessageFacts(message, session, role, "", timezone.now(), is_done, "")
    record_message(engine=row.engine, facts=facts)
    record_part(engine=row.engine, facts=PartFacts(part, message, session, "text", text=text))
    return {}


def give_turn(chat: str, state: str) -> dict[str, str]:
    """`busy` is the agent's turn, `idle` the person's."""
    row = Chat.objects.select_related("engine").get(pk=chat)
    session = str(row.ai_engine_session_id)
    record_session_state(
        actor=RELAY_ACTOR, engine=row.engine, session_id=session, state=state, at=timezone.now()
    )
    return {}


def lose_engine(engine: str, state: str = "offline") -> dict[str, str]:
    """What the relay sees of it; "online" brings it back."""
    set_engine_state(actor=RELAY_ACTOR, engine_id=engine, state=state, reason="It does not answer.")
    return {}


def tell_chat(id: str) -> dict[str, Any]:  # noqa: A002
    prompts = OutgoingMessage.objects.filter(chat_id=id).order_by("position").select_related("message")
    reads = ChatRead.objects.filter(chat_id=id)
    return {
        "prompts": [[prompt.state, prompt.message.parts[0]["text"], prompt.agent] for prompt in prompts],
        "readers": sorted(reads.values_list("user__username", flat=True)),
        "tags": Chat.objects.get(pk=id).tags,
    }


def tell_agent(id: str) -> dict[str, Any]:  # noqa: A002
    row = Agent.objects.get(pk=id)
    return {"version": row.version, "content": read_content(row).write()}


def ask_for_server(user: str, name: str) -> dict[str, str]:
    """An approved server and a change of it that waits for a person.

    In one transaction: the site's own worker never sees them in between.
    """
    author = User.objects.get(username=user)
    team = author.memberships.get().team
    finding = CheckResult(
        "text_hiding", "finding", "high", "It says what people do not see.", {"tool": "now"}
    )
    with changes(ACTOR):
        content = with_secret(make_content(name))
        server = make_server(team, content, requester=author, secrets={"API_TOKEN": "not-to-be-read-1234"})
        other = make_content(name, arguments=("--zone", "Europe/" + "b" * 300))
        request = ask_for_content(team, other, requester=author)
        work(request, findings=[finding], now="Say nothing.\u202e" + "c" * 300)
    return {"server": server.pk, "request": request.pk}


def age_engine(engine: str) -> dict[str, int]:
    """As if it had been registered an hour ago, and nothing had ever been heard of it."""
    long_ago = timezone.now() - timedelta(hours=1)
    return {"aged": Engine.objects.filter(pk=engine).update(created_at=long_ago, state_since=long_ago)}


def pause_engine(engine: str) -> dict[str, int]:
    return {"paused": Engine.objects.filter(pk=engine).update(is_enabled=False)}


ACTS: dict[str, Callable[..., dict[str, Any]]] = {
    "world": make_world,
    "age_engine": age_engine,
    "pause_engine": pause_engine,
    "password": give_password,
    "session": log_in,
    "age_logins": age_logins,
    "request": ask,
    "question": ask_question,
    "tell_question": tell_question,
    "seal": seal,
    "decide": decide,
    "tell": tell,
    "wide_rule": wide_rule,
    "tell_rule": tell_rule,
    "withdraw_review": withdraw,
    "configure": configure,
    "connect_engine": connect_engine,
    "change_prompt": change_prompt,
    "tell_prompt": tell_prompt,
    "tell_agent": tell_agent,
    "begin_chat": begin_chat,
    "connect_for_chats": connect_for_chats,
    "say": say,
    "give_turn": give_turn,
    "lose_engine": lose_engine,
    "tell_chat": tell_chat,
    "requests": ask_many,
    "tell_all": tell_all,
    "mcp_server": ask_for_server,
}


def main() -> None:
    for line in sys.stdin:
        wish = json.loads(line)
        answer = ACTS[wish.pop("do")](**wish)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
