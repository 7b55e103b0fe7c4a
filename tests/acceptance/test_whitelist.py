"""What a rule and a path rule let through together, what waits without either, and what always waits."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Team
from governance.domain.requests import Wish, create_request
from governance.models import PermissionRequest
from tests.factories import make_principal, make_rule, make_target, make_team, make_user

pytestmark = pytest.mark.django_db

PENDING = "pending"
APPROVED = "approved"


def ask(team: Team, command: str = "", **values: Any) -> str:
    """The state of what an agent of the team asks, as the database has it."""
    wish = Wish(**{"permission": "bash", "command": command, "directory": "/srv/demo", **values})
    request, _ = create_request(principal=make_principal(make_user(team)), team=team, wish=wish)
    return PermissionRequest.objects.get(pk=request.pk).state


def test_listing_the_workspace_is_approved_by_its_rule_and_waits_without_it() -> None:
    team = make_team()
    assert ask(team, "ls -la") == PENDING
    make_rule(team, "ls *")
    assert ask(team, "ls -la") == APPROVED
    assert ask(make_team(), "ls -la") == PENDING


def test_reading_takes_a_rule_and_a_path_rule() -> None:
    def read(team: Team) -> str:
        return ask(team, permission="read", patterns=["src/a.py"])

    bare, with_rule, with_target, with_both = (make_team() for _ in range(4))
    for team in (with_rule, with_both):
        make_rule(team, "*", permission="read")
    for team in (with_target, with_both):
        make_target(team, "/srv/demo/**")
    assert [read(team) for team in (bare, with_rule, with_target, with_both)] == [*[PENDING] * 3, APPROVED]


@pytest.mark.parametrize(
    "command",
    ["rm -rf /", "rm -rf / ", "sudo rm -rf /", "ls && rm -rf /", "ls\nrm -rf /", "ls $(rm -rf /)"],
)
@pytest.mark.parametrize("rules", [("ls *",), ("ls *", "rm *"), ("*",)], ids=["ls", "rm", "everything"])
def test_removing_the_root_waits_whatever_is_allowed(command: str, rules: tuple[str, ...]) -> None:
    team = make_team()
    for rule in rules:
        make_rule(team, rule)
    make_target(team, "/**")
    assert ask(team, command) == PENDING


def test_removing_everything_below_the_root_is_denied_for_what_lies_there() -> None:
    """The portal's own keys are below it."""
    team = make_team()
    make_rule(team, "rm *")
    assert ask(team, "rm -rf /*") == "denied"
