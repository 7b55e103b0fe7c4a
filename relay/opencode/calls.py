"""One bounded HTTP exchange with an engine: an end in time, a size limit, typed errors, no body in a log."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from events.egress import AllowList, build_client
from events.errors import Invalid
from relay.opencode.decoding import JsonObject, decode_json
from relay.opencode.errors import EngineProtocolError, EngineUnauthorized, EngineUnknown, EngineUnreachable

# Message lists carry whole outputs and diffs; anything beyond this is no answer we could use.
MAX_ANSWER_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `call_s` bounds a whole call, whatever it waits for."""

    connect_s: float = 5.0
    call_s: float = 10.0
    stream_connected_s: float = 5.0
    stream_read_s: float = 25.0


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent; `directory` None for engine-wide calls."""

    method: str
    path: str
    directory: str | None = None
    parameters: dict[str, str] | None = None
    body: JsonObject | None = None


class EngineConnection:
    """The connection pool to one engine."""

    def __init__(
        self, address: str, username: str, password: str, *, timeouts: Timeouts, allow: AllowList
    ) -> None:
        self.timeouts = timeouts
        self.http = build_client(
            address,
            allow,
            timeout=httpx.Timeout(timeouts.call_s, connect=timeouts.connect_s),
            auth=httpx.BasicAuth(username, password) if password else None,
            # Bodies are read raw, so that a compressed one can't grow beyond its bound.
            headers=[("accept-encoding", "identity")],
        )

    async def send(self, call: Call) -> tuple[int, bytes]:
        """Status and raw body. Raises EngineUnreachable, EngineUnauthorized or EngineProtocolError."""
        query = dict(call.parameters or {})
        if call.directory is not None:
            query["directory"] = call.directory
        request = self.http.build_request(
            call.method,
            call.path,
            params=query,
            content=None if call.body is None else orjson.dumps(call.body),
            headers=None if call.body is None else {"content-type": "application/json"},
        )
        try:
            async with asyncio.timeout(self.timeouts.call_s):
                response = await self.http.send(request, stream=True)
                try:
                    answer = await _read_bounded(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            message = f"The engine did not answer within {self.timeouts.call_s:g} s."
            raise EngineUnreachable(message, may_have_arrived=True) from None
        except (httpx.TransportError, Invalid) as error:
            raise describe_transport_error(error) from None
        check_status(response.status_code)
        return response.status_code, answer

    async def fetch(self, call: Call) -> Any:
        """The decoded JSON of a 200, None for a 204; EngineUnknown for any other status."""
        status, answer = await self.send(call)
        if status == httpx.codes.NO_CONTENT:
            return None
        if status != httpx.codes.OK:
            raise EngineUnknown(f"The engine answered {status} to {call.method} {call.path}.", status=status)
        return decode_json(answer)

    async def find(self, call: Call) -> Any:
        """As `fetch`, but None for a 404."""
        try:
            return await self.fetch(call)
        except EngineUnknown as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise


def describe_transport_error(error: httpx.TransportError | Invalid) -> EngineUnreachable:
    """Our error for httpx's, and for an address that may not be connected to."""
    if isinstance(error, Invalid):
        return EngineUnreachable(error.message, may_have_arrived=False)
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)):
        return EngineUnreachable("No connection to the engine.", may_have_arrived=False)
    return EngineUnreachable("The connection to the engine broke.", may_have_arrived=True)


def check_status(status: int) -> None:
    """Raise for a status that is no answer to the call itself."""
    if status == httpx.codes.UNAUTHORIZED:
        raise EngineUnauthorized("The engine refused our user name or password.")
    if httpx.codes.is_redirect(status):
        raise EngineProtocolError("The engine answered with a redirect, which is never followed.")


async def _read_bounded(response: httpx.Response) -> bytes:
    chunks: list[bytes] = []
    size_bytes = 0
    async for chunk in response.aiter_raw():
        size_bytes += len(chunk)
        if size_bytes > MAX_ANSWER_BYTES:
            raise EngineProtocolError(f"The engine's answer is longer than {MAX_ANSWER_BYTES} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)
