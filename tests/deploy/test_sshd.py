"""Where an sshd for the tests comes from, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy import sshd
from deploy.console import StepFailed
from deploy.sshd import provide_sshd, sshd_binary, unpacked_libraries

pytestmark = pytest.mark.pure


@pytest.fixture
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any program; returns where packages are unpacked."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sshd, "SYSTEM_FOLDERS", (str(tmp_path / "sbin"),))
    monkeypatch.setattr(sshd, "TOOLS", tmp_path / "openssh")
    return tmp_path / "openssh"


def make_program(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_systems_server_is_found_where_only_root_looks(nothing_here: Path, tmp_path: Path) -> None:
    unpacked = make_program(nothing_here / "usr" / "sbin" / "sshd")
    assert sshd_binary() == unpacked
    system = make_program(tmp_path / "sbin" / "sshd")
    assert (sshd_binary(), provide_sshd(), unpacked_libraries()) == (system, system, [])


def test_an_unpacked_server_brings_its_libraries_along(nothing_here: Path) -> None:
    make_program(nothing_here / "usr" / "sbin" / "sshd")
    library = make_program(nothing_here / "usr" / "lib" / "x86_64-linux-gnu" / "libwrap.so.0")
    assert unpacked_libraries() == [library.parent]


def test_without_packages_it_says_what_to_install(nothing_here: Path) -> None:
    assert sshd_binary() is None
    with pytest.raises(StepFailed, match=r"Install the package `openssh-server`\.$"):
        provide_sshd()
