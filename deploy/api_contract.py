"""`python -m deploy.api_contract renew|check`: the API as files, made from the code and from nothing else.

`docs/openapi.yaml` is the published schema; `clients/python/countersign_client/` is the typed client that
openapi-python-client writes from it. Both are committed, so that a change of the API shows in a review.
"""

import argparse
import difflib
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.console import StepFailed, run
from deploy.virtualenv import ROOT, VENV

SCHEMA = ROOT / "docs" / "openapi.yaml"
CLIENT = ROOT / "clients" / "python" / "countersign_client"
GENERATOR_CONFIG = CLIENT.parent / "generator.yaml"
HEADER = "# Generated from docs/openapi.yaml by `make schema`: do not edit.\n"
MAX_SHOWN_LINES = 40

# Of this process's environment; the rest could change what the schema says, for example a cookie's name.
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")


def main(arguments: list[str] | None = None) -> int:
    """Write both anew, or tell whether they are what the code says; 1 when they are not or can't be made."""
    parser = argparse.ArgumentParser(prog="python -m deploy.api_contract", description=__doc__)
    parser.add_argument("verb", choices=["renew", "check", "client"], help="client: from the schema as it is")
    verb = parser.parse_args(arguments).verb
    try:
        if verb == "check":
            return report(find_differences())
        renew(schema=verb == "renew")
    except StepFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def renew(*, schema: bool) -> None:
    """Write the client, and before it the schema if wanted; nothing is touched unless it could be made."""
    with tempfile.TemporaryDirectory(prefix="cs-contract-") as name:
        folder = Path(name)
        made = make_schema(folder) if schema else SCHEMA
        client = make_client(made, folder)
        if schema:
            shutil.copyfile(made, SCHEMA)
        shutil.rmtree(CLIENT, ignore_errors=True)
        shutil.copytree(client, CLIENT)


def find_differences() -> list[str]:
    """Return what `renew` would change, as lines of a unified diff; empty when nothing."""
    with tempfile.TemporaryDirectory(prefix="cs-contract-") as name:
        folder = Path(name)
        schema = make_schema(folder)
        difference = compare(read_texts(SCHEMA), read_texts(schema), SCHEMA.name)
        if difference:
            # The client follows from the schema; its difference would only bury the cause.
            return difference
        return compare(read_texts(CLIENT), read_texts(make_client(schema, folder)), CLIENT.name)


def report(differences: list[str]) -> int:
    """Print what is stale and what to do about it; the exit code."""
    if not differences:
        return 0
    print(*differences[:MAX_SHOWN_LINES], sep="\n")
    if len(differences) > MAX_SHOWN_LINES:
        print(f"… and {len(differences) - MAX_SHOWN_LINES} more lines")
    print(
        "\nThe API's committed schema or client is not what the code says (see above)."
        "\nRun `make schema`, read the difference, and commit it with your change."
    )
    return 1


def make_schema(folder: Path) -> Path:
    """Write the schema of a deployment with every setting at its default."""
    made = folder / SCHEMA.name
    keys = {
        "COUNTERSIGN_DATA_DIR": str(folder / "data"),
        "COUNTERSIGN_KEYS_FILE": str(folder / "keys" / "countersign.keys"),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    run(
        [VENV / "bin" / "python", "manage.py", "spectacular", "--file", made, "--validate", "--fail-on-warn"],
        purpose="Making the API's schema",
        cwd=ROOT,
        env=plain_environment(keys),
    )
    return made


def make_client(schema: Path, folder: Path) -> Path:
    """Write the client of a schema, each file under a header that says where it comes from."""
    made = folder / CLIENT.name
    run(
        [
            VENV / "bin" / "openapi-python-client",
            *("generate", "--fail-on-warning", "--meta", "none", "--path", schema),
            *("--config", GENERATOR_CONFIG, "--output-path", made),
        ],
        purpose="Generating the Python client",
        # Outside the project: its formatter is told to leave generated code alone.
        cwd=folder,
        env=plain_environment({"PYTHONHASHSEED": "0"}),
    )
    for file in made.rglob("*.py"):
        file.write_text(HEADER + file.read_text())
    (made / "py.typed").touch()
    return made


def plain_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return what a child process gets: nothing of the developer's own deployment."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    path = os.pathsep.join([str(VENV / "bin"), kept.get("PATH", os.defpath)])
    return {**kept, "PATH": path, **variables}


def read_texts(place: Path) -> dict[str, str]:
    """Return the text of a file, or of every file below a folder, by its path from there."""
    if place.is_file():
        return {"": place.read_text()}
    files = (path for path in place.rglob("*") if path.suffix in {".py", ".typed"})
    return {str(path.relative_to(place)): path.read_text() for path in files}


def compare(committed: Mapping[str, str], made: Mapping[str, str], name: str) -> list[str]:
    """Return unified diffs of all files that differ, and a line for each that is missing or too many."""
    alone = [
        f"{name} {path}: {'not made any more' if path in committed else 'not committed'}"
        for path in sorted(committed.keys() ^ made.keys())
    ]
    return alone + [
        line
        for path in sorted({*committed, *made})
        for line in difflib.unified_diff(
            committed.get(path, "").splitlines(),
            made.get(path, "").splitlines(),
            f"committed {name} {path}".strip(),
            f"made from the code {name} {path}".strip(),
            lineterm="",
        )
    ]


if __name__ == "__main__":
    sys.exit(main())
