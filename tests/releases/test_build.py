"""What is labelled for production becomes a release; what is wrong keeps it from being built."""

from __future__ import annotations

import pytest

from accounts.enums import Role
from configs.content import AgentContent, EngineDefaultsContent, PromptContent
from engines.models import Engine
from events.errors import Conflict, Invalid, Refused
from governance.domain.gate_access import make_gate_token
from governance.models import EngineGate
from releases.diffs import FileDiff, diff_releases
from releases.domain.build import build_release, draft_release
from releases.domain.defaults import read_defaults, save_defaults
from releases.domain.signing import explain_broken_seal
from releases.models import EngineDefaults, Release
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


def configure(engine: Engine, body: str = "Read first.") -> tuple[object, object]:
    prompt = make_config(engine.team, PromptContent(name="Reviewer", body=body), "production")
    content = AgentContent(name="reviewer", description="Reads.", mode="all", prompt=prompt.pk)
    return prompt, make_config(engine.team, content, "production")


def test_a_release_holds_what_is_labelled_and_says_which_versions(engine: Engine) -> None:
    prompt, agent = configure(engine)
    change_config(prompt, PromptContent(name="Reviewer", body="A draft."))
    make_config(engine.team, AgentContent(name="draft", mode="all"))
    principal = make_principal(make_user(engine.team, Role.EDITOR))
    release = build_release(principal=principal, engine=engine, note="The first.")
    files = dict(release.file_pairs)
    assert "agent/draft.md" not in files
    assert files["agent/reviewer.md"].endswith("Read first.\n")
    named = [(kind, key, number) for kind, key, number, _ in release.inputs["objects"]]
    assert named == [("agent", agent.pk, 1), ("prompt", prompt.pk, 1)]  # type: ignore[attr-defined]
    assert (release.number, release.note, explain_broken_seal(release)) == (1, "The first.", "")
    assert build_release(principal=principal, engine=engine) == release


def test_an_engine_with_a_gate_keeps_its_plugin(engine: Engine) -> None:
    configure(engine)
    make_user(engine.team, Role.ADMIN)
    assert "plugin/countersign-gate.js" not in dict(draft_release(engine).files)
    make_gate_token(actor=ACTOR, engine=engine)
    assert EngineGate.objects.get().token_id is not None
    assert "plugin/countersign-gate.js" in dict(draft_release(engine).files)


def test_what_is_wrong_keeps_it_from_being_built(engine: Engine) -> None:
    prompt = make_config(engine.team, PromptContent(name="Reviewer", body="Read."))
    make_config(
        engine.team,
        AgentContent(name="reviewer", description="Reads.", mode="all", prompt=prompt.pk),
        "production",
    )
    principal = make_principal(make_user(engine.team, Role.EDITOR))
    with pytest.raises(Invalid) as refusal:
        build_release(principal=principal, engine=engine)
    assert refusal.value.code == "invalid_release"
    assert refusal.value.message.startswith("agent prompt: ")
    assert Release.objects.count() == 0


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, False), (Role.EDITOR, True), (Role.APPROVER, True)])
def test_who_may_build(engine: Engine, role: str, may: bool) -> None:
    configure(engine)
    principal = make_principal(make_user(engine.team, role))
    if may:
        assert build_release(principal=principal, engine=engine).number == 1
    else:
        with pytest.raises(Refused):
            build_release(principal=principal, engine=engine)


def test_the_difference_is_told_file_by_file(engine: Engine) -> None:
    prompt, _ = configure(engine)
    principal = make_principal(make_user(engine.team, Role.EDITOR))
    first = build_release(principal=principal, engine=engine)
    change_config(prompt, PromptContent(name="Reviewer", body="Read twice."), "production")
    second = build_release(principal=principal, engine=engine)
    [diff] = diff_releases(first, second)
    assert (diff.path, diff.status) == ("agent/reviewer.md", "changed")
    assert [
        line for line in diff.text.split("\n") if line[:1] in "+-" and line[:3] not in {"+++", "---"}
    ] == [
        "-Read first.",
        "+Read twice.",
    ]
    assert {diff.status for diff in diff_releases(None, first)} == {"added"}
    assert diff_releases(second, second) == list[FileDiff]()


def test_defaults_have_versions_and_the_second_editor_gets_a_conflict(engine: Engine) -> None:
    editor = make_principal(make_user(engine.team, Role.EDITOR))
    assert read_defaults(engine) == (0, EngineDefaultsContent())
    content = EngineDefaultsContent(default_agent="reviewer")
    save_defaults(principal=editor, engine=engine, content=content, expected_number=0, note="For all.")
    assert read_defaults(engine) == (1, content)
    with pytest.raises(Conflict) as conflict:
        save_defaults(principal=editor, engine=engine, content=EngineDefaultsContent(), expected_number=0)
    assert (conflict.value.code, conflict.value.facts["version"]) == ("stale_version", 1)
    # The same again is no version.
    save_defaults(principal=editor, engine=engine, content=content, expected_number=1)
    assert EngineDefaults.objects.count() == 1
    with pytest.raises(Refused):
        save_defaults(
            principal=make_principal(make_user(engine.team, Role.APPROVER)),
            engine=engine,
            content=EngineDefaultsContent(),
            expected_number=1,
        )


def test_defaults_go_into_the_next_release(engine: Engine) -> None:
    configure(engine)
    editor = make_principal(make_user(engine.team, Role.EDITOR))
    first = build_release(principal=editor, engine=engine)
    content = EngineDefaultsContent(default_agent="reviewer")
    save_defaults(principal=editor, engine=engine, content=content, expected_number=0)
    second = build_release(principal=editor, engine=engine)
    assert [diff.path for diff in diff_releases(first, second)] == ["opencode.json"]
    assert second.inputs["defaults"] == 1
