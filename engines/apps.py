from django.apps import AppConfig


class EnginesConfig(AppConfig):
    """Registered engines and their operational state: chats, messages, the subagent ledger."""

    name = "engines"

    def ready(self) -> None:
        from accounts.domain.team_retirement import register_hold
        from engines.domain.aborts import CHATS_AT_WORK
        from engines.domain.retirement import register_ending
        from engines.following import list_chat_audiences
        from engines.queries import describe_live_cao_servers, describe_live_engines
        from events.append_only import keep_rows
        from live.registry import register_followed

        register_hold(describe_live_engines)
        register_hold(describe_live_cao_servers)
        register_ending(CHATS_AT_WORK)
        register_followed("chat", list_chat_audiences)
        for model in ("CaoServer", "Engine", "Chat", "Subagent"):
            keep_rows(f"engines.{model}")
