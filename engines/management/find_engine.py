from __future__ import annotations

from django.core.management.base import CommandError

from engines.models import Engine


def find_engine(wanted: str) -> Engine:
    """The live engine with this id or name. Raises CommandError, naming those there are."""
    live = Engine.objects.filter(retired_at=None).select_related("team")
    found = [engine for engine in live if wanted in {engine.pk, engine.name}]
    if len(found) == 1:
        return found[0]
    listing = ", ".join(f"{engine.name} of {engine.team} ({engine.pk})" for engine in found or live)
    problem = "names several engines" if found else "names no engine"
    raise CommandError(f"{wanted!r} {problem}. Engines: {listing or 'none yet'}.")
