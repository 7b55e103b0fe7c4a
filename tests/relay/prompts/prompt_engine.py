"""The engine that misbehaves on demand, with sessions to write to: each message is worked on once.

As the real one: what is sent again under its ids is one message, and one that was answered is left alone.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.relay.fake_engine import (
    NOT_FOUND,
    Answer,
    FakeEngine,
    Request,
    give,
    message_info,
    session_info,
)

_numbers = itertools.count(1)


@dataclass(repr=False)
class PromptEngine(FakeEngine):
    """`worked_on`: the ids of the messages given to the model, in order; `posted`: the bodies of all prompts.

    `takes_up` False stores messages and does nothing, as an engine that dies at once. `lose_before` and
    `lose_answer` name calls ("session", "prompt_async", "abort") to be broken off once, before or after
    they took effect.
    """

    worked_on: list[str] = field(default_factory=list)
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    takes_up: bool = True
    lose_before: list[str] = field(default_factory=list)
    lose_answer: list[str] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)
    # How many aborts the engine answers and does not heed.
    unheeded_aborts: int = 0

    def _act(self, request: Request, words: list[str]) -> Answer:
        name = words[-1]
        if name in self.lose_before:
            self.lose_before.remove(name)
            raise ConnectionError
        match words:
            case ["session"]:
                answer = self._create(request.body)
            case ["session", session_id, "prompt_async"]:
                answer = self.take_prompt(session_id, request.body)
            case ["session", session_id, "abort"]:
                self.aborted.append(session_id)
                is_heeded = len(self.aborted) > self.unheeded_aborts
                answer = super()._act(request, words) if is_heeded else give(True)
            case _:
                answer = super()._act(request, words)
        if name in self.lose_answer:
            self.lose_answer.remove(name)
            raise ConnectionError
        return answer

    def _create(self, body: dict[str, Any]) -> Answer:
        session_id = f"ses_made_{next(_numbers)}"
        info = {**session_info(session_id), "title": body["title"], "metadata": body.get("metadata", {})}
        self.sessions[session_id] = info
        self.emit("session.created", {"sessionID": session_id, "info": info})
        return give(info)

    def take_prompt(self, session_id: str, body: dict[str, Any]) -> Answer:
        if session_id not in self.sessions:
            return NOT_FOUND
        self.posted.append((session_id, body))
        message_id = body["messageID"]
        info = {**message_info(session_id, message_id), "role": "user"}
        del info["parentID"]
        self.messages.setdefault((session_id, message_id), {"info": info, "parts": []})
        parts = [{**part, "sessionID": session_id, "messageID": message_id} for part in body["parts"]]
        self.messages[session_id, message_id]["parts"] = parts
        self.emit("message.updated", {"sessionID": session_id, "info": info})
        for part in parts:
            self.emit("message.part.updated", {"sessionID": session_id, "part": part})
        if self.takes_up and message_id not in self.worked_on:
            self._work_on(session_id, message_id)
        return 204, b""

    def _work_on(self, session_id: str, message_id: str) -> None:
        self.worked_on.append(message_id)
        self.busy.add(session_id)
        self.emit("session.status", {"sessionID": session_id, "status": {"type": "busy"}})
        answer_id = f"msg_answer_{next(_numbers)}"
        info = {**message_info(session_id, answer_id), "parentID": message_id}
        self.messages[session_id, answer_id] = {"info": info, "parts": []}
        self.emit("message.updated", {"sessionID": session_id, "info": info})

    def end_turn(self, session_id: str) -> None:
        self.busy.discard(session_id)
        self.emit("session.status", {"sessionID": session_id, "status": {"type": "idle"}})
        self.emit("session.idle", {"sessionID": session_id})

    def tell_error(self, session_id: str, name: str, message: str) -> None:
        error = {"name": name, "data": {"message": message}}
        self.emit("session.error", {"sessionID": session_id, "error": error})
