"""Which procedures a release holds as skill files, and whether they still hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from configs.opencode.problems import Problem
from engines.models import Engine
from procedures.domain.seals import SealChecker
from procedures.enums import SopState
from procedures.models import Sop, SopVersion
from procedures.queries import EffectiveSop
from releases.models import Release
from releases.queries import list_live_publications

# So long a revocation is looked for in what engines run; after that with the next release.
LATELY = timedelta(days=7)


def load_sop_versions(version_ids: Sequence[str]) -> tuple[EffectiveSop, ...]:
    """Exactly these versions by slug, but those of procedures that were revoked since."""
    versions = SopVersion.objects.filter(pk__in=version_ids).exclude(sop__state=SopState.REVOKED)
    checker = SealChecker()
    return tuple(
        EffectiveSop(version.sop, version, checker.explain_broken(version))
        for version in versions.select_related("sop__team").order_by("slug", "pk")
    )


def describe_broken(sops: Iterable[EffectiveSop]) -> list[Problem]:
    """A text that is not what was sealed reaches no agent, and nobody may overlook it."""
    return [
        Problem("error", "procedure", item.sop.pk, item.version.slug, item.broken)
        for item in sops
        if item.broken
    ]


def explain_revoked(release: Release) -> str:
    """Which of a release's procedures were revoked since, as a sentence; "" for none."""
    slugs = list_revoked(release.inputs)
    return f"It holds procedures that were revoked: {', '.join(slugs)}." if slugs else ""


def list_revoked(inputs: Mapping[str, Any]) -> list[str]:
    version_ids = [item[0] for item in inputs.get("sops", [])]
    if not version_ids:
        return []
    versions = SopVersion.objects.filter(pk__in=version_ids, sop__state=SopState.REVOKED)
    return sorted(versions.values_list("slug", flat=True))


def list_engines_with_revoked() -> list[str]:
    """Ids of engines whose live release holds a procedure that was revoked lately."""
    since = timezone.now() - LATELY
    teams = Sop.objects.filter(state=SopState.REVOKED, revoked_at__gt=since).values("team_id")
    found = []
    for engine in Engine.objects.filter(team_id__in=teams, retired_at=None, is_enabled=True):
        inputs = list_live_publications(engine).values_list("release__inputs", flat=True).first()
        if inputs and list_revoked(inputs):
            found.append(engine.pk)
    return found
