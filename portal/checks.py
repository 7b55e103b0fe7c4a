from __future__ import annotations

import os
from typing import Any

from django.core.checks import CheckMessage, Warning as CheckWarning, register

from portal.env import Environment


@register()
def check_unknown_settings(**_kwargs: Any) -> list[CheckMessage]:
    """A misspelt setting leaves its default in force; say so."""
    return [
        CheckWarning(
            f"{name} is not a setting of Countersign and has no effect.",
            hint=f"Did you mean {nearest}?" if nearest else None,
            id="portal.W001",
        )
        for name, nearest in Environment(os.environ).find_unknown().items()
    ]
