"""Every endpoint of what is configured, and a team in which something of every kind exists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from accounts.enums import Role, Scope
from accounts.models import Team
from configs.content import (
    AgentContent,
    Content,
    InstructionContent,
    ModelContent,
    PromptContent,
    ProviderContent,
    ToolRulesContent,
)
from configs.domain.objects import retire_object
from configs.kinds import KINDS as CONFIG_KINDS
from configs.models import ConfigLabel, ConfigVersion
from configs.policies import CONFIG_WRITERS
from events.models import AuditEntry
from tests.api.clients import ApiClient, call_as
from tests.factories import change_config, make_config, make_principal, make_team, make_user

EVERYBODY = frozenset(Role.values)

# {kind: (its path, the name of its routes, what two versions say)}
KINDS: dict[str, tuple[str, str, Content, Content]] = {
    "prompt": ("prompts", "prompt", PromptContent(name="P"), PromptContent(name="P", body="x")),
    "instruction": (
        *("instructions", "instruction"),
        *(InstructionContent(name="i"), InstructionContent(name="i", body="x")),
    ),
    "provider": (
        *("providers", "provider"),
        *(ProviderContent(name="p"), ProviderContent(name="p", display_name="x")),
    ),
    "model": (
        *("models", "model"),
        *(ModelContent(provider="p", identifier="m"), ModelContent(provider="p", identifier="m", family="x")),
    ),
    "agent": ("agents", "agent", AgentContent(name="a"), AgentContent(name="a", steps=1)),
    "tool_rules": ("tool-rules", "toolrules", ToolRulesContent(), ToolRulesContent()),
}


@dataclass(frozen=True)
class Verb:
    """One endpoint of each kind. `tail`: what follows the object's address; None: the list."""

    name: str
    method: str
    tail: str | None
    success: int = 200
    body: dict[str, Any] = field(default_factory=dict, hash=False)
    is_conditional: bool = False
    target: str = "live"

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    @property
    def scope(self) -> str:
        return Scope.CONFIGS_WRITE if self.is_write else Scope.CONFIGS_READ

    @property
    def roles(self) -> frozenset[str]:
        return CONFIG_WRITERS if self.is_write else EVERYBODY

    @property
    def route(self) -> str:
        """The last word of the route's name."""
        return {"create": "list", "update": "detail", "move_label": "labels"}.get(self.name, self.name)

    def __str__(self) -> str:
        return self.name


VERBS = [
    Verb("list", "GET", None),
    Verb("create", "POST", None, success=201),
    Verb("detail", "GET", ""),
    Verb("update", "PUT", "", is_conditional=True),
    Verb("copy", "POST", "copy/", success=201, body={"name": "copied"}),
    Verb("diff", "GET", "diff/"),
    Verb("labels", "GET", "labels/"),
    Verb("move_label", "POST", "labels/", body={"label": "staging", "version": 1}),
    Verb("preview", "GET", "preview/"),
    Verb("restore", "POST", "restore/", body={"version": 1}, is_conditional=True),
    Verb("retire", "POST", "retire/"),
    Verb("unretire", "POST", "unretire/", target="retired"),
    Verb("uses", "GET", "uses/"),
    Verb("version", "GET", "versions/1/"),
    Verb("versions", "GET", "versions/"),
]


@dataclass
class ConfigWorld:
    """Something live with a label and something retired of each kind, of one team."""

    team: Team
    ids: dict[tuple[str, str], str]
    reader: ApiClient

    def path(self, kind: str, verb: Verb) -> str:
        path = f"{KINDS[kind][0]}/"
        return path if verb.tail is None else f"{path}{self.ids[kind, verb.target]}/{verb.tail}"

    def call(self, client: ApiClient, kind: str, verb: Verb) -> Any:
        if not verb.is_write:
            return client.read(self.path(kind, verb))
        headers = {}
        if verb.is_conditional:
            seen = self.reader.read(f"{KINDS[kind][0]}/{self.ids[kind, verb.target]}/")
            headers = {"If-Match": seen.headers["ETag"]}
        return client.send(verb.method, self.path(kind, verb), self.body(kind, verb), headers=headers)

    def body(self, kind: str, verb: Verb) -> dict[str, Any]:
        content = KINDS[kind][2].write()
        if verb.name == "create":
            named = {"identifier": "new"} if kind == "model" else {"name": "new"}
            return {"content": content if kind == "tool_rules" else content | named}
        if verb.name == "update":
            return {"content": content}
        if verb.name == "copy" and kind in {"model", "tool_rules"}:
            # Copies of these go to another team alone: see `expect`.
            return {}
        return verb.body

    def expect(self, kind: str, verb: Verb) -> int:
        """The status for somebody who may."""
        taken = (kind == "tool_rules" and verb.name in {"create", "unretire", "copy"}) or (
            kind == "model" and verb.name == "copy"
        )
        # A team has one list of rules, and one model of a name.
        return 409 if taken else verb.success


def make_config_world() -> ConfigWorld:
    team = make_team()
    admin = make_user(team, Role.ADMIN)
    ids: dict[tuple[str, str], str] = {}
    for kind, (_, _, first, second) in KINDS.items():
        gone = make_config(team, rename(first), author=admin)
        retire_object(principal=make_principal(admin), kind=kind, object_id=gone.pk)
        live = change_config(make_config(team, first, "canary", author=admin), second, author=admin)
        ids |= {(kind, "live"): live.pk, (kind, "retired"): gone.pk}
    return ConfigWorld(team, ids, call_as(make_user(team, Role.VIEWER)))


def rename(content: Content) -> Content:
    written = content.write()
    if content.kind == "tool_rules":
        return content
    changed = {"identifier": "gone"} if content.kind == "model" else {"name": "gone"}
    return type(content).read({**written, **changed})


def count_configs() -> tuple[int, ...]:
    """What an unsuccessful call leaves alone; refusals are audited."""
    return (
        ConfigVersion.objects.count(),
        ConfigLabel.objects.count(),
        *(kind.model.objects.filter(retired_at=None).count() for kind in CONFIG_KINDS.values()),
        AuditEntry.objects.filter(verb__startswith="config.").count(),
    )
