"""Which procedures a release holds as skill files, and whether they still hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from configs.opencode.problems import Problem
from procedures.domain.seals import SealChecker
from procedures.enums import SopState
from procedures.models import SopVersion
from procedures.queries import EffectiveSop


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
