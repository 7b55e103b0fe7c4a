"""Calls to a CAO server: what its terminals do now, and stopping them. Nothing here is retried."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx

from events.egress import AllowList, build_client
from events.errors import Invalid
from relay.opencode.decoding import decode_json
from relay.opencode.errors import EngineError

MAX_ANSWER_BYTES = 1024 * 1024
CALL_S = 5.0
# Removing a terminal ends a program and writes down what it had on its screen.
STOP_S = 30.0
TERMINAL_ID = re.compile(r"[0-9a-f]{8}")
RUN_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")


class CaoError(Exception):
    """The server did not do what was asked, or did not answer; the sentence is for people."""


class CaoUnauthorized(CaoError):
    """It refused our token."""


class CaoClient:
    """One server at one address. Close it with `aclose()`."""

    def __init__(self, address: str, token: str = "", *, allow: AllowList, call_s: float = CALL_S) -> None:
        headers = [("accept-encoding", "identity")]
        if token:
            headers.append(("authorization", f"Bearer {token}"))
        self.call_s = call_s
        timeout = httpx.Timeout(STOP_S, connect=CALL_S)
        self.http = build_client(address, allow, timeout=timeout, headers=headers)

    async def aclose(self) -> None:
        await self.http.aclose()

    async def check(self) -> None:
        """Whether a CAO server answers, and lets us in. Raises CaoError."""
        told = await self._fetch("GET", "/health")
        if not isinstance(told, dict) or told.get("service") != "cli-agent-orchestrator":
            raise CaoError("What answers at its address is no CAO server.")
        await self._fetch("GET", "/sessions")

    async def read_word(self, terminal: str) -> str:
        """The live state of a terminal; "" when it is gone. Raises CaoError."""
        if not TERMINAL_ID.fullmatch(terminal):
            return ""
        told = await self._fetch("GET", f"/terminals/{terminal}")
        word = told.get("status") if isinstance(told, dict) else None
        return word[:80] if isinstance(word, str) else ""

    async def stop_terminal(self, terminal: str) -> None:
        """End its program and remove it; one that is gone is as good. Raises CaoError."""
        if TERMINAL_ID.fullmatch(terminal):
            await self._fetch("DELETE", f"/terminals/{terminal}", deadline_s=STOP_S)

    async def cancel_run(self, run: str) -> None:
        """Ask a workflow's run to end. Raises CaoError."""
        if RUN_ID.fullmatch(run):
            await self._fetch("POST", f"/workflows/runs/{run}/cancel", deadline_s=STOP_S)

    async def _fetch(self, method: str, path: str, *, deadline_s: float | None = None) -> Any:
        """The decoded JSON of a 2xx; None for a 404."""
        deadline_s = deadline_s or self.call_s
        try:
            async with asyncio.timeout(deadline_s):
                response = await self.http.send(self.http.build_request(method, path), stream=True)
                try:
                    body = await read_bounded(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise CaoError(f"Its HTTP server did not answer within {deadline_s:g} s.") from None
        except Invalid as error:
            raise CaoError(error.message) from None
        except httpx.TransportError:
            raise CaoError("There is no connection to its HTTP server.") from None
        if response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise CaoUnauthorized("Its HTTP server refused our token.")
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        if not response.is_success:
            raise CaoError(f"Its HTTP server answered {response.status_code}.")
        try:
            return decode_json(body)
        except EngineError as error:
            raise CaoError("Its HTTP server answered what is no JSON.") from error


async def read_bounded(response: httpx.Response) -> bytes:
    chunks: list[bytes] = []
    size_bytes = 0
    async for chunk in response.aiter_raw():
        size_bytes += len(chunk)
        if size_bytes > MAX_ANSWER_BYTES:
            raise CaoError("Its HTTP server's answer is too long.")
        chunks.append(chunk)
    return b"".join(chunks)
