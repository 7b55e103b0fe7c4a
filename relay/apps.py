from django.apps import AppConfig


class RelayConfig(AppConfig):
    """The wire to engines: one supervised relay for each, under a lease."""

    name = "relay"

    def ready(self) -> None:
        from engines.domain.inspection import register_inspector
        from engines.enums import EngineKind
        from relay.inspection import look_at_opencode

        register_inspector(EngineKind.OPENCODE, look_at_opencode)
