"""Where the form of a rule begins: at a draft that was held against the past."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.principal import Principal
from governance.domain.replay import read_replayed_draft
from governance.models import RuleReplay
from governance.rule_drafts import Draft
from governance.workshop_queries import get_replay


def read_start(principal: Principal, query: Mapping[str, str]) -> tuple[Draft, RuleReplay] | None:
    """The draft that `?replay=ID` of a form's address means, and its replay; None without one.

    Raises NotFound, also for what this principal may not see.
    """
    key = query.get("replay", "")
    if not key:
        return None
    replay = get_replay(principal, key)
    return read_replayed_draft(replay), replay
