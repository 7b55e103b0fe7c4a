"""Every recorded event is understood, and nothing an engine may send does worse than a protocol error."""

import contextlib
import copy
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from relay.opencode.decoding import CUT_TEXT, MAX_DEPTH, decode_json, make_storable
from relay.opencode.errors import EngineProtocolError
from relay.opencode.frames import (
    Heartbeat,
    InstanceDisposed,
    MessageRemoved,
    PartDelta,
    PartUpdated,
    PermissionAsked,
    PermissionReplied,
    QuestionAsked,
    QuestionClosed,
    ServerConnected,
    SessionCreated,
    SessionError,
    SessionStatus,
    parse,
)
from relay.opencode.records import PermissionAsk, Session, ToolCall
from tests.relay.opencode.captures import STREAMS, read_frames, read_lines

# What a relay acts on; the rest of the recorded types is known and ignored.
IGNORED = {"session.diff", "sync"}

# Any text a JavaScript engine may send: half a surrogate pair among it.
texts = st.text(st.characters(exclude_categories=()), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def wrap(kind: str, properties: Any, directory: str = "/srv/demo") -> dict[str, Any]:
    """One event as it stands on the global stream."""
    return {"directory": directory, "payload": {"id": "evt_1", "type": kind, "properties": properties}}


def find_capture(name: str, kind: str) -> dict[str, Any]:
    return next(frame for frame in read_frames(name) if frame["payload"]["type"] == kind)


@pytest.mark.parametrize("name", STREAMS)
def test_every_recorded_event_is_a_frame_or_known_noise(name: str) -> None:
    ignored = Counter[str]()
    for line in read_lines(name):
        raw = decode_json(line)
        frame = parse(raw)
        if frame is None:
            ignored[raw["payload"]["type"]] += 1
        else:
            assert (frame.directory, frame.event_id) == (raw.get("directory", ""), raw["payload"]["id"])
    assert set(ignored) <= IGNORED


def test_a_permission_request_is_read_whole() -> None:
    frame = parse(find_capture("global_bash_once", "permission.asked"))
    assert frame == PermissionAsked(
        directory="/srv/demo",
        event_id="evt_1ffce14eb001ECjumQ5F1GDxL6",
        ask=PermissionAsk(
            id="per_1ffce14ea001WHqPImpWzs67ei",
            session_id="ses_e0031f01bffe6qlPCkuNhBEVdg",
            permission="bash",
            patterns=("echo hello-from-bash",),
            metadata={"command": "echo hello-from-bash"},
            tool=ToolCall("msg_1ffce1241001W9Xn0BYMY2wFR9", "call_bash_0_0"),
            is_text_altered=False,
        ),
    )


def test_a_standing_grant_that_the_engine_offers_is_not_even_read() -> None:
    frame = parse(find_capture("global_bash_always", "permission.asked"))
    assert isinstance(frame, PermissionAsked)
    assert "echo *" not in repr(frame)


def test_a_repeated_call_request_has_no_tool() -> None:
    frame = parse(find_capture("global_doom_loop", "permission.asked"))
    assert isinstance(frame, PermissionAsked)
    assert (frame.ask.permission, frame.ask.tool) == ("doom_loop", None)


def test_a_tool_part_has_no_arguments_while_it_is_pending() -> None:
    frames = [parse(raw) for raw in read_frames("global_bash_once")]
    parts = [frame.part for frame in frames if isinstance(frame, PartUpdated) and frame.part.type == "tool"]
    assert [(part.status, part.has_arguments, part.input.get("command")) for part in parts] == [
        ("pending", False, None),
        ("running", True, "echo hello-from-bash"),
        ("running", True, "echo hello-from-bash"),
        ("running", True, "echo hello-from-bash"),
        ("completed", True, "echo hello-from-bash"),
    ]


def test_a_delta_says_which_text_grows() -> None:
    frames = [parse(raw) for raw in read_frames("global_bash_once")]
    deltas = [frame for frame in frames if isinstance(frame, PartDelta)]
    assert [(delta.field, delta.text) for delta in deltas] == [
        ("text", "The comm"),
        ("text", "and fini"),
        ("text", "shed."),
    ]
    parts = [frame.part for frame in frames if isinstance(frame, PartUpdated)]
    whole = [part for part in parts if part.id == deltas[0].part_id]
    assert [(part.text, part.is_growing) for part in whole] == [("", True), ("The command finished.", False)]


def test_what_is_only_shown_never_makes_a_part_unreadable() -> None:
    part = {"id": "prt_1", "sessionID": "ses_1", "messageID": "msg_1", "type": "patch"}
    odd = {"files": ["a.py", 7, "b\0"], "mime": 1, "filename": None, "name": [], "description": {}, "time": 3}
    read = parse(wrap("message.part.updated", {"part": {**part, **odd, "synthetic": "yes"}}))
    assert isinstance(read, PartUpdated)
    shown = read.part
    assert (shown.files, shown.mime, shown.filename, shown.name, shown.description) == (
        ("a.py", "b\N{SYMBOL FOR NULL}"),
        "",
        "",
        "",
        "",
    )
    assert (shown.is_synthetic, shown.is_growing) == (False, False)


def test_one_reject_announces_every_request_that_it_closed() -> None:
    frames = [parse(raw) for raw in read_frames("global_two_reject_cascade")]
    replies = [frame.reply for frame in frames if isinstance(frame, PermissionReplied)]
    assert replies == ["reject", "reject"]


def test_a_subagents_session_names_its_parent() -> None:
    frames = [parse(raw) for raw in read_frames("global_subagent")]
    sessions = [frame.session for frame in frames if isinstance(frame, SessionCreated)]
    assert [(session.parent_id, session.agent) for session in sessions] == [
        (None, ""),
        (sessions[0].id, "general"),
    ]


def test_a_question_and_its_answer() -> None:
    frames = [parse(raw) for raw in read_frames("global_question")]
    asked = [frame for frame in frames if isinstance(frame, QuestionAsked)]
    closed = [frame for frame in frames if isinstance(frame, QuestionClosed)]
    assert [frame.question.questions[0]["question"] for frame in asked] == ["Which colour?"]
    assert [(frame.request_id, frame.answers) for frame in closed] == [(asked[0].question.id, (("Blue",),))]


def test_an_abort_is_told_from_other_errors() -> None:
    def read_errors(name: str) -> list[tuple[str, bool]]:
        frames = [parse(raw) for raw in read_frames(name)]
        return [(frame.name, frame.is_abort) for frame in frames if isinstance(frame, SessionError)]

    assert set(read_errors("global_abort_pending")) == {("MessageAbortedError", True)}
    assert set(read_errors("global_api_error")) == {("APIError", False)}


def test_events_of_the_whole_engine_have_no_directory() -> None:
    connected = parse({"payload": {"id": "evt_1", "type": "server.connected", "properties": {}}})
    heartbeat = parse({"payload": {"id": "evt_2", "type": "server.heartbeat", "properties": {}}})
    assert connected == ServerConnected(directory="", event_id="evt_1")
    assert heartbeat == Heartbeat(directory="", event_id="evt_2")


def test_a_disposed_instance_is_the_one_the_event_names() -> None:
    frame = parse(wrap("server.instance.disposed", {"directory": "/srv/other"}))
    assert frame == InstanceDisposed(directory="/srv/other", event_id="evt_1")
    with pytest.raises(EngineProtocolError):
        parse(wrap("server.instance.disposed", {}, directory=""))


def test_a_removed_message_and_an_error_without_session() -> None:
    removed = parse(wrap("message.removed", {"sessionID": "ses_1", "messageID": "msg_1"}))
    failed = parse(
        wrap("session.error", {"error": {"name": "UnknownError", "data": {"message": "no plugin"}}})
    )
    assert removed == MessageRemoved(
        directory="/srv/demo", event_id="evt_1", session_id="ses_1", message_id="msg_1"
    )
    assert failed == SessionError(
        directory="/srv/demo", event_id="evt_1", session_id=None, name="UnknownError", message="no plugin"
    )


def test_unknown_types_and_unknown_fields_are_ignored() -> None:
    assert parse(wrap("lsp.updated", {"anything": [1]})) is None
    status = wrap("session.status", {"sessionID": "ses_1", "status": {"type": "busy", "new": 1}, "newer": {}})
    assert parse(status) == SessionStatus(
        directory="/srv/demo", event_id="evt_1", session_id="ses_1", status="busy"
    )


def test_a_session_put_away_says_when() -> None:
    info = {
        "id": "ses_1",
        "directory": "/srv/demo",
        "title": "t",
        "time": {"created": 1, "updated": 2.0, "archived": 3},
    }
    frame = parse(wrap("session.created", {"info": info}))
    assert isinstance(frame, SessionCreated)
    assert frame.session == Session(
        id="ses_1",
        parent_id=None,
        directory="/srv/demo",
        title="t",
        agent="",
        created_ms=1,
        updated_ms=2,
        archived_ms=3,
    )


ASKED = find_capture("global_bash_once", "permission.asked")["payload"]["properties"]


@pytest.mark.parametrize(
    "change",
    [
        {"id": 7},
        {"id": ""},
        {"id": "per_1/../../session"},
        {"id": "per_1?directory=/"},
        {"id": "per_" + "x" * 200},
        {"sessionID": None},
        {"sessionID": ["ses_1"]},
        {"permission": {"name": "bash"}},
        {"patterns": "echo hi"},
        {"patterns": ["echo hi", 7]},
        {"patterns": None},
        {"metadata": "command"},
        {"tool": "bash"},
        {"tool": {"messageID": "msg_1"}},
        {"tool": {"messageID": "../msg", "callID": "c"}},
    ],
)
def test_a_wrong_type_in_a_used_field_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(EngineProtocolError):
        parse(wrap("permission.asked", {**ASKED, **change}))


@pytest.mark.parametrize("raw", [None, 7, "text", [], {}, {"payload": []}, {"payload": {"type": 7}}])
def test_an_envelope_of_another_shape_is_refused(raw: Any) -> None:
    with pytest.raises(EngineProtocolError):
        parse(raw)


@settings(deadline=None)
@given(json_values)
def test_no_json_value_does_worse_than_a_protocol_error(raw: Any) -> None:
    with contextlib.suppress(EngineProtocolError):
        parse(raw)


KINDS = sorted({raw["payload"]["type"] for name in STREAMS for raw in read_frames(name)})


@settings(deadline=None)
@given(st.sampled_from(KINDS), json_values)
def test_no_properties_do_worse_than_a_protocol_error(kind: str, properties: Any) -> None:
    with contextlib.suppress(EngineProtocolError):
        parse(wrap(kind, properties))


def list_places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside `value`."""
    places = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        places += list_places(item, (*path, key))
    return places


RECORDED = [raw for name in STREAMS for raw in read_frames(name)]


@settings(max_examples=300, deadline=None)
@given(st.data(), json_values)
def test_a_recorded_event_with_one_value_exchanged_does_no_worse_than_that(
    data: st.DataObject, value: Any
) -> None:
    raw = copy.deepcopy(data.draw(st.sampled_from(RECORDED)))
    *path, last = data.draw(st.sampled_from([place for place in list_places(raw) if place]))
    holder = raw
    for key in path:
        holder = holder[key]
    holder[last] = value
    with contextlib.suppress(EngineProtocolError):
        parse(raw)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_a_protocol_error(data: bytes) -> None:
    with contextlib.suppress(EngineProtocolError):
        decode_json(data)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"nonsense", b"NaN", b"[Infinity]", b"1e999", b'"\xff"', b"[" * 100_000, b'{"a":1}x']
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(EngineProtocolError):
        decode_json(data)


def test_half_a_surrogate_pair_and_nul_become_visible_and_are_owned_up_to() -> None:
    line = json.dumps(
        wrap("permission.asked", {**ASKED, "metadata": {"command": "echo \ud83d\x00x"}})
    ).encode()
    frame = parse(decode_json(line))
    assert isinstance(frame, PermissionAsked)
    assert frame.ask.metadata == {"command": "echo \ufffd\u2400x"}
    assert frame.ask.is_text_altered is True


def test_a_whole_surrogate_pair_is_an_ordinary_character() -> None:
    frame = parse(
        decode_json(json.dumps(wrap("permission.asked", {**ASKED, "patterns": ["echo 😀"]})).encode())
    )
    assert isinstance(frame, PermissionAsked)
    assert (frame.ask.patterns, frame.ask.is_text_altered) == (("echo 😀",), False)


def test_two_keys_that_become_the_same_both_stay() -> None:
    clean, is_altered = make_storable({"a\x00": 1, "a\u2400": 2})
    assert (sorted(clean.values()), is_altered) == ([1, 2], True)


@settings(deadline=None)
@given(st.dictionaries(st.text("a\x00\u2400 ()012", max_size=8), st.integers()))
def test_no_value_is_hidden_by_another_keys_replacement(value: dict[str, int]) -> None:
    clean, _ = make_storable(value)
    assert sorted(clean.values()) == sorted(value.values())


def test_deep_nesting_is_cut_and_not_lost() -> None:
    value: Any = "innermost"
    for _ in range(MAX_DEPTH + 5):
        value = [value]
    clean, is_altered = make_storable(value)
    for _ in range(MAX_DEPTH):
        clean = clean[0]
    assert (clean, is_altered) == (CUT_TEXT, True)


@settings(deadline=None)
@given(json_values)
def test_storable_values_have_a_utf8_form_without_nul(value: Any) -> None:
    clean, is_altered = make_storable(value)
    text = json.dumps(clean, ensure_ascii=False)
    assert "\\u0000" not in text
    assert text.encode()
    # Two NaN are never equal, so the unaltered copy is compared by its text.
    assert is_altered or json.dumps(clean) == json.dumps(value)
