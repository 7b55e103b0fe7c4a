"""One real engine runs a rendered tree: it has what was rendered, judges as we do, and expands nothing."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from configs.content import (
    AgentContent,
    ConfigSet,
    EngineDefaultsContent,
    InstructionContent,
    ModelContent,
    PromptContent,
    PromptVariable,
    ProviderContent,
    ToolRule,
    ToolRulesContent,
)
from configs.opencode.binding import BUILT_INS, STRICTNESS, list_global_rules
from configs.opencode.problems import Problem, has_errors
from configs.opencode.read_back import compare_read_back, expected_agents
from configs.opencode.rule_lints import find_list_problems, list_hidden_by
from configs.opencode.rule_map import make_rules
from configs.opencode.schema_check import ENGINE_VERSION, SCHEMA_FOLDER
from configs.opencode.schema_extract import extract_schema, write_schema
from configs.opencode.tree import Tree, list_rules_of, render_tree
from configs.opencode_rules import evaluate, parse_agents
from relay.demo.project import make_project
from relay.demo.scenarios import ToolUse, Use
from relay.demo.scripted_llm import MODEL, ScriptedModel
from relay.opencode.calls import Call, Timeouts
from relay.opencode.client import OpenCodeClient
from relay.opencode.frames import PermissionAsked
from relay.opencode.process import EngineProcess
from tests.configs.opencode.samples import NAMED_PERMISSIONS, TEXTS, TRICKS, rules
from tests.support.engine_lab import EngineLab

pytestmark = pytest.mark.engine

PROMPT_ID, MODEL_ID = "p" * 15, "m" * 15
SECRET = "secret-of-the-environment"
REFERENCES = "{env:RENDER_SECRET} {file:/etc/hostname} ${HOME} !`id` @README.md {{what}}"
# One list, in which each pattern matters for some of the commands.
ECHO_PATTERNS = (
    "*",
    "echo *",
    "echo one *",
    "echo *two",
    "echo ?",
    "ech*",
    "echo one two",
    "echo 7",
    "echo one",
)
COMMANDS = ("echo one", "echo one two", "echo two", "echo 7", "echo x", "echo", "pwd", "echo one  two")
JUDGES = 4


@dataclass(frozen=True, slots=True)
class Running:
    """The engine, what it was given, and what that was rendered from."""

    lab: EngineLab
    tree: Tree
    config_set: ConfigSet

    async def fetch(self, path: str) -> Any:
        async with self.lab.engine.build_client(Timeouts(call_s=60)) as client:
            return await client.connection.fetch(Call("GET", path, self.lab.directory))


def draw_rules(seed: int) -> tuple[ToolRule, ...]:
    """Rules without an error that reach every verdict and leave the shell to the model."""
    generator = random.Random(seed)
    while True:
        drawn = tuple(
            ToolRule(
                generator.choice(["bash", "bash", "bash", "*"]),
                generator.choice(ECHO_PATTERNS),
                generator.choice(["allow", "ask", "deny"]),
            )
            for _ in range(8)
        )
        verdicts = {evaluate(make_rules(drawn), "bash", command) for command in COMMANDS}
        problems = find_list_problems(drawn, lambda *details: Problem(details[0], "", "", *details[1:]))
        if len(verdicts) == 3 and not has_errors(problems) and "bash" not in list_hidden_by(drawn):
            return drawn


def make_config_set(model_url: str, page_url: str) -> ConfigSet:
    tricky = "".join(TRICKS)
    agents = [
        *(
            AgentContent(name=f"judge-{number}", mode="primary", rules=draw_rules(number))
            for number in range(JUDGES)
        ),
        AgentContent(
            name="lead",
            description=f"{tricky}\n---\nmode: subagent",
            mode="primary",
            prompt=PROMPT_ID,
            prompt_values={"what": REFERENCES},
            model=MODEL_ID,
            temperature="0.1",
            top_p="0.5",
            steps=7,
            color="#336699",
            options={"day": "2026-05-31", "deep": {"yes": ["no", True, 1, None, REFERENCES]}},
            subagents=("helper", "general"),
            tools={"websearch": False},
            rules=rules(
                ("bash", "x" * 3000, "deny"),
                ("bash", "7", "deny"),
                ("bash", REFERENCES, "deny"),
                ("external_directory", "~/elsewhere/*", "deny"),
                ("webfetch", "*", "ask"),
                ("webfetch", page_url, "allow"),
            ),
        ),
        AgentContent(
            name="helper", mode="subagent", rules=rules(("bash", "*", "allow"), ("edit", "*", "deny"))
        ),
        AgentContent(name="explore", mode="subagent", description="Looks around", model=MODEL_ID),
        AgentContent(name="plan", mode="primary", rules=rules(("edit", "docs/*", "ask"))),
        AgentContent(name="retired", mode="all", is_disabled=True),
        AgentContent(name="quiet", mode="all", is_hidden=True),
    ]
    general = rules(
        ("read", "*", "allow"),
        ("read", "*.env", "ask"),
        ("demo_*", "*", "ask"),
        ("demo_add", "{env:HOME}", "deny"),
        ("*", "forbidden", "deny"),
        ("webfetch", "*forbidden*", "deny"),
    )
    variables = (PromptVariable(name="what"),)
    return ConfigSet(
        agents={f"{number:015d}": agent for number, agent in enumerate(agents)},
        prompts={
            PROMPT_ID: PromptContent(
                name="Leading", body=f"  \n{tricky}\n---\n{REFERENCES}\n{{{{what}}}}\n", variables=variables
            )
        },
        instructions={"i" * 15: InstructionContent(name="house", body=f"The house: {REFERENCES}\n")},
        providers={
            "v" * 15: ProviderContent(
                name="scripted",
                display_name="Scripted {env:RENDER_SECRET}",
                package="@ai-sdk/openai-compatible",
                base_url=model_url,
                api_key_env="RENDER_SECRET",
                options={"headers": {"x-a": "{env:RENDER_SECRET}", "x-b": "Bearer {env:RENDER_SECRET}"}},
            )
        },
        models={
            MODEL_ID: ModelContent(
                provider="scripted",
                identifier=MODEL,
                name="Scripted",
                context_limit_tokens=100_000,
                output_limit_tokens=4096,
                price_input_usd_per_million="0.25",
                price_output_usd_per_million="15",
                capabilities={"tool_call": True, "temperature": True, "input": ["text"], "output": ["text"]},
                release_date="2026-05-31",
            )
        },
        tool_rules={"r" * 15: ToolRulesContent(rules=general)},
    )


@pytest.fixture(scope="module")
def running(opencode_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("render")
    project, folder = root / "project", root / "release"
    make_project(project)
    with ScriptedModel({}) as model, ThreadPoolExecutor(1) as pool:
        config_set = make_config_set(model.base_url, model.page_url)
        defaults = EngineDefaultsContent(default_agent="lead", model=MODEL_ID, small_model=MODEL_ID)
        tree = render_tree(config_set, defaults)
        assert tree.files, tree.problems
        for file in tree.files:
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8", newline="")
        environment = {"OPENCODE_CONFIG_DIR": str(folder), "RENDER_SECRET": SECRET}
        engine = EngineProcess(opencode_binary, root / "tree", project, {}, environment)
        pool.submit(asyncio.run, engine.start()).result()
        try:
            running = Running(EngineLab(engine, model, project), tree, config_set)
            # The first call of a folder takes its time.
            pool.submit(asyncio.run, running.fetch("/agent")).result()
            yield running
        finally:
            engine.stop()


async def test_the_engine_has_what_was_rendered(running: Running) -> None:
    agents, config = await running.fetch("/agent"), await running.fetch("/config")
    assert compare_read_back(running.tree, agents, config) == ()
    lead = next(agent for agent in agents if agent["name"] == "lead")
    assert lead["prompt"] == expected_agents(running.tree)["lead"].prompt
    assert (lead["temperature"], lead["topP"], lead["steps"]) == (0.1, 0.5, 7)
    assert {agent["name"] for agent in agents} == {
        *BUILT_INS,
        *(f"judge-{number}" for number in range(JUDGES)),
        "lead",
        "helper",
        "quiet",
    }


async def test_the_engine_leaves_the_files_as_they_are(running: Running) -> None:
    folder = Path(running.lab.engine.environment["OPENCODE_CONFIG_DIR"])
    assert {file.path: (folder / file.path).read_text(encoding="utf-8") for file in running.tree.files} == {
        file.path: file.text for file in running.tree.files
    }


async def test_only_the_references_that_we_render_are_expanded(running: Running) -> None:
    agents, config = await running.fetch("/agent"), await running.fetch("/config")
    assert SECRET not in json.dumps(agents)
    provider = config["provider"]["scripted"]
    assert provider["name"] == "Scripted {env:RENDER_SECRET}"
    assert provider["options"]["apiKey"] == SECRET
    assert provider["options"]["headers"] == {"x-a": SECRET, "x-b": "Bearer {env:RENDER_SECRET}"}
    assert json.dumps(config).count(SECRET) == 2


async def test_the_model_is_sent_prompt_and_instructions_as_they_were_written(running: Running) -> None:
    running.lab.add_scenario("render_prompt")
    async with running.lab.connect() as visitor:
        session = await visitor.client.create_session(running.lab.directory, title="Prompt", agent="lead")
        await visitor.client.prompt_async(
            running.lab.directory, session.id, "Please. [render_prompt]", agent="lead"
        )
        await visitor.wait_idle(session.id)
    [request] = running.lab.find_answers("render_prompt")
    system = "\n".join(read_text(message) for message in request.messages if message["role"] == "system")
    assert (expected_agents(running.tree)["lead"].prompt or "no prompt") in system
    assert f"The house: {REFERENCES}\n" in system
    assert SECRET not in system


@pytest.mark.parametrize("number", range(JUDGES))
async def test_the_engine_judges_as_our_rules_say(running: Running, number: int) -> None:
    agent = next(agent for agent in running.config_set.agents.values() if agent.name == f"judge-{number}")
    ours = make_rules(list_rules_of(agent, running.config_set))
    calls = [ToolUse("bash", {"command": command, "description": command}) for command in COMMANDS]
    assert await judge(running, agent.name, f"judge_{'abcd'[number]}", calls) == [
        evaluate(ours, "bash", command) for command in COMMANDS
    ]


async def test_patterns_of_tools_that_take_none_decide_too(running: Running) -> None:
    page = running.lab.model.page_url
    addresses = [page, f"{page}?forbidden", f"{page}?other"]
    calls = [ToolUse("webfetch", {"url": url, "format": "text", "timeout": 5}) for url in addresses]
    assert await judge(running, "lead", "fetch", calls) == ["allow", "ask", "ask"]
    assert await judge(running, "judge-0", "fetch_other", calls[1:2]) != ["allow"]


async def test_nothing_is_looser_than_the_rules_for_every_agent(running: Running) -> None:
    general = make_rules(list_global_rules(running.config_set).rules)
    primary = {agent.name for agent in running.config_set.agents.values() if agent.mode == "primary"}
    for agent in parse_agents(await running.fetch("/agent")):
        if agent.name in primary - set(BUILT_INS):
            continue
        for permission in NAMED_PERMISSIONS:
            for text in (*TEXTS, "forbidden"):
                found, wanted = (evaluate(found, permission, text) for found in (agent.rules, general))
                assert STRICTNESS[found] >= STRICTNESS[wanted], (agent.name, permission, text)


async def test_built_in_agents_keep_their_denials(running: Running) -> None:
    own = {agent.name: agent.rules for agent in parse_agents(await running.fetch("/agent"))}
    assert evaluate(own["plan"], "edit", "docs/x") == "deny"
    assert evaluate(own["explore"], "edit", "x") == "deny"
    assert evaluate(own["explore"], "read", "x") == "allow"
    assert evaluate(own["general"], "todowrite", "*") == "deny"
    assert evaluate(own["lead"], "task", "helper") == "ask"
    assert evaluate(own["lead"], "task", "explore") == "deny"


async def test_the_stored_schema_is_the_engines(running: Running) -> None:
    document = await running.fetch("/doc")
    stored = (SCHEMA_FOLDER / f"opencode-{ENGINE_VERSION}.json").read_text(encoding="utf-8")
    assert write_schema(extract_schema(document)) == stored


async def judge(running: Running, agent: str, key: str, calls: list[ToolUse]) -> list[str]:
    """What the engine does with each call of one message: asks, lets it run or denies it."""
    running.lab.add_scenario(key, Use(tuple(calls)))
    directory = running.lab.directory
    async with running.lab.connect() as visitor:
        session = await visitor.client.create_session(directory, title=f"Judge {key}", agent=agent)
        await visitor.client.prompt_async(directory, session.id, f"Please. [{key}]", agent=agent)
        answering = asyncio.create_task(answer_all(visitor.client, directory, visitor.frames, session.id))
        try:
            await visitor.wait_idle(session.id)
        finally:
            answering.cancel()
        asked = {
            frame.ask.tool.call_id
            for frame in visitor.frames
            if isinstance(frame, PermissionAsked) and frame.ask.session_id == session.id and frame.ask.tool
        }
        messages = await visitor.client.list_messages(directory, session.id)
    parts = {part.call_id: part for item in messages or () for part in item.parts if part.type == "tool"}
    verdicts = []
    for number in range(len(calls)):
        part = parts[f"call_{key}_0_{number}"]
        unasked = "deny" if part.status == "error" else "allow"
        verdicts.append("ask" if part.call_id in asked else unasked)
    return verdicts


async def answer_all(client: OpenCodeClient, directory: str, frames: list[Any], session_id: str) -> None:
    """Let everything run that is asked about, until cancelled."""
    answered = 0
    while True:
        for frame in frames[answered:]:
            if isinstance(frame, PermissionAsked) and frame.ask.session_id == session_id:
                await client.reply_permission(directory, frame.ask.id, "once")
            answered += 1
        await asyncio.sleep(0.05)


def read_text(message: dict[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)
