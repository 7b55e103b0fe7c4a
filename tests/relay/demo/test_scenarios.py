"""The scripted model's next step follows from the messages alone."""

from pathlib import Path
from typing import Any

import pytest

from relay.demo.scenarios import STORIES, Choice, Say, Scenario, Story, Use, build_scenarios, choose_step

LOOK = Use.shell("ls", "Look")
SCENARIOS: dict[str, Scenario] = {
    "look": lambda _turn: [LOOK, Say("Seen.")],
    "count": lambda turn: [Say(f"Round {turn}.")],
}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def tool(text: str) -> dict[str, Any]:
    return {"role": "tool", "content": text, "tool_call_id": "call_1"}


ASSISTANT = {"role": "assistant", "content": "", "tool_calls": []}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([user("Please [look]")], Choice(LOOK, "look", 0)),
        ([user("Please [look]"), ASSISTANT, tool("a.txt")], Choice(Say("Seen."), "look", 1)),
        (
            [user("[look]"), ASSISTANT, tool("x"), ASSISTANT, tool("y")],
            Choice(Say("That was all."), "look", 2),
        ),
        ([user("[count#7]")], Choice(Say("Round 7."), "count", 0)),
        ([user("[count]")], Choice(Say("Round 1."), "count", 0)),
        # The newest prompt that names a scenario counts; the engine adds user messages of its own.
        ([user("[look]"), ASSISTANT, user("[count#2]")], Choice(Say("Round 2."), "count", 0)),
        ([user("[look]"), user("<system-reminder>")], Choice(LOOK, "look", 0)),
        ([user("[unknown]")], Choice(Say("No scenario is named in this prompt."))),
        ([], Choice(Say("No scenario is named in this prompt."))),
        (
            [{"role": "user", "content": [{"type": "text", "text": "[look]"}, "odd"]}],
            Choice(LOOK, "look", 0),
        ),
        (
            [{"role": "system", "content": "You are a title generator."}, user("[look]")],
            Choice(Say("Scripted title"), "title"),
        ),
    ],
)
def test_the_step_follows_from_the_messages(messages: list[dict[str, Any]], expected: Choice) -> None:
    assert choose_step(messages, SCENARIOS) == expected


def test_a_prompt_that_names_nothing_plays_the_fallback_where_there_is_one() -> None:
    scenarios: dict[str, Scenario] = {**SCENARIOS, "talk": lambda _turn: [Say("I know a few things.")]}
    talk = Choice(Say("I know a few things."), "talk", 0)
    assert choose_step([user("Hello?")], scenarios) == talk
    assert choose_step([user("[look]"), ASSISTANT, user("And now?")], scenarios) == talk
    # What the engine adds is nobody's prompt.
    assert choose_step([user("[look]"), user("<system-reminder>")], scenarios) == Choice(LOOK, "look", 0)


def test_a_reviewers_message_is_repeated_so_that_a_person_sees_it() -> None:
    refusal = (
        "The user rejected permission to use this specific tool call with the following feedback: "
        "Use the staging folder.\nThen ask again."
    )
    messages = [user("[look]"), ASSISTANT, tool(refusal)]
    assert choose_step(messages, SCENARIOS) == Choice(
        Say("Understood: Use the staging folder.\nThen ask again."), "look", 1
    )


def test_an_answer_to_a_question_is_repeated() -> None:
    answered = (
        'User has answered your questions: "Which colour?"="Nobody is here.". '
        "You can now continue with the user's answers in mind."
    )
    messages = [user("[look]"), ASSISTANT, tool(answered)]
    assert choose_step(messages, SCENARIOS) == Choice(Say("Understood: Nobody is here."), "look", 1)


def test_a_message_is_repeated_once_and_the_next_prompt_begins_afresh() -> None:
    refusal = "rejected permission to use this specific tool call with the following feedback: no"
    messages = [user("[look]"), ASSISTANT, tool(refusal), ASSISTANT, user("[look#2]")]
    assert choose_step(messages, SCENARIOS) == Choice(LOOK, "look", 0)


def test_the_stories_ask_for_every_kind_of_thing() -> None:
    scenarios = build_scenarios(Path("/srv/demo"), "http://127.0.0.1:1/page")
    used = {key for story in STORIES for key in story.keys}
    assert used | {"count", "explain", "talk"} == set(scenarios)
    tools = {
        call.tool
        for scenario in scenarios.values()
        for step in scenario(1)
        if isinstance(step, Use)
        for call in step.calls
    }
    assert tools == {"bash", "edit", "question", "read", "task", "webfetch", "write"}


def test_every_prompt_of_a_story_names_its_scenario_and_round() -> None:
    story = Story("t", ("look", "count"), {"look": "Look around."})
    assert [story.write_prompt(turn) for turn in range(3)] == [
        "Look around. [look#1]",
        "Please go on. [count#2]",
        "Look around. [look#3]",
    ]


def test_scenarios_end_with_words_and_change_nothing_outside_the_project() -> None:
    scenarios = build_scenarios(Path("/srv/demo"), "http://127.0.0.1:1/page")
    for scenario in scenarios.values():
        steps = scenario(3)
        assert isinstance(steps[-1], Say)
        paths = [
            str(call.arguments["filePath"])
            for step in steps
            if isinstance(step, Use)
            for call in step.calls
            if call.tool in {"edit", "write"}
        ]
        assert all(path.startswith("/srv/demo/") for path in paths)
