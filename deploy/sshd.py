"""Finds OpenSSH's server for the tests, or gets Debian's: installed as root, else unpacked below var/tools.

Unpacked it runs as well: whoever is not root may serve logins of their own account.
"""

import os
import re
import shutil
from pathlib import Path

from deploy.console import StepFailed, run, say
from deploy.system_packages import can_install, install_packages
from deploy.virtualenv import ROOT

PACKAGE = "openssh-server"
TOOLS = ROOT / "var" / "tools" / "openssh"
# Where systems keep what only root usually runs; seldom on a person's path.
SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/sbin")
TO_INSTALL = re.compile(r"^Inst (\S+)", re.MULTILINE)


def sshd_binary() -> Path | None:
    """Return the server's program: the system's, else the unpacked one. sshd wants its full path."""
    found = shutil.which("sshd", path=os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_FOLDERS]))
    if found is not None:
        return Path(found).resolve()
    unpacked = TOOLS / "usr" / "sbin" / "sshd"
    return unpacked if unpacked.exists() else None


def unpacked_libraries() -> list[Path]:
    """The folders of the libraries that came with an unpacked server; none for the system's."""
    binary = sshd_binary()
    if binary is None or not binary.is_relative_to(TOOLS):
        return []
    return sorted({library.parent for library in TOOLS.glob("**/lib/**/*.so.*")})


def provide_sshd() -> Path:
    """Return the server's program, getting Debian's package when it is missing.

    Raises StepFailed where this is not Debian, or its packages can't be had.
    """
    present = sshd_binary()
    if present is not None:
        return present
    if can_install():
        say("installing Debian's openssh-server for the tests (its own service is not started)")
        install_packages([PACKAGE])
    elif shutil.which("apt-get") and shutil.which("dpkg-deb"):
        say("unpacking Debian's openssh-server into var/tools/openssh for the tests")
        unpack_packages()
    else:
        raise StepFailed("no sshd on this machine. Install the package `openssh-server`.")
    installed = sshd_binary()
    if installed is None:
        raise StepFailed("the package openssh-server was fetched, but it holds no program `sshd`.")
    return installed


def unpack_packages() -> None:
    """Fetch the package and what it needs that is not here, without being root; raises StepFailed."""
    shutil.rmtree(TOOLS, ignore_errors=True)
    downloads, state = TOOLS / "packages", TOOLS / "apt"
    for folder in (downloads, state / "lists" / "partial", state / "cache" / "archives" / "partial"):
        folder.mkdir(parents=True)
    # Lists of our own: the system's may be old, or empty as in an image.
    apt = ["apt-get", "-o", f"Dir::State::lists={state / 'lists'}", "-o", f"Dir::Cache={state / 'cache'}"]
    run([*apt, "update"], purpose="apt-get update", cwd=downloads)
    planned = run(
        [*apt, "--simulate", "--no-install-recommends", "install", PACKAGE],
        purpose=f"Asking what {PACKAGE} needs",
        cwd=downloads,
    )
    wanted = sorted({PACKAGE, *TO_INSTALL.findall(planned)})
    run([*apt, "download", *wanted], purpose=f"Fetching {PACKAGE}", cwd=downloads)
    for package in sorted(downloads.glob("*.deb")):
        run(["dpkg-deb", "--extract", package, TOOLS], purpose=f"Unpacking {package.name}")
    shutil.rmtree(state)
