"""The product's application without the relay, with a token to listen with.

`python -m tests.live.server_process [uvicorn]`, on Daphne unless it is named. Prints {"port", "token"} on one
line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta

import django

django.setup()

import orjson  # noqa: E402 - needs the set-up above
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.domain.tokens import create_token  # noqa: E402
from accounts.domain.users import create_user  # noqa: E402
from accounts.enums import Scope  # noqa: E402
from events.actors import build_command_actor  # noqa: E402
from events.keyring import make_keys_file  # noqa: E402
from portal.application import Application, build_application  # noqa: E402


def main() -> None:
    make_keys_file(settings.COUNTERSIGN_KEYS_FILE)
    call_command("migrate", verbosity=0)
    actor = build_command_actor("test")
    user = create_user(actor=actor, username="ada", is_superuser=True)
    expires_at = timezone.now() + timedelta(days=1)
    made = create_token(
        actor=actor, user=user, name="test", scopes=[Scope.EVENTS_READ], expires_at=expires_at
    )
    connections.close_all()

    def announce(port: int) -> None:
        sys.stdout.write(orjson.dumps({"port": port, "token": made.secret}).decode() + "\n")
        sys.stdout.flush()

    application = build_application(with_relay=False)
    serve = serve_with_uvicorn if sys.argv[1:] == ["uvicorn"] else serve_with_daphne
    raise SystemExit(serve(application, announce))


def serve_with_daphne(application: Application, announce: Callable[[int], None]) -> int:
    from portal.server import PortalServer  # installs the event loop

    bind = settings.COUNTERSIGN_BIND
    return PortalServer(application, bind, on_listening=lambda found: announce(found.port)).serve()


def serve_with_uvicorn(application: Application, announce: Callable[[int], None]) -> int:
    import uvicorn

    config = uvicorn.Config(application, port=0, log_level="error", lifespan="on")
    listening = config.bind_socket()
    listening.listen()
    announce(listening.getsockname()[1])
    uvicorn.Server(config).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    main()
