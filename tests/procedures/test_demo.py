"""The demo's proposal can be approved as it stands, by its one person."""

from __future__ import annotations

import pytest

from accounts.enums import Role
from accounts.principal import Principal
from events.actors import Door
from procedures.demo import CONTENT, seed_proposal
from tests.factories import make_service, make_team, make_user
from tests.procedures.making import approve

pytestmark = pytest.mark.django_db


def test_the_demos_proposal_waits_for_its_person() -> None:
    team = make_team()
    person = make_user(team, Role.ADMIN, is_superuser=True)
    agent = make_service(make_user(), team)
    proposal = seed_proposal(Principal(agent, Door.COMMAND), team)
    assert (proposal.state, proposal.authored_by) == ("submitted", "agent")
    assert approve(proposal, person).versions.get().content == CONTENT
