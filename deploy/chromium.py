"""Finds a Chromium for the browser tests, or installs Debian's."""

import shutil
from pathlib import Path

from deploy.console import StepFailed, say
from deploy.system_packages import can_install, install_packages

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_binary() -> Path | None:
    """Return a Chromium of this machine: on the path, or one that Playwright has downloaded for this user."""
    for program in PROGRAMS:
        found = shutil.which(program)
        if found is not None:
            return Path(found)
    downloads = sorted((Path.home() / ".cache" / "ms-playwright").glob("chromium-*/chrome-linux*/chrome"))
    return downloads[-1] if downloads else None


def provide_chromium() -> Path:
    """Return a Chromium, installing the system's package when this is Debian and we are root.

    Raises StepFailed otherwise, with what a person can do.
    """
    present = chromium_binary()
    if present is not None:
        return present
    if not can_install():
        raise StepFailed(
            "no Chromium on this machine. Install the package `chromium`, or run"
            " `.venv/bin/playwright install chromium`."
        )
    say("installing Debian's chromium for the browser tests")
    install_packages(["chromium"])
    installed = chromium_binary()
    if installed is None:
        raise StepFailed("the package chromium was installed, but no program `chromium` is on the path.")
    return installed
