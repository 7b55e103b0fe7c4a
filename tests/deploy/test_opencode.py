"""The engine that demo and engine tests drive is the pinned one, and the lockfile names no host."""

import json
import subprocess
from pathlib import Path

import pytest

from deploy import opencode
from deploy.console import StepFailed


@pytest.mark.engine
def test_binary_is_the_pinned_version(opencode_binary: Path, tmp_path: Path) -> None:
    finished = subprocess.run(
        [opencode_binary, "--version"],
        env={"HOME": str(tmp_path), "PATH": "", "TMPDIR": str(tmp_path), "OPENCODE_DISABLE_AUTOUPDATE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert finished.stdout.strip() == opencode.pinned_version()


def test_lockfile_pins_by_hash_and_names_no_host() -> None:
    lockfile = opencode.MANIFESTS / "package-lock.json"
    packages = json.loads(lockfile.read_text())["packages"]
    dependencies = {name: entry for name, entry in packages.items() if name}
    assert all(entry["integrity"].startswith("sha512-") for entry in dependencies.values())
    assert {entry["version"] for entry in dependencies.values()} == {opencode.pinned_version()}
    assert ("resolved" in lockfile.read_text(), "://" in lockfile.read_text()) == (False, False)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty tools folder in place of the project's."""
    folder = tmp_path / "tools"
    monkeypatch.setattr(opencode, "TOOLS", folder)
    monkeypatch.setattr(opencode, "STAMP", folder / ".stamp")
    return folder


def install(tools: Path, *, integrity: str) -> Path:
    """Lay out what npm leaves behind; return the binary."""
    package = f"node_modules/{opencode.platform_package()}"
    binary = tools / package / "bin" / "opencode"
    binary.parent.mkdir(parents=True)
    binary.touch()
    installed = {"packages": {package: {"version": opencode.pinned_version(), "integrity": integrity}}}
    (tools / "node_modules" / ".package-lock.json").write_text(json.dumps(installed))
    return binary


def test_nothing_fetched_is_none(tools: Path) -> None:
    assert opencode.opencode_binary() is None


def test_an_interrupted_fetch_is_none(tools: Path) -> None:
    install(tools, integrity="sha512-any")
    assert opencode.opencode_binary() is None


def test_another_pin_than_the_fetched_one_is_none(tools: Path) -> None:
    install(tools, integrity="sha512-any")
    (tools / ".stamp").write_text("the manifests of an older checkout")
    assert opencode.opencode_binary() is None


def test_another_hash_than_the_committed_one_is_refused(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opencode, "platform_package", lambda: "opencode-linux-x64")
    binary = install(tools, integrity="sha512-of-something-else")
    with pytest.raises(StepFailed, match=r"is not the one in deploy/opencode/package-lock\.json"):
        opencode.check_integrity(binary)


def test_a_platform_that_the_lockfile_does_not_know_is_said_aloud(
    tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(opencode, "platform_package", lambda: "opencode-plan9-x64")
    opencode.check_integrity(install(tools, integrity="sha512-any"))
    assert capsys.readouterr().err == (
        "[set-up] NOTE: node_modules/opencode-plan9-x64 is pinned by version only;"
        " the lockfile holds hashes for Linux on x86-64\n"
    )
