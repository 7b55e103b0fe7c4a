"""How a rule's state, effect, reach and use read in the admin."""

from __future__ import annotations

from datetime import datetime

from accounts.admin.display import Pill, format_duration, format_moment
from events.text import make_visible
from governance.enums import RuleEffect, RuleMode, RuleState
from governance.models import WhitelistAction
from governance.rule_drafts import StoredRow

EFFECTS = {
    RuleEffect.ALLOW: Pill("allow", "check", "ok"),
    RuleEffect.ASK: Pill("ask", "hand", "wait"),
    RuleEffect.DENY: Pill("deny", "cross", "bad"),
}
STATES = {
    RuleState.DRAFT: Pill("draft", "dot", "quiet"),
    RuleState.IN_REVIEW: Pill("in review", "hourglass", "wait"),
    RuleState.OFF: Pill("off", "off", "quiet"),
    RuleState.RETIRED: Pill("retired", "lock", "quiet"),
}


def describe_effect(row: StoredRow) -> Pill:
    return EFFECTS[RuleEffect(row.effect)]


def describe_state(row: StoredRow, now: datetime) -> Pill:
    """What it does now, not only what was pressed: an active rule whose time has run out does nothing."""
    if not row.is_active:
        return STATES[RuleState(row.state)]
    if row.expires_at is not None and row.expires_at <= now:
        return Pill("expired", "clock", "warn")
    if is_used_up(row):
        return Pill("used up", "clock", "warn")
    note = f"for {format_duration(row.expires_at - now)}" if row.expires_at is not None else ""
    if row.mode == RuleMode.OBSERVE:
        return Pill("observes", "eye", "info", note)
    return Pill("on", "check", "ok", note)


def is_used_up(row: StoredRow) -> bool:
    if not isinstance(row, WhitelistAction) or row.max_uses is None:
        return False
    return count_uses(row) >= row.max_uses


def count_uses(rule: WhitelistAction) -> int:
    use = getattr(rule, "use", None)
    return use.uses if use else 0


def list_limits(row: StoredRow) -> list[str]:
    """What it is limited to, one short phrase each; none means everything of the team."""
    limits = [row.directory] if row.directory else []
    if row.agent:
        limits.append(f"agent {row.agent}")
    if row.engine is not None:
        limits.append(f"engine {row.engine.name}")
    if isinstance(row, WhitelistAction):
        if row.user is not None:
            limits.append(f"chats of {row.user}")
        if row.chat is not None:
            limits.append(f"chat {row.chat}")
    return [make_visible(limit) for limit in limits]


def describe_end(row: StoredRow, now: datetime) -> str:
    if row.expires_at is None:
        return "never"
    if row.expires_at <= now:
        return f"ended {format_moment(row.expires_at)}"
    return f"in {format_duration(row.expires_at - now)}, {format_moment(row.expires_at)}"


def describe_uses(rule: WhitelistAction) -> str:
    """Decisions, of how many at most, and what it only observed."""
    use = getattr(rule, "use", None)
    uses, observed = (use.uses, use.observed) if use else (0, 0)
    text = f"{uses} of {rule.max_uses}" if rule.max_uses is not None else str(uses)
    return f"{text}, {observed} observed" if observed else text
