"""What is configured, at both doors: lists, forms, previews, versions, labels, conflicts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from accounts.models import Team, User
from configs.content import PromptContent
from configs.domain.objects import save_object
from configs.domain.protection import set_protected
from configs.models import Agent, ConfigVersion, Instruction, Model, Prompt, Provider, ToolRules
from configs.pages.kinds import KINDS
from tests.admin.doors import enter, messages_of, open_page
from tests.admin.filled_forms import read_form
from tests.factories import make_principal, make_team, make_user

pytestmark = pytest.mark.django_db

DOORS = ("admin", "configure")
TYPED: dict[str, dict[str, Any]] = {
    "prompt": {
        "name": "Reviewer",
        "body": "Review {{language}} code.\r\nBe brief.",
        "description": "For pull requests",
        "tags": "review, code",
        "variable_name": ["language"],
        "variable_needs": ["default"],
        "variable_default": ["Python"],
        "variable_description": ["Which language"],
    },
    "instruction": {"name": "house-rules", "body": "Write tests.\r\n", "tags": "all"},
    "provider": {
        "name": "acme",
        "display_name": "Acme",
        "package": "@ai-sdk/openai-compatible",
        "base_url": "https://llm.acme.example/v1",
        "api_key_env": "ACME_KEY",
        "options": '{"timeout": 30000}',
    },
    "model": {
        "provider": "acme",
        "identifier": "large-1",
        "name": "Large",
        "is_enabled": "on",
        "status": "beta",
        "context_limit_tokens": "200000",
        "price_input_usd_per_million": "0.50",
        "temperature": "no",
        "tool_call": "yes",
        "input": ["text", "image"],
        "variants": "low, high",
    },
    "agent": {
        "name": "builder",
        "description": "Builds things",
        "mode": "primary",
        "temperature": "0.2",
        "steps": "20",
        "rule_permission": ["bash", "bash", ""],
        "rule_pattern": ["*", "git status *", "*"],
        "rule_action": ["ask", "allow", "ask"],
        "tools": "websearch = off",
        "options": '{"reasoningEffort": "high"}',
    },
    "tool_rules": {"rule_permission": ["*"], "rule_pattern": ["*"], "rule_action": ["ask"]},
}
MODELS: dict[str, Any] = {
    "prompt": Prompt,
    "instruction": Instruction,
    "provider": Provider,
    "model": Model,
    "agent": Agent,
    "tool_rules": ToolRules,
}


def url_of(kind: str, view: str, *args: str, door: str = "admin") -> str:
    if door == "configure":
        return reverse(f"configure:{view}", args=[KINDS[kind].slug, *args])
    stock = {"list": "changelist", "show": "change"}.get(view, view)
    return reverse(f"admin:configs_{kind.replace('_', '')}_{stock}", args=args)


@pytest.fixture
def team() -> Team:
    return make_team("Blue")


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def client(editor: User) -> Client:
    return enter(editor)


def make(user: User, team: Team | None, content: Any, row: Any = None, note: str = "") -> Any:
    """Saved through the domain; the next version of `row` when it is given."""
    saved = save_object(
        principal=make_principal(user),
        kind=content.kind,
        team=team,
        content=content,
        object_id=row.pk if row else None,
        expected_version=row.version if row else None,
        note=note,
    )
    return saved.row


def write_prompt(user: User, team: Team | None, body: str = "Be brief.", **values: Any) -> Any:
    row = values.pop("row", None)
    note = values.pop("note", "")
    return make(user, team, PromptContent(**{"name": "Reviewer", "body": body, **values}), row, note)


def protect(team: Team, *, is_protected: bool) -> None:
    set_protected(
        principal=make_principal(make_user(team, Role.ADMIN)),
        team=team,
        label="production",
        is_protected=is_protected,
    )


# Writing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", TYPED)
def test_every_kind_is_written_read_back_and_unchanged_by_saving_its_form_again(
    client: Client, team: Team, kind: str, door: str
) -> None:
    response = client.post(url_of(kind, "add", door=door), {**TYPED[kind], "team": team.pk, "act": "save"})
    row = MODELS[kind].objects.get()
    assert (response.status_code, response.headers["Location"]) == (
        302,
        url_of(kind, "show", row.pk, door=door),
    )
    page = open_page(client, url_of(kind, "edit", row.pk, door=door))
    response = client.post(
        url_of(kind, "edit", row.pk, door=door), {**read_form(page.html, "config-form"), "act": "save"}
    )
    row.refresh_from_db()
    assert (response.status_code, row.version, ConfigVersion.objects.count()) == (302, 1, 1)
    assert messages_of(response)[-1] == "It says so already: no new version."
