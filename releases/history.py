"""What a publication's steps ask of the releases before it."""

from __future__ import annotations

from engines.models import Engine
from relay.opencode.gate_files import PLUGIN
from releases.domain.servers import list_carried
from releases.models import Publication, Release
from releases.queries import list_live_publications

KEPT_RELEASES = 5


def was_live(publication: Publication) -> bool:
    return list_live_publications(publication.engine).filter(release=publication.release).exists()


def has_servers(release: Release | None) -> bool:
    return bool(list_carried(release))


def has_other_plugin(publication: Publication) -> bool:
    """The engine keeps a plugin's code until its process ends (observed on 1.18.33)."""
    before, path = publication.previous_release, PLUGIN.as_posix()
    if before is None:
        return False
    return dict(before.file_pairs).get(path) != dict(publication.release.file_pairs).get(path)


def find_way_back(publication: Publication) -> str | None:
    """What the folder shows after a roll-back: the last good release, else what it showed before the swap."""
    good, new = publication.previous_release, publication.release.content_hash
    if good is not None and good.content_hash != new:
        return good.content_hash
    came_from = publication.details.get("came_from")
    return came_from if came_from and came_from != new else None


def list_kept_hashes(engine: Engine) -> list[str]:
    """The newest few that were live."""
    hashes = list_live_publications(engine).values_list("release__content_hash", flat=True)
    return list(dict.fromkeys(hashes[:50]))[:KEPT_RELEASES]
