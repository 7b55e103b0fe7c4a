"""A process that asks for permission through the domain, many times, when it is told to begin.

`python -m tests.governance.asking_process USER TEAM TIMES COMMAND`: prints `ready`, reads a line, asks TIMES
times and prints the states, one word each.
"""

from __future__ import annotations

import os
import sys

import django


def main() -> None:
    user_id, team_id, times, command = sys.argv[1:]
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()

    from accounts.models import Team, User
    from accounts.principal import Principal
    from events.actors import Door
    from governance.domain.requests import Wish, create_request

    user, team = User.objects.get(pk=user_id), Team.objects.get(pk=team_id)
    say("ready")
    sys.stdin.readline()
    wish = Wish(permission="bash", command=command, directory="/srv/demo")
    states = [
        create_request(principal=Principal(user, Door.API), team=team, wish=wish)[0].state
        for _ in range(int(times))
    ]
    say(" ".join(states))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
