from django.apps import AppConfig


class EnginesConfig(AppConfig):
    """Registered engines and their operational state: chats, messages, the subagent ledger."""

    name = "engines"

    def ready(self) -> None:
        from events.append_only import keep_rows

        for model in ("Engine", "Chat", "Subagent"):
            keep_rows(f"engines.{model}")
