"""Reads of stored rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.models import Team
from accounts.principal import Principal
from events.errors import NotFound
from events.identifiers import is_record_id
from governance.enums import RuleState, StoredRuleKind
from governance.models import RuleVersion, TeamRules, WhitelistAction, WhitelistTarget
from governance.policies import RULE_WRITERS, can_list_rules, can_see_rule
from governance.rule_drafts import StoredRow

MODELS: dict[str, Any] = {StoredRuleKind.ACTION: WhitelistAction, StoredRuleKind.TARGET: WhitelistTarget}


def list_rules(principal: Principal) -> QuerySet[WhitelistAction]:
    """Everything `can_see_rule` lets this principal see."""
    rules = WhitelistAction.objects.select_related("team", "use", "engine", "user", "chat", "created_by")
    return rules.filter(team_id__in=principal.team_ids) if can_list_rules(principal) else rules.none()


def list_targets(principal: Principal) -> QuerySet[WhitelistTarget]:
    targets = WhitelistTarget.objects.select_related("team", "engine", "created_by")
    return targets.filter(team_id__in=principal.team_ids) if can_list_rules(principal) else targets.none()


def list_stored(principal: Principal, kind: str) -> QuerySet[Any]:
    return list_rules(principal) if kind == StoredRuleKind.ACTION else list_targets(principal)


def get_stored(principal: Principal, kind: str, rule_id: str) -> Any:
    """A WhitelistAction or WhitelistTarget; raises NotFound also for what this principal may not see."""
    row = list_stored(principal, kind).filter(pk=rule_id).first() if is_record_id(rule_id) else None
    if row is None or not can_see_rule(principal, row):
        raise NotFound("There is no such rule.")
    return row


def list_versions(row: StoredRow) -> QuerySet[RuleVersion]:
    """Newest first, with who saved them."""
    versions = RuleVersion.objects.filter(rule_kind=row.rule_kind, rule_id=row.pk)
    return versions.select_related("author").order_by("-version")


def get_version(row: StoredRow, version: int) -> RuleVersion:
    found = list_versions(row).filter(version=version).first()
    if found is None:
        raise NotFound("There is no such version.")
    return found


def list_writable_teams(principal: Principal) -> QuerySet[Team]:
    """The teams whose rules this principal may draft."""
    teams = [team_id for team_id, role in principal.roles.items() if role in RULE_WRITERS]
    return Team.objects.filter(pk__in=teams, retired_at=None).order_by("name")


def filter_applying(rows: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    """Switched on, not ended, and not used up."""
    rows = rows.filter(Q(expires_at=None) | Q(expires_at__gt=now), state=RuleState.ACTIVE)
    if rows.model is WhitelistAction:
        rows = rows.filter(Q(max_uses=None) | Q(use=None) | Q(use__uses__lt=F("max_uses")))
    return rows


def read_rules_version(team_id: str) -> int:
    """The number that moves with every change of the team's rules; 0 before the first."""
    return TeamRules.objects.filter(team_id=team_id).values_list("version", flat=True).first() or 0
