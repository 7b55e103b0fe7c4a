"""The parts of the decisions benchmark that need Django, each run in a process with the measured settings."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.principal import Principal
    from benchmarks.decisions import Tally


def load_django() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()


def prepare(*, requests: int, deciders: int) -> dict[str, Any]:
    """An empty database with a team for each quorum, its deciders and its requests."""
    from django.conf import settings
    from django.core.management import call_command

    from benchmarks.decisions import QUORUMS
    from events.keyring import make_keys_file
    from reviews.models import ReviewPolicy
    from tests.factories import make_engine, make_request, make_team, make_user

    make_keys_file(Path(settings.COUNTERSIGN_KEYS_FILE))
    call_command("migrate", verbosity=0, stdout=sys.stderr)
    for quorum in QUORUMS:
        team = make_team(f"quorum {quorum}")
        ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=quorum)
        for number in range(deciders):
            make_user(team, username=f"q{quorum}-{number:03}")
        engine = make_engine(team)
        for number in range(requests):
            make_request(engine, f"ls {number}")
    return {}


def read_round(quorum: int) -> tuple[list[Principal], list[tuple[str, str]]]:
    """The deciders of a round, and (key, fingerprint) of its requests."""
    from django.db import connections

    from accounts.models import User
    from accounts.principal import Principal
    from events.actors import Door
    from governance.models import PermissionRequest

    users = User.objects.filter(username__startswith=f"q{quorum}-").order_by("username")
    rows = PermissionRequest.objects.filter(team__name=f"quorum {quorum}")
    result = (
        [Principal(user, Door.API) for user in users],
        list(rows.values_list("pk", "fingerprint")),
    )
    connections.close_all()
    return result


def decide_all(
    person: Principal,
    requests: list[tuple[str, str]],
    order: Random,
    quorum: int,
    tally: Tally,
    lock: threading.Lock,
) -> None:
    """Try every request in an order of one's own; with a quorum everybody approves."""
    from django.db import DatabaseError, connections

    from events.errors import Conflict
    from governance.domain.decide import approve_request, deny_request
    from governance.enums import Confirmation

    # Nobody here reads what they approve: the guard against that is answered before it asks.
    approve = partial(approve_request, confirmed=[Confirmation.PAUSE])
    for key, fingerprint in order.sample(requests, len(requests)):
        act = approve if quorum > 1 or order.random() < 0.5 else deny_request
        try:
            outcome = act(principal=person, request_id=key, fingerprint=fingerprint)
            happened = "decided" if outcome.is_decided else "voted"
        except Conflict as conflict:
            happened = conflict.code
        except DatabaseError as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            happened = "error"
        with lock:
            tally.outcomes[happened] += 1
            if happened == "decided":
                tally.ended.append(key)
    connections.close_all()


def check(*, quorum: int) -> dict[str, Any]:
    """What the database says after a round."""
    from django.db.models import Count

    from events.audit import verify_chain
    from governance.models import EngineReply, PermissionRequest
    from reviews.models import Vote

    rows = PermissionRequest.objects.filter(team__name=f"quorum {quorum}")
    count = rows.count()
    keys = list(rows.values_list("pk", flat=True))
    votes = Vote.objects.filter(subject_id__in=keys).values("subject_id").annotate(votes=Count("pk"))
    replies = EngineReply.objects.filter(request__in=rows)
    wrong = []
    if {row["votes"] for row in votes} != {quorum}:
        wrong.append("some request has another number of votes than it needed")
    if (replies.count(), replies.values("request_id").distinct().count()) != (count, count):
        wrong.append("some request has not exactly one reply")
    wrong += [f"audit entry {finding.n}: {finding.problem}" for finding in verify_chain()[:5]]
    return {"requests": count, "undecided": rows.filter(state="pending").count(), "wrong": wrong}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {"prepare": prepare, "check": check}

if __name__ == "__main__":
    load_django()
    print(json.dumps(STEPS[sys.argv[1]](**json.loads(sys.argv[2]))))
