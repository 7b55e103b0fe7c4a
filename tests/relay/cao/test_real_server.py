"""The collector beside a real CAO server with its mock provider: who delegates to whom is on record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.enums import Role
from chats.domain.stop_tree import stop_delegation
from engines.models import CaoServer as ConnectedServer, Subagent
from relay.cao.supervisor import run_collectors
from tests.factories import make_principal, make_user
from tests.relay.conftest import Desk
from tests.support.cao_server import CaoServer

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]


async def connect(desk: Desk, cao: CaoServer, tmp_path: Path) -> ConnectedServer:
    token = tmp_path / "token"
    token.write_text(f"{cao.token}\n")
    options = {"team": desk.team.name, "address": cao.address, "token_file": token}
    await desk.run(lambda: call_command("connect_cao", str(cao.home), **options))
    return await desk.run(ConnectedServer.objects.get)


@pytest.fixture
async def collecting() -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_collectors(stop))
    yield
    stop.set()
    await asyncio.wait_for(task, 30)


async def wait_status(desk: Desk, ref: str, status: str) -> Subagent:
    rows = Subagent.objects.filter(source_ref=ref, status=status).select_related("parent", "root")
    return await desk.wait(rows.first, f"{ref} {status}")


@pytest.mark.usefixtures("collecting")
async def test_what_agents_delegate_is_on_record_to_its_end(
    desk: Desk, cao: CaoServer, tmp_path: Path
) -> None:
    server = await connect(desk, cao, tmp_path)
    await desk.wait(
        lambda: ConnectedServer.objects.filter(pk=server.pk, state="online").first(), "the server is read"
    )
    top = await asyncio.to_thread(cao.launch, "cao-one")
    worker = await asyncio.to_thread(cao.assign, top, "Write a parser.", "cao-one")
    below = await asyncio.to_thread(cao.assign, worker, "work 30", "cao-one")
    waits = await asyncio.to_thread(cao.assign, worker, "ask May I?", "cao-one")
    gone = await asyncio.to_thread(cao.hand_off, top, "Check module A.", "cao-one", "0f" * 16)

    done = await wait_status(desk, worker, "completed")
    deep = await wait_status(desk, below, "running")
    asks = await wait_status(desk, waits, "waiting_human")
    handed = await wait_status(desk, gone, "completed")
    rows = (done, deep, asks, handed)
    assert [(row.kind, row.parent and row.parent.source_ref, row.depth) for row in rows] == [
        ("cao_assign", top, 1),
        ("cao_assign", worker, 2),
        ("cao_assign", worker, 2),
        ("cao_handoff", top, 1),
    ]
    assert {row.root.source_ref for row in rows if row.root} == {top}
    assert (handed.result_excerpt, handed.agent) == ("Check module A.", "reviewer")
    assert gone not in cao.list_terminals("cao-one")
    assert "0f0f" not in repr(await desk.run(lambda: list(Subagent.objects.values())))

    # A person stops the worker with everybody below it; its supervisor goes on.
    admin = make_principal(await desk.run(lambda: make_user(desk.team, Role.ADMIN)))
    await desk.run(lambda: stop_delegation(principal=admin, subagent_id=done.pk))
    await wait_status(desk, below, "cancelled")
    await wait_status(desk, waits, "cancelled")
    for _ in range(100):
        left = await asyncio.to_thread(cao.list_terminals, "cao-one")
        if left == [top]:
            break
        await asyncio.sleep(0.1)
    assert left == [top]

    # What its server removes without a word is lost.
    late = await asyncio.to_thread(cao.assign, top, "work 30", "cao-one")
    await wait_status(desk, late, "running")
    await asyncio.to_thread(cao.delete_session, "cao-one")
    await wait_status(desk, late, "lost")
    await wait_status(desk, top, "lost")

    # The same name again is another tree.
    again = await asyncio.to_thread(cao.launch, "cao-one")
    await desk.wait(lambda: Subagent.objects.filter(source_ref=again).exists(), "the other tree")
    first = await desk.run(lambda: Subagent.objects.get(source_ref=top))
    second = await desk.run(lambda: Subagent.objects.get(source_ref=again))
    assert first.incarnation
    assert second.incarnation not in {"", first.incarnation}
    assert second.root is None

    # A server that is gone loses nothing more, and what is seen of it says so.
    cao.stop()
    missed = ConnectedServer.objects.filter(pk=server.pk, state="degraded")
    stopped = await desk.wait(missed.first, "the server is missed")
    assert stopped.state_reason == "There is no connection to its HTTP server."
    assert (await desk.run(lambda: Subagent.objects.get(source_ref=again))).status in {"running", "starting"}


async def test_a_server_with_another_token_is_not_connected(
    desk: Desk, cao: CaoServer, tmp_path: Path
) -> None:
    cao.token = "another"
    with pytest.raises(CommandError, match=r"Its HTTP server refused our token\. Nothing was connected\."):
        await connect(desk, cao, tmp_path)
    assert await desk.run(ConnectedServer.objects.count) == 0
