"""The part of the replay benchmark that needs Django: `python -m benchmarks.replay_steps COUNT`.

Stores COUNT past requests and 1,000 rules in an empty database, replays a draft over them as the commands
and pages do, and prints what it came to. The past is made in bulk, past the domain; its contents are sealed
as any request's are.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.replay import EVERYDAY, WARM_UP, read_memory_mib
from benchmarks.rule_samples import PLACE, list_past_commands, list_rules

if TYPE_CHECKING:
    from accounts.models import Team, User
    from engines.models import Chat, Engine
    from governance.models import PermissionRequest, WhitelistAction

BATCH = 1000


def main(count: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from events.keyring import make_keys_file

    make_keys_file(Path(settings.COUNTERSIGN_KEYS_FILE))
    call_command("migrate", verbosity=0, stdout=sys.stderr)
    print(json.dumps(replay(fill(count))), flush=True)


def fill(count: int) -> Team:
    from django.db import connection

    from engines.models import Chat
    from events.append_only import suspended
    from governance.models import PermissionRequest, TeamRules, WhitelistAction
    from tests.factories import make_engine, make_session, make_team, make_user

    team = make_team()
    engine = make_engine(team)
    for number in range(25):
        make_session(engine, f"ses_{number}")
    chats = list(Chat.objects.filter(team=team))
    author = make_user(team)
    with suspended():
        WhitelistAction.objects.bulk_create(build_rules(team, author))
        TeamRules.objects.create(team=team, version=1)
    rows = build_past(engine, chats, count)
    while batch := list(islice(rows, BATCH)):
        with suspended():
            PermissionRequest.objects.bulk_create(batch)
    with connection.cursor() as cursor:
        # What PostgreSQL's autovacuum and SQLite's `PRAGMA optimize` do in the course of a day.
        cursor.execute("ANALYZE")
    return team


def build_rules(team: Team, author: User) -> Iterator[WhitelistAction]:
    """The rules of the pure replay without those about everyday programs, which the draft adds to."""
    from django.utils import timezone

    from governance.models import WhitelistAction

    kept = list_rules()[len(EVERYDAY) :]
    said = [(rule.pattern, rule.effect.value) for rule in kept] + [(line, "allow") for line in EVERYDAY]
    for number, (pattern, effect) in enumerate(said):
        yield WhitelistAction(
            team=team,
            name=f"rule {number}",
            value=pattern,
            effect=effect,
            state="active",
            created_by=author,
            activated_by=author,
            activated_at=timezone.now(),
        )


def build_past(engine: Engine, chats: list[Chat], count: int) -> Iterator[PermissionRequest]:
    """Oldest last, a second between two."""
    from django.utils import timezone

    now = timezone.now()
    for number, command in enumerate(list_past_commands(count)):
        chat = chats[number % len(chats)]
        yield build_request(engine, chat, command, number, now - timedelta(seconds=number + 1))


def build_request(
    engine: Engine, chat: Chat, command: str, number: int, asked_at: datetime
) -> PermissionRequest:
    """As the relay stores and seals what an engine asks, decided by a person."""
    from events.encryption import seal
    from governance.content import RequestContent
    from governance.models import PermissionRequest

    content = RequestContent(
        permission="bash",
        patterns=[command],
        directory=PLACE,
        agent="build",
        command=command,
        arguments={"command": command, "description": f"Step {number} of the work"},
        metadata={"command": command},
        tool="bash",
    )
    request = PermissionRequest(
        team_id=engine.team_id,
        source="engine",
        engine=engine,
        chat=chat,
        engine_request_id=f"per_{number}",
        session_id=chat.ai_engine_session_id or "",
        directory=PLACE,
        agent=content.agent,
        requester_kind="engine",
        requester_id=engine.pk,
        permission=content.permission,
        fingerprint=content.fingerprint,
        summary=command,
        arguments_known=True,
        sealed_at=asked_at,
        created_at=asked_at,
        expires_at=asked_at + timedelta(hours=1),
        decided_at=asked_at,
        decided_by_kind="user",
        decided_by_id="somebodyelse000",
        decision_door="admin",
        approvals=1,
        state="approved",
    )
    seal(request, "content", content.to_text())
    return request


# What is measured ---------------------------------------------------------------------------------------


def replay(team: Team) -> dict[str, Any]:
    """What `benchmarks.replay.Measured` holds."""
    from governance.domain.replay import Tally, replay_history
    from governance.rule_drafts import RuleDraft

    draft = RuleDraft(name="draft", value="sed *", effect="allow")
    tally, memory_mib = Tally(), 0.0
    before, cpu_before = time.perf_counter(), time.process_time()
    for tally in replay_history(team=team, draft=draft):
        if tally.seen == WARM_UP:
            memory_mib = read_memory_mib()
    took_s, cpu_s = time.perf_counter() - before, time.process_time() - cpu_before
    return {
        "took_s": took_s,
        "cpu_s": cpu_s,
        "memory_mib": memory_mib,
        "growth_mib": read_memory_mib() - memory_mib,
        "found": {
            "looked_at": tally.looked_at,
            "unchanged": tally.unchanged,
            **{name: kind["count"] for name, kind in tally.changed.items()},
        },
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
