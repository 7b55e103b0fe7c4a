"""What the log says of what is configured: names, versions and hashes, never what it says."""

from __future__ import annotations

from typing import Any

from configs.models import Configured, ConfigVersion
from events.changes import Change


def describe_version(row: Configured, version: ConfigVersion) -> dict[str, Any]:
    """For the audit chain; the version of this number holds the content that the hash is of."""
    return {
        "team": row.team_id,
        "name": row.name,
        "version": version.number,
        "content_hash": version.content_hash,
    }


def announce_config(change: Change, row: Configured, kind: str, **more: Any) -> None:
    """Tell its team, or owners of what is everybody's; `more`: further state words."""
    words = {"kind": row.kind, "name": row.name[:80], "version": row.version, **more}
    change.event(f"config.{kind}", row.subject, topic="configs", audience=row.audience, words=words)
