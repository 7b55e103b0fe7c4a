"""Apps further right add to the pages of apps further left: a chat's page shows its permission requests.

    register_panel("engines.chat", build_chat_requests)

`build(principal, obj)` returns a Panel, or None when it has nothing to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from accounts.principal import Principal


@dataclass(frozen=True, slots=True)
class Panel:
    """A section of an object's page: `template` is rendered with the page's context and `panel`."""

    title: str
    template: str
    context: dict[str, Any]


PanelBuilder = Callable[[Principal, Any], Panel | None]
_builders: dict[str, list[PanelBuilder]] = defaultdict(list)


def register_panel(model: str, build: PanelBuilder) -> None:
    """`model` is "app.model", in lower case."""
    if build not in _builders[model]:
        _builders[model].append(build)


def build_panels(principal: Principal, obj: Model) -> list[Panel]:
    panels = (build(principal, obj) for build in _builders[obj._meta.label_lower])
    return [panel for panel in panels if panel is not None]
