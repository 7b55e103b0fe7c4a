"""What the scripted model does: scenarios of steps, chosen by `[key]` or `[key#round]` in the prompt."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

MARK = re.compile(r"\[([a-z_]+)(?:#(\d+))?\]")
# What the engine tells the model about a denial with a message, and about a question that was answered.
_FEEDBACK = re.compile(r"rejected permission to use this specific tool call.*feedback: (.+)", re.DOTALL)
_AT_THE_GATE = re.compile(r"Denied by a reviewer: (.+)", re.DOTALL)
_ANSWER = re.compile(r'^User has answered your questions: "[^"]*"="(.+)"\. You can now', re.DOTALL)


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One call the model makes; `arguments` as the engine's tool takes them."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Say:
    """The model's text; it ends the turn. Streamed, it rests after every few words, as `rest` does."""

    text: str
    rest: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """Calls the model makes in one message."""

    calls: tuple[ToolUse, ...]

    @classmethod
    def one(cls, tool: str, **arguments: Any) -> Use:
        return cls((ToolUse(tool, arguments),))

    @classmethod
    def shell(cls, command: str, description: str = "Run a command") -> Use:
        return cls.one("bash", command=command, description=description)


@dataclass(frozen=True, slots=True)
class Fail:
    """The provider answers with an HTTP error."""

    status: int


Step: TypeAlias = Say | Use | Fail
# Played for a prompt that names no scenario, where there is one of this name.
FALLBACK = "talk"
# Steps may depend on the round, so that a repeated scenario does something new.
Scenario: TypeAlias = Callable[[int], Sequence[Step]]


@dataclass(frozen=True, slots=True)
class Choice:
    """The step for one request, with the scenario's key and the number of the step."""

    step: Step
    key: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """A session of the demo: its title and the scenarios it goes through again and again."""

    title: str
    keys: tuple[str, ...]
    asks: Mapping[str, str] = field(default_factory=dict)

    def write_prompt(self, turn: int) -> str:
        """The prompt of turn 0, 1, 2 and so on."""
        key = self.keys[turn % len(self.keys)]
        return f"{self.asks.get(key, 'Please go on.')} [{key}#{turn + 1}]"


def choose_step(messages: Sequence[Mapping[str, Any]], scenarios: Mapping[str, Scenario]) -> Choice:
    """The next step for a chat completion request: a pure function of its messages.

    The last prompt that names a scenario selects it, the number of assistant messages since then the
    step. After the last step comes a closing text. A reviewer's message or an answer is repeated, so
    that it is seen. Where there is a fallback, it is what a prompt without a name means.
    """
    if _is_title_request(messages):
        return Choice(Say("Scripted title"), "title")
    for position in range(len(messages) - 1, -1, -1):
        message = messages[position]
        if message.get("role") != "user":
            continue
        key, turn = _read_mark(read_content(message), scenarios)
        if not key:
            continue
        since = messages[position + 1 :]
        number = sum(later.get("role") == "assistant" for later in since)
        heard = _find_message_to_model(since)
        if heard:
            return Choice(Say(f"Understood: {heard}"), key, number)
        steps = scenarios[key](turn)
        return Choice(steps[number] if number < len(steps) else Say("That was all."), key, number)
    return Choice(Say("No scenario is named in this prompt."))


def _read_mark(prompt: str, scenarios: Mapping[str, Scenario]) -> tuple[str, int]:
    """The scenario's key, "" for none, and its turn."""
    mark = MARK.search(prompt)
    if mark is not None and mark[1] in scenarios:
        return mark[1], int(mark[2] or 1)
    # The engine adds user messages of its own, in tags.
    is_a_persons = not prompt.lstrip().startswith("<")
    return (FALLBACK if is_a_persons and FALLBACK in scenarios else ""), 1


