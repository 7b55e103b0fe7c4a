"""CAO for the tests: kept while its pins are those it was installed from, and only with a tmux."""

import shutil
from pathlib import Path

import pytest

from deploy import cao
from deploy.console import StepFailed


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like an installation of the pinned version, on a machine with tmux."""
    monkeypatch.setattr(cao, "TOOLS", tmp_path)
    monkeypatch.setattr(cao, "STAMP", tmp_path / ".stamp")
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    (tmp_path / ".stamp").write_text(cao.requirements_fingerprint())
    return tmp_path


def test_the_pinned_version_is_used_as_it_is(installed: Path) -> None:
    assert cao.cao_server_binary() == installed / "bin" / "cao-server"
    assert cao.provide_cao() == installed / "bin" / "cao-server"


@pytest.mark.parametrize("stamp", ["another version", None])
def test_other_pins_or_a_broken_installation_mean_installing_again(
    installed: Path, stamp: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (installed / ".stamp").unlink()
    if stamp is not None:
        (installed / ".stamp").write_text(stamp)
    assert cao.cao_server_binary() is None
    asked: list[str] = []

    def run(_command: list[str | Path], *, purpose: str) -> None:
        asked.append(purpose)
        installed.mkdir(exist_ok=True)

    monkeypatch.setattr(cao, "run", run)
    assert cao.provide_cao() == installed / "bin" / "cao-server"
    assert asked == ["Making var/tools/cao", "Installing requirements-cao.txt"]
    assert cao.cao_server_binary() is not None


def test_without_tmux_it_can_not_be_had(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(cao, "can_install", lambda: False)
    assert cao.cao_server_binary() is None
    with pytest.raises(StepFailed, match="Install the package `tmux`"):
        cao.provide_cao()
