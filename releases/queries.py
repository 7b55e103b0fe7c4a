from __future__ import annotations

from collections.abc import Collection

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.enums import Scope
from accounts.principal import Principal
from engines.models import Engine
from releases.enums import PublicationState
from releases.models import Drift, Publication, Release


def list_releases(principal: Principal) -> QuerySet[Release]:
    """Of the principal's teams; content, so that owners read them as members alone."""
    return Release.objects.filter(engine__team_id__in=find_team_ids(principal)).select_related("engine__team")


def mark_live(releases: QuerySet[Release]) -> QuerySet[Release]:
    """Each with `live_id`: the release that is live on its engine."""
    live = Publication.objects.filter(engine=OuterRef("engine"), state=PublicationState.LIVE)
    return releases.annotate(live_id=Subquery(live.order_by("-ended_at", "-id").values("release_id")[:1]))


def list_publications(principal: Principal) -> QuerySet[Publication]:
    rows = Publication.objects.filter(engine__team_id__in=find_team_ids(principal))
    return rows.select_related("release__engine__team", "engine__team", "previous_release").defer(
        "release__files", "previous_release__files"
    )


def list_drifts(principal: Principal) -> QuerySet[Drift]:
    rows = Drift.objects.filter(engine__team_id__in=find_team_ids(principal), engine__retired_at=None)
    return rows.select_related("engine__team")


def find_team_ids(principal: Principal) -> frozenset[str]:
    return principal.team_ids if principal.has_scope(Scope.RELEASES_READ) else frozenset()


def list_live_publications(engine: Engine) -> QuerySet[Publication]:
    """Those that went live, newest first."""
    rows = Publication.objects.filter(engine=engine, state=PublicationState.LIVE)
    return rows.order_by("-ended_at", "-id")


def find_live_release(engine: Engine) -> Release | None:
    """What the engine runs as far as we know: what went live last."""
    newest = list_live_publications(engine).select_related("release").first()
    return None if newest is None else newest.release


def find_live_numbers(engine_ids: Collection[str]) -> dict[str, int]:
    """{engine id: number of the release that is live}, in one query."""
    rows = Publication.objects.filter(engine_id__in=engine_ids, state=PublicationState.LIVE)
    return dict(rows.order_by("ended_at", "id").values_list("engine_id", "release__number"))


def find_rollback_target(engine: Engine) -> Release | None:
    """What was live before the live release was first published on top of it; None for nothing."""
    live = find_live_release(engine)
    if live is None:
        return None
    brought = list_live_publications(engine).filter(release=live, is_rollback=False)
    publication = brought.exclude(previous_release=live).select_related("previous_release").first()
    return None if publication is None else publication.previous_release


def find_unfinished(engine: Engine) -> Publication | None:
    rows = Publication.objects.filter(engine=engine, ended_at=None)
    return rows.select_related("release__engine__team", "engine__team", "previous_release").first()
