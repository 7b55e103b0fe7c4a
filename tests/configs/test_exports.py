"""What a team configured leaves as files, whole and byte for byte the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.enums import Role
from accounts.models import Team
from accounts.principal import Principal
from configs.content import PromptContent
from configs.domain.exports import export_team
from configs.domain.imports import SourceFile, import_files
from configs.domain.labels import move_label
from configs.domain.objects import save_object
from configs.models import Agent, Prompt
from events.errors import Invalid, Refused
from events.models import AuditEntry
from tests.factories import make_owner, make_principal, make_team, make_user

pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).resolve().parents[1] / "data" / "configs"
BUNDLE = (FOLDER / "bundle" / "team.yaml").read_bytes()


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def principal(team: Team) -> Principal:
    return make_principal(make_user(team, Role.EDITOR))


def bring(principal: Principal, team: Team | None, name: str, data: bytes) -> None:
    import_files(principal=principal, team=team, files=[SourceFile(name, data)])


def test_a_bundle_goes_round_byte_for_byte_through_the_database(principal: Principal, team: Team) -> None:
    bring(principal, team, "team.yaml", BUNDLE)
    written = export_team(principal=principal, team=team)
    assert [(file.path, file.text.encode()) for file in written.files] == [("team.yaml", BUNDLE)]
    other = make_team()
    person = make_principal(make_user(other, Role.EDITOR))
    bring(person, other, "team.yaml", written.files[0].text.encode())
    assert export_team(principal=person, team=other) == written


def test_an_export_is_of_a_label(principal: Principal, team: Team) -> None:
    bring(principal, team, "team.yaml", b"countersign: 1\nprompts:\n  - name: one\n    body: first\n")
    prompt = Prompt.objects.get()
    move_label(principal=principal, kind="prompt", object_id=prompt.pk, label="staging", number=1)
    content = PromptContent(name="one", body="second")
    save_object(
        principal=principal,
        kind="prompt",
        team=team,
        content=content,
        object_id=prompt.pk,
        expected_version=1,
    )
    [staged] = export_team(principal=principal, team=team, label="staging").files
    [latest] = export_team(principal=principal, team=team).files
    assert staged.text == "countersign: 1\nprompts:\n  - name: one\n    body: first\n"
    assert latest.text == "countersign: 1\nprompts:\n  - name: one\n    body: second\n"


def test_what_is_everybodys_is_referred_to_and_not_written(principal: Principal, team: Team) -> None:
    bring(make_principal(make_owner()), None, "s.yaml", b"countersign: 1\nprompts:\n  - name: shared\n")
    mine = b"countersign: 1\nagents:\n  - name: mine\n    prompt: shared\n"
    bring(principal, team, "team.yaml", mine)
    assert Agent.objects.get().prompt == Prompt.objects.get()
    [file] = export_team(principal=principal, team=team).files
    assert file.text.encode() == mine


def test_every_format_is_written_and_audited(principal: Principal, team: Team) -> None:
    bring(principal, team, "opencode.jsonc", (FOLDER / "opencode" / "opencode.jsonc").read_bytes())
    formats = ("opencode_agent", "opencode_config", "claude_agent", "cao_profile", "instructions", "bundle")
    paths = {
        name: [file.path for file in export_team(principal=principal, team=team, format_name=name).files]
        for name in formats
    }
    assert paths == {
        "opencode_agent": ["agent/plan.md", "agent/reviewer.md"],
        "opencode_config": ["opencode.json"],
        "claude_agent": ["claude/agents/plan.md", "claude/agents/reviewer.md"],
        "cao_profile": ["cao/plan.md", "cao/reviewer.md"],
        "instructions": [],
        "bundle": ["team.yaml"],
    }
    entries = AuditEntry.objects.filter(verb="config.export").order_by("n")
    assert [entry.after["format"] for entry in entries] == list(formats)


def test_members_alone_export(principal: Principal, team: Team) -> None:
    for person in (make_user(make_team(), Role.ADMIN), make_owner()):
        with pytest.raises(Refused, match="Only members"):
            export_team(principal=make_principal(person), team=team)


def test_an_unknown_format_is_refused(principal: Principal, team: Team) -> None:
    with pytest.raises(Invalid, match="there are opencode_agent"):
        export_team(principal=principal, team=team, format_name="toml")


def test_a_format_that_can_not_say_it_writes_nothing(principal: Principal, team: Team) -> None:
    bring(principal, team, "team.yaml", BUNDLE)
    with pytest.raises(Invalid, match="The rules about bash stand in several places"):
        export_team(principal=principal, team=team, format_name="opencode_agent")
