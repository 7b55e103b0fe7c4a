"""Daphne's server, started from our code: one process with HTTP, websockets and background tasks.

Importing this module installs Twisted's asyncio reactor; only the commands that serve import it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from portal.reactor import Server  # first: it installs the reactor

# isort: split
from autobahn.exception import Disconnected
from daphne.http_protocol import HTTPFactory
from daphne.ws_protocol import WebSocketFactory
from django.conf import settings
from twisted.internet import defer, reactor as installed_reactor
from twisted.internet.error import CannotListenError
from twisted.logger import ILogObserver, globalLogBeginner
from twisted.web.http import HTTPFactory as TwistedFactory
from zope.interface import implementer

from portal.application import Application
from portal.binding import Bind
from portal.bounded_requests import BoundedChannel, BoundedRequest

logger = logging.getLogger(__name__)

reactor: Any = installed_reactor

# Clients send acknowledgements and topics, nothing long.
MAX_FRAME_BYTES = 64 * 1024
# Beyond the deadline of a clean stop, for what hangs in a thread that nobody can interrupt.
FORCED_EXIT_AFTER_S = 5
LAST_BYTES_S = 0.5


@implementer(ILogObserver)
def drop_log_event(_event: Any) -> None:
    """Twisted's own log, which repeats ours or says nothing."""


class BoundedFactory(HTTPFactory):
    """Builds connections whose requests are bounded."""

    protocol = BoundedChannel

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted's name
        # Not Daphne's own, which puts its requests in.
        return TwistedFactory.buildProtocol(self, addr)

    def log(self, request: Any) -> None:
        """Twisted's access line, written for nobody; ours is COUNTERSIGN_ACCESS_LOG."""


class PortalServer(Server):
    """`serve()` returns the process's exit code when the server has stopped."""

    def __init__(self, application: Application, bind: Bind, *, on_listening: Callable[[Bind], None]) -> None:
        super().__init__(
            application,
            endpoints=[str(bind)],
            signal_handlers=False,
            server_name="",
            websocket_max_message_size=MAX_FRAME_BYTES,
            websocket_max_frame_size=MAX_FRAME_BYTES,
        )
        self.bind = bind
        self.on_listening = on_listening
        self.exit_code = 0
        self.is_stopping = False
        self.port: Any = None

    def serve(self) -> int:
        """Listen, run until a signal, stop cleanly."""
        self.prepare()
        loop = asyncio.get_event_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.begin_stop)
        reactor.callWhenRunning(self.spawn, self.start_up())
        reactor.addSystemEventTrigger("before", "shutdown", self.kill_all_applications)
        reactor.run(installSignalHandlers=False)
        return self.exit_code

    def prepare(self) -> None:
        """What Daphne's own `run()` does before it listens."""
        self.connections: dict[Any, dict[str, Any]] = {}
        self.http_factory = BoundedFactory(self)
        self.ws_factory = WebSocketFactory(self, server=self.server_name)
        self.ws_factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            allowNullOrigin=True,
            openHandshakeTimeout=self.websocket_handshake_timeout,
            maxMessagePayloadSize=self.websocket_max_message_size,
            maxFramePayloadSize=self.websocket_max_frame_size,
            # A frame that breaks the protocol (1002, 1007, 1009) is answered, not met with a dead line.
            failByDrop=False,
        )
        globalLogBeginner.beginLoggingTo([drop_log_event], redirectStandardIO=False, discardBuffer=True)
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        asyncio.set_event_loop(reactor._asyncioEventloop)  # noqa: SLF001 - as Daphne does

    async def handle_reply(self, protocol: Any, message: Any) -> None:
        """Hand over a message of the application; one part of a streamed answer waits for the reader.

        Raises OSError when the client of a websocket has left, as the ASGI specification asks for.
        """
        try:
            await super().handle_reply(protocol, message)
        except Disconnected as error:
            raise ConnectionResetError(str(error)) from error
        if message.get("more_body") and isinstance(protocol, BoundedRequest):
            await protocol.wait_until_taken()

    def spawn(self, coroutine: Any) -> None:
        task = asyncio.get_event_loop().create_task(coroutine)
        task.add_done_callback(self.end_on_error)

    def end_on_error(self, task: asyncio.Task[None]) -> None:
        """A start or stop that fails must not leave a server that looks alive."""
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("the server can't go on", exc_info=error)
            self.exit_code = 1
            self.stop()

    async def start_up(self) -> None:
        try:
            self.port = reactor.listenTCP(self.bind.port, self.http_factory, interface=self.interface)
        except CannotListenError as error:
            logger.error("can't listen on %s: %s", self.bind, error.socketError)  # noqa: TRY400 - no traceback
            self.exit_code = 1
            self.stop()
            return
        await self.application.start()
        self.on_listening(Bind(self.bind.host, self.port.getHost().port))

    @property
    def interface(self) -> str:
        return "127.0.0.1" if self.bind.host == "localhost" else self.bind.host

    def begin_stop(self) -> None:
        """On SIGTERM or SIGINT; a second one ends the process at once."""
        if self.is_stopping:
            os._exit(1)
        self.is_stopping = True
        deadline_s = settings.COUNTERSIGN_STOP_DEADLINE_S
        watchdog = threading.Timer(deadline_s + FORCED_EXIT_AFTER_S, self.exit_by_force)
        watchdog.daemon = True
        watchdog.start()
        self.spawn(self.shut_down(deadline_s))

    async def shut_down(self, deadline_s: float) -> None:
        """No new connections; running requests and background tasks end; then everything else is cut."""
        if self.port is not None:
            await defer.maybeDeferred(self.port.stopListening).asFuture(asyncio.get_running_loop())
        await self.application.stop(deadline_s)
        await self.let_answers_out()
        self.stop()

    async def let_answers_out(self) -> None:
        """What has just ended hands over its last bytes: answers, and the close codes of websockets."""
        running = self.list_running()
        if running:
            await asyncio.wait(running, timeout=LAST_BYTES_S)

    def list_running(self) -> list[asyncio.Future[Any]]:
        """Connections that have sent no request yet have no application."""
        instances = [details.get("application_instance") for details in self.connections.values()]
        return [instance for instance in instances if instance is not None and not instance.done()]

    def exit_by_force(self) -> None:
        logger.error("the server did not stop in time; ending the process")
        os._exit(1)

    def kill_all_applications(self) -> defer.Deferred[Any]:
        """Cancel what still runs. Daphne's own stumbles over connections that have sent no request yet."""
        running = self.list_running()
        for instance in running:
            instance.cancel()
        return defer.Deferred.fromFuture(asyncio.gather(*running, return_exceptions=True))
