"""What the log says of a rule: its name and state words, never what it covers."""

from __future__ import annotations

from typing import Any

from events.changes import Change
from governance.rule_drafts import StoredRow, hash_draft, read_draft


def describe_row(row: StoredRow) -> dict[str, Any]:
    """For the audit chain; the version of this number holds the content that the hash is of."""
    return {
        "team": row.team_id,
        "state": row.state,
        "effect": row.effect,
        "mode": row.mode,
        "version": row.version,
        "content_hash": hash_draft(read_draft(row)),
    }


def announce_rule(change: Change, row: StoredRow, kind: str) -> None:
    """Tell the team; at most 2 KB."""
    change.event(
        f"whitelist_rule.{kind}",
        row.subject,
        topic="requests",
        audience=f"team:{row.team_id}",
        words={
            "name": row.name[:80],
            "state": row.state,
            "effect": row.effect,
            "mode": row.mode,
            "version": row.version,
        },
    )
