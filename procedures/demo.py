"""One proposal that waits in the demo: an agent wrote it, and the demo's person may approve it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from procedures.domain.proposals import create_proposal, submit_proposal
from procedures.drafts import ProposalDraft
from procedures.enums import Area
from procedures.models import Proposal

REVIEWED_AFTER_DAYS = 180
CONTENT = """\
# Release the greeting program

## Purpose

Everybody brings a new version to people in the same way, and can take it back.

## Steps

1. Run the program's own check: `python greet.py --check`.
2. Say in the team's channel what changes for people.
3. Ask for permission to push the branch `release`.

## Rollback

Push the commit before it to `release`, and say so in the channel.
"""


def seed_proposal(agent: Principal, team: Team) -> Proposal:
    """Submitted, so that it stands among the reviews."""
    draft = ProposalDraft(
        slug="release-the-greeting-program",
        name="Release the greeting program",
        description="Use this before a new version of the greeting program goes to people.",
        area=Area.DEPLOYMENT,
        content=CONTENT,
        review_by=(timezone.now() + timedelta(days=REVIEWED_AFTER_DAYS)).date(),
    )
    note = "I was asked how this is done, and found it nowhere."
    proposal = create_proposal(principal=agent, team=team, draft=draft, note=note)
    return submit_proposal(principal=agent, proposal_id=proposal.pk, expected_number=1)
