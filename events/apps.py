from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The durable event log and audit chain; knows actors only as (kind, id) text."""

    name = "events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from events import append_only, checks, sqlite_waiting  # noqa: F401 - registers the system checks

        for model in ("AuditEntry", "Event", "SignedHead", "KeyUse"):
            append_only.keep_append_only(f"events.{model}")
        append_only.keep_rows("events.LogHead")
        append_only.connect_signals()
        sqlite_waiting.connect_signals()
