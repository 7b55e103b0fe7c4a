"""The endpoints of what is under way: chats and their messages, how everything is, who may log in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from accounts.domain.ssh_keys import add_ssh_key
from accounts.domain.teams import set_ssh
from accounts.enums import Role, Scope
from accounts.models import Membership, SshKey, Team
from chats.domain.prompts import fail_prompt
from engines.enums import Turn
from engines.models import Chat, Engine
from health.enums import Component
from health.models import HealthChange, HealthCheck
from tests.accounts.ssh.lines import make_ed25519_line
from tests.api.endpoint import EDITING, Endpoint
from tests.factories import make_chat, make_principal, make_prompt, make_user

KEY_READERS = (Scope.SSH_KEYS_READ, Scope.SSH_KEYS_WRITE)
SYNC = (Scope.SSH_KEYS_SYNC,)
WRITE = (Scope.CHATS_WRITE,)
NOBODY: frozenset[str] = frozenset()
NOT_THEIRS: dict[str, Any] = {"is_scoped": True, "roles": NOBODY, "takes_services": False}
ADMINS = frozenset({Role.ADMIN})
LINE = make_ed25519_line()

SSH_KEYS = (
    Endpoint("sshkey-list", "GET", KEY_READERS),
    Endpoint(
        "sshkey-list",
        "POST",
        (Scope.SSH_KEYS_WRITE,),
        takes_services=False,
        success=201,
        body={"public_key": LINE},
    ),
    # Somebody else's key does not exist for anybody.
    Endpoint("sshkey-detail", "GET", KEY_READERS, is_scoped=True, roles=NOBODY, success=404),
    *(
        Endpoint(
            f"sshkey-{verb}",
            method,
            (Scope.SSH_KEYS_WRITE,),
            is_scoped=True,
            roles=NOBODY,
            takes_services=False,
            services_get=404,
            success=404,
            body=body,
        )
        for verb, method, body in (
            ("detail", "PATCH", {"name": "mine"}),
            ("deactivate", "POST", {}),
            ("activate", "POST", {}),
            ("delete", "POST", {}),
        )
    ),
    Endpoint("api-authorized-keys", "GET", SYNC, roles=ADMINS),
    Endpoint("api-ssh-key-use", "POST", SYNC, roles=ADMINS, success=204),
)

# Of a chat that is somebody else's, or nobody's for `take-over`.
CHATS = (
    *(
        Endpoint(f"chat-{verb}", "GET", (Scope.CHATS_READ,), is_scoped=verb != "list")
        for verb in ("list", "detail", "messages", "queue")
    ),
    Endpoint("chat-list", "POST", WRITE, roles=EDITING, success=201),
    Endpoint("chat-messages", "POST", WRITE, **NOT_THEIRS, success=403, body={"text": "Hello"}),
    *(
        Endpoint(
            f"chat-{verb}",
            method,
            WRITE,
            is_scoped=True,
            roles=ADMINS,
            takes_services=False,
            success=success,
            body=body,
        )
        for verb, method, success, body in (
            ("detail", "PATCH", 200, {"title": "Another"}),
            ("stop", "POST", 202, {}),
            ("stop-tree", "POST", 202, {}),
            ("archive", "POST", 200, {}),
            ("unarchive", "POST", 200, {}),
        )
    ),
    Endpoint("chat-take-over", "POST", WRITE, is_scoped=True, roles=EDITING, takes_services=False),
    Endpoint("chat-mark-read", "POST", (Scope.CHATS_READ, Scope.CHATS_WRITE), is_scoped=True),
    Endpoint("message-detail", "GET", (Scope.CHATS_READ,), is_scoped=True),
    Endpoint("message-retry", "POST", WRITE, **NOT_THEIRS, success=403),
    Endpoint("message-withdraw", "POST", WRITE, is_scoped=True, roles=ADMINS, takes_services=False),
)

HEALTH = (
    Endpoint("healthcheck-list", "GET", (Scope.HEALTH_READ,)),
    Endpoint("healthcheck-detail", "GET", (Scope.HEALTH_READ,), is_scoped=True),
    Endpoint("healthcheck-changes", "GET", (Scope.HEALTH_READ,), is_scoped=True),
)

OPERATION_ENDPOINTS = (*CHATS, *HEALTH, *SSH_KEYS)
PREFIXES = {"chat": "chats", "message": "messages", "healthcheck": "health-checks", "sshkey": "ssh-keys"}
PLACES = {"api-authorized-keys": "ssh-keys/authorized_keys", "api-ssh-key-use": "ssh-keys/report-use/"}


@dataclass
class OperationThings:
    """What an endpoint is about: `id` in its path, `facts` in its body."""

    id: str
    facts: dict[str, Any] = field(default_factory=dict)

    def path(self, endpoint: Endpoint) -> str:
        if endpoint.name in PLACES:
            return PLACES[endpoint.name]
        resource, _, verb = endpoint.name.partition("-")
        parts = [PREFIXES[resource], *([] if verb == "list" else [self.id])]
        parts += {"list": [], "detail": []}.get(verb, [verb])
        return "/".join(parts) + "/"

    def body(self, endpoint: Endpoint) -> dict[str, Any]:
        return {**endpoint.body, **self.facts}


def make_operations(engine: Engine, endpoint: Endpoint) -> OperationThings:
    """The one thing that this endpoint is about, in the engine's team."""
    resource, _, verb = endpoint.name.partition("-")
    if resource == "sshkey" and verb != "list":
        person = make_principal(make_user(engine.team))
        return OperationThings(add_ssh_key(principal=person, public_key=make_ed25519_line()).pk)
    if resource == "chat":
        return OperationThings(*make_chat_things(engine, endpoint))
    if resource == "message":
        prompt = make_prompt(make_chat(make_user(engine.team), engine))
        if verb == "retry":
            fail_prompt(prompt=prompt, why="It went wrong.", now=timezone.now())
        return OperationThings(prompt.message_id)
    if resource == "healthcheck":
        facts = {"component": Component.ENGINE, "subject_id": engine.pk, "name": engine.name}
        check = HealthCheck.objects.create(team=engine.team, **facts)
        HealthChange.objects.create(health_check=check, state=check.state)
        return OperationThings(check.pk)
    if endpoint.name == "api-ssh-key-use":
        return OperationThings("", {"fingerprint": let_in(engine.team).fingerprint})
    return OperationThings("")


def make_chat_things(engine: Engine, endpoint: Endpoint) -> tuple[str, dict[str, Any]]:
    """A chat in the state that the endpoint changes, and what its body names."""
    chat = make_chat(make_user(engine.team), engine, "ses_of_somebody")
    changes: dict[str, dict[str, Any]] = {
        "chat-take-over": {"user": None},
        "chat-stop": {"turn": Turn.ASSISTANT},
        "chat-stop-tree": {"turn": Turn.ASSISTANT},
        "chat-unarchive": {"archived_at": timezone.now()},
    }
    Chat.objects.filter(pk=chat.pk).update(**changes.get(endpoint.name, {"turn": Turn.USER}))
    if endpoint.name in {"chat-queue", "chat-messages"}:
        make_prompt(chat)
    is_begun = (endpoint.name, endpoint.method) == ("chat-list", "POST")
    return chat.pk, {"engine": engine.pk} if is_begun else {}


def let_in(team: Team) -> SshKey:
    """A key that opens the team's sandbox."""
    user = make_user(team)
    admin = make_principal(make_user(team, Role.ADMIN))
    set_ssh(principal=admin, membership=Membership.objects.get(user=user), has_ssh=True)
    return add_ssh_key(principal=make_principal(user), public_key=make_ed25519_line())
