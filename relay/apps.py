from django.apps import AppConfig


class RelayConfig(AppConfig):
    """The wire to engines: one supervised relay for each, under a lease."""

    name = "relay"
