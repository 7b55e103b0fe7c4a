"""Files become drafts: all of them or none, the same ones once, and no label ever moves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from accounts.enums import Role
from accounts.models import Team, User
from accounts.principal import Principal
from configs.content import AgentContent, ModelContent, PromptContent, ToolRule
from configs.domain.imports import ImportResult, SourceFile, import_files
from configs.domain.labels import move_label
from configs.domain.objects import save_object
from configs.enums import ConfigKind
from configs.models import Agent, ConfigLabel, ConfigVersion, ImportedFile, Instruction, Model, Prompt
from configs.queries import list_labels, read_content
from events.encryption import reveal
from events.errors import Conflict, Invalid, Refused, TooLarge
from events.models import AuditEntry
from tests.factories import make_owner, make_principal, make_team, make_user

pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).resolve().parents[1] / "data" / "configs"
REVIEWER = b"""---
description: Reviews changes
mode: subagent
model: gateway/large-1
temperature: 0.1
permission:
  bash:
    "*": ask
    "git diff *": allow
---

You review changes.
"""


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def principal(editor: User) -> Principal:
    return make_principal(editor)


def bring(
    principal: Principal, team: Team | None, files: Mapping[str, bytes], **options: Any
) -> ImportResult:
    given = [SourceFile(name, data) for name, data in files.items()]
    return import_files(principal=principal, team=team, files=given, **options)


def summarise(result: ImportResult) -> list[tuple[str, str, int, str]]:
    return [(item.kind, item.name, item.number, item.state) for item in result.outcomes]


def count_rows() -> tuple[int, int, int, int]:
    return (
        ConfigVersion.objects.count(),
        ImportedFile.objects.count(),
        ConfigLabel.objects.count(),
        AuditEntry.objects.count(),
    )


def test_an_agent_file_becomes_a_prompt_a_model_and_an_agent(principal: Principal, team: Team) -> None:
    result = bring(principal, team, {"agent/reviewer.md": REVIEWER})
    assert summarise(result) == [
        ("prompt", "reviewer", 1, "new"),
        ("model", "gateway/large-1", 1, "new"),
        ("agent", "reviewer", 1, "new"),
    ]
    agent = Agent.objects.get()
    assert read_content(agent) == AgentContent(
        name="reviewer",
        description="Reviews changes",
        mode="subagent",
        prompt=Prompt.objects.get().pk,
        model=Model.objects.get().pk,
        temperature="0.1",
        rules=(ToolRule("bash", "*", "ask"), ToolRule("bash", "git diff *", "allow")),
    )
    assert read_content(Prompt.objects.get()) == PromptContent(name="reviewer", body="You review changes.")
    assert read_content(Model.objects.get()) == ModelContent(
        provider="gateway", identifier="large-1", name="large-1"
    )
    assert agent.team == team
    assert list_labels(agent) == {"draft": 1}


def test_the_same_file_twice_makes_nothing_new(principal: Principal, team: Team) -> None:
    bring(principal, team, {"agent/reviewer.md": REVIEWER})
    before = count_rows()
    result = bring(principal, team, {"agent/reviewer.md": REVIEWER})
    assert summarise(result) == [("prompt", "reviewer", 1, "same"), ("agent", "reviewer", 1, "same")]
    assert count_rows() == before


def test_a_changed_file_is_a_new_version_and_moves_no_label(principal: Principal, team: Team) -> None:
    bring(principal, team, {"agent/reviewer.md": REVIEWER})
    agent = Agent.objects.get()
    move_label(principal=principal, kind=ConfigKind.AGENT, object_id=agent.pk, label="staging", number=1)
    changed = REVIEWER.replace(b"0.1", b"0.3")
    result = bring(principal, team, {"agent/reviewer.md": changed})
    assert summarise(result) == [("prompt", "reviewer", 1, "same"), ("agent", "reviewer", 2, "changed")]
    [difference] = result.outcomes[1].differences
    assert (difference.field, difference.before, difference.after) == ("temperature", "0.1", "0.3")
    assert list_labels(Agent.objects.get()) == {"draft": 2, "staging": 1}


def test_what_a_format_can_not_say_stays_as_people_set_it(principal: Principal, team: Team) -> None:
    bring(principal, team, {"agent/reviewer.md": REVIEWER})
    prompt = Prompt.objects.get()
    save_object(
        principal=principal,
        kind=ConfigKind.PROMPT,
        team=team,
        content=PromptContent(name="reviewer", body="You review changes.", tags=("house",)),
        object_id=prompt.pk,
        expected_version=1,
    )
    result = bring(principal, team, {"agent/reviewer.md": REVIEWER.replace(b"You review", b"You read")})
    assert result.outcomes[0].state == "changed"
    assert read_content(Prompt.objects.get()) == PromptContent(
        name="reviewer", body="You read changes.", tags=("house",)
    )


def test_the_original_is_kept_byte_for_byte_and_encrypted(principal: Principal, team: Team) -> None:
    data = REVIEWER.replace(b"\n", b"\r\n") + "ü".encode()
    bring(principal, team, {"agent/reviewer.md": data})
    kept = ImportedFile.objects.get()
    assert reveal(kept, "original").encode() == data
    assert "review" not in kept.original
    assert (kept.name, kept.format, kept.size_bytes) == ("agent/reviewer.md", "opencode_agent", len(data))
    entry = AuditEntry.objects.filter(verb="config.import").get()
    assert entry.subject_id == kept.pk


def test_a_dry_run_says_all_of_it_and_writes_nothing(principal: Principal, team: Team) -> None:
    before = count_rows()
    dry = bring(principal, team, {"agent/reviewer.md": REVIEWER}, dry_run=True)
    assert count_rows() == before
    assert dry.is_dry_run
    real = bring(principal, team, {"agent/reviewer.md": REVIEWER})
    assert summarise(dry) == summarise(real)
    assert dry.files == real.files


def test_one_bad_file_keeps_all_of_them_out(principal: Principal, team: Team) -> None:
    before = count_rows()
    with pytest.raises(Invalid, match=r"^bad\.md: mode: this is one of"):
        bring(principal, team, {"agent/reviewer.md": REVIEWER, "bad.md": b"---\nmode: boss\n---\nx"})
    assert count_rows() == before


def test_a_failure_at_the_last_draft_takes_the_first_ones_back(principal: Principal, team: Team) -> None:
    bundle = b"countersign: 1\nprompts:\n  - name: one\nagents:\n  - name: two\n    prompt: three\n"
    before = count_rows()
    with pytest.raises(Invalid, match="there is no prompt 'three'"):
        bring(principal, team, {"team.yaml": bundle})
    assert count_rows() == before


def test_a_whole_bundle_comes_in_with_its_references(principal: Principal, team: Team) -> None:
    data = (FOLDER / "bundle" / "team.yaml").read_bytes()
    result = bring(principal, team, {"team.yaml": data})
    assert [(kind, name) for kind, name, _, state in summarise(result) if state == "new"] == [
        ("prompt", "Careful reviewer"),
        ("prompt", "one line"),
        ("instruction", "agents"),
        ("provider", "gateway"),
        ("model", "gateway/large-1"),
        ("agent", "reviewer"),
        ("tool_rules", "global"),
    ]
    agent = Agent.objects.select_related("prompt", "model").get()
    assert agent.prompt is not None
    assert agent.model is not None
    assert (agent.prompt.name, agent.model.key) == ("Careful reviewer", "gateway/large-1")
    assert not bring(principal, team, {"team.yaml": data}).is_changed


def test_two_files_that_say_different_things_of_one_name_are_refused(
    principal: Principal, team: Team
) -> None:
    other = REVIEWER.replace(b"0.1", b"0.2")
    with pytest.raises(Invalid, match="stands in agent/reviewer.md too"):
        bring(principal, team, {"agent/reviewer.md": REVIEWER, "agents/reviewer.md": other})


def test_a_prompt_that_others_use_is_named_as_risky(principal: Principal, team: Team) -> None:
    bring(principal, team, {"agent/reviewer.md": REVIEWER})
    prompt = Prompt.objects.get()
    save_object(
        principal=principal,
        kind=ConfigKind.AGENT,
        team=team,
        content=AgentContent(name="second", prompt=prompt.pk),
    )
    result = bring(principal, team, {"agent/reviewer.md": REVIEWER})
    [finding] = [item for item in result.files[0].list_fates("risky") if item.field == "prompt"]
    assert finding.sentence == "Its prompt is also that of second: they change with it."


def test_what_everybody_has_is_used_when_it_says_the_same(principal: Principal, team: Team) -> None:
    owner = make_principal(make_owner())
    bring(owner, None, {"AGENTS.md": b"Run the checks.\n"})
    result = bring(principal, team, {"AGENTS.md": b"Run the checks.\n"})
    assert summarise(result) == [("instruction", "agents", 1, "same")]
    with pytest.raises(Conflict, match="of everybody already"):
        bring(principal, team, {"AGENTS.md": b"Run no checks.\n"})
    assert Instruction.objects.count() == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
def test_who_may_not_edit_imports_nothing(team: Team, role: str) -> None:
    person = make_principal(make_user(team, role))
    with pytest.raises(Refused, match="Only editors and admins"):
        bring(person, team, {"agent/reviewer.md": REVIEWER}, dry_run=True)
    assert Agent.objects.count() == 0


def test_only_owners_import_for_everybody(principal: Principal, team: Team) -> None:
    with pytest.raises(Refused, match="Only owners"):
        bring(principal, None, {"agent/reviewer.md": REVIEWER})


def test_literal_secrets_reach_no_draft_report_or_log(principal: Principal, team: Team) -> None:
    secret = "sk-abcdefghijklmnop0123456789"
    data = (
        b"---\nmode: primary\noptions:\n  apiKey: " + secret.encode() + b"\n  note: hello\n"
        b"---\nUse " + secret.encode() + b" for it.\n"
    )
    result = bring(principal, team, {"agent/keeper.md": data})
    assert len(result.files[0].list_fates("risky")) == 2
    stored = [
        *(str(version.content) for version in ConfigVersion.objects.all()),
        *(f"{kept.findings} {kept.outcomes} {kept.original}" for kept in ImportedFile.objects.all()),
        *(f"{entry.before} {entry.after}" for entry in AuditEntry.objects.all()),
    ]
    assert [text for text in stored if secret in text] == []
    assert read_content(Agent.objects.get()).options == {"note": "hello"}  # type: ignore[union-attr]  # an agent's


def test_too_much_at_once_is_refused(principal: Principal, team: Team) -> None:
    many = {f"agent/a{number}.md": b"x" for number in range(101)}
    with pytest.raises(TooLarge, match="At most 100 files"):
        bring(principal, team, many)
    with pytest.raises(TooLarge, match="At most 8 MB"):
        bring(principal, team, {"AGENTS.md": b"x" * (9 * 1024 * 1024)})
    names = "".join(f"  - name: p{number}\n" for number in range(1001))
    with pytest.raises(TooLarge, match="At most 1000 objects"):
        bring(principal, team, {"team.yaml": f"countersign: 1\nprompts:\n{names}".encode()})
    assert ConfigVersion.objects.count() == 0
