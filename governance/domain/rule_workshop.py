"""A rule made of a request or a proposal: saved only as it was replayed, and together with its origin."""

from __future__ import annotations

from collections.abc import Collection

from accounts.models import Team
from accounts.principal import Principal
from events.changes import changes
from events.errors import Conflict
from governance.domain.decide import Outcome, approve_request
from governance.domain.replay import find_ended_replay
from governance.domain.rule_proposals import accept_proposal
from governance.domain.rules import save_rule
from governance.enums import Confirmation
from governance.models import WhitelistAction
from governance.rule_drafts import RuleDraft


def save_replayed(*, principal: Principal, team: Team, draft: RuleDraft, note: str = "") -> WhitelistAction:
    """Make the rule and switch it on, or put it before the second person that it needs.

    Raises Conflict when exactly this has not been replayed over the rules as they are; else as `save_rule`.
    """
    if find_ended_replay(team_id=team.pk, draft=draft) is None:
        raise Conflict("Look first at what exactly this would have done: replay it.", code="not_replayed")
    return save_rule(principal=principal, team=team, draft=draft, activate=True, note=note)


def save_proposed(*, principal: Principal, team: Team, draft: RuleDraft, proposal_id: str) -> WhitelistAction:
    """The same, and the proposal is accepted: both, or neither."""
    with changes(principal.actor):
        note = f"Made from proposal {proposal_id}."
        rule = save_replayed(principal=principal, team=team, draft=draft, note=note)
        accept_proposal(principal=principal, proposal_id=proposal_id, rule_id=rule.pk)
    return rule


def approve_with_rule(
    *,
    principal: Principal,
    team: Team,
    draft: RuleDraft,
    request_id: str,
    fingerprint: str,
    reason: str = "",
    confirmed: Collection[Confirmation] = (),
) -> tuple[Outcome, WhitelistAction]:
    """Approve one request as always, and make a rule of it: both, or neither. Raises as both do."""
    with changes(principal.actor):
        outcome = approve_request(
            principal=principal,
            request_id=request_id,
            fingerprint=fingerprint,
            reason=reason,
            confirmed=confirmed,
        )
        note = f"Made from request {request_id}."
        rule = save_replayed(principal=principal, team=team, draft=draft, note=note)
    return outcome, rule
