from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The durable event log and audit chain; knows actors only as (kind, id) text."""

    name = "events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from events import checks  # noqa: F401 - registers the system checks
        from events.append_only import install_after_migrate

        install_after_migrate()
