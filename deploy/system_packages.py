"""Debian's packages, where we are root and may install them."""

import os
import shutil

from deploy.console import run


def can_install() -> bool:
    """Tell whether packages may be installed here: root, on a system with apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_packages(names: list[str]) -> None:
    """Install packages without questions and without starting their services; raises StepFailed."""
    environment = {
        **os.environ,
        "DEBIAN_FRONTEND": "noninteractive",
        # invoke-rc.d starts no service in run level 1: a package's server is none of ours.
        "RUNLEVEL": "1",
    }
    run(["apt-get", "update"], purpose="apt-get update", env=environment)
    run(
        ["apt-get", "install", "--yes", "--no-install-recommends", *names],
        purpose=f"Installing {', '.join(names)}",
        env=environment,
    )
