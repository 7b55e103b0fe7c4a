"""Reads of replays and proposals: for people of the team alone, as the rules themselves."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.principal import Principal
from events.errors import NotFound
from events.identifiers import is_record_id
from governance.models import RuleProposal, RuleReplay
from governance.policies import can_list_rules


def list_replays(principal: Principal) -> QuerySet[RuleReplay]:
    replays = RuleReplay.objects.select_related("team", "requested_by")
    return replays.filter(team_id__in=principal.team_ids) if can_list_rules(principal) else replays.none()


def can_see_replay(principal: Principal, replay: RuleReplay) -> bool:
    return can_list_rules(principal) and replay.team_id in principal.team_ids


def get_replay(principal: Principal, replay_id: str) -> RuleReplay:
    """Raises NotFound also for what this principal may not see."""
    replay = list_replays(principal).filter(pk=replay_id).first() if is_record_id(replay_id) else None
    if replay is None:
        raise NotFound("There is no such replay.")
    return replay


def list_proposals(principal: Principal) -> QuerySet[RuleProposal]:
    proposals = RuleProposal.objects.select_related("team", "settled_by")
    return proposals.filter(team_id__in=principal.team_ids) if can_list_rules(principal) else proposals.none()


def can_see_proposal(principal: Principal, proposal: RuleProposal) -> bool:
    return can_list_rules(principal) and proposal.team_id in principal.team_ids


def get_proposal(principal: Principal, proposal_id: str) -> RuleProposal:
    """Raises NotFound also for what this principal may not see."""
    proposal = list_proposals(principal).filter(pk=proposal_id).first() if is_record_id(proposal_id) else None
    if proposal is None:
        raise NotFound("There is no such proposal.")
    return proposal