def read_content(message: Mapping[str, Any]) -> str:
    """The text of a message: its content is a text or a list of parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content or [] if isinstance(part, Mapping))


def _is_title_request(messages: Sequence[Mapping[str, Any]]) -> bool:
    return any(
        message.get("role") == "system" and "title generator" in read_content(message).lower()
        for message in messages
    )


def _find_message_to_model(since: Sequence[Mapping[str, Any]]) -> str:
    """What a person wrote in the newest tool result, if anything."""
    if not since or since[-1].get("role") != "tool":
        return ""
    text = read_content(since[-1])
    found = _FEEDBACK.search(text) or _AT_THE_GATE.search(text) or _ANSWER.search(text)
    return found[1].strip() if found else ""


def build_scenarios(project: Path, page_url: str) -> dict[str, Scenario]:
    """Requests of every kind, against the demo's project folder and a page on loopback."""
    look = Use.shell("git log --oneline | head -n 5", "Show the last commits")
    outside = Use.one("read", filePath="/etc/hostname")
    # With a time-out: without one the engine can't list its pending requests while this one waits.
    fetch = Use.one("webfetch", url=page_url, format="text", timeout=20)
    count = Use.shell("wc -l src/*.py", "Count the lines of the source files")
    return {
        "look": lambda _turn: [look, Say("I have seen the last commits.")],
        "chain": lambda turn: [_chain(turn), Say("Built and cleaned up.")],
        "edit": lambda turn: [*_edit(project, turn), Say("The README says what was done.")],
        "write": lambda turn: [_write(project, turn), Say("The notes are written.")],
        "outside": lambda _turn: [outside, Say("I know this machine's name now.")],
        "fetch": lambda _turn: [fetch, Say("I have read the page.")],
        "helper": lambda turn: [_delegate(turn), Say("My helper has counted the lines.")],
        "count": lambda _turn: [count, Say("Counted.")],
        "question": lambda _turn: [_QUESTION, Say("Thank you, I know what to do.")],
        "explain": lambda _turn: [look, Say(_EXPLANATION, write_slowly)],
        FALLBACK: lambda _turn: [Say(_WHAT_I_KNOW, write_slowly)],
    }


def write_slowly() -> None:
    time.sleep(WRITING_PAUSE_S)


def _chain(turn: int) -> Use:
    command = f"mkdir -p build && echo round-{turn} > build/stamp.txt && rm -rf build && git status --short"
    return Use.shell(command, "Build, clean up, and look at what changed")


def _edit(project: Path, turn: int) -> list[Step]:
    path, anchor = str(project / "README.md"), "## What was done\n\n"
    line = f"- Round {turn}: looked through the greeting, nothing to mend.\n"
    return [
        Use.one("read", filePath=path),
        Use.one("edit", filePath=path, oldString=anchor, newString=f"{anchor}{line}"),
    ]


def _write(project: Path, turn: int) -> Use:
    text = f"# Notes of round {turn}\n\nThe greeting works.\nIts tests are green.\n"
    return Use.one("write", filePath=str(project / "notes" / f"round-{turn}.md"), content=text)


def _delegate(turn: int) -> Use:
    prompt = f"Count the lines of the source files. [count#{turn}]"
    return Use.one("task", description="Count the lines", prompt=prompt, subagent_type="general")


_QUESTION = Use.one(
    "question",
    questions=[
        {
            "question": "Which greeting shall be the default?",
            "header": "Greeting",
            "options": [
                {"label": "Hello", "description": "plain"},
                {"label": "Good day", "description": "polite"},
            ],
            "multiple": False,
        }
    ],
)

# As fast as a model writes.
WRITING_PAUSE_S = 0.04
_EXPLANATION = """\
## What this project does

It greets people. The program is **one file**, and its last commits kept it small:

- `src/greet.py` holds the greeting and the command line,
- the tests beside it say what it promises,
- the README tells newcomers how to begin.

```python
def greet(name: str) -> str:
    return f"Hello, {name}!"
```

If it were mine, I would next make the greeting a setting. Shall I?
"""
_WHAT_I_KNOW = """\
I am a scripted model: I know a few things by heart, and no others. Put one of these words, in its
brackets, into your message:

- `[explain]` looks at the history and explains the project,
- `[edit]` changes the README, `[write]` writes notes,
- `[chain]` builds and cleans up: that is of **high risk**,
- `[helper]` asks a subagent, `[question]` asks you,
- `[fetch]` reads a page, `[outside]` a file outside the project.
"""

STORIES = (
    Story(
        "Look through the history",
        ("look", "write"),
        {"look": "What happened last in this project?", "write": "Write down what you found."},
    ),
    Story(
        "Keep the README current",
        ("edit", "question"),
        {"edit": "Note in the README what was done.", "question": "Which greeting do we use?"},
    ),
    Story(
        "Build and clean up",
        ("chain", "look"),
        {"chain": "Build it, then clean up.", "look": "And what is the state now?"},
    ),
    Story(
        "Find out where we are",
        ("outside", "write"),
        {"outside": "Which machine is this?", "write": "Write down what you found."},
    ),
    Story(
        "Read the project's page",
        ("fetch", "chain"),
        {"fetch": "What does the page of the project say?", "chain": "Build it again, then clean up."},
    ),
    Story("Ask a helper to count", ("helper",), {"helper": "How long is the source? Have a helper count."}),
)
