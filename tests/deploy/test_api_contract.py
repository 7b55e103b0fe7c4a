"""The schema and the client as files: made from the code alone, and a stale one is named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deploy.api_contract import CLIENT, HEADER, SCHEMA, compare, main, make_client, make_schema, report
from tests.test_layers import imported_modules

# What somebody's deployment may well say, and what must not show in a published file.
DEPLOYMENT = {
    "COUNTERSIGN_BIND": "127.0.0.1:4711",
    "COUNTERSIGN_PUBLIC_URL": "https://countersign.example",
    "COUNTERSIGN_MAX_BODY_BYTES": "1000",
    "PYTHONHASHSEED": "17",
}


def test_the_schema_says_nothing_about_the_machine_it_was_made_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "plain").mkdir()
    plain = make_schema(tmp_path / "plain").read_text()
    for name, value in DEPLOYMENT.items():
        monkeypatch.setenv(name, value)
    assert make_schema(tmp_path).read_text() == plain
    assert "countersign_8000_session" in plain


def test_the_client_follows_from_the_schema_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "17")
    made = make_client(SCHEMA, tmp_path)
    assert {str(path.relative_to(made)): path.read_text() for path in sorted(made.rglob("*.py"))} == {
        str(path.relative_to(CLIENT)): path.read_text() for path in sorted(CLIENT.rglob("*.py"))
    }


def test_every_generated_file_says_so() -> None:
    files = list(CLIENT.rglob("*.py"))
    assert len(files) > 50
    assert [path for path in files if not path.read_text().startswith(HEADER)] == []


def test_the_client_needs_httpx_and_attrs_alone() -> None:
    imported = {
        module.split(".")[0] for path in CLIENT.rglob("*.py") for module in imported_modules(path.read_text())
    }
    assert imported - {""} - sys.stdlib_module_names == {"attrs", "httpx"}


def test_a_difference_is_shown_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    lines = compare({"a": "one\ntwo", "gone": "x"}, {"a": "one\n2", "new": ""}, "client")
    assert report(lines) == 1
    assert capsys.readouterr().out.splitlines() == [
        "client gone: not made any more",
        "client new: not committed",
        "--- committed client a",
        "+++ made from the code client a",
        "@@ -1,2 +1,2 @@",
        " one",
        "-two",
        "+2",
        "--- committed client gone",
        "+++ made from the code client gone",
        "@@ -1 +0,0 @@",
        "-x",
        "",
        "The API's committed schema or client is not what the code says (see above).",
        "Run `make schema`, read the difference, and commit it with your change.",
    ]


def test_no_difference_is_no_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(compare({"a": "one"}, {"a": "one"}, "client")) == 0
    assert capsys.readouterr().out == ""


def test_a_schema_that_cannot_be_made_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "openapi.yaml"
    kept.write_text("kept")
    monkeypatch.setattr("deploy.api_contract.SCHEMA", kept)
    monkeypatch.setattr("deploy.api_contract.CLIENT", tmp_path / "client")
    monkeypatch.setattr("deploy.api_contract.VENV", tmp_path / "nowhere")
    assert main(["renew"]) == 1
    assert "Making the API's schema" in capsys.readouterr().err
    assert (kept.read_text(), (tmp_path / "client").exists()) == ("kept", False)
