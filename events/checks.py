from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from events import append_only


@register(Tags.database)
def check_append_only_triggers(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """History tables are guarded by triggers in every migrated database."""
    return [
        Error(
            f"The append-only trigger {name} is missing.",
            hint="Run `manage.py migrate`; it installs the triggers again.",
            id="events.E001",
        )
        for alias in databases or []
        for name in append_only.missing_triggers(alias)
    ]
