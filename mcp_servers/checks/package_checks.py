"""What was seen of a package while it was fetched; none of its code has run."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from mcp_servers.checks.results import (
    BLOCKING,
    HIGH,
    LOW,
    CheckResult,
    finding,
    not_checked,
    passed,
)
from mcp_servers.content import McpServerContent
from mcp_servers.fetching.packages import FetchedPackage, FetchError

# Most packages that turn out to be malicious are found within days.
YOUNG_DAYS = 14
FRESH_DAYS = 2
NO_VULNERABILITY_DATA = "Known vulnerabilities: this deployment has no list of them to look into."
NO_SIGNATURES = "Who built it: signatures and provenance are not verified."
# What no fetch was made of could not be looked at either.
CHECKS = ("package_metadata", "artefact_hash", "install_scripts", "licence", "yanked", "age")


def check_package(
    content: McpServerContent, fetched: FetchedPackage, *, now: datetime
) -> tuple[CheckResult, ...]:
    """The results of one fetch, always the same checks in the same order."""
    if content.package is None:
        return check_program(fetched)
    return (
        check_metadata(content, fetched),
        check_artefact(fetched),
        check_install_scripts(fetched),
        check_licence(fetched),
        check_yanked(fetched),
        check_age(fetched, now),
        *list_unknown(),
    )


def check_program(fetched: FetchedPackage) -> tuple[CheckResult, ...]:
    """A program of the machine: its files are known by their hashes, and nobody has said more of it."""
    reason = "A program of the machine: no package says anything of it."
    return (
        not_checked("package_metadata", reason),
        passed(
            "artefact_hash", "The approval is bound to the hash of its files.", hash=fetched.artefact_hash
        ),
        *(not_checked(name, reason) for name in CHECKS if name not in {"package_metadata", "artefact_hash"}),
        *list_unknown(),
    )


def list_unknown() -> tuple[CheckResult, ...]:
    return (
        not_checked("vulnerabilities", NO_VULNERABILITY_DATA),
        not_checked("provenance", NO_SIGNATURES),
    )


def explain_no_fetch(error: FetchError) -> tuple[CheckResult, ...]:
    """The results of a fetch that failed: what that says, the rest not checked with its reason."""
    first = (
        not_checked("package_metadata", error.sentence, HIGH, code=error.reason)
        if error.reason in {"no_network", "not_fetchable", "too_slow"}
        else finding("package_metadata", BLOCKING, error.sentence, code=error.reason)
    )
    reason = f"Nothing was fetched: {error.sentence}"
    return (first, *(not_checked(name, reason) for name in CHECKS[1:]), *list_unknown())


def check_metadata(content: McpServerContent, fetched: FetchedPackage) -> CheckResult:
    name = "package_metadata"
    package = content.package
    found = {key: fetched.metadata.get(key, "") for key in ("name", "version", "summary", "author")}
    if package and (
        normalise(str(found["name"])) != normalise(package.identifier)
        or shorten(str(found["version"])) != shorten(package.version)
    ):
        said = f"{found['name']} {found['version']}"
        return finding(name, BLOCKING, f"The archive says of itself that it is {said[:200]}.", **found)
    if package and package.registry:
        return finding(
            name,
            LOW,
            "The request names an index of its own; packages come from this deployment's index alone.",
            **found,
            registry=package.registry,
        )
    return passed(
        name, f"{found['name']} {found['version']}: {found['summary'] or 'no summary'}"[:300], **found
    )


def normalise(name: str) -> str:
    """PEP 503; it changes nothing in names of npm that matters."""
    return re.sub(r"[-_.]+", "-", name).lower()


def shorten(version: str) -> str:
    """1.0 and 1.0.0 are one version to PEP 440."""
    return re.sub(r"(?:\.0)+$", "", version)


def check_artefact(fetched: FetchedPackage) -> CheckResult:
    unlocked = fetched.metadata.get("without_integrity", [])
    if unlocked:
        return finding(
            "artefact_hash",
            HIGH,
            f"{len(unlocked)} of the packages that it needs came without a hash to hold them against.",
            hash=fetched.artefact_hash,
            packages=list(unlocked)[:20],
        )
    return passed(
        "artefact_hash",
        f"Locked with {fetched.metadata.get('dependencies', 0)} packages that it needs, each by its hash.",
        hash=fetched.artefact_hash,
    )


def check_install_scripts(fetched: FetchedPackage) -> CheckResult:
    if fetched.has_install_scripts:
        return finding(
            "install_scripts",
            HIGH,
            f"Scripts would run while installing {', '.join(fetched.has_install_scripts[:10])}; none did.",
            packages=list(fetched.has_install_scripts),
        )
    startup = fetched.metadata.get("startup_files", [])
    if startup:
        return finding(
            "install_scripts",
            LOW,
            f"{', '.join(startup[:10])} is read each time its Python starts, whatever the program does.",
            files=list(startup),
        )
    return passed("install_scripts", "Nothing in it wants to run while it is installed.")


def check_licence(fetched: FetchedPackage) -> CheckResult:
    if fetched.licence:
        return passed("licence", f"Its licence: {fetched.licence}.", licence=fetched.licence)
    return finding("licence", LOW, "It names no licence.")


def check_yanked(fetched: FetchedPackage) -> CheckResult:
    if fetched.is_yanked is None:
        return not_checked("yanked", "The index did not say whether this version was withdrawn.")
    if fetched.is_yanked:
        return finding("yanked", HIGH, "Its publisher has withdrawn or deprecated this version.")
    return passed("yanked", "The index does not say that this version was withdrawn.")


def check_age(fetched: FetchedPackage, now: datetime) -> CheckResult:
    if fetched.released_at is None:
        return not_checked("age", "The index did not say when this version was released.")
    released = datetime.fromisoformat(fetched.released_at).astimezone(UTC)
    days = (now - released).days
    said = f"Released on {released.date().isoformat()}"
    if days < YOUNG_DAYS:
        severity = HIGH if days < FRESH_DAYS else LOW
        return finding("age", severity, f"{said}: too young for others to have looked at it.", days=days)
    return passed("age", f"{said}, {days} days ago.", days=days)
