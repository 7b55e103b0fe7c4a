"""An HTTP client for one remote server: bound to addresses that were checked, and to so many bytes.

The name is resolved once for the whole visit, as `events.egress` does it; no redirect is followed, no proxy
of the environment is used. Public servers are spoken to by HTTPS alone; a private one has to be named in
COUNTERSIGN_EGRESS_ALLOW.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2

from events.egress import AllowList, EgressRefused, PinnedAddress, pin_address, split_origin

REDIRECTS = range(300, 400)


async def resolve(url: str, allow: AllowList) -> PinnedAddress:
    """Where a visit goes. Raises EgressRefused or AddressUnresolved."""
    pinned = await pin_address(url, allow)
    if pinned.scheme != "https" and any(ipaddress.ip_address(text).is_global for text in pinned.addresses):
        raise EgressRefused("A public server is spoken to by https:// alone.")
    return pinned


@dataclass(slots=True)
class Visit:
    """`refusal` says why something was refused on the way, "" for nothing; `read_bytes` over all answers.

    `clock` is the visit's own; a refusal ends it at once, since the SDK may go on waiting.
    """

    pinned: PinnedAddress
    max_bytes: int
    clock: asyncio.Timeout
    refusal: str = ""
    read_bytes: int = 0

    def count(self, size: int) -> None:
        self.read_bytes += size
        if self.read_bytes > self.max_bytes:
            self.refuse("It answered with too much.")

    def refuse(self, sentence: str) -> None:
        self.refusal = self.refusal or sentence
        if not self.clock.expired():
            self.clock.reschedule(0)
        raise httpx2.RequestError(sentence)


class GuardedTransport(httpx2.AsyncBaseTransport):
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        is_tls = visit.pinned.scheme == "https"
        # Without TLS a bare context without any trusted authority: cheap, and useless by accident.
        context = ssl.create_default_context() if is_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.inner = httpx2.AsyncHTTPTransport(verify=context, trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        pinned = self.visit.pinned
        if split_origin(str(request.url)) != (pinned.scheme, pinned.host, pinned.port):
            self.visit.refuse("It leads to another address, which nobody asked for.")
        response = await self.send(request)
        if response.status_code in REDIRECTS:
            await response.aclose()
            self.visit.refuse("It redirects to another address; redirects are not followed.")
        response.stream = CountedStream(response.stream, self.visit)
        return response

    async def send(self, request: httpx2.Request) -> httpx2.Response:
        """To the first address that answers; nothing was sent where no connection came about."""
        *others, last = self.visit.pinned.addresses
        for address in others:
            with contextlib.suppress(httpx2.ConnectError, httpx2.ConnectTimeout):
                return await self.inner.handle_async_request(self.readdress(request, address))
        return await self.inner.handle_async_request(self.readdress(request, last))

    def readdress(self, request: httpx2.Request, address: str) -> httpx2.Request:
        extensions = dict(request.extensions)
        if address != self.visit.pinned.host:
            extensions["sni_hostname"] = self.visit.pinned.host
        return httpx2.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions=extensions,
        )

    async def aclose(self) -> None:
        await self.inner.aclose()


class CountedStream(httpx2.AsyncByteStream):
    def __init__(self, inner: object, visit: Visit) -> None:
        assert isinstance(inner, httpx2.AsyncByteStream)  # noqa: S101 - of an async transport
        self.inner = inner
        self.visit = visit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.inner:
            self.visit.count(len(chunk))
            yield chunk

    async def aclose(self) -> None:
        await self.inner.aclose()
