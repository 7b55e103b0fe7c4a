"""A file of each format, what is read of it and what is written back, each looked at by a person once."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from configs.formats.drafts import Draft, Parsed
from configs.formats.registry import parse_file, write_files
from tests.configs.formats.sources import build_source

pytestmark = pytest.mark.pure

FOLDER = Path(__file__).resolve().parents[2] / "data" / "configs"
SAMPLES = (
    "AGENTS.md",
    "bundle/team.yaml",
    "cao/developer.md",
    "claude/agents/security-auditor.md",
    "opencode/agent/reviewer.md",
    "opencode/agents/plain.md",
    "opencode/captured.json",
    "opencode/opencode.jsonc",
)


def parse_sample(name: str) -> Parsed:
    return parse_file((FOLDER / name).read_bytes(), name)


def describe(parsed: Parsed) -> dict[str, Any]:
    return {
        "format": parsed.format,
        "drafts": [describe_draft(draft) for draft in parsed.drafts],
        "findings": [asdict(finding) for finding in parsed.findings],
    }


def describe_draft(draft: Draft) -> dict[str, Any]:
    return {
        "kind": draft.kind,
        "prompt": draft.prompt,
        "model": draft.model,
        "model_alias": draft.model_alias,
        "content": draft.content.write(),
    }


def describe_written(parsed: Parsed) -> dict[str, Any]:
    written = write_files(build_source(parsed.drafts), parsed.format)
    return {
        "files": {file.path: file.text for file in written.files},
        "findings": [asdict(finding) for finding in written.findings],
    }


def expected_file(name: str) -> Path:
    return FOLDER / "expected" / (name.replace("/", "_") + ".json")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_is_read_and_written_as_a_person_has_checked(name: str) -> None:
    parsed = parse_sample(name)
    found = {"read": describe(parsed), "written": describe_written(parsed)}
    assert found == json.loads(expected_file(name).read_text())


def test_every_sample_has_its_expectation_and_there_is_no_other() -> None:
    assert {path.name for path in (FOLDER / "expected").iterdir()} == {
        expected_file(name).name for name in SAMPLES
    }
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert {name for name in files if not name.startswith("expected/")} == {*SAMPLES, "providers.json"}


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_written_reads_as_the_same_drafts(name: str) -> None:
    """Every field that was taken over; what the file holds besides is named as dropped."""
    parsed = parse_sample(name)
    written = write_files(build_source(parsed.drafts), parsed.format)
    again = [
        draft
        for file in written.files
        for draft in parse_file(file.text.encode(), file.path, parsed.format).drafts
    ]
    by_label = lambda draft: draft.label  # noqa: E731 - the key of both lists
    expected = [without_alias(draft) for draft in parsed.drafts]
    assert sorted(again, key=by_label) == sorted(expected, key=by_label)


def without_alias(draft: Draft) -> Draft:
    """A family of models is no name to write back; the model that is chosen for it is."""
    return replace(draft, model_alias="")


def test_a_bundle_is_written_byte_for_byte_as_it_was() -> None:
    data = (FOLDER / "bundle" / "team.yaml").read_bytes()
    written = write_files(build_source(parse_file(data, "team.yaml").drafts), "bundle")
    assert written.files[0].text.encode() == data
