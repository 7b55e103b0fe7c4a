"""A chat of a person's, on an engine that is looked at often."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from chats.domain.chats import create_chat
from chats.domain.sending import send_message
from chats.enums import PromptState
from chats.models import OutgoingMessage
from engines.models import Chat, Engine, Message
from relay import engine_relay
from relay.prompts import following
from tests.factories import make_engine, make_gated
from tests.relay.conftest import Desk
from tests.relay.fake_engine import DIRECTORY
from tests.relay.prompts.prompt_engine import PromptEngine


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds takes tenths of them."""
    for name in ("TICK_S", "LOOK_EVERY_S", "LOOK_DEGRADED_EVERY_S", "LOOK_UNREADY_EVERY_S"):
        monkeypatch.setattr(engine_relay, name, 0.1 if name == "TICK_S" else 0.5)
    for name in ("LOOK_AFTER_S", "LOOK_AFTER_ERROR_S", "LOOK_EVERY_S"):
        monkeypatch.setattr(following, name, 0.2)


@pytest.fixture
async def fake() -> AsyncIterator[PromptEngine]:
    engine = PromptEngine()
    async with engine.running():
        yield engine


@dataclass
class Writer:
    """A person who writes to one agent."""

    desk: Desk
    engine: Engine
    chat: Chat

    async def send(self, text: str = "Please.", **wishes: str) -> OutgoingMessage:
        message = await self.desk.run(
            lambda: send_message(principal=self.desk.reviewer, chat_id=self.chat.pk, text=text, **wishes)
        )
        return await self.desk.run(lambda: OutgoingMessage.objects.get(message=message))

    async def wait(self, prompt: OutgoingMessage, state: PromptState) -> OutgoingMessage:
        rows = OutgoingMessage.objects.filter(pk=prompt.pk, state=state).select_related("message", "chat")
        return await self.desk.wait(rows.first, f"the prompt {state.value}")

    async def read(self, prompt: OutgoingMessage) -> OutgoingMessage:
        return await self.desk.run(lambda: OutgoingMessage.objects.get(pk=prompt.pk))

    async def read_messages(self) -> list[tuple[str, str, str]]:
        """(role, status of ours, status of the agent's), oldest first."""
        rows = Message.objects.filter(chat=self.chat)
        return await self.desk.run(
            lambda: list(rows.values_list("role", "user_message_status", "engine_message_status"))
        )

    async def find_session(self) -> str:
        chat = await self.desk.run(lambda: Chat.objects.get(pk=self.chat.pk))
        return chat.ai_engine_session_id or ""


@pytest.fixture
async def writer(desk: Desk, fake: PromptEngine) -> Writer:
    engine = await desk.run(
        lambda: make_gated(make_engine(desk.team, address=fake.address, directories=[DIRECTORY]))
    )
    chat = await desk.run(
        lambda: create_chat(principal=desk.reviewer, team=desk.team, engine=engine, title="A chat")
    )
    return Writer(desk, engine, chat)
