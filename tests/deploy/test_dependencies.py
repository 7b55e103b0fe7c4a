"""What the code imports is what pyproject.toml names: nothing hangs on somebody else's dependency."""

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from deploy.virtualenv import REQUIREMENT_FILES, ROOT
from tests.test_layers import ALLOWED, OURS, imported_modules

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DIRECT = {"run": PROJECT["project"]["dependencies"], **PROJECT["dependency-groups"]}

PIN = r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)"


def normalise(name: str) -> str:
    """Return a distribution's name in the one spelling that comparisons need (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def named(requirements: list[str]) -> set[str]:
    return {normalise(re.split(r"[\[<>=~!;]", requirement)[0]) for requirement in requirements}


def foreign_imports(folders: list[str]) -> Iterator[tuple[Path, str]]:
    """Yield (file, top-level module) for each import that is neither ours nor the standard library's."""
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for module in imported_modules(path.read_text()):
                top = module.split(".")[0]
                if top and top not in sys.stdlib_module_names | OURS:
                    yield path.relative_to(ROOT), top


@pytest.mark.parametrize(
    ("folders", "groups"),
    [(sorted(ALLOWED), ["run"]), (["tests", "benchmarks"], ["run", "dev"])],
    ids=["product", "tests"],
)
def test_every_import_is_a_direct_dependency(folders: list[str], groups: list[str]) -> None:
    direct = set().union(*(named(DIRECT[group]) for group in groups))
    distributions = packages_distributions()
    missing = {
        (str(path), module)
        for path, module in foreign_imports(folders)
        if not direct & {normalise(name) for name in distributions.get(module, [])}
    }
    assert missing == set()


@pytest.mark.parametrize("group", REQUIREMENT_FILES)
def test_every_direct_dependency_is_pinned(group: str) -> None:
    pinned = re.findall(PIN, (ROOT / REQUIREMENT_FILES[group]).read_text(), re.MULTILINE)
    assert named(DIRECT[group]) - {normalise(name) for name, _version in pinned} == set()


def test_pins_of_development_do_not_differ_from_those_of_the_product() -> None:
    pins = {
        group: dict(re.findall(PIN, (ROOT / file_name).read_text(), re.MULTILINE))
        for group, file_name in REQUIREMENT_FILES.items()
    }
    shared = pins["run"].keys() & pins["dev"].keys()
    assert {name: pins["dev"][name] for name in shared} == {name: pins["run"][name] for name in shared}
