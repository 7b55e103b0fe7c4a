from django.apps import AppConfig


class HealthConfig(AppConfig):
    """Whether everything is well: what was probed, when, and since when it is so."""

    name = "health"

    def ready(self) -> None:
        from accounts.admin.panels import register_panel
        from events.append_only import keep_append_only, keep_rows
        from health.admin.panels import build_engine_health

        keep_rows("health.HealthCheck")
        keep_append_only("health.HealthChange")
        register_panel("engines.engine", build_engine_health)
