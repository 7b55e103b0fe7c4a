"""From a form to the model: a prompt and a model changed, agreed on, released to an engine, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from relay.demo.project import PERMISSION, make_project
from relay.demo.scripted_llm import API_KEY_ENV, MODEL, ScriptedModel, build_engine_config
from relay.opencode.process import EngineProcess
from tests.browser.conftest import Enter, Visitor, World
from tests.browser.test_configure import type_body
from tests.crash.conftest import run_async, wait_until

pytestmark = [pytest.mark.engine, pytest.mark.browser]

# A loaded machine tries the release on a throwaway engine first.
PUBLISH_TIMEOUT_MS = 120_000
OLD, NEW = "Keep it friendly, and short.", "Keep it formal."
NEW_MODEL = "scripted-2"


@dataclass
class Site:
    """A real engine that is registered in the portal, with the model behind it."""

    engine: EngineProcess
    model: ScriptedModel
    ids: dict[str, str]

    @property
    def page(self) -> str:
        return f"/admin/engines/engine/{self.ids['engine']}/change/"

    def ask_model(self) -> tuple[str, bool, bool]:
        """Of the next turn: (which model was asked, is its agent told the old prompt, the new one)."""
        before, directory = len(self.model.requests), str(self.engine.project)

        async def prompt() -> None:
            async with self.engine.build_client() as client:
                session = await client.create_session(directory, title="A turn")
                await client.prompt_async(directory, session.id, "Hello.")

        run_async(prompt)
        wait_until(lambda: len(self.model.requests) > before, "a request to the model")
        asked = self.model.requests[before]
        return asked.model, OLD in asked.system_prompt, NEW in asked.system_prompt


@pytest.fixture
def real(opencode_binary: Path, world: World, tmp_path: Path) -> Iterator[Site]:
    project = tmp_path / "project"
    make_project(project)
    with ScriptedModel({}) as model:
        config = build_engine_config(model.base_url, PERMISSION)
        environment = {API_KEY_ENV: "unused"}
        engine = EngineProcess(opencode_binary, tmp_path / "tree", project, config, environment)
        run_async(engine.start)
        try:
            ids = world.backstage.run(
                "connect_engine",
                user=world.names["Alice"],
                model_url=model.base_url,
                folder=str(engine.root),
                address=engine.address,
                username=engine.username,
                password=engine.password,
                directories=[str(project)],
            )
            yield Site(engine, model, ids)
        finally:
            engine.stop()


def log_in(visitor: Visitor, world: World, path: str) -> Page:
    """By name and password, on the way to a page."""
    password = world.backstage.run("password", user=world.names["Alice"])["password"]
    visitor.context.clear_cookies()
    page = visitor.go(path)
    page.get_by_label("Username").fill(world.names["Alice"])
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**{path}")
    return page


def approve(page: Page) -> None:
    """The button takes no press before what it is about could have been read."""

    def press() -> bool:
        page.get_by_role("button", name="Approve").click()
        return page.get_by_text("Approved; it has taken effect.").is_visible()

    wait_until(press, "the approval")


def build(visitor: Visitor, site: Site) -> Page:
    page = visitor.go(site.page)
    page.get_by_role("button", name="Build a release…").click()
    page.get_by_role("button", name="Build", exact=True).click()
    return page


def publish(page: Page) -> None:
    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    wait_for_live(page)


def wait_for_live(page: Page) -> None:
    """The publication's page says it by itself."""
    expect(page.get_by_role("heading", name="Progress")).to_be_visible()
    expect(page.locator("#publication [role=status]")).to_have_text("live", timeout=PUBLISH_TIMEOUT_MS)


def test_what_is_changed_in_the_forms_reaches_the_model_and_is_taken_back(
    enter: Enter, world: World, real: Site
) -> None:
    alice, bob = enter("Alice"), enter("Bob")
    page = log_in(alice, world, real.page)
    publish(build(alice, real))
    assert real.ask_model() == (MODEL, True, False)

    page = alice.go(f"/configure/prompts/{real.ids['prompt']}/edit/")
    type_body(page, NEW)
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    page = alice.go(f"/configure/models/{real.ids['model']}/edit/")
    page.get_by_label("Identifier", exact=True).fill(NEW_MODEL)
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()

    page = alice.go("/configure/production/")
    expect(page.get_by_role("heading", name="2 things would change")).to_be_visible()
    page.get_by_label("Why").fill("Our customers are formal.")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_text("waits for a second person")).to_be_visible()
    page = bob.go("/admin/reviews/review/")
    page.locator("#result_list tbody a").first.click()
    approve(page)

    page = build(alice, real)
    expect(page.locator(".diff-removed", has_text=OLD)).to_be_visible()
    expect(page.locator(".diff-added", has_text=NEW)).to_be_visible()
    assert real.ask_model() == (MODEL, True, False)
    publish(page)
    assert real.ask_model() == (NEW_MODEL, False, True)

    page = alice.go(real.page)
    page.get_by_role("button", name="Roll back…").click()
    page.get_by_role("button", name="Roll back to #1").click()
    wait_for_live(page)
    assert real.ask_model() == (MODEL, True, False)
