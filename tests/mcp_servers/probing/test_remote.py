"""Visits to remote servers: real HTTP on this machine, by the official SDK at both ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import pytest
import uvicorn
from mcp.server.mcpserver import MCPServer

from events.egress import AddressUnresolved, AllowList, EgressRefused, PinnedAddress
from mcp_servers.probing import ProbeError, ProbeLimits, RemoteServer, digests, visit
from mcp_servers.probing.guarded import resolve

pytestmark = pytest.mark.pure

Application = Callable[..., Awaitable[None]]
HERE = AllowList.parse(["127.0.0.1"])
LIMITS = ProbeLimits(wall_s=20)


def build_server() -> MCPServer:
    server = MCPServer("handbook", instructions="Ask for pages.")

    @server.tool()
    def read_page(page: str) -> str:
        """Gives back one page."""
        return page

    @server.prompt()
    def summary() -> str:
        """A summary."""
        return "Summarise."

    return server


@contextlib.asynccontextmanager
async def serving(application: Application) -> AsyncIterator[int]:
    """The port that it is served at."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(application, log_level="error", ws="none", timeout_graceful_shutdown=1)
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(20):
            while not server.started:
                await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
        listener.close()


async def describe(url: str, transport: str = "streamable-http", **headers: str) -> RemoteServer:
    return RemoteServer(url=url, transport=transport, pinned=await resolve(url, HERE), headers=headers)


async def test_both_transports_show_the_same_to_the_digest() -> None:
    async with serving(build_server().streamable_http_app()) as port:
        streamed = await visit(await describe(f"http://127.0.0.1:{port}/mcp"), limits=LIMITS)
    async with serving(build_server().sse_app()) as port:
        pushed = await visit(await describe(f"http://127.0.0.1:{port}/sse", "sse"), limits=LIMITS)
    assert [tool["name"] for tool in streamed.tools] == ["read_page"]
    assert [prompt["name"] for prompt in streamed.prompts] == ["summary"]
    assert streamed.instructions == "Ask for pages."
    assert digests(streamed) == digests(pushed)


async def test_its_headers_go_along() -> None:
    seen: list[bytes] = []
    inner = build_server().streamable_http_app()

    async def watching(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        seen.extend(value for name, value in scope.get("headers", []) if name == b"x-token")
        await inner(scope, receive, send)

    async with serving(watching) as port:
        server = await describe(f"http://127.0.0.1:{port}/mcp", **{"X-Token": "a secret"})
        await visit(server, limits=LIMITS)
    assert set(seen) == {b"a secret"}
    assert "a secret" not in repr(server)


def answering(status: int, body: bytes = b"", **headers: str) -> Application:
    async def answer(scope: MutableMapping[str, Any], _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": body})

    return answer


@pytest.mark.parametrize("transport", ["streamable-http", "sse"])
@pytest.mark.parametrize("location", ["/elsewhere", "http://169.254.169.254/latest/meta-data/"])
async def test_a_redirect_is_not_followed(transport: str, location: str) -> None:
    async with serving(answering(307, location=location)) as port:
        server = await describe(f"http://127.0.0.1:{port}/mcp", transport)
        with pytest.raises(ProbeError) as caught:
            await visit(server, limits=LIMITS)
    assert (caught.value.reason, caught.value.sentence) == (
        "refused",
        "It redirects to another address; redirects are not followed.",
    )


@pytest.mark.parametrize("transport", ["streamable-http", "sse"])
async def test_an_answer_without_end_is_cut_off(transport: str) -> None:
    async def flood(scope: MutableMapping[str, Any], _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        lines = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": lines})
        with contextlib.suppress(OSError):
            for _ in range(100):
                await send(
                    {"type": "http.response.body", "body": b": " + b"x" * 99_998 + b"\n", "more_body": True}
                )
        await send({"type": "http.response.body", "body": b""})

    async with serving(flood) as port:
        server = await describe(f"http://127.0.0.1:{port}/mcp", transport)
        with pytest.raises(ProbeError) as caught:
            await visit(server, limits=ProbeLimits(wall_s=20, output_bytes=1_000_000))
    assert (caught.value.reason, caught.value.sentence) == ("refused", "It answered with too much.")


@pytest.mark.parametrize("transport", ["streamable-http", "sse"])
async def test_one_that_does_not_answer_costs_its_time_and_no_more(transport: str) -> None:
    async def keep_silent(scope: MutableMapping[str, Any], receive: Any, _send: Any) -> None:
        if scope["type"] == "http":
            while (await receive())["type"] != "http.disconnect":
                continue

    async with serving(keep_silent) as port:
        server = await describe(f"http://127.0.0.1:{port}/mcp", transport)
        with pytest.raises(ProbeError) as caught:
            await visit(server, limits=ProbeLimits(wall_s=0.5))
    assert caught.value.reason in {"too_slow", "unreachable"}


async def test_nobody_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ProbeError) as caught:
        await visit(await describe(f"http://127.0.0.1:{port}/mcp"), limits=LIMITS)
    assert caught.value.reason in {"unreachable", "protocol"}


async def test_a_visit_goes_to_the_address_that_was_checked_and_to_no_other() -> None:
    """The name would lead elsewhere by now; the visit does not ask again."""
    async with serving(build_server().streamable_http_app()) as port:
        url = f"http://handbook.invalid:{port}/mcp"
        pinned = PinnedAddress("http", "handbook.invalid", port, ("127.0.0.1",))
        server = RemoteServer(url=url, transport="streamable-http", pinned=pinned)
        with pytest.raises(ProbeError) as refused:
            await visit(server, limits=LIMITS)
        elsewhere = PinnedAddress("http", "other.invalid", port, ("127.0.0.1",))
        wrong = RemoteServer(url=url, transport="streamable-http", pinned=elsewhere)
        with pytest.raises(ProbeError) as caught:
            await visit(wrong, limits=LIMITS)
    # It was reached under its own name, which its guard against rebinding does not know.
    assert "421" in refused.value.sentence or refused.value.reason == "protocol"
    assert caught.value.sentence == "It leads to another address, which nobody asked for."


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/mcp",
        "https://127.0.0.1:1/mcp",
        "https://localhost/mcp",
        "https://[::1]/mcp",
        "https://169.254.169.254/latest/",
        "https://10.0.0.1/mcp",
        "https://[::ffff:127.0.0.1]/mcp",
        "https://0.0.0.0/mcp",
        "http://93.184.216.34/mcp",
        "https://user:password@93.184.216.34/mcp",
        "file:///etc/passwd",
    ],
)
async def test_private_unsafe_and_unencrypted_addresses_are_refused(url: str) -> None:
    with pytest.raises(EgressRefused):
        await resolve(url, AllowList.parse([]))


async def test_a_name_without_address_is_told() -> None:
    with pytest.raises(AddressUnresolved):
        await resolve("https://handbook.invalid/mcp", AllowList.parse([]))
