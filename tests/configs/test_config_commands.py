"""The commands for files say what they did, and change nothing when they fail."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.enums import Role
from accounts.models import Team, User
from configs.content import ModelContent
from configs.domain.catalogue import load_snapshot
from configs.formats.provider_list import load_list, read_provider_list, write_known, write_snapshot
from configs.models import Agent, CatalogueModel, ConfigVersion, ImportedFile
from tests.factories import make_team, make_user

pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).resolve().parents[1] / "data" / "configs"
BUNDLE = FOLDER / "bundle" / "team.yaml"


@pytest.fixture
def team() -> Team:
    return make_team("Platform")


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR, username="ed")


def run(*arguments: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*(str(argument) for argument in arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_an_import_names_every_field_and_what_was_made(editor: User) -> None:
    out, _ = run("import_configs", FOLDER / "cao" / "developer.md", "--team", "Platform", "--as", "ed")
    lines = out.splitlines()
    assert lines[0] == "cao/developer.md: CAO profile"
    assert "  mapped: agent developer: role → mode: developer: Read as the mode all." in lines
    assert [line for line in lines if line.startswith("new")] == [
        "new: prompt developer, version 1",
        "new: model gateway/large-1, version 1",
        "new: agent developer, version 1",
    ]


def test_a_dry_run_writes_nothing(editor: User) -> None:
    out, _ = run("import_configs", BUNDLE, "--team", "Platform", "--as", "ed", "--dry-run")
    assert out.splitlines()[-1] == "Nothing was written."
    assert "would be new: agent reviewer, version 1" in out
    assert (ConfigVersion.objects.count(), ImportedFile.objects.count()) == (0, 0)


def test_a_folder_comes_in_whole(editor: User, tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "one.md").write_text("First.")
    (tmp_path / "AGENTS.md").write_text("House rules.")
    (tmp_path / "notes.txt").write_text("Not ours.")
    (tmp_path / "link.md").symlink_to(tmp_path / "notes.txt")
    run("import_configs", tmp_path, "--team", "Platform", "--as", "ed")
    assert sorted(ImportedFile.objects.values_list("name", flat=True)) == ["AGENTS.md", "agents/one.md"]


def test_a_bundle_comes_back_as_it_went_in(editor: User) -> None:
    run("import_configs", BUNDLE, "--team", "Platform", "--as", "ed")
    out, err = run("export_configs", "Platform")
    assert (out.encode(), err) == (BUNDLE.read_bytes(), "")


def test_an_export_writes_into_a_folder_and_over_nothing(editor: User, tmp_path: Path) -> None:
    source = FOLDER / "opencode" / "opencode.jsonc"
    run("import_configs", source, "--team", "Platform", "--as", "ed")
    arguments = ("export_configs", "Platform", "--format", "opencode_agent", "--folder", tmp_path)
    out, _ = run(*arguments)
    assert out == f"Wrote 2 files to {tmp_path}.\n"
    written = {path.name: path.read_bytes() for path in (tmp_path / "agent").iterdir()}
    assert sorted(written) == ["plan.md", "reviewer.md"]
    with pytest.raises(CommandError, match=r"plan\.md is there already; nothing was written"):
        run(*arguments)
    assert {path.name: path.read_bytes() for path in (tmp_path / "agent").iterdir()} == written


def test_several_files_need_a_folder(editor: User) -> None:
    run("import_configs", FOLDER / "opencode" / "opencode.jsonc", "--team", "Platform", "--as", "ed")
    with pytest.raises(CommandError, match="There are 2 files; say where they go"):
        run("export_configs", "Platform", "--format", "opencode_agent")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((BUNDLE, "--team", "Nobody", "--as", "ed"), "There is no such team."),
        ((BUNDLE, "--team", "Platform", "--as", "nobody"), "There is no such user."),
        ((BUNDLE, "--everybody", "--as", "ed"), "Only owners edit what is everybody's."),
        ((FOLDER / "missing.md", "--team", "Platform", "--as", "ed"), "The file can't be read"),
        (
            (FOLDER / "providers.json", "--team", "Platform", "--as", "ed", "--format", "bundle"),
            "begins with",
        ),
    ],
)
def test_a_bad_import_says_why_and_makes_nothing(
    editor: User, arguments: tuple[object, ...], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        run("import_configs", *arguments)
    assert (ConfigVersion.objects.count(), Agent.objects.count()) == (0, 0)


def test_the_shipped_list_is_shown_and_then_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = load_list((FOLDER / "providers.json").read_text())
    models = read_provider_list(listed, source="OpenCode 1.18.33", as_of="2026-11-22")
    (tmp_path / "models.json.gz").write_bytes(write_snapshot(models))
    monkeypatch.setattr("configs.domain.catalogue.SNAPSHOT", tmp_path / "models.json.gz")
    head = "OpenCode 1.18.33 as of 2026-11-22: 2 models.\n"
    new = "new: gateway/large-1\nnew: gateway/small-1\n"
    assert run("import_models")[0] == f"{head}{new}Nothing was changed; --apply takes this over.\n"
    assert CatalogueModel.objects.count() == 0
    assert run("import_models", "--apply")[0] == f"{head}{new}Taken over.\n"
    assert CatalogueModel.objects.count() == 2
    assert run("import_models", "--apply")[0] == head


def test_the_list_that_is_shipped_can_be_read() -> None:
    models = load_snapshot()
    assert (models.source, models.as_of, len(models.models)) == ("OpenCode 1.18.33", "2026-11-22", 8213)
    assert [
        item.key for item in models.models if write_known(ModelContent.read(item.facts)) != item.facts
    ] == []
