"""The part of the inbox benchmark that needs Django: `python -m benchmarks.inbox_page_steps ROWS`.

Fills the database up to ROWS requests and prints the pages that can be read; then reads the page named on
each line of standard input and prints how long it took. Old rows are made in bulk, past the domain.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import Team, User
    from engines.models import Chat, Engine
    from governance.models import PermissionRequest

WAITING = 120
BATCH = 2000
TEAMS = ("Shop", "Search", "Billing", "Elsewhere")
PROGRAMS = ("git status", "npm test", "ls -la src", "make build", "rg TODO", "cat README.md", "rm -rf dist")
# How the history ended: mostly by people, some by rules, some not at all.
ENDINGS = ("user", "user", "rule", "")
# Half of the history is the first team's: with 1,000 requests each of its tabs fills a page already.
SHARES = (6, 2, 2, 2)


def main(rows: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from events.keyring import make_keys_file

    if not Path(settings.COUNTERSIGN_KEYS_FILE).exists():
        make_keys_file(Path(settings.COUNTERSIGN_KEYS_FILE))
    call_command("migrate", verbosity=0, stdout=sys.stderr)
    # The test client names this host.
    settings.ALLOWED_HOSTS = ["testserver"]
    fill(rows)
    pages = {title: (user, query) for title, user, query, _ in list_pages()}
    clients = {user.username: log_in(user) for user, _ in pages.values()}
    print(json.dumps({title: is_held for title, _, _, is_held in list_pages()}), flush=True)
    for line in sys.stdin:
        user, query = pages[line.strip()]
        print(json.dumps(read_page(clients[user.username], query)), flush=True)


# The database -----------------------------------------------------------------------------------------


def fill(rows: int) -> None:
    from django.db import connection

    from events.append_only import suspended
    from governance.models import PermissionRequest
    from reviews.models import Vote

    world = read_world() or make_world()
    missing = rows - PermissionRequest.objects.count()
    random = Random(rows)
    while missing > 0:
        size = min(BATCH, missing)
        with suspended():
            made = PermissionRequest.objects.bulk_create(build_past(world, random) for _ in range(size))
            Vote.objects.bulk_create(
                build_vote(request) for request in made if request.decided_by_kind == "user"
            )
        missing -= size
    with connection.cursor() as cursor:
        # What PostgreSQL's autovacuum and SQLite's `PRAGMA optimize` do in the course of a day.
        cursor.execute("ANALYZE")


def make_world() -> dict[str, Any]:
    """Four teams with an engine and chats each, three readers, and what waits."""
    from accounts.enums import Role
    from tests.factories import make_engine, make_owner, make_request, make_session, make_team, make_user

    teams = [make_team(name) for name in TEAMS]
    make_user(teams[0], username="one")
    three = make_user(teams[0], username="three")
    for team in teams[1:3]:
        team.memberships.create(user=three, role=Role.APPROVER)
    make_owner(username="owner")
    for team in teams:
        engine = make_engine(team)
        for number in range(25):
            make_session(engine, f"ses_{team.name}_{number}", title=f"Work {number} of {team.name}")
    for number in range(WAITING):
        team = teams[number % len(teams)]
        make_request(
            team.engines.get(),
            f"{PROGRAMS[number % 6]} {number}",
            session_id=f"ses_{team.name}_{number % 25}",
        )
    world = read_world()
    assert world is not None
    return world


def read_world() -> dict[str, Any] | None:
    from accounts.models import Team
    from engines.models import Chat, Engine

    teams: list[Team] = sorted(Team.objects.filter(name__in=TEAMS), key=lambda team: TEAMS.index(team.name))
    if not teams:
        return None
    engines: dict[str, Engine] = {engine.team_id: engine for engine in Engine.objects.all()}
    chats: dict[str, list[Chat]] = {team.pk: list(Chat.objects.filter(team=team)) for team in teams}
    return {"teams": teams, "engines": engines, "chats": chats}


def build_past(world: dict[str, Any], random: Random) -> PermissionRequest:
    """A request that ended some time in the last 200 days."""
    from django.utils import timezone

    from governance.models import PermissionRequest

    [team] = random.choices(world["teams"], SHARES)
    chat: Chat = random.choice(world["chats"][team.pk])
    asked_at: datetime = timezone.now() - timedelta(hours=2, seconds=random.randrange(200 * 86400))
    ending = random.choice(ENDINGS)
    command = f"{random.choice(PROGRAMS)} {random.randrange(10**6)}"
    request = PermissionRequest(
        team=team,
        source="engine",
        engine=world["engines"][team.pk],
        chat=chat,
        engine_request_id=f"per_{random.getrandbits(80):x}",
        session_id=chat.ai_engine_session_id or "",
        directory=f"/srv/{team.name.lower()}/{random.randrange(8)}",
        agent=random.choice(("build", "plan", "explore")),
        requester_kind="engine",
        requester_id=world["engines"][team.pk].pk,
        permission=random.choice(("bash", "bash", "bash", "edit", "webfetch")),
        content="x" * random.randrange(400, 4000),
        fingerprint=f"{random.getrandbits(256):064x}",
        summary=command,
        is_summary_whole=True,
        arguments_known=True,
        prefix=command.split(" ", maxsplit=1)[0],
        risk="high" if command.startswith("rm") else "normal",
        sealed_at=asked_at,
        created_at=asked_at,
        expires_at=asked_at + timedelta(hours=1),
        decided_at=asked_at + timedelta(minutes=random.randrange(1, 50)),
    )
    if ending:
        request.state = random.choice(("approved", "approved", "denied"))
        request.decided_by_kind, request.decided_by_id, request.decided_by_label = (
            ending,
            f"{ending}1",
            ending,
        )
        if ending == "rule":
            request.rule_id, request.rule_version = request.decided_by_id, 1
        request.decision_door = "admin" if ending == "user" else "rule"
        request.approvals = int(request.state == "approved")
    else:
        request.state, request.close_reason = "expired", "timed_out"
    return request


def build_vote(request: PermissionRequest) -> Any:
    from reviews.models import Vote

    return Vote(
        subject_kind="permission_request",
        subject_id=request.pk,
        voter_id="somebodyelse000",
        verdict="approve" if request.state == "approved" else "deny",
        fingerprint=request.fingerprint,
        door="admin",
        at=request.created_at,
    )


# The pages --------------------------------------------------------------------------------------------


def list_pages() -> Iterator[tuple[str, User, dict[str, str], bool]]:
    """(title, reader, query, whether the ratio is held)."""
    from accounts.models import User
    from governance.tabs import Tab

    readers = {user.username: user for user in User.objects.filter(username__in=["one", "three", "owner"])}
    for name, title in (("one", "one team"), ("three", "three teams"), ("owner", "owner")):
        for tab in Tab:
            yield f"{tab.value}, {title}", readers[name], {"tab": tab.value}, True
    one = readers["one"]
    yield "mine by session, one team", one, {"group": "session"}, True
    yield "mine, search", one, {"q": "git"}, True
    yield "decided, search that finds", one, {"tab": "decided", "q": "git"}, False
    yield "decided, search that finds nothing", one, {"tab": "decided", "q": "nowhere"}, False
    yield "decided, risk and agent", one, {"tab": "decided", "risk": "high", "agent": "plan"}, False
    yield "all, search, owner", readers["owner"], {"tab": "all", "q": "nowhere"}, False


def log_in(user: User) -> Client:
    from django.test import Client

    client = Client()
    client.force_login(user)
    return client


def read_page(client: Client, query: dict[str, str]) -> dict[str, Any]:
    from django.urls import reverse

    url = reverse("admin:governance_permissionrequest_changelist")
    started_at = time.perf_counter()
    response = client.get(url, query)
    elapsed_ms = (time.perf_counter() - started_at) * 1000
    assert response.status_code == 200, response.status_code
    return {"ms": elapsed_ms, "shown": response.content.decode().count('<tr id="row-')}


if __name__ == "__main__":
    main(int(sys.argv[1]))
