"""A chat on the real engine, from the browser: written, streamed, approved, delegated, cut off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from relay.demo.project import PERMISSION, make_project
from relay.demo.scenarios import Say, Step, build_scenarios
from relay.demo.scripted_llm import API_KEY_ENV, ScriptedModel, build_engine_config
from relay.opencode.process import EngineProcess
from tests.browser.conftest import Backstage, Enter, World, backstage_of, running_site
from tests.crash.conftest import run_async
from tests.support.pen import Pen

pytestmark = [pytest.mark.engine, pytest.mark.browser]

# An engine's first turn in a folder takes long on a loaded machine.
TURN_MS = 120_000


@pytest.fixture(scope="module")
def site() -> Iterator[dict[str, str]]:
    """A server that relays."""
    with running_site() as running_one:
        yield running_one


@pytest.fixture(scope="module")
def backstage(site: dict[str, str]) -> Iterator[Backstage]:
    with backstage_of(site) as running_one:
        yield running_one


@dataclass
class Real:
    """A real engine that is registered; `pen` writes the first long answer of its model."""

    engine: EngineProcess
    pen: Pen
    id: str


@pytest.fixture
def real(opencode_binary: Path, world: World, tmp_path: Path) -> Iterator[Real]:
    project = tmp_path / "project"
    make_project(project)
    with ScriptedModel({}) as model:
        scenarios = build_scenarios(project, model.page_url)
        pen = Pen()
        model.scenarios.update(scenarios, explain=lambda turn: hand_over(scenarios["explain"](turn), pen))
        config = build_engine_config(model.base_url, PERMISSION)
        engine = EngineProcess(opencode_binary, tmp_path / "tree", project, config, {API_KEY_ENV: "unused"})
        run_async(engine.start)
        try:
            made = world.backstage.run(
                "connect_for_chats",
                user=world.names["Alice"],
                address=engine.address,
                username=engine.username,
                password=engine.password,
                directories=[str(project)],
            )
            yield Real(engine, pen, made["engine"])
        finally:
            engine.stop()


def hand_over(steps: Sequence[Step], pen: Pen) -> list[Step]:
    return [replace(step, rest=pen) if isinstance(step, Say) else step for step in steps]


def begin(page: Page, real: Real, text: str) -> str:
    """A chat from the form; its path."""
    page.get_by_label("Engine").select_option(real.id)
    expect(page.get_by_label("Engine")).to_have_value(real.id)
    page.get_by_label("What shall the agent do?").fill(text)
    page.get_by_role("button", name="Begin the chat").last.click()
    page.wait_for_url("**/chats/*/#latest")
    return page.url.removesuffix("#latest")


def send(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")


def approve(page: Page, words: str) -> None:
    """The request that shows these words, as soon as it may be pressed."""
    card = page.locator(".ask-card", has_text=words)
    expect(card).to_be_visible(timeout=TURN_MS)
    button = card.get_by_role("button", name="Approve")
    if not button.count():
        card.get_by_role("link", name="Read and decide").click()
    expect(button).to_be_enabled()
    button.click()
    expect(page.locator(".ask-done", has_text=words).first).to_contain_text("Approved by Alice")


def test_a_chat_on_the_real_engine(enter: Enter, world: World, real: Real) -> None:
    visitor = enter()
    page = visitor.go("/chats/new/")
    chat = begin(page, real, "What does this project do? [explain]")

    # A tool request is approved inline; the answer is seen while it is written.
    approve(page, "git log --oneline")
    written = page.locator("[data-status=processing] .prose", has_text="What this project does")
    expect(written).to_be_visible(timeout=TURN_MS)
    expect(written).not_to_contain_text("Shall I?")
    real.pen.is_free.set()
    answer = page.locator("[data-status=completed] .prose", has_text="Shall I?")
    expect(answer).to_be_visible(timeout=TURN_MS)
    expect(answer.locator("h2")).to_have_text("What this project does")
    expect(page.locator("#chat-head .pill")).to_have_text("your turn")
    listed = visitor.go("/chats/").locator(".chat-row", has_text="What does this project do?")
    expect(listed).to_contain_text("What this project does")
    expect(listed).to_contain_text("your turn")

    # A subagent is seen in the tree, and what it asks is decided in its root chat.
    page.goto(chat)
    send(page, "How long is the source? [helper]")
    approve(page, "Count the lines")
    approve(page, "wc -l")
    tree = page.locator("#side-tree")
    expect(tree).to_contain_text("Count the lines")
    expect(page.locator("#conversation")).to_contain_text("My helper has counted the lines.", timeout=TURN_MS)
    expect(tree).to_contain_text("completed")

    # The engine dies while its agent waits; everything is as it is afterwards.
    send(page, "Explain it once more. [explain#2]")
    expect(page.locator(".ask-card", has_text="git log")).to_be_visible(timeout=TURN_MS)
    expect(page.locator("#turn")).to_contain_text("The agent waits for a person.")
    real.engine.kill()
    run_async(real.engine.start)
    expect(page.locator(".ask-card")).to_have_count(0, timeout=TURN_MS)
    expect(page.locator("#chat-head .pill")).to_have_text("your turn", timeout=TURN_MS)
    expect(page.locator("#conversation .notice")).to_contain_text("engine")
    send(page, "Are you there?")
    expect(page.locator("#conversation")).to_contain_text("I am a scripted model", timeout=TURN_MS)
    expect(page.locator("#chat-head .pill")).to_have_text("your turn", timeout=TURN_MS)
