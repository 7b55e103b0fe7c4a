"""The set-up steps: pinned by hash, repeatable, clear when they fail."""

import hashlib
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from deploy import bootstrap, virtualenv
from deploy.console import StepFailed, run
from deploy.virtualenv import REQUIREMENT_FILES, ROOT

PIN = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==[^ ;]+")


@pytest.mark.parametrize("file_name", REQUIREMENT_FILES.values())
def test_every_requirement_is_pinned_with_a_hash_and_no_host(file_name: str) -> None:
    text = (ROOT / file_name).read_text()
    entries = text.replace("\\\n", " ").splitlines()
    requirements = [entry for entry in entries if entry and not entry.lstrip().startswith("#")]
    assert requirements
    assert [entry for entry in requirements if not PIN.match(entry) or "--hash=sha256:" not in entry] == []
    assert ("://" in text, "--index" in text, "--find-links" in text) == (False, False, False)


def build_wheel(folder: Path, *, version: str) -> str:
    """Write a tiny real wheel; return the requirement line that pins it by its hash."""
    wheel = folder / f"thing-{version}-py3-none-any.whl"
    information = f"thing-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("thing.py", f"VERSION = {version!r}\n")
        archive.writestr(
            f"{information}/METADATA", f"Metadata-Version: 2.1\nName: thing\nVersion: {version}\n"
        )
        archive.writestr(
            f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{information}/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"thing @ {wheel.as_uri()} --hash=sha256:{digest}\n"


def refuse_to_run(*arguments: object, **options: object) -> str:
    raise AssertionError(f"a file whose stamp fits was installed again: {arguments} {options}")


@pytest.mark.slow
def test_a_changed_file_is_installed_and_a_wrong_hash_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a real virtualenv and a real pip, on a wheel of our own."""
    monkeypatch.setattr(virtualenv, "ROOT", tmp_path)
    monkeypatch.setattr(virtualenv, "VENV", tmp_path / ".venv")
    python = tmp_path / ".venv" / "bin" / "python"
    monkeypatch.setattr(virtualenv, "PYTHON", python)
    monkeypatch.setattr(shutil, "which", lambda _program: None)
    requirements = tmp_path / "requirements.txt"

    def installed_version() -> str:
        return run([python, "-c", "import thing; print(thing.VERSION)"], purpose="Asking").strip()

    requirements.write_text(build_wheel(tmp_path, version="1"))
    virtualenv.install_requirements(["run"])
    first = installed_version()
    requirements.write_text(build_wheel(tmp_path, version="2"))
    virtualenv.install_requirements(["run"])
    assert (first, installed_version()) == ("1", "2")
    with monkeypatch.context() as patch:
        patch.setattr(virtualenv, "run", refuse_to_run)
        virtualenv.install_requirements(["run"])

    requirements.write_text(build_wheel(tmp_path, version="3").replace("sha256:", "sha256:0000")[:-5])
    for _ in range(2):
        with pytest.raises(StepFailed, match=r"(?s)^Installing requirements\.txt failed.*hash"):
            virtualenv.install_requirements(["run"])
    assert installed_version() == "2"


def test_a_failing_step_ends_the_run_with_its_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    later: list[str] = []
    monkeypatch.setattr(
        bootstrap, "STEPS", {"first": ("a thing", fail), "second": ("another", lambda: later.append("done"))}
    )
    assert (bootstrap.main(["first", "second"]), later) == (1, [])
    assert capsys.readouterr().err == "[set-up] COULD NOT PROVIDE a thing: there is none\n"


def test_a_failing_optional_step_is_reported_and_the_next_one_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    later: list[str] = []
    monkeypatch.setattr(
        bootstrap, "STEPS", {"first": ("a thing", fail), "second": ("another", lambda: later.append("done"))}
    )
    assert (bootstrap.main(["--optional", "first", "second"]), later) == (0, ["done"])
    assert capsys.readouterr().err == "[set-up] COULD NOT PROVIDE a thing: there is none\n"


def fail() -> None:
    raise StepFailed("there is none")


def test_a_failing_command_is_told_with_its_last_lines() -> None:
    script = "seq 40; exit 3"
    with pytest.raises(StepFailed) as caught:
        run(["sh", "-c", script], purpose="Counting")
    tail = "\n".join(str(number) for number in range(26, 41))
    assert str(caught.value) == f"Counting failed (sh -c 'seq 40; exit 3', exit 3):\n{tail}"


def test_a_missing_program_is_told_by_name() -> None:
    with pytest.raises(StepFailed, match=r"^Asking: no-such-program was not found\.$"):
        run(["no-such-program"], purpose="Asking")


def test_make_help_lists_every_target_that_a_person_runs() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    targets = [line.split()[1] for line in shown.splitlines()]
    assert targets == [
        *("help", "demo", "run", "test", "fuzz", "check", "schema", "client"),
        *("bench", "requirements", "editor", "set-up", "set-up-dev"),
    ]
