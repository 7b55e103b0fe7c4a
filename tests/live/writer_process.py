"""A process that commits events, as a relay does: `python -m tests.live.writer_process SEED`.

First prints who may listen, when asked for by `prepare`: {"start", "listeners": [{"token", "audiences",
"sees_all_teams"}]}. A line `write COUNT` commits that many events, in transactions of one to eight, and is
answered by {"written": COUNT}. A commit that fails is tried again: the log is the truth, not what was tried.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import timedelta
from functools import cache
from typing import Any

import django

django.setup()

import orjson  # noqa: E402 - needs the set-up above
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import Error as DatabaseProblem, close_old_connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.domain.teams import add_member, create_team  # noqa: E402
from accounts.domain.tokens import create_token  # noqa: E402
from accounts.domain.users import create_user  # noqa: E402
from accounts.enums import Role, Scope  # noqa: E402
from accounts.models import ApiToken, Team, User  # noqa: E402
from accounts.principal import Principal  # noqa: E402
from events.actors import Subject, build_command_actor  # noqa: E402
from events.changes import TOPICS, changes  # noqa: E402
from events.keyring import make_keys_file  # noqa: E402
from live.queries import read_head  # noqa: E402

ACTOR = build_command_actor("test")
TEAMS = 5
PEOPLE = 9
GIVE_UP_S = 60.0


def say(facts: dict[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(facts).decode() + "\n")
    sys.stdout.flush()


def prepare() -> dict[str, Any]:
    """A database with five teams, nine people in two teams each, and an owner in none."""
    make_keys_file(settings.COUNTERSIGN_KEYS_FILE)
    call_command("migrate", verbosity=0)
    teams = [create_team(actor=ACTOR, name=f"team {number}") for number in range(TEAMS)]
    users = [create_user(actor=ACTOR, username="owner", is_superuser=True)]
    for number in range(PEOPLE):
        user = create_user(actor=ACTOR, username=f"person-{number}")
        for team in {teams[number % TEAMS], teams[(number * 3 + 1) % TEAMS]}:
            add_member(actor=ACTOR, team=team, user=user, role=Role.VIEWER)
        users.append(user)
    listeners = [describe_listener(user) for user in users]
    return {"start": read_head(), "listeners": listeners}


def describe_listener(user: User) -> dict[str, Any]:
    expires_at = timezone.now() + timedelta(days=1)
    made = create_token(
        actor=ACTOR, user=user, name="test", scopes=[Scope.EVENTS_READ], expires_at=expires_at
    )
    principal = Principal(user, "api", ApiToken.objects.get(pk=made.token.pk))
    return {
        "token": made.secret,
        "audiences": sorted(principal.audiences),
        "sees_all_teams": principal.sees_all_teams,
    }


@cache
def list_audiences() -> list[str]:
    """The teams', then everybody's own, then the owners'."""
    teams = [f"team:{key}" for key in Team.objects.order_by("pk").values_list("pk", flat=True)]
    users = [f"user:{key}" for key in User.objects.order_by("pk").values_list("pk", flat=True)]
    return [*teams, *users, "owners"]


def write(count: int, chance: random.Random) -> None:
    audiences = list_audiences()
    topics = sorted(TOPICS)
    while count > 0:
        batch = min(count, chance.randint(1, 8))
        events = [
            (chance.choice(audiences[: TEAMS if chance.random() < 0.8 else None]), chance.choice(topics))
            for _ in range(batch)
        ]
        commit(events)
        count -= batch


def commit(events: list[tuple[str, str]]) -> None:
    gives_up_at = time.monotonic() + GIVE_UP_S
    while True:
        try:
            with changes(ACTOR) as change:
                for audience, topic in events:
                    change.event("test.happened", Subject("test", "1"), topic=topic, audience=audience)
        except DatabaseProblem:
            if time.monotonic() > gives_up_at:
                raise
            close_old_connections()
        else:
            return


def main() -> None:
    chance = random.Random(sys.argv[1])
    for line in sys.stdin:
        verb, *words = line.split()
        if verb == "prepare":
            say(prepare())
        else:
            write(int(words[0]), chance)
            say({"written": int(words[0])})


if __name__ == "__main__":
    main()
