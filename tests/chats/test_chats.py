"""Chats are begun, described, put away, taken over and read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from accounts.principal import Principal
from chats.domain.chats import (
    archive_chat,
    change_chat,
    create_chat,
    mark_read,
    take_over_chat,
    unarchive_chat,
)
from chats.models import ChatRead
from engines.models import Chat, Engine
from events.audit import verify_chain
from events.errors import Conflict, Invalid, NotFound, Refused
from events.models import AuditEntry, Event
from tests.chats.conftest import Desk
from tests.factories import (
    make_engine,
    make_principal,
    make_prompt,
    make_service,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


def begin(desk: Desk, principal: Principal | None = None, **values: Any) -> Chat:
    return create_chat(
        principal=principal or desk.principal,
        team=desk.team,
        engine=values.pop("engine", desk.engine),
        **values,
    )


def list_log(chat: Chat) -> tuple[list[tuple[str, dict[str, Any]]], list[tuple[str, str, dict[str, Any]]]]:
    entries = AuditEntry.objects.filter(subject_id=chat.pk).order_by("n")
    events = Event.objects.filter(subject_id=chat.pk).order_by("seq")
    return (
        [(entry.verb, entry.after) for entry in entries],
        [(event.kind, event.audience, event.words) for event in events],
    )


def test_a_chat_is_begun_without_a_session(desk: Desk) -> None:
    chat = begin(
        desk,
        title=" Fix the build ",
        agent="build",
        directory="/srv/other",
        description="Since Monday.\nIt is red.",
        tags=["Build", "ci", "build"],
    )
    stored = Chat.objects.get(pk=chat.pk)
    assert {
        name: getattr(stored, name)
        for name in ("title", "agent", "directory", "description", "tags", "ai_engine_session_id")
    } == {
        "title": "Fix the build",
        "agent": "build",
        "directory": "/srv/other",
        "description": "Since Monday.\nIt is red.",
        "tags": ["build", "ci"],
        "ai_engine_session_id": None,
    }
    assert (stored.user, stored.team, stored.engine, stored.turn) == (
        desk.user,
        desk.team,
        desk.engine,
        "user",
    )
    words = {"turn": "user", "session_state": "unknown", "archived": False}
    after = {"engine": desk.engine.pk, "user": desk.user.pk, "directory": "/srv/other", "agent": "build"}
    assert list_log(chat) == (
        [("chat.create", after)],
        [("chat.created", f"team:{desk.team.pk}", words)],
    )


def test_many_chats_stand_without_a_session(desk: Desk) -> None:
    assert [begin(desk).ai_engine_session_id for _ in range(3)] == [None, None, None]


def test_a_chat_without_a_folder_takes_the_engines_first(desk: Desk) -> None:
    assert begin(desk).directory == "/srv/demo"


def test_a_chat_may_be_begun_where_the_engine_has_worked(desk: Desk) -> None:
    make_session(desk.engine, directory="/srv/elsewhere")
    assert begin(desk, directory="/srv/elsewhere").directory == "/srv/elsewhere"


@pytest.mark.parametrize("directory", ["/etc", "/srv/demo/..", "srv/demo", "/srv/demo/sub"])
def test_no_chat_is_begun_in_another_folder(desk: Desk, directory: str) -> None:
    with pytest.raises(Invalid, match="no folder that is set at the engine"):
        begin(desk, directory=directory)
    assert Chat.objects.count() == 1


def test_an_engine_without_folders_begins_no_chat(desk: Desk) -> None:
    engine = make_engine(desk.team)
    with pytest.raises(Invalid, match="no folder is set"):
        begin(desk, engine=engine)


def test_a_service_accounts_chat_is_its_owners(desk: Desk) -> None:
    service = make_service(desk.user, desk.team)
    chat = begin(desk, make_principal(service))
    assert chat.user == desk.user
    [entry] = AuditEntry.objects.filter(verb="chat.create", subject_id=chat.pk)
    assert (entry.actor_kind, entry.actor_id) == ("service", service.pk)


def test_viewers_and_strangers_begin_none(desk: Desk) -> None:
    for user in (make_user(desk.team, Role.VIEWER), make_user(make_team(), Role.ADMIN)):
        with pytest.raises(Refused, match="Only editors, approvers and admins"):
            begin(desk, make_principal(user))
    assert Chat.objects.count() == 1
    assert AuditEntry.objects.filter(verb="refused").count() == 2


def test_no_chat_is_begun_on_another_teams_engine(desk: Desk) -> None:
    with pytest.raises(Invalid, match="no such engine"):
        begin(desk, engine=make_engine(make_team(), directories=["/srv/demo"]))


def test_no_chat_is_begun_on_a_retired_engine(desk: Desk) -> None:
    Engine.objects.filter(pk=desk.engine.pk).update(retired_at=timezone.now())
    with pytest.raises(Conflict) as conflict:
        begin(desk, engine=Engine.objects.get(pk=desk.engine.pk))
    assert conflict.value.code == "retired"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "a\u202eb"}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"agent": "a\x00b"}, "agent"),
        ({"description": "\x00"}, "description"),
        ({"description": "x" * 2001}, "description"),
        ({"tags": ["two words"]}, "tags"),
        ({"tags": ['"']}, "tags"),
        ({"tags": ["-x"]}, "tags"),
        ({"tags": ["x" * 41]}, "tags"),
        ({"tags": [f"t{number}" for number in range(21)]}, "tags"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value,
)
def test_what_can_not_be_shown_or_is_too_long_is_refused(
    desk: Desk, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as invalid:
        begin(desk, **values)
    assert invalid.value.facts == {"field": field}
    assert Chat.objects.count() == 1


def test_what_is_not_given_stays(desk: Desk) -> None:
    change_chat(
        principal=desk.principal, chat_id=desk.chat.pk, description="What it is about", tags=["b", "A"]
    )
    change_chat(principal=desk.principal, chat_id=desk.chat.pk, title="Another title")
    chat = Chat.objects.get(pk=desk.chat.pk)
    assert (chat.title, chat.description, chat.tags) == ("Another title", "What it is about", ["a", "b"])
    assert chat.updated_at > desk.chat.updated_at
    log, events = list_log(chat)
    assert log[1:] == [
        ("chat.change", {"fields": ["description", "tags"]}),
        ("chat.change", {"fields": ["title"]}),
    ]
    assert [kind for kind, _, _ in events] == ["chat.created", "chat.changed", "chat.changed"]


def test_the_same_again_is_no_change(desk: Desk) -> None:
    change_chat(principal=desk.principal, chat_id=desk.chat.pk, title=desk.chat.title, tags=[])
    assert [verb for verb, _ in list_log(desk.chat)[0]] == ["chat.create"]
    assert Chat.objects.get(pk=desk.chat.pk).updated_at == desk.chat.updated_at


def test_tags_can_be_taken_away(desk: Desk) -> None:
    change_chat(principal=desk.principal, chat_id=desk.chat.pk, tags=["a"])
    change_chat(principal=desk.principal, chat_id=desk.chat.pk, tags=[])
    assert Chat.objects.get(pk=desk.chat.pk).tags == []


def test_a_team_admin_renames_anothers_chat_and_an_editor_does_not(desk: Desk) -> None:
    admin, editor = make_user(desk.team, Role.ADMIN), make_user(desk.team, Role.EDITOR)
    change_chat(principal=make_principal(admin), chat_id=desk.chat.pk, title="By the admin")
    with pytest.raises(Refused, match="Only the chat's user and the team's admins"):
        change_chat(principal=make_principal(editor), chat_id=desk.chat.pk, title="By the editor")
    assert Chat.objects.get(pk=desk.chat.pk).title == "By the admin"


def test_what_one_can_not_see_is_not_there(desk: Desk) -> None:
    stranger = make_principal(make_user(make_team(), Role.ADMIN))
    acts = (archive_chat, unarchive_chat, take_over_chat, mark_read, change_chat)
    for act in acts:
        for chat_id in (desk.chat.pk, "nothing", "0" * 15):
            with pytest.raises(NotFound, match="There is no such chat"):
                act(principal=stranger, chat_id=chat_id)
    assert not ChatRead.objects.exists()


def test_an_archive_is_left_again(desk: Desk) -> None:
    archive_chat(principal=desk.principal, chat_id=desk.chat.pk)
    with pytest.raises(Conflict, match="archived already"):
        archive_chat(principal=desk.principal, chat_id=desk.chat.pk)
    assert Chat.objects.get(pk=desk.chat.pk).archived_at is not None
    unarchive_chat(principal=desk.principal, chat_id=desk.chat.pk)
    with pytest.raises(Conflict, match="not archived"):
        unarchive_chat(principal=desk.principal, chat_id=desk.chat.pk)
    assert Chat.objects.get(pk=desk.chat.pk).archived_at is None
    log, events = list_log(desk.chat)
    assert [verb for verb, _ in log] == ["chat.create", "chat.archive", "chat.unarchive"]
    assert [words["archived"] for _, _, words in events] == [False, True, False]


def test_a_chat_with_unsent_messages_is_not_archived(desk: Desk) -> None:
    make_prompt(desk.chat)
    with pytest.raises(Conflict) as conflict:
        archive_chat(principal=desk.principal, chat_id=desk.chat.pk)
    assert conflict.value.code == "queue_not_empty"
    assert Chat.objects.get(pk=desk.chat.pk).archived_at is None


def test_the_first_who_takes_a_chat_over_has_it(desk: Desk) -> None:
    make_session(desk.engine, "ses_adopted")
    adopted = Chat.objects.get(ai_engine_session_id="ses_adopted")
    take_over_chat(principal=desk.principal, chat_id=adopted.pk)
    second = make_principal(make_user(desk.team, Role.APPROVER))
    with pytest.raises(Conflict, match="This chat has a user"):
        take_over_chat(principal=second, chat_id=adopted.pk)
    assert Chat.objects.get(pk=adopted.pk).user == desk.user
    assert list_log(adopted)[0][-1] == ("chat.take_over", {"user": desk.user.pk})


@pytest.mark.parametrize("change", ["ended", "viewer", "retired"])
def test_a_chat_whose_user_has_left_can_be_taken_over(desk: Desk, change: str) -> None:
    second = make_principal(make_user(desk.team, Role.APPROVER))
    with pytest.raises(Conflict, match="This chat has a user"):
        take_over_chat(principal=second, chat_id=desk.chat.pk)
    if change == "ended":
        desk.user.memberships.update(ended_at=timezone.now())
    elif change == "viewer":
        desk.user.memberships.update(role=Role.VIEWER)
    else:
        User.objects.filter(pk=desk.user.pk).update(is_active=False)
    take_over_chat(principal=second, chat_id=desk.chat.pk)
    assert Chat.objects.get(pk=desk.chat.pk).user == second.user
    entry = AuditEntry.objects.get(verb="chat.take_over")
    assert (entry.before, entry.after) == ({"user": desk.user.pk}, {"user": second.user.pk})


def test_a_viewer_takes_nothing_over(desk: Desk) -> None:
    make_session(desk.engine, "ses_adopted")
    adopted = Chat.objects.get(ai_engine_session_id="ses_adopted")
    with pytest.raises(Refused):
        take_over_chat(principal=make_principal(make_user(desk.team, Role.VIEWER)), chat_id=adopted.pk)
    assert Chat.objects.get(pk=adopted.pk).user is None


def test_a_read_mark_never_goes_back_nor_ahead(desk: Desk) -> None:
    viewer = make_principal(make_user(desk.team, Role.VIEWER))
    now = timezone.now()
    entries = AuditEntry.objects.count()
    mark_read(principal=viewer, chat_id=desk.chat.pk, at=now - timedelta(hours=1))
    mark_read(principal=viewer, chat_id=desk.chat.pk, at=now - timedelta(minutes=1))
    mark_read(principal=viewer, chat_id=desk.chat.pk, at=now - timedelta(hours=2))
    assert ChatRead.objects.get().read_at == now - timedelta(minutes=1)
    mark_read(principal=viewer, chat_id=desk.chat.pk, at=now + timedelta(days=1))
    assert now < ChatRead.objects.get().read_at <= timezone.now()
    mark_read(principal=desk.principal, chat_id=desk.chat.pk)
    assert ChatRead.objects.count() == 2
    assert AuditEntry.objects.count() == entries


def test_what_people_do_with_chats_stands_in_the_chain(desk: Desk) -> None:
    archive_chat(principal=desk.principal, chat_id=desk.chat.pk)
    assert verify_chain() == []
