"""Every tool: its schema is strict, its scope is asked for, and none of them decides anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from accounts.enums import Role, Scope
from accounts.models import Team, User
from events.models import AuditEntry
from mcp_door.catalogue import TOOLS
from mcp_door.schemas import describe_arguments
from mcp_door.tools import Tool
from portal.application import Application
from tests.factories import make_token, make_user
from tests.mcp_door.conftest import connect, in_thread
from tests.test_layers import ROOT, imported_modules

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = [
    "request_permission",
    "wait_for_permission",
    "request_mcp_server",
    "list_mcp_servers",
    "submit_proposal",
    "list_sops",
    "read_sop",
    "ask_question",
    "wait_for_answer",
]
# Where things are decided, approved, voted on, sealed, published, answered, switched.
DECIDING_MODULES = (
    "governance.domain.decide",
    "governance.domain.automatic",
    "governance.domain.questions.answer_question",
    "governance.domain.questions.reject_question",
    "mcp_servers.domain",
    "mcp_servers.admin",
    "procedures.domain.sops",
    "procedures.admin",
    "reviews.domain.voting",
    "reviews.domain.delegations",
    "releases",
    "relay",
)


def by_name(tool: Tool) -> str:
    return tool.name


def test_these_are_all_the_tools() -> None:
    assert [tool.name for tool in TOOLS] == NAMES


@pytest.mark.parametrize("tool", TOOLS, ids=by_name)
def test_schemas_are_valid_and_name_every_argument(tool: Tool) -> None:
    schema = describe_arguments(tool.arguments)
    Draft202012Validator.check_schema(schema)
    assert list(iterate_open_objects(schema)) == []
    assert {name: part for name, part in schema["properties"].items() if not part.get("type")} == {}


def iterate_open_objects(schema: Any) -> Iterator[Any]:
    """Objects with names of their own to which others may be added."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("additionalProperties") is not False:
            yield schema
        for part in schema.values():
            yield from iterate_open_objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from iterate_open_objects(part)


@pytest.mark.parametrize("tool", TOOLS, ids=by_name)
async def test_what_the_schema_does_not_name_is_refused(
    application: Application, agent: User, tool: Tool
) -> None:
    secret = await in_thread(make_token, agent, *Scope.for_services())
    async with connect(application, secret) as client:
        answer = await client.call_tool(tool.name, {"approve": True, "approved_by": "ada"})
    problems = {error["field"]: error["detail"] for error in answer.structured_content["errors"]}
    assert answer.is_error
    assert problems == {"approve": "Unknown field.", "approved_by": "Unknown field."}


@pytest.mark.parametrize("tool", TOOLS, ids=by_name)
async def test_a_token_without_the_scope_neither_sees_nor_calls_it(
    application: Application, agent: User, tool: Tool
) -> None:
    others = Scope.for_services() - set(tool.scopes)
    secret = await in_thread(make_token, agent, *others)
    async with connect(application, secret) as client:
        listed = {found.name for found in (await client.list_tools()).tools}
        answer = await client.call_tool(tool.name, {})
    refusals = await in_thread(
        lambda: list(AuditEntry.objects.filter(verb="refused").values_list("actor_id", "door", "after__code"))
    )
    assert tool.name not in listed
    assert (answer.is_error, answer.structured_content["code"]) == (True, "missing_scope")
    assert refusals == [(agent.pk, "mcp", "missing_scope")]


async def test_there_is_no_tool_beyond_the_list(application: Application, agent: User) -> None:
    secret = await in_thread(make_token, agent, *Scope.for_services())
    async with connect(application, secret) as client:
        answer = await client.call_tool("approve_request", {})
    assert (answer.is_error, answer.structured_content) == (
        True,
        {"code": "unknown_tool", "detail": "There is no such tool here."},
    )


async def test_agents_and_people_of_every_role_are_offered_the_same_and_nothing_that_approves(
    application: Application, team: Team, agent: User
) -> None:
    def make_secrets() -> list[str]:
        people = [make_user(team, role) for role in Role.values]
        return [
            make_token(agent, *Scope.for_services()),
            *(make_token(person, *Scope.values) for person in people),
        ]

    offered = []
    for secret in await in_thread(make_secrets):
        async with connect(application, secret) as client:
            listing = await client.list_tools()
            offered.append([tool.name for tool in listing.tools])
            resources = client.server_capabilities.resources, client.server_capabilities.prompts
            assert resources == (None, None)
    assert offered == [NAMES] * 5


def test_no_module_of_the_door_reaches_what_decides() -> None:
    """Neither by import nor by name: there is nothing here that a tool could call to approve."""
    reached = {
        (path.name, module)
        for path in sorted((ROOT / "mcp_door").rglob("*.py"))
        for module in list_imports(path)
        if module.startswith(DECIDING_MODULES)
    }
    assert reached == set()


def list_imports(path: Path) -> Iterator[str]:
    source = path.read_text()
    yield from imported_modules(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
