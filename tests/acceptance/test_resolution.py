"""Which chat a request belongs to: found by its session, its delegation, or not at all, and never guessed."""

from __future__ import annotations

import pytest

from governance.domain.requests import place_requests
from governance.models import PermissionRequest
from tests.factories import make_engine, make_request, make_session, make_team

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("session_id", "place"),
    [
        ("ses_root", ("ses_root", None)),
        ("ses_child", ("ses_root", "ses_child")),
        ("ses_grandchild", ("ses_root", "ses_grandchild")),
        ("ses_of_another_chat", ("ses_of_another_chat", None)),
        ("ses_unknown", (None, None)),
    ],
    ids=["main", "subagent", "its-subagent", "another", "unknown"],
)
def test_a_request_is_placed_by_its_session(session_id: str, place: tuple[str | None, str | None]) -> None:
    engine, other_engine = make_engine(make_team()), make_engine(make_team())
    make_session(engine, "ses_root")
    make_session(engine, "ses_child", "ses_root")
    make_session(engine, "ses_grandchild", "ses_child")
    make_session(engine, "ses_of_another_chat")
    # The same name on another engine is somebody else's.
    make_session(other_engine, "ses_unknown")
    request = PermissionRequest.objects.get(pk=make_request(engine, session_id=session_id).pk)
    chat = request.chat.ai_engine_session_id if request.chat else None
    subagent = request.subagent.source_ref if request.subagent else None
    assert (chat, subagent, request.state) == (*place, "pending")


def test_a_request_of_a_delegation_told_later_finds_its_chat_then() -> None:
    engine = make_engine(make_team())
    request_id = make_request(engine, session_id="ses_child").pk
    assert PermissionRequest.objects.get(pk=request_id).chat is None
    make_session(engine, "ses_child", "ses_root")
    make_session(engine, "ses_root")
    assert place_requests(engine=engine) == 1
    request = PermissionRequest.objects.get(pk=request_id)
    assert request.chat is not None
    assert (request.chat.ai_engine_session_id, request.subagent is None) == ("ses_root", False)


def test_a_request_without_a_session_is_nobodys() -> None:
    engine = make_engine(make_team())
    make_session(engine, "ses_root")
    request = make_request(engine, session_id="")
    assert (request.chat, request.subagent) == (None, None)
