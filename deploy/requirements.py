"""Pins the direct dependencies of pyproject.toml: exact versions, hashes, every platform, no hosts."""

from deploy.console import run, say
from deploy.virtualenv import REQUIREMENT_FILES, ROOT, VENV

# The oldest Python we support decides which versions are possible.
PYTHON_VERSION = "3.11"

HEADER = "# Pinned by `make requirements` from pyproject.toml, where each direct dependency has its reason.\n"


def pin_requirements() -> None:
    """Regenerate every requirements file with the newest versions allowed; raises StepFailed."""
    pin("run", ["pyproject.toml"])
    pin("dev", ["--constraint", REQUIREMENT_FILES["run"], "--group", "pyproject.toml:dev"])
    pin("node", ["--group", "pyproject.toml:node"])
    pin("cao", ["--group", "pyproject.toml:cao"])


def pin(name: str, sources: list[str]) -> None:
    """Resolve one set of dependencies into its file."""
    file_name = REQUIREMENT_FILES[name]
    say(f"pinning {file_name}")
    resolved = run(
        [
            VENV / "bin" / "uv",
            *(
                "pip",
                "compile",
                "--quiet",
                "--universal",
                "--python-version",
                PYTHON_VERSION,
                "--generate-hashes",
            ),
            *("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--upgrade"),
            *sources,
        ],
        purpose=f"Pinning {file_name}",
        cwd=ROOT,
    )
    (ROOT / file_name).write_text(HEADER + resolved)
