from django.apps import AppConfig


class EnginesConfig(AppConfig):
    """Registered engines and their operational state: chats, messages, the subagent ledger."""

    name = "engines"

    def ready(self) -> None:
        from accounts.domain.team_retirement import register_hold
        from engines.queries import describe_live_engines
        from events.append_only import keep_rows

        register_hold(describe_live_engines)
        for model in ("Engine", "Chat", "Subagent"):
            keep_rows(f"engines.{model}")
