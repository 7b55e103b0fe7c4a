"""One edit of a prompt or a model is in everything that uses it, and in nothing else."""

from __future__ import annotations

import json

import pytest

from accounts.enums import Role
from configs.content import AgentContent, ModelContent, PromptContent, ProviderContent
from configs.domain.label_moves import read_moves
from configs.domain.labels import apply_moves
from engines.models import Engine
from events.changes import changes
from releases.diffs import diff_releases
from releases.domain.build import build_release
from tests.factories import (
    ACTOR,
    change_config,
    make_config,
    make_engine,
    make_principal,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine() -> Engine:
    return make_engine(make_team())


def list_changed(engine: Engine, edit: object, content: PromptContent | ModelContent) -> list[str]:
    """The files in which a release differs after this edit has the label production."""
    principal = make_principal(make_user(engine.team, Role.EDITOR))
    before = build_release(principal=principal, engine=engine)
    change_config(edit, content, "production")
    return [diff.path for diff in diff_releases(before, build_release(principal=principal, engine=engine))]


def test_an_edited_prompt_is_in_every_agent_that_uses_it_and_in_no_other(engine: Engine) -> None:
    shared = make_config(engine.team, PromptContent(name="House", body="Be kind."), "production")
    other = make_config(engine.team, PromptContent(name="Other", body="Be quick."), "production")
    for name, prompt in (("builder", shared), ("reviewer", shared), ("planner", other)):
        content = AgentContent(name=name, description="Works.", mode="all", prompt=prompt.pk)
        make_config(engine.team, content, "production")
    changed = list_changed(engine, shared, PromptContent(name="House", body="Be kinder."))
    assert changed == ["agent/builder.md", "agent/reviewer.md"]


def test_an_edited_model_is_in_what_the_engine_is_told_of_it(engine: Engine) -> None:
    make_config(engine.team, ProviderContent(name="acme"), "production")
    model = make_config(
        engine.team, ModelContent(provider="acme", identifier="large", name="Large"), "production"
    )
    content = AgentContent(name="builder", description="Works.", mode="all", model=model.pk)
    make_config(engine.team, content, "production")
    again = ModelContent(provider="acme", identifier="larger", name="Larger")
    assert list_changed(engine, model, again) == ["agent/builder.md", "opencode.json"]


def test_a_provider_is_told_to_the_engine_while_it_is_live(engine: Engine) -> None:
    principal = make_principal(make_user(engine.team, Role.ADMIN))
    prompt = make_config(engine.team, PromptContent(name="House", body="Be kind."), "production")
    agent = AgentContent(name="builder", description="Works.", mode="all", prompt=prompt.pk)
    make_config(engine.team, agent, "production")

    def read_providers() -> set[str]:
        files = dict(build_release(principal=principal, engine=engine).file_pairs)
        return set(json.loads(files["opencode.json"]).get("provider", {}))

    before = read_providers()
    provider = make_config(engine.team, ProviderContent(name="acme"), "production")
    live = read_providers()
    with changes(ACTOR) as change:
        # As if somebody had approved that the label is taken away.
        apply_moves(change, "production", read_moves("production", [(provider, None)]))
    assert (before, live, read_providers()) == (set(), {"acme"}, set())
