"""An engine with a config agent beside it: each verb is one signed request."""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from django.conf import settings

from events.egress import DEFAULT_ALLOW, AllowList, build_client, split_origin
from events.errors import Invalid
from releases.config_agent.countersign_config_agent import is_loopback, sign_request
from releases.controls.by_hand import describe_steps
from releases.controls.interface import PROJECT_CONFIG_FLAG, ControlError, ControlUnavailable, ReleaseFile
from releases.controls.local import compare_digests

CONNECT_TIMEOUT_S = 5.0
CALL_TIMEOUT_S = 30.0
# Its own limit for the command is 60 s unless its settings say otherwise.
RESTART_TIMEOUT_S = 120.0
MAX_ANSWER_BYTES = 4 * 1024 * 1024
# It has just started, or serves too many: the same request may do in a moment.
TRANSIENT = frozenset({408, 503})


class AgentControl:
    """`address` is the agent's origin; `certificate` a PEM text that it is checked against, or ""."""

    can_swap = True

    def __init__(self, address: str, token: str, certificate: str = "") -> None:
        self.address = check_agent_address(address)
        self.certificate = certificate
        self._token = token
        # Until it was asked; an agent without a command says so when it is told to restart.
        self.can_restart = True

    def __repr__(self) -> str:
        return f"AgentControl({self.address!r})"

    def describe_by_hand(self, release_hash: str, files: Sequence[ReleaseFile]) -> list[str]:
        return describe_steps(release_hash, files)

    async def stage(self, release_hash: str, files: Sequence[ReleaseFile]) -> None:
        await self._ask("PUT", f"/v1/releases/{release_hash}", {"files": [list(file) for file in files]})

    async def keep_secrets(self, values: Mapping[str, str], *, only: bool) -> None:
        await self._ask("PUT", "/v1/secrets", {"secrets": dict(values), "only": only})

    async def read_state(self) -> dict[str, Any]:
        """What the agent says of itself and of the engine's process."""
        state = await self._ask("GET", "/v1/state")
        self.can_restart = state.get("can_restart") is True
        return state

    async def read_current(self) -> str | None:
        current = (await self.read_state()).get("current")
        return current if isinstance(current, str) else None

    async def swap(self, release_hash: str) -> None:
        await self._ask("POST", "/v1/current", {"release": release_hash})

    async def restart(self) -> None:
        await self._ask("POST", "/v1/restart", timeout_s=RESTART_TIMEOUT_S)

    async def prune(self, keep: Sequence[str]) -> None:
        await self._ask("POST", "/v1/prune", {"keep": list(keep)})

    async def find_changed(self, files: Sequence[ReleaseFile]) -> list[str]:
        found = (await self._ask("GET", "/v1/live")).get("files")
        if not isinstance(found, dict):
            raise ControlError("What answers there is no config agent.")
        return compare_digests(found, files)

    async def find_probe(self) -> str:
        probe = (await self.read_state()).get("probe")
        return probe if isinstance(probe, str) else ""

    async def read_flags(self) -> dict[str, bool | None]:
        flags = (await self.read_state()).get("flags")
        value = flags.get(PROJECT_CONFIG_FLAG) if isinstance(flags, dict) else None
        return {PROJECT_CONFIG_FLAG: value if isinstance(value, bool) else None}

    async def _ask(
        self, method: str, path: str, body: Any = None, *, timeout_s: float = CALL_TIMEOUT_S
    ) -> dict[str, Any]:
        """The agent's answer. Raises ControlError with its sentence, ControlUnavailable without an answer."""
        content = b"" if body is None else json.dumps(body).encode()
        header = sign_request(self._token, method, path, int(time.time()), secrets.token_hex(16), content)
        try:
            async with asyncio.timeout(timeout_s), self._build_client(timeout_s) as client:
                request = client.build_request(
                    method, path, content=content or None, headers={"Authorization": header}
                )
                response = await client.send(request, stream=True)
                status, answer = response.status_code, await read_bounded(response)
        except Invalid as error:
            raise ControlUnavailable(error.message) from error
        except (TimeoutError, httpx.HTTPError, ssl.SSLError, ValueError) as error:
            raise ControlUnavailable(f"The config agent at {self.address} does not answer.") from error
        if status == httpx.codes.OK:
            return answer
        sentence = str(answer.get("error") or f"The config agent answered {status}.")[:300]
        raise ControlUnavailable(sentence) if status in TRANSIENT else ControlError(sentence)

    def _build_client(self, timeout_s: float) -> httpx.AsyncClient:
        return build_client(
            self.address,
            AllowList.parse([*DEFAULT_ALLOW, *settings.COUNTERSIGN_EGRESS_ALLOW]),
            timeout=httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
            headers=[("accept-encoding", "identity")],
            authority=self.certificate,
        )


async def read_bounded(response: httpx.Response) -> dict[str, Any]:
    """Raises ControlError for what no config agent says."""
    content = b""
    try:
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > MAX_ANSWER_BYTES:
                raise ControlError("What answers there is no config agent.")
    finally:
        await response.aclose()
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ControlError("What answers there is no config agent.")
    return answer


def check_agent_address(address: str) -> str:
    """`scheme://host:port`: HTTPS, or HTTP on loopback. Raises Invalid."""
    scheme, host, port = split_origin(address)
    if scheme == "http" and not (is_loopback(host) or host == "localhost"):
        raise Invalid("A config agent on another host is reached by https:// only.", field="address")
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
