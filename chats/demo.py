"""One chat of the demo's person: its first message goes out as soon as the engine can take it."""

from __future__ import annotations

from accounts.principal import Principal
from chats.domain.chats import create_chat
from chats.domain.sending import send_message
from engines.models import Chat, Engine

# The scripted model plays the scenario that the brackets name.
FIRST_MESSAGE = "What does this project do? Look at its last commits first. [explain]"


def seed_chat(person: Principal, engine: Engine) -> Chat:
    chat = create_chat(
        principal=person, team=engine.team, engine=engine, title="Explain the project", tags=["demo"]
    )
    send_message(principal=person, chat_id=chat.pk, text=FIRST_MESSAGE)
    return chat
