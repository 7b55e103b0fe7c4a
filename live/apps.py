from django.apps import AppConfig
from django.conf import settings


class LiveConfig(AppConfig):
    """The hub of each process: the event stream pushed to listeners."""

    name = "live"

    def ready(self) -> None:
        from events import doorbell
        from live.hints import HintRinger

        if settings.REDIS_URL:
            doorbell.add_ringer(HintRinger().ring)
