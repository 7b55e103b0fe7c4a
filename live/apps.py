from django.apps import AppConfig


class LiveConfig(AppConfig):
    """The hub of each process: the event stream pushed to listeners."""

    name = "live"
