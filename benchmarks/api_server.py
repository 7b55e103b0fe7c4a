"""The product's application with a team, an agent and a person, and one constant view beside it.

`python -m benchmarks.api_server daphne|uvicorn [--phases]` serves it; with `--phases` it times where a
request's CPU goes, and tells it at /phases/.
"""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the set-up above
from django.db import connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.domain.teams import add_member, create_team  # noqa: E402
from accounts.domain.tokens import create_token  # noqa: E402
from accounts.domain.users import create_user  # noqa: E402
from accounts.enums import Role, Scope, UserKind  # noqa: E402
from accounts.models import Team, User  # noqa: E402
from accounts.principal import Principal  # noqa: E402
from benchmarks.phases import phases  # noqa: E402
from benchmarks.product import SERVERS, serve  # noqa: E402
from events.actors import Door, build_command_actor  # noqa: E402
from events.keyring import make_keys_file  # noqa: E402
from governance.domain.requests import Wish, create_request  # noqa: E402

ACTOR = build_command_actor("benchmark")
REQUESTS = 60


def constant(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("constant")


def tell_phases(_request: HttpRequest) -> HttpResponse:
    return JsonResponse(phases.take())


urlpatterns = [
    path("constant/", constant),
    path("phases/", tell_phases),
    path("", include("portal.urls")),
]


def prepare() -> dict[str, Any]:
    """A team with an agent, a person who decides, and some requests; their tokens, the id of one request."""
    make_keys_file(Path(settings.COUNTERSIGN_KEYS_FILE))
    call_command("migrate", verbosity=0)
    team = create_team(actor=ACTOR, name="Benchmark")
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    person = create_user(actor=ACTOR, username="ada")
    add_member(actor=ACTOR, team=team, user=person, role=Role.APPROVER)
    owner = create_user(actor=ACTOR, username="owner")
    agent = create_user(actor=ACTOR, username="agent", kind=UserKind.SERVICE, owner=owner)
    add_member(actor=ACTOR, team=team, user=agent, role=Role.VIEWER)
    for number in range(REQUESTS):
        request, _ = create_request(
            principal=Principal(agent, Door.API),
            team=team,
            wish=Wish(permission="bash", command=f"make part{number}"),
        )
    return {
        "id": request.pk,
        "token": make_token(agent, Scope.REQUESTS_READ, Scope.REQUESTS_CREATE),
        "decider": make_token(person, Scope.REQUESTS_READ, Scope.REQUESTS_DECIDE),
    }


def make_token(user: User, *scopes: str) -> str:
    ends = timezone.now() + timedelta(hours=1)
    return create_token(actor=ACTOR, user=user, name="benchmark", scopes=list(scopes), expires_at=ends).secret


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", choices=SERVERS)
    parser.add_argument("--phases", action="store_true")
    options = parser.parse_args()
    settings.ROOT_URLCONF = "benchmarks.api_server"
    facts = prepare()
    connections.close_all()
    if options.phases:
        phases.install()
    from portal.application import build_application

    serve(build_application(with_relay=False), options.server, facts)


if __name__ == "__main__":
    main()
