from django.apps import AppConfig


class ConfigsConfig(AppConfig):
    """What people configure; at present the reading of an engine's own rules."""

    name = "configs"
