"""The server side of `benchmarks.api_create`: the product's application, and one constant view beside it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the set-up above
from django.db import connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.domain.teams import add_member, create_team  # noqa: E402
from accounts.domain.tokens import create_token  # noqa: E402
from accounts.domain.users import create_user  # noqa: E402
from accounts.enums import Role, Scope, UserKind  # noqa: E402
from accounts.principal import Principal  # noqa: E402
from events.actors import Door, build_command_actor  # noqa: E402
from events.keyring import make_keys_file  # noqa: E402
from governance.domain.requests import Wish, create_request  # noqa: E402

ACTOR = build_command_actor("benchmark")
REQUESTS = 60


def constant(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("constant")


urlpatterns = [path("constant/", constant), path("", include("portal.urls"))]


def prepare() -> dict[str, Any]:
    """A team with an agent and some requests; the agent's token and the id of one request."""
    make_keys_file(Path(settings.COUNTERSIGN_KEYS_FILE))
    call_command("migrate", verbosity=0)
    team = create_team(actor=ACTOR, name="Benchmark")
    owner = create_user(actor=ACTOR, username="owner")
    agent = create_user(actor=ACTOR, username="agent", kind=UserKind.SERVICE, owner=owner)
    add_member(actor=ACTOR, team=team, user=agent, role=Role.VIEWER)
    made = create_token(
        actor=ACTOR,
        user=agent,
        name="benchmark",
        scopes=sorted(Scope.for_services()),
        expires_at=timezone.now() + timedelta(hours=1),
    )
    principal = Principal(agent, Door.API)
    for number in range(REQUESTS):
        request, _ = create_request(
            principal=principal, team=team, wish=Wish(permission="bash", command=f"make part{number}")
        )
    return {"token": made.secret, "id": request.pk}


def serve() -> None:
    """Print what a caller needs on one line, then serve until a signal."""
    settings.ROOT_URLCONF = __name__
    facts = prepare()
    connections.close_all()
    from portal.application import build_application
    from portal.server import PortalServer  # installs the event loop

    def announce(bind: Any) -> None:
        print(json.dumps({**facts, "port": bind.port}), flush=True)

    application = build_application(with_relay=False)
    PortalServer(application, settings.COUNTERSIGN_BIND, on_listening=announce).serve()
