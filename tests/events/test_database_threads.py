from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from django.db import OperationalError, connection, transaction

from events.database_threads import DatabaseThread
from events.models import LogHead

pytestmark = pytest.mark.django_db(transaction=True)

place: contextvars.ContextVar[str] = contextvars.ContextVar("place")


@pytest_asyncio.fixture
async def thread() -> AsyncIterator[DatabaseThread]:
    thread = DatabaseThread("countersign-test")
    yield thread
    await thread.aclose()


def read_heads() -> int:
    return LogHead.objects.count()


def identify() -> tuple[int, int]:
    """(thread, connection of the driver) in use here."""
    connection.ensure_connection()
    return threading.get_ident(), id(connection.connection)


async def test_calls_share_one_named_thread(thread: DatabaseThread) -> None:
    names = {await thread.run(lambda: threading.current_thread().name) for _ in range(3)}
    assert names == {"countersign-test_0"}
    assert await thread.run(read_heads) == 1


@pytest.mark.sqlite
async def test_the_connection_is_kept_between_calls(thread: DatabaseThread) -> None:
    assert await thread.run(identify) == await thread.run(identify)


async def test_arguments_results_and_exceptions_pass_through(thread: DatabaseThread) -> None:
    assert await thread.run(divmod, 7, 2) == (3, 1)
    assert await thread.run(int, "ff", base=16) == 255
    with pytest.raises(ZeroDivisionError):
        await thread.run(divmod, 1, 0)
    assert await thread.run(read_heads) == 1


async def test_context_variables_travel_in_and_do_not_leak_out(thread: DatabaseThread) -> None:
    def swap() -> str:
        before = place.get("nowhere")
        place.set("inside")
        return before

    place.set("outside")
    assert [await thread.run(swap), await thread.run(swap), place.get()] == ["outside", "outside", "outside"]


async def test_a_closed_connection_is_dropped_and_the_next_call_reconnects(thread: DatabaseThread) -> None:
    def break_connection() -> None:
        connection.ensure_connection()
        connection.connection.close()

    await thread.run(break_connection)
    assert await thread.run(read_heads) == 1


async def test_a_connection_left_in_a_transaction_is_dropped(thread: DatabaseThread) -> None:
    def leave_open() -> None:
        transaction.set_autocommit(False)
        LogHead.objects.update(event_seq=99)

    def read_seq() -> int:
        return LogHead.objects.get().event_seq

    await thread.run(leave_open)
    assert await thread.run(read_seq) == 0


async def test_a_failed_statement_leaves_a_usable_connection(thread: DatabaseThread) -> None:
    def fail() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM nowhere")

    with pytest.raises(Exception, match="nowhere"):
        await thread.run(fail)
    assert await thread.run(read_heads) == 1


async def test_calls_run_one_at_a_time_in_order(thread: DatabaseThread) -> None:
    order: list[int] = []
    await asyncio.gather(*(thread.run(order.append, number) for number in range(50)))
    assert order == list(range(50))
    assert thread.pending == 0


async def test_a_cancelled_call_that_has_not_begun_never_runs(thread: DatabaseThread) -> None:
    gate = threading.Event()
    ran: list[int] = []
    blocking = asyncio.create_task(thread.run(gate.wait, 20))
    waiting = asyncio.create_task(thread.run(ran.append, 1))
    await asyncio.sleep(0)
    assert thread.pending == 2
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    gate.set()
    assert await blocking is True
    assert await thread.run(lambda: list(ran)) == []


async def test_what_fails_after_its_caller_left_is_logged(
    thread: DatabaseThread, caplog: pytest.LogCaptureFixture
) -> None:
    gate, entered = threading.Event(), threading.Event()

    def fail_late() -> None:
        entered.set()
        gate.wait(20)
        raise OperationalError("too late")

    call = asyncio.create_task(thread.run(fail_late))
    while not entered.is_set():
        await asyncio.sleep(0.005)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    gate.set()
    await thread.run(read_heads)
    assert [record.getMessage() for record in caplog.records] == [
        "a call on countersign-test failed after its caller had gone"
    ]


async def test_closing_lets_work_finish_and_refuses_more() -> None:
    thread = DatabaseThread("countersign-test")
    results = [asyncio.create_task(thread.run(read_heads)) for _ in range(5)]
    await asyncio.sleep(0)
    await thread.aclose()
    await thread.aclose()
    assert await asyncio.gather(*results) == [1] * 5
    with pytest.raises(RuntimeError, match="countersign-test is closed"):
        await thread.run(read_heads)
