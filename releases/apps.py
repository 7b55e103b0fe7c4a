from django.apps import AppConfig

from events.append_only import freeze_rows, keep_append_only, keep_rows, restrict_inserts


class ReleasesConfig(AppConfig):
    """What engines run: releases, their publication in steps, and what differs from them since."""

    name = "releases"

    def ready(self) -> None:
        from engines.domain.retirement import register_ending
        from relay.demo.parts import register_part
        from releases.demo import seed_configs
        from releases.domain.publications import OPEN_PUBLICATIONS

        register_ending(OPEN_PUBLICATIONS)
        register_part(seed_configs)
        guard_releases()


def guard_releases() -> None:
    """A release never changes, nor who wanted what published where, nor a publication that is over."""
    keep_append_only("releases.Release")
    keep_append_only("releases.EngineDefaults")
    model = "releases.Publication"
    keep_rows(model)
    restrict_inserts(model, name="queued", to="NEW.state = 'queued'")
    freeze_rows(
        model,
        name="origin",
        columns=(
            "engine_id",
            "release_id",
            "is_rollback",
            "requested_by_kind",
            "requested_by_id",
            "created_at",
        ),
    )
    freeze_rows(model, name="over", when="OLD.state IN ('live', 'rolled_back', 'failed', 'cancelled')")
