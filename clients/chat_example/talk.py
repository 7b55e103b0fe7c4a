"""Says something to an agent through Countersign and prints what it answers.

    python talk.py --engine ID "Which port does it listen on?"
    python talk.py --chat ID "And over TLS?"

It begins a chat on the engine, or goes on in one, with the generated client (`pip install clients/python`).
The message waits in the chat's queue until the engine takes it, once, whatever fails on the way; then the
agent works, and may ask people for permission. The id of the chat goes to stderr at once. The address and the
token come from CSK_URL and CSK_TOKEN; the token needs the scopes chats:read, chats:write and events:read.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import uuid
from typing import NoReturn, TypeVar

import httpx
from countersign_client import AuthenticatedClient
from countersign_client.api.chats import chats_create, chats_messages, chats_retrieve, chats_send
from countersign_client.api.events import events_list
from countersign_client.api.messages import messages_retrieve
from countersign_client.models import (
    Chat,
    ChatsMessagesOrder,
    ChatWishRequest,
    EngineMessageStatusEnum,
    EventPage,
    Message,
    MessageWishRequest,
    PaginatedMessageList,
    PartTypeEnum,
    Problem,
    TurnEnum,
    UserMessageStatusEnum,
)

NO_ANSWER = 1
LONGEST_WAIT_S = 30.0
T = TypeVar("T")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--engine", metavar="ID", help="begin a chat on this engine")
    where.add_argument("--chat", metavar="ID", help="go on in this chat")
    parser.add_argument("--within", type=float, default=600, metavar="SECONDS", help="how long to wait")
    parser.add_argument("--key", default=uuid.uuid4().hex, help="the same key says it only once")
    parser.add_argument("text", help="what to say")
    options = parser.parse_args()
    timeout = httpx.Timeout(LONGEST_WAIT_S + 15)
    try:
        with AuthenticatedClient(os.environ["CSK_URL"], os.environ["CSK_TOKEN"], timeout=timeout) as client:
            print(talk(client, options))
    except httpx.HTTPError as error:
        stop(f"the portal can't be reached ({type(error).__name__}).")
    return 0


def talk(client: AuthenticatedClient, options: argparse.Namespace) -> str:
    # Before anything is said, so that nothing of the answer is missed.
    cursor = read_events(client).cursor
    chat_id = options.chat or begin(client, options)
    print(f"Chat {chat_id}", file=sys.stderr, flush=True)
    wish = MessageWishRequest(text=options.text)
    said = expect(Message, chats_send.sync(chat_id, client=client, body=wish, idempotency_key=options.key))
    ends_at = time.monotonic() + options.within
    while (answer := find_answer(client, said.id, chat_id)) is None:
        left_s = ends_at - time.monotonic()
        if left_s <= 0:
            stop("the agent has not answered in time; it may still do.")
        cursor = read_events(client, since=cursor, wait_s=min(LONGEST_WAIT_S, left_s)).cursor
    return answer


def begin(client: AuthenticatedClient, options: argparse.Namespace) -> str:
    wish = ChatWishRequest(engine=options.engine)
    return expect(Chat, chats_create.sync(client=client, body=wish, idempotency_key=options.key)).id


def read_events(client: AuthenticatedClient, *, since: int | None = None, wait_s: float = 0.0) -> EventPage:
    """What happened in chats after `since`, as soon as something has; from now on when it is None."""
    if since is None:
        return expect(EventPage, events_list.sync(client=client, topics="chats"))
    return expect(EventPage, events_list.sync(client=client, topics="chats", since=since, wait=wait_s))


def find_answer(client: AuthenticatedClient, message_id: str, chat_id: str) -> str | None:
    """All that the agent said to it, once its turn is over; None while it is not."""
    said = expect(Message, messages_retrieve.sync(message_id, client=client))
    if said.user_message_status == UserMessageStatusEnum.FAILED:
        stop(f"it was not delivered: {said.outgoing.last_error if said.outgoing else ''}")
    if said.user_message_status != UserMessageStatusEnum.DELIVERED:
        return None
    # The turn first: what is said before it ends is there when the messages are read.
    chat = expect(Chat, chats_retrieve.sync(chat_id, client=client))
    if chat.turn != TurnEnum.USER or chat.waiting:
        return None
    newest = chats_messages.sync(chat_id, client=client, order=ChatsMessagesOrder.NEWEST, page_size=200)
    rows = expect(PaginatedMessageList, newest).results
    answers = [row for row in rows if row.parent_id == said.ai_engine_message_id][::-1]
    if not answers or answers[-1].engine_message_status == EngineMessageStatusEnum.PROCESSING:
        return None
    if answers[-1].engine_message_status != EngineMessageStatusEnum.COMPLETED:
        stop(f"the agent's answer {answers[-1].engine_message_status}.")
    return "\n".join(filter(None, map(read_text, answers)))


def read_text(message: Message) -> str:
    texts = [part.text for part in message.parts if part.type_ == PartTypeEnum.TEXT]
    return "\n".join(text for text in texts if isinstance(text, str))


def expect(kind: type[T], answer: object) -> T:
    if isinstance(answer, Problem):
        stop(f"{answer.code}: {answer.detail}")
    if not isinstance(answer, kind):
        stop("the portal gave no answer.")
    return answer


def stop(reason: str) -> NoReturn:
    print(f"No answer: {reason}", file=sys.stderr)
    raise SystemExit(NO_ANSWER)


if __name__ == "__main__":
    sys.exit(main())
