from django.apps import AppConfig


class ChatsConfig(AppConfig):
    """Conversations with agents: what people send, what they see of it, whose turn it is."""

    name = "chats"

    def ready(self) -> None:
        from chats.domain.retired_engines import UNSENT
        from engines.domain.retirement import register_ending

        register_ending(UNSENT)
        guard_prompts()
        guard_stops()


def guard_prompts() -> None:
    """What is sent, by whom and with which ids never changes; nothing once it was delivered or withdrawn."""
    from events.append_only import freeze_rows, keep_rows, restrict_inserts

    model = "chats.OutgoingMessage"
    keep_rows(model)
    restrict_inserts(
        model, name="unsent", to="NEW.state = 'queued' AND NEW.attempts = 0 AND NEW.engine_message_id = ''"
    )
    wishes = ("agent", "provider", "model", "variant")
    sender = ("sender_kind", "sender_id", "door")
    freeze_rows(model, name="origin", columns=("message_id", "chat_id", *wishes, *sender, "created_at"))
    freeze_rows(
        model, name="ids", when="OLD.engine_message_id <> ''", columns=("engine_message_id", "part_ids")
    )
    freeze_rows(model, name="settled", when="OLD.state IN ('delivered', 'withdrawn')")


def guard_stops() -> None:
    """Who asked for a stop never changes; nothing once it has ended."""
    from events.append_only import freeze_rows, keep_rows, restrict_inserts

    model = "chats.TurnStop"
    keep_rows(model)
    restrict_inserts(model, name="unsent", to="NEW.state = 'queued' AND NEW.attempts = 0")
    freeze_rows(model, name="origin", columns=("chat_id", "asker_kind", "asker_id", "door", "created_at"))
    freeze_rows(model, name="ended", when="OLD.state IN ('confirmed', 'failed')")
