"""A process that, when told to begin, sends messages in a chat and works its engine's outbox by the domain.

`python -m tests.chats.sending_process USER CHAT TIMES TOTAL NAME`: prints `ready`, reads a line, queues TIMES
messages, delivers whatever is due until TOTAL prompts of the engine are delivered, and prints the ids of the
messages that it delivered itself.
"""

from __future__ import annotations

import os
import sys
import time

import django

DEADLINE_S = 90.0


def main() -> None:
    user_id, chat_id, times, total, name = sys.argv[1:]
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()

    from accounts.models import User
    from accounts.principal import Principal
    from chats.domain.sending import send_message
    from engines.models import Chat
    from events.actors import Door

    principal, chat = Principal(User.objects.get(pk=user_id), Door.API), Chat.objects.get(pk=chat_id)
    say("ready")
    sys.stdin.readline()
    for number in range(int(times)):
        send_message(principal=principal, chat_id=chat_id, text=f"{name} {number}")
    say(" ".join(deliver(chat.engine_id, int(total), name)))


def deliver(engine_id: str, total: int, name: str) -> list[str]:
    from django.utils import timezone

    from chats.domain.prompts import PromptIds, claim_prompt, confirm_prompt, list_due_prompts, record_posted
    from chats.models import OutgoingMessage

    delivered = OutgoingMessage.objects.filter(chat__engine=engine_id, state="delivered")
    mine: list[str] = []
    deadline_s = time.monotonic() + DEADLINE_S
    while delivered.count() < total and time.monotonic() < deadline_s:
        for prompt in list_due_prompts(engine_ids=[engine_id], now=timezone.now()):
            ids = PromptIds(f"msg_{name}_{len(mine)}", [f"prt_{name}_{len(mine)}"])
            if claim_prompt(prompt=prompt, epoch=1, ids=ids, now=timezone.now()):
                record_posted(prompt=prompt, now=timezone.now())
                confirm_prompt(prompt=prompt, now=timezone.now())
                mine.append(prompt.message_id)
    return mine


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
