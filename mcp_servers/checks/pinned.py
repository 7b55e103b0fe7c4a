"""Whether a package is one exact thing: a version, or an image's digest; never a range or a moving name."""

from __future__ import annotations

import re

from mcp_servers.checks.results import BLOCKING, LOW, CheckResult, finding, not_checked, passed
from mcp_servers.content import McpServerContent, Package

NAME = "pinned"
# PEP 440 without wildcards, and SemVer 2.0.0: each names one release.
_EXACT = {
    "pypi": re.compile(
        r"(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc)[0-9]+)?(?:\.post[0-9]+)?(?:\.dev[0-9]+)?"
        r"(?:\+[a-z0-9]+(?:\.[a-z0-9]+)*)?"
    ),
    "npm": re.compile(
        r"(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)"
        r"(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
    ),
    "oci": re.compile(r"sha256:[0-9a-f]{64}"),
}


def is_exact(package: Package) -> bool:
    return _EXACT[package.kind].fullmatch(package.version) is not None


def check_pinned(content: McpServerContent) -> CheckResult:
    package = content.package
    if content.is_remote:
        return not_checked(NAME, "A remote server can't be pinned: what answers may change at any time.", LOW)
    if package is None:
        return not_checked(
            NAME, "A program of the machine has no version; the approval is bound to its file's hash.", LOW
        )
    if is_exact(package):
        return passed(NAME, f"It is exactly {package.identifier} {package.version}.")
    wanted = "the image's digest (sha256:…)" if package.kind == "oci" else "one exact version"
    has = f"{package.version!r} is not that" if package.version else "none is given"
    return finding(NAME, BLOCKING, f"Name {wanted}: {has}.", version=package.version)
