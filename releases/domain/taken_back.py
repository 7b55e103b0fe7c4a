"""What a release holds that people took back since: servers, tools, procedures."""

from __future__ import annotations

from django.utils import timezone

from engines.models import Engine
from mcp_servers.enums import EngineWish
from mcp_servers.models import McpEngineStatus
from mcp_servers.queries import load_enabled
from releases.domain.servers import explain_unapproved, list_carried
from releases.domain.sops import explain_revoked, list_engines_with_revoked
from releases.enums import PublicationState
from releases.models import Publication, Release
from releases.queries import list_live_publications


def explain_taken_back(release: Release) -> str:
    """As a sentence; "" for nothing."""
    return " ".join(part for part in (explain_unapproved(release), explain_revoked(release)) if part)


def explain_outdated(release: Release) -> str:
    """The same for a release that people want to publish: each server as it is approved today."""
    if wrong := explain_taken_back(release):
        return f"{wrong} Build a release again."
    current = {item.server.pk: item.approval.pk for item in load_enabled(release.engine.team)}
    other = [item.name for item in list_carried(release) if current.get(item.server_id) != item.approval_id]
    if other:
        return f"Something else was approved since for: {', '.join(other)}. Build a release again."
    return ""


def list_engines_to_restrict() -> list[Engine]:
    """Those whose live release holds what people took back."""
    now = timezone.now()
    rows = McpEngineStatus.objects.filter(wanted=EngineWish.ON, engine__retired_at=None)
    doubtful = {
        row.engine_id
        for row in rows.exclude(release_id="").select_related("server__approval")
        if not row.server.is_enabled(now) or row.server.switched_off
    }
    busy = Publication.objects.filter(
        ended_at=None, state__in=PublicationState.unfinished() - PublicationState.cancellable()
    )
    doubtful |= set(list_engines_with_revoked())
    engines = Engine.objects.filter(pk__in=doubtful, is_enabled=True)
    engines = engines.exclude(pk__in=busy.values("engine_id")).select_related("team")
    return [engine for engine in engines if holds_taken_back(engine)]


def holds_taken_back(engine: Engine) -> bool:
    """Looked at every few seconds: without the files of the release."""
    rows = list_live_publications(engine).select_related("release__engine__team")
    live = rows.defer("release__files").first()
    return live is not None and explain_taken_back(live.release) != ""
