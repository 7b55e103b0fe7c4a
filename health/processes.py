"""What the process that runs this knows of its own background tasks; `portal` says where to read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# {name of a background task: {"is_ready", "restarts", "last_error"}}
Tasks = dict[str, dict[str, Any]]

_source: Callable[[], Tasks] = dict


def register_task_source(source: Callable[[], Tasks]) -> None:
    global _source  # noqa: PLW0603 - one process, one source
    _source = source


def read_tasks() -> Tasks:
    """Empty where none run."""
    return _source()
