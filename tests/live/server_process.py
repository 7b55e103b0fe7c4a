"""The product's server without the relay, with a token to listen with: `python -m tests.live.server_process`.

Prints {"port", "token"} on one line.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

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
from portal.application import build_application  # noqa: E402


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
    from portal.server import PortalServer  # installs the event loop

    def announce(bind: Any) -> None:
        sys.stdout.write(orjson.dumps({"port": bind.port, "token": made.secret}).decode() + "\n")
        sys.stdout.flush()

    application = build_application(with_relay=False)
    raise SystemExit(PortalServer(application, settings.COUNTERSIGN_BIND, on_listening=announce).serve())


if __name__ == "__main__":
    main()
