from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    """Proposals, and the sealed standing operating procedures that they become."""

    name = "procedures"
