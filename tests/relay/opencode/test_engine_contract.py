"""What the relay leans on, on the real engine: run before moving to another engine version."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from configs.opencode_rules import describe_unasked, evaluate, matches
from relay.demo.runner import run_demo_agents
from relay.demo.scenarios import STORIES, Say, Use
from relay.opencode.client import Listing, OpenCodeClient, ReplyOutcome
from relay.opencode.errors import EngineUnauthorized, EngineUnreachable
from relay.opencode.frames import (
    MessageUpdated,
    PartUpdated,
    PermissionAsked,
    PermissionReplied,
    QuestionAsked,
    SessionCreated,
    SessionDeleted,
    SessionError,
    SessionIdle,
)
from relay.opencode.records import Part, PermissionAsk
from relay.opencode.stream import follow
from tests.support.engine_lab import EngineLab, EngineVisitor

pytestmark = pytest.mark.engine

POLL_S = 0.05


async def wait_until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(POLL_S)


async def find_tool_part(visitor: EngineVisitor, ask: PermissionAsk) -> Part | None:
    assert ask.tool is not None
    return await visitor.client.find_tool_part(
        visitor.lab.directory, ask.session_id, ask.tool.message_id, ask.tool.call_id
    )


async def read_last_text(visitor: EngineVisitor, session_id: str) -> str:
    messages = await visitor.client.list_messages(visitor.lab.directory, session_id)
    assert messages
    return "".join(part.text for part in messages[-1].parts if part.type == "text")


async def test_once_runs_the_command_and_the_turn_goes_on(engine_lab: EngineLab) -> None:
    engine_lab.add_scenario("once", Use.shell("echo approved > once.txt"))
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("once")
        assert (ask.permission, ask.patterns) == ("bash", ("echo approved > once.txt",))
        assert ask.metadata == {"command": "echo approved > once.txt"}
        listed = await visitor.client.list_permissions(engine_lab.directory)
        assert ask in listed.items
        assert listed.is_complete
        assert not (engine_lab.project / "once.txt").exists()
        assert await visitor.client.session_status(engine_lab.directory) == {ask.session_id: "busy"}
        replies = [await visitor.reply(ask, "once"), await visitor.reply(ask, "once")]
        assert replies == [ReplyOutcome.ACCEPTED, ReplyOutcome.GONE]
        assert (await visitor.wait_replied(ask)).reply == "once"
        await visitor.wait_idle(ask.session_id)
        part = await find_tool_part(visitor, ask)
        assert part is not None
        assert (part.status, part.input["command"]) == ("completed", "echo approved > once.txt")
        assert await read_last_text(visitor, ask.session_id) == "That was all."
        assert await visitor.client.session_status(engine_lab.directory) == {}
    assert (engine_lab.project / "once.txt").read_text() == "approved\n"


async def test_a_reject_with_a_message_reaches_the_model_and_the_turn_goes_on(engine_lab: EngineLab) -> None:
    engine_lab.add_scenario("message", Use.shell("touch message.txt"))
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("message")
        message = 'Use the "staging" folder.\nAsk again.'
        assert await visitor.reply(ask, "reject", message) is ReplyOutcome.ACCEPTED
        await visitor.wait_idle(ask.session_id)
        assert await read_last_text(visitor, ask.session_id) == f"Understood: {message}"
    assert [request.answer for request in engine_lab.find_answers("message")] == [
        "Use",
        f"Understood: {message}",
    ]
    assert not (engine_lab.project / "message.txt").exists()


async def test_a_plain_reject_stops_the_turn(engine_lab: EngineLab) -> None:
    engine_lab.add_scenario("plain", Use.shell("touch plain.txt"))
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("plain")
        assert await visitor.reply(ask, "reject") is ReplyOutcome.ACCEPTED
        await visitor.wait_idle(ask.session_id)
        part = await find_tool_part(visitor, ask)
        assert part is not None
        assert part.status == "error"
    assert [request.answer for request in engine_lab.find_answers("plain")] == ["Use"]
    assert not (engine_lab.project / "plain.txt").exists()


async def test_one_reject_closes_every_request_of_the_session_and_no_other(engine_lab: EngineLab) -> None:
    calls = tuple(Use.shell(f"touch both-{number}.txt").calls[0] for number in (1, 2))
    engine_lab.add_scenario("both", Use(calls))
    engine_lab.add_scenario("other", Use.shell("echo other"))
    async with engine_lab.connect() as visitor:
        other = await visitor.ask("other")
        first = await visitor.ask("both")
        second = await visitor.wait_for(
            PermissionAsked,
            lambda frame: frame.ask.session_id == first.session_id and frame.ask.id != first.id,
        )
        assert await visitor.reply(first, "reject") is ReplyOutcome.ACCEPTED
        assert (await visitor.wait_replied(second.ask)).reply == "reject"
        assert await visitor.reply(second.ask, "once") is ReplyOutcome.GONE
        listed = await visitor.client.list_permissions(engine_lab.directory)
        assert [ask.id for ask in listed.items] == [other.id]
        assert await visitor.reply(other, "reject") is ReplyOutcome.ACCEPTED
        await visitor.wait_idle(first.session_id)
    assert not list(engine_lab.project.glob("both-*.txt"))


async def test_an_abort_leaves_the_request_listed_until_it_is_rejected(engine_lab: EngineLab) -> None:
    path = engine_lab.project / "aborted.txt"
    engine_lab.add_scenario("aborted", Use.one("write", filePath=str(path), content="x"))
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("aborted")
        await visitor.client.abort(engine_lab.directory, ask.session_id)
        error = await visitor.wait_for(SessionError, lambda frame: frame.session_id == ask.session_id)
        assert error.is_abort
        await visitor.wait_idle(ask.session_id)
        assert visitor.count(PermissionReplied, lambda frame: frame.request_id == ask.id) == 0
        assert ask in (await visitor.client.list_permissions(engine_lab.directory)).items
        assert await visitor.reply(ask, "reject") is ReplyOutcome.ACCEPTED
        assert await visitor.reply(ask, "once") is ReplyOutcome.GONE
        assert (await visitor.client.list_permissions(engine_lab.directory)).items == ()
    assert not path.exists()


async def test_a_late_once_after_an_abort_runs_the_tool(engine_lab: EngineLab) -> None:
    """Why an abort is followed by a reject at once; when this fails, the engine has been mended."""
    path = engine_lab.project / "late.txt"
    engine_lab.add_scenario("late", Use.one("write", filePath=str(path), content="x"))
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("late")
        await visitor.client.abort(engine_lab.directory, ask.session_id)
        await visitor.wait_idle(ask.session_id)
        assert await visitor.reply(ask, "once") is ReplyOutcome.ACCEPTED
        await wait_until(path.exists)


async def test_a_deleted_session_leaves_its_request_listed(engine_lab: EngineLab) -> None:
    path = engine_lab.project / "deleted.txt"
    engine_lab.add_scenario("deleted", Use.one("write", filePath=str(path), content="x"))
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("deleted")
        await visitor.client.delete_session(engine_lab.directory, ask.session_id)
        await visitor.wait_for(SessionDeleted, lambda frame: frame.session.id == ask.session_id)
        assert ask in (await visitor.client.list_permissions(engine_lab.directory)).items
        assert await visitor.client.get_session(engine_lab.directory, ask.session_id) is None
        assert await visitor.client.list_messages(engine_lab.directory, ask.session_id) is None
        assert await visitor.reply(ask, "reject") is ReplyOutcome.ACCEPTED
        assert await visitor.reply(ask, "once") is ReplyOutcome.GONE
    assert not path.exists()


async def test_a_fetch_without_time_out_blinds_the_list_of_its_folder(engine_lab: EngineLab) -> None:
    page = engine_lab.model.page_url
    engine_lab.add_scenario("blind", Use.one("webfetch", url=page, format="text"))
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("blind")
        assert (ask.permission, ask.patterns) == ("webfetch", (page,))
        listed = await visitor.client.list_permissions(engine_lab.directory)
        assert listed == Listing((), is_complete=False, status=400)
        assert await visitor.reply(ask, "once") is ReplyOutcome.ACCEPTED
        await visitor.wait_idle(ask.session_id)
        assert (await visitor.client.list_permissions(engine_lab.directory)) == Listing((), True, 200)


async def test_a_reply_for_another_folder_is_gone_and_changes_nothing(
    engine_lab: EngineLab, tmp_path: Path
) -> None:
    engine_lab.add_scenario("folder", Use.shell("echo folder"))
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("folder")
        elsewhere = await visitor.client.reply_permission(str(tmp_path), ask.id, "once")
        assert elsewhere is ReplyOutcome.GONE
        assert ask in (await visitor.client.list_permissions(engine_lab.directory)).items
        assert await visitor.reply(ask, "reject") is ReplyOutcome.ACCEPTED


async def test_a_subagents_request_carries_the_childs_session(engine_lab: EngineLab) -> None:
    async with engine_lab.connect() as visitor:
        parent_id = await visitor.prompt("helper")
        task = await visitor.wait_for(PermissionAsked, lambda frame: frame.ask.session_id == parent_id)
        assert (task.ask.permission, task.ask.patterns) == ("task", ("general",))
        assert await visitor.reply(task.ask, "once") is ReplyOutcome.ACCEPTED
        child = (
            await visitor.wait_for(SessionCreated, lambda frame: frame.session.parent_id == parent_id)
        ).session
        asked = await visitor.wait_for(PermissionAsked, lambda frame: frame.ask.session_id == child.id)
        assert asked.ask.metadata == {"command": "wc -l src/*.py"}
        children = await visitor.client.list_children(engine_lab.directory, parent_id)
        assert [(found.id, found.agent) for found in children] == [(child.id, "general")]
        assert await visitor.reply(asked.ask, "once") is ReplyOutcome.ACCEPTED
        await visitor.wait_idle(parent_id)
        assert await read_last_text(visitor, parent_id) == "My helper has counted the lines."


async def test_a_question_can_be_answered_in_any_words_or_dismissed_without(engine_lab: EngineLab) -> None:
    async with engine_lab.connect() as visitor:
        questions = []
        for _ in range(2):
            session_id = await visitor.prompt("question")
            questions.append(await visitor.wait_question(session_id))
        first, second = questions
        listed = await visitor.client.list_questions(engine_lab.directory)
        assert listed == Listing((first, second), is_complete=True, status=200)
        message = "Neither of them."
        answered = await visitor.client.reply_question(engine_lab.directory, first.id, [[message]])
        dismissed = await visitor.client.reject_question(engine_lab.directory, second.id)
        assert [answered, dismissed] == [ReplyOutcome.ACCEPTED] * 2
        for question in questions:
            await visitor.wait_idle(question.session_id)
        assert await read_last_text(visitor, first.session_id) == f"Understood: {message}"
        # The dismissed turn stopped at the question.
        assert await read_last_text(visitor, second.session_id) == ""
        again = await visitor.client.reject_question(engine_lab.directory, first.id)
        assert again is ReplyOutcome.GONE


async def test_the_arguments_of_an_edit_and_its_diff_are_there_before_the_reply(
    engine_lab: EngineLab,
) -> None:
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("edit")
        assert ask.tool is not None
        call_id = ask.tool.call_id
        await visitor.wait_for(
            PartUpdated, lambda frame: frame.part.call_id == call_id and frame.part.has_arguments
        )
        part = await find_tool_part(visitor, ask)
        assert part is not None
        assert (part.tool, part.has_arguments, part.status) == ("edit", True, "running")
        assert part.input["filePath"] == str(engine_lab.project / "README.md")
        assert "+- Round 1: looked through the greeting, nothing to mend." in ask.metadata["diff"]
        assert await visitor.reply(ask, "reject") is ReplyOutcome.ACCEPTED


async def test_a_chain_is_one_request_with_a_pattern_for_each_command(engine_lab: EngineLab) -> None:
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("chain")
        command = "mkdir -p build && echo round-1 > build/stamp.txt && rm -rf build && git status --short"
        assert ask.metadata == {"command": command}
        # The redirect is in no pattern: the command is what a person must see.
        assert ask.patterns == ("mkdir -p build", "echo round-1", "rm -rf build", "git status --short")
        assert await visitor.reply(ask, "reject") is ReplyOutcome.ACCEPTED


async def test_a_read_outside_the_project_asks_for_its_folder(engine_lab: EngineLab) -> None:
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("outside")
        assert (ask.permission, ask.patterns) == ("external_directory", ("/etc/*",))
        assert await visitor.reply(ask, "reject") is ReplyOutcome.ACCEPTED


async def test_half_a_surrogate_pair_in_a_command_hides_neither_the_request_nor_the_list(
    engine_lab: EngineLab,
) -> None:
    engine_lab.add_scenario("surrogate", Use.shell("echo '\ud83d' \x00"))
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("surrogate")
        assert (ask.metadata, ask.is_text_altered) == ({"command": "echo '\ufffd' \u2400"}, True)
        listed = await visitor.client.list_permissions(engine_lab.directory)
        assert (listed.items, listed.is_complete) == ((ask,), True)
        assert await visitor.reply(ask, "reject") is ReplyOutcome.ACCEPTED


async def test_a_command_of_a_megabyte_arrives_whole(engine_lab: EngineLab) -> None:
    command = f"echo {'x' * 1_000_000}"
    engine_lab.add_scenario("long", Use.shell(command))
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("long")
        assert ask.metadata == {"command": command}
        assert await visitor.reply(ask, "reject") is ReplyOutcome.ACCEPTED


@pytest.mark.parametrize("command", ["> silent-1.txt", "{touch,silent-2.txt}"])
async def test_some_shell_texts_never_ask(engine_lab: EngineLab, command: str) -> None:
    """What `describe_unasked` warns of; when this fails, the engine has been mended."""
    key = "silent_redirect" if command.startswith(">") else "silent_braces"
    engine_lab.add_scenario(key, Use.shell(command))
    async with engine_lab.connect() as visitor:
        session_id = await visitor.prompt(key)
        await visitor.wait_idle(session_id)
        assert visitor.count(PermissionAsked, lambda frame: frame.ask.session_id == session_id) == 0
    assert (engine_lab.project / command.strip("> {}").removeprefix("touch,")).exists()


async def test_a_prompt_sent_again_with_its_own_ids_is_answered_once(engine_lab: EngineLab) -> None:
    engine_lab.model.scenarios["twice"] = lambda _turn: [Say("Answered.")]
    async with engine_lab.connect() as visitor:
        session = await visitor.client.create_session(engine_lab.directory, title="Twice")
        for _ in range(3):
            await visitor.client.prompt_async(
                engine_lab.directory,
                session.id,
                "Hello. [twice]",
                message_id="msg_1ffce1012001Yd65oxHqOtM6F9",
                part_id="prt_1ffce1017001GFc0WHotzx7RZP",
            )
        await visitor.wait_idle(session.id)
        messages = await visitor.client.list_messages(engine_lab.directory, session.id)
        assert messages is not None
        assert [found.message.role for found in messages] == ["user", "assistant"]
        assert len(messages[0].parts) == 1
    assert [request.answer for request in engine_lab.find_answers("twice")] == ["Answered."]


async def test_the_rules_of_the_engine_are_read_as_they_hold(engine_lab: EngineLab) -> None:
    async with engine_lab.connect() as visitor:
        agents = await visitor.client.get_agents(engine_lab.directory)
        config = await visitor.client.get_config(engine_lab.directory)
        directories = await visitor.client.list_directories()
        servers = await visitor.client.list_mcp_servers(engine_lab.directory)
    build = next(agent for agent in agents if agent.name == "build")
    assert [evaluate(build.rules, name, "x") for name in ("bash", "edit", "task", "demo_add", "read")] == [
        "ask",
        "ask",
        "ask",
        "ask",
        "allow",
    ]
    serious = [item for item in describe_unasked([build], ["demo"]) if item.is_serious]
    assert [(item.permission, item.pattern) for item in serious] == [("bash", "")]
    assert "provider" not in config
    assert config["share"] == "disabled"
    assert engine_lab.directory in directories
    assert servers == {}


async def test_globs_and_their_order_are_those_of_the_engine(engine_lab: EngineLab) -> None:
    """The engine itself judges what our reading of its rules predicts."""
    rules = [("bash", "echo *", "deny"), ("bash", "echo a?c", "ask"), ("bash", "true *", "deny")]
    expected = {"echo abc": "ask", "echo ac": "deny", "true": "deny", "truely": "ask"}
    async with engine_lab.connect() as visitor:
        for number, (command, action) in enumerate(expected.items()):
            key = f"glob_{'abcd'[number]}"
            engine_lab.add_scenario(key, Use.shell(command))
            session = await visitor.client.create_session(engine_lab.directory, title=key, rules=rules)
            await visitor.client.prompt_async(engine_lab.directory, session.id, f"[{key}]")
            if action == "ask":
                await visitor.reply(await visitor.wait_ask(session.id), "reject")
            await visitor.wait_idle(session.id)
            matching = [verdict for _, pattern, verdict in rules if matches(pattern, command)]
            assert (matching or ["ask"])[-1] == action
        asked = [frame.ask.patterns for frame in visitor.frames if isinstance(frame, PermissionAsked)]
    assert asked == [("echo abc",), ("truely",)]


async def test_wrong_credentials_are_refused_everywhere(engine_lab: EngineLab) -> None:
    async with OpenCodeClient(engine_lab.engine.address, password="wrong") as client:
        for call in (client.health(), client.list_permissions(engine_lab.directory)):
            with pytest.raises(EngineUnauthorized):
                await call
        assert (
            await client.reply_permission(engine_lab.directory, "per_x", "once") is ReplyOutcome.UNAUTHORIZED
        )
        with pytest.raises(EngineUnauthorized):
            await anext(follow(client))


async def test_the_demos_agents_keep_requests_of_every_kind_pending(engine_lab: EngineLab) -> None:
    stop = asyncio.Event()
    async with engine_lab.connect() as visitor:
        agents = asyncio.create_task(
            run_demo_agents(visitor.client, engine_lab.project, stop=stop, pause_s=0.1)
        )
        try:
            async with asyncio.timeout(30):
                while len((await visitor.client.list_permissions(engine_lab.directory)).items) < len(STORIES):
                    await asyncio.sleep(POLL_S)
            pending = (await visitor.client.list_permissions(engine_lab.directory)).items
            assert sorted(ask.permission for ask in pending) == [
                "bash",
                "bash",
                "edit",
                "external_directory",
                "task",
                "webfetch",
            ]
            # A decision has its agent go on with the next request.
            edit = next(ask for ask in pending if ask.permission == "edit")
            await visitor.reply(edit, "once")
            await visitor.wait_for(QuestionAsked, lambda frame: frame.question.session_id == edit.session_id)
        finally:
            stop.set()
            await asyncio.wait_for(agents, 10)


async def test_a_restart_forgets_what_was_pending_and_keeps_the_messages(engine_lab: EngineLab) -> None:
    """Last: it restarts the engine of the run."""
    engine_lab.add_scenario("restart", Use.shell("touch restart.txt"))
    async with engine_lab.connect() as visitor:
        ask = await visitor.ask("restart")
        engine_lab.engine.kill()
        with pytest.raises(EngineUnreachable):
            await visitor.wait_for(SessionIdle, lambda frame: frame.session_id == ask.session_id)
    assert await engine_lab.engine.start() == "1.18.33"
    async with engine_lab.connect() as visitor:
        assert await visitor.client.list_permissions(engine_lab.directory) == Listing((), True, 200)
        assert await visitor.reply(ask, "once") is ReplyOutcome.GONE
        part = await find_tool_part(visitor, ask)
        assert part is not None
        assert (part.status, part.input["command"]) == ("running", "touch restart.txt")
        messages = await visitor.client.list_messages(engine_lab.directory, ask.session_id)
        assert messages is not None
        assert messages[-1].message.completed_ms is None
        assert visitor.count(MessageUpdated, lambda frame: frame.message.session_id == ask.session_id) == 0
