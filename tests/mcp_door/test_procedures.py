"""An agent proposes a procedure; a person approves it; agents read it with its hash and signature."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, transaction

from accounts.enums import Scope
from accounts.models import Team, User
from portal.application import Application
from procedures.domain.seals import list_public_keys, write_sealed_text
from procedures.models import Proposal, SopVersion
from tests.factories import make_token
from tests.mcp_door.conftest import connect, in_thread
from tests.procedures.making import CONTENT, approve, make_sop

pytestmark = pytest.mark.django_db(transaction=True)

SCOPES = (Scope.PROCEDURES_READ, Scope.PROCEDURES_WRITE)
WISH = {
    "slug": "deploy-web",
    "name": "Deploy the web",
    "description": "How to deploy the web.",
    "content": CONTENT,
}


async def submit(client: Any, **values: Any) -> Any:
    return await client.call_tool("submit_proposal", {**WISH, **values})


async def test_a_proposal_becomes_a_procedure_by_a_person_s_yes_alone(
    application: Application, approver: User, agent: User
) -> None:
    secret = await in_thread(make_token, agent, *SCOPES)
    async with connect(application, secret) as client:
        made = (await submit(client)).structured_content
        before = (await client.call_tool("list_sops", {})).structured_content
        missing = await client.call_tool("read_sop", {"slug": "deploy-web"})
        await in_thread(lambda: approve(Proposal.objects.get(), approver))
        after = (await client.call_tool("list_sops", {})).structured_content
        read = (await client.call_tool("read_sop", {"slug": "deploy-web"})).structured_content
    proposal = await in_thread(Proposal.objects.get)
    assert (made["state"], made["slug"], made["revision"]) == ("submitted", "deploy-web", 1)
    assert (proposal.authored_by, proposal.author_id, proposal.door) == ("agent", agent.pk, "mcp")
    assert (before, missing.is_error) == ({"sops": []}, True)
    assert [(row["slug"], row["version"], row["seal_problem"]) for row in after["sops"]] == [
        ("deploy-web", 1, "")
    ]
    assert (read["content"], read["version"], read["holds_now"]) == (CONTENT, 1, True)
    assert read["content_hash"] == hashlib.sha256(CONTENT.encode()).hexdigest()
    text, key = await in_thread(read_proof, read["key_id"])
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(
        base64.b64decode(read["signature"]), text.encode()
    )


def read_proof(key_id: str) -> tuple[str, str]:
    keys = {key.key_id: key.public_key for key in list_public_keys()}
    return write_sealed_text(SopVersion.objects.get()), keys[key_id]


async def test_nobody_says_who_wrote_it(application: Application, approver: User, agent: User) -> None:
    secret = await in_thread(make_token, agent, *SCOPES)
    async with connect(application, secret) as client:
        for lie in ({"author": "ada"}, {"authored_by": "human"}, {"state": "approved"}):
            assert (await submit(client, **lie)).is_error
    assert not await in_thread(Proposal.objects.exists)


async def test_what_the_lint_forbids_leaves_no_draft_behind(
    application: Application, approver: User, agent: User
) -> None:
    secret = await in_thread(make_token, agent, *SCOPES)
    async with connect(application, secret) as client:
        told = await submit(client, content="No headings.")
    assert (told.is_error, told.structured_content["code"]) == (True, "lint_failed")
    assert not await in_thread(Proposal.objects.exists)


async def test_a_better_text_is_the_next_revision_of_the_same_proposal(
    application: Application, approver: User, agent: User
) -> None:
    secret = await in_thread(make_token, agent, *SCOPES)
    async with connect(application, secret) as client:
        first = (await submit(client)).structured_content
        better = (
            await submit(client, proposal=first["id"], content=CONTENT + "\n3. Look.\n")
        ).structured_content
    assert (better["id"], better["revision"], better["state"]) == (first["id"], 2, "submitted")


async def test_a_text_whose_seal_is_broken_is_not_handed_out(
    application: Application, team: Team, approver: User, agent: User
) -> None:
    secret = await in_thread(make_token, agent, *SCOPES)
    await in_thread(make_sop, team, approver, slug="deploy-web")
    await in_thread(tamper)
    async with connect(application, secret) as client:
        listed = (await client.call_tool("list_sops", {})).structured_content
        told = await client.call_tool("read_sop", {"slug": "deploy-web"})
    assert listed["sops"][0]["seal_problem"].startswith("Its text is not the one that was approved")
    assert (told.is_error, told.structured_content["code"]) == (True, "seal_broken")
    assert "rm -rf" not in repr(told)


def tamper() -> None:
    """As somebody would who writes into the database itself, past the triggers."""
    table = SopVersion._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(f"UPDATE {table} SET content = 'rm -rf /'")  # noqa: S608 - our own table
            return
        names = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
        cursor.execute(names, [table])
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(f"UPDATE {table} SET content = 'rm -rf /'")  # noqa: S608 - our own table
        for _, statement in triggers:
            cursor.execute(statement)
