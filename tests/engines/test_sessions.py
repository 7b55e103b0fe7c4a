"""Sessions: parents may come after their children, and nothing told twice changes anything."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from engines.domain.sessions import (
    SessionFacts,
    block_chat,
    give_turn_back,
    record_abort,
    record_session,
    record_session_state,
)
from engines.enums import SessionState, SubagentStatus, Turn
from engines.models import Chat, Engine, Subagent
from engines.queries import find_place, list_chain
from events.actors import RELAY_ACTOR
from events.models import AuditEntry, Event
from tests.factories import make_chat, make_engine, make_session, make_team, make_user

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 1, tzinfo=UTC)
#       root ─ a ─ b ─ c ─ d ─ e (depth 5), and a second child of a
TREE = {"root": "", "a": "root", "b": "a", "c": "b", "d": "c", "e": "d"}
BUSHY = {"root": "", "a": "root", "b": "a", "c": "a", "d": "c"}


@pytest.fixture
def engine() -> Engine:
    return make_engine(make_team())


def tell(engine: Engine, key: str, parent: str, **values: Any) -> bool:
    facts = SessionFacts(key, parent, values.get("title", f"title {key}"), "/srv/demo", "build", AT)
    return record_session(actor=RELAY_ACTOR, engine=engine, facts=replace(facts, **values))


def read_tree(engine: Engine) -> dict[str, tuple[str, str, int, str]]:
    """{session: (parent, root, depth, session of the chat)}; "" for none."""
    return {
        row.source_ref: (
            row.parent.source_ref if row.parent else "",
            row.root.source_ref if row.root else "",
            row.depth,
            (row.chat.ai_engine_session_id or "") if row.chat else "",
        )
        for row in Subagent.objects.filter(instance=engine).select_related("parent", "root", "chat")
    }


def expect_tree(tree: dict[str, str]) -> dict[str, tuple[str, str, int, str]]:
    expected = {}
    for key, parent in tree.items():
        chain = [key]
        while tree[chain[-1]]:
            chain.append(tree[chain[-1]])
        if parent:
            above = "" if parent == "root" else parent
            root = "" if parent == "root" else chain[-2]
            expected[key] = (above, root, len(chain) - 1, "root")
    return expected


@pytest.mark.slow
def test_a_tree_of_depth_five_stands_whatever_the_order() -> None:
    """All 120 orders of the five subagents; the root session comes at each place in turn."""
    team = make_team()
    expected = expect_tree(TREE)
    assert expected["e"] == ("d", "a", 5, "root")
    for number, children in enumerate(itertools.permutations("abcde")):
        order = [*children[: number % 6], "root", *children[number % 6 :]]
        engine = make_engine(team)
        for key in order:
            assert tell(engine, key, TREE[key]) is True
        assert read_tree(engine) == expected, order
        assert Chat.objects.filter(engine=engine).count() == 1


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.sampled_from(sorted(BUSHY)), max_size=8).flatmap(
        lambda extra: st.permutations([*BUSHY, *extra])
    )
)
def test_repeated_news_in_any_order_makes_the_same_tree(order: list[str]) -> None:
    engine = make_engine(make_team())
    for key in order:
        tell(engine, key, BUSHY[key])
    assert read_tree(engine) == expect_tree(BUSHY)
    adopted = AuditEntry.objects.filter(verb__in=["chat.adopt", "subagent.adopt"], after__engine=engine.pk)
    assert adopted.count() == len(BUSHY)


def test_a_chain_is_read_from_the_root_down(engine: Engine) -> None:
    for key, parent in reversed(TREE.items()):
        tell(engine, key, parent)
    chat, subagent = find_place(engine.pk, "e")
    assert [row.source_ref for row in list_chain(subagent)] == ["a", "b", "c", "d", "e"]
    assert chat == Chat.objects.get()
    assert find_place(engine.pk, "root") == (chat, None)
    assert find_place(engine.pk, "unknown") == (None, None)
    assert find_place(make_engine(make_team()).pk, "e") == (None, None)


def test_a_session_that_turns_out_to_be_a_child_is_found_there(engine: Engine) -> None:
    """Told without its parent first: the chat stays as it is, requests go to where the session stands."""
    tell(engine, "a", "")
    tell(engine, "root", "")
    tell(engine, "a", "root")
    chat, subagent = find_place(engine.pk, "a")
    assert chat is not None
    assert subagent is not None
    assert (chat.ai_engine_session_id, subagent.source_ref, subagent.depth) == ("root", "a", 1)


@pytest.mark.parametrize(
    "tree",
    [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "c", "b": "a", "c": "b"}, {"x": "a", "a": "b", "b": "a"}],
)
def test_a_circle_does_no_harm(engine: Engine, tree: dict[str, str]) -> None:
    for order in itertools.permutations(tree):
        for key in order:
            tell(engine, key, tree[key])
    for key in tree:
        _, subagent = find_place(engine.pk, key)
        assert len(list_chain(subagent)) <= 32


def test_the_same_session_of_two_engines_is_two_chats() -> None:
    team = make_team()
    for engine in (make_engine(team), make_engine(team)):
        tell(engine, "root", "")
    assert Chat.objects.filter(ai_engine_session_id="root").count() == 2


def test_a_session_made_for_a_chat_is_that_chats_session(engine: Engine) -> None:
    chat = make_chat(make_user(engine.team), engine, title="What I call it", directory="/srv/demo")
    tell(engine, "child", "root", title="Look around")
    assert tell(engine, "root", "", chat_id=chat.pk, title="What the engine calls it", agent="build") is True
    assert tell(engine, "root", "", chat_id=chat.pk, title="Something else") is False
    row = Chat.objects.get()
    assert (row.pk, row.ai_engine_session_id, row.title, row.agent, row.user_id) == (
        chat.pk,
        "root",
        "What I call it",
        "build",
        chat.user_id,
    )
    assert Subagent.objects.get().chat == chat


def test_a_session_takes_no_chat_that_it_was_not_made_for(engine: Engine) -> None:
    user = make_user(engine.team)
    taken = make_chat(user, engine, "another")
    elsewhere = make_chat(user, make_engine(engine.team))
    for number, chat_id in enumerate((taken.pk, elsewhere.pk, "nosuchchat00000", "")):
        assert tell(engine, f"root{number}", "", chat_id=chat_id) is True
    adopted = Chat.objects.filter(ai_engine_session_id__startswith="root")
    assert list(adopted.values_list("user", flat=True)) == [None] * 4
    taken.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (taken.ai_engine_session_id, elsewhere.ai_engine_session_id) == ("another", None)


def test_idle_gives_the_turn_back_unless_it_is_held(engine: Engine) -> None:
    tell(engine, "root", "")
    tell_state(engine, "root", "busy")
    record_session_state(
        actor=RELAY_ACTOR, engine=engine, session_id="root", state="idle", at=AT, is_held=True
    )
    chat = Chat.objects.get()
    assert (chat.turn, chat.session_state) == (Turn.ASSISTANT, SessionState.IDLE)
    assert [give_turn_back(actor=RELAY_ACTOR, chat=chat) for _ in range(2)] == [True, False]
    chat.refresh_from_db()
    assert (chat.turn, chat.session_state) == (Turn.USER, SessionState.IDLE)
    tell_state(engine, "root", "busy")
    assert give_turn_back(actor=RELAY_ACTOR, chat=chat) is False


def test_a_title_may_change_and_is_never_lost(engine: Engine) -> None:
    tell(engine, "root", "", title="First")
    events = Event.objects.count()
    assert tell(engine, "root", "", title="Second") is False
    assert tell(engine, "root", "", title="", agent="", directory="") is False
    chat = Chat.objects.get()
    assert (chat.title, chat.agent, chat.directory) == ("Second", "build", "/srv/demo")
    # One event for the change, none for what was no news.
    assert Event.objects.count() == events + 1


def test_what_a_subagents_first_news_left_open_is_filled(engine: Engine) -> None:
    tell(engine, "a", "root", title="", agent="", directory="")
    tell(engine, "a", "root", title="Look around", agent="general", directory="/srv/a")
    tell(engine, "a", "root", title="Another", agent="other", directory="/srv/b")
    row = Subagent.objects.get()
    assert (row.description, row.agent, row.working_directory) == ("Look around", "general", "/srv/a")


def test_long_and_strange_texts_are_kept_as_far_as_they_fit(engine: Engine) -> None:
    strange = "a\0\ud800" + "漢" * 2000
    for key, parent in (("root", ""), ("a", "root")):
        tell(engine, key, parent, title=strange, agent=strange, directory=strange)
    chat, row = Chat.objects.get(), Subagent.objects.get()
    assert (len(chat.title), len(chat.agent), len(chat.directory)) == (300, 80, 1000)
    assert (len(row.description), len(row.agent), len(row.working_directory)) == (300, 80, 1000)
    assert chat.title.startswith("a\ufffd\ufffd漢")


def test_children_who_find_their_place_are_announced(engine: Engine) -> None:
    tell(engine, "b", "a")
    tell(engine, "a", "root")
    before = Event.objects.count()
    tell(engine, "root", "")
    kinds = Event.objects.order_by("seq").values_list("kind", "subject_kind")[before:]
    assert sorted(kinds) == [("chat.changed", "chat"), *[("subagent.changed", "subagent")] * 2]


# States --------------------------------------------------------------------------------------------


def tell_state(engine: Engine, key: str, state: str) -> bool:
    return record_session_state(actor=RELAY_ACTOR, engine=engine, session_id=key, state=state, at=AT)


@pytest.mark.parametrize(
    ("states", "turn", "state", "changes"),
    [
        (["busy"], Turn.ASSISTANT, SessionState.BUSY, 1),
        (["busy", "busy", "idle", "idle"], Turn.USER, SessionState.IDLE, 2),
        (["retry"], Turn.ASSISTANT, SessionState.RETRY, 1),
        (["busy", "deleted", "busy", "idle"], Turn.USER, SessionState.DELETED, 2),
    ],
)
def test_a_chats_turn_follows_its_session(
    engine: Engine, states: list[str], turn: str, state: str, changes: int
) -> None:
    tell(engine, "root", "")
    for word in states:
        assert tell_state(engine, "root", word) is True
    chat = Chat.objects.get()
    assert (chat.turn, chat.session_state, chat.last_active) == (turn, state, AT)
    assert AuditEntry.objects.filter(verb="chat.turn").count() == changes
    assert Event.objects.filter(kind="chat.changed").count() == changes + 1


@pytest.mark.parametrize(
    ("states", "status", "changes"),
    [
        (["busy"], SubagentStatus.RUNNING, 0),
        (["busy", "idle", "idle"], SubagentStatus.COMPLETED, 1),
        (["idle", "busy"], SubagentStatus.COMPLETED, 1),
        (["deleted"], SubagentStatus.LOST, 1),
        (["idle", "deleted"], SubagentStatus.COMPLETED, 1),
        (["unknown"], SubagentStatus.RUNNING, 0),
    ],
)
def test_a_delegation_ends_once(engine: Engine, states: list[str], status: str, changes: int) -> None:
    tell(engine, "a", "root")
    for word in states:
        tell_state(engine, "a", word)
    row = Subagent.objects.get()
    assert (row.status, row.ended_at) == (status, AT if changes else None)
    assert AuditEntry.objects.filter(verb="subagent.status").count() == changes


def test_an_unknown_session_is_told_apart(engine: Engine) -> None:
    assert tell_state(engine, "unknown", "busy") is False


def test_an_abort_is_dated_and_ends_a_delegation(engine: Engine) -> None:
    make_session(engine, "root")
    make_session(engine, "a", parent_id="root")
    for key in ("root", "a", "unknown"):
        record_abort(actor=RELAY_ACTOR, engine=engine, session_id=key, at=AT)
    assert Chat.objects.get().aborted_at == AT
    tell_state(engine, "a", "idle")
    assert Subagent.objects.get().status == SubagentStatus.CANCELLED


def test_a_chat_is_blocked_once(engine: Engine) -> None:
    make_session(engine, "root")
    chat = Chat.objects.get()
    for _ in range(2):
        block_chat(actor=RELAY_ACTOR, chat=chat, why="an answer that is not ours")
    chat.refresh_from_db()
    assert chat.blocked_at is not None
    assert chat.blocked_at - chat.created_at < timedelta(minutes=5)
    assert AuditEntry.objects.filter(verb="chat.block").count() == 1
