"""A stored release held against the engine's schema, and against what the engine says it runs."""

from __future__ import annotations

from collections.abc import Sequence

from configs.opencode.problems import has_errors
from configs.opencode.read_back import Difference, check_tree, compare_read_back
from configs.opencode.tree import File, Tree
from events.text import make_storable, make_visible
from releases.engine_calls import Running
from releases.models import Release

SHOWN_DIFFERENCES = 5
MAX_SHOWN_LENGTH = 200


def build_tree(release: Release) -> Tree:
    return Tree(tuple(File(path, text) for path, text in release.file_pairs), ())


def explain_invalid(release: Release) -> str:
    """What the engine's schema says against its files, "" for nothing."""
    problems = check_tree(build_tree(release))
    if not has_errors(problems):
        return ""
    return " ".join(problem.sentence for problem in problems if problem.severity == "error")


def compare_all(release: Release, running: Sequence[Running]) -> list[Difference]:
    """What is otherwise in any of the folders, each difference once."""
    tree = build_tree(release)
    found = [difference for one in running for difference in compare_read_back(tree, one.agents, one.config)]
    return list(dict.fromkeys(found))


def describe_differences(differences: Sequence[Difference]) -> str:
    """The first few in words, "" for none."""
    words = [
        f"{make_visible(one.path)}: {shorten(one.expected)} was released, {shorten(one.found)} is there."
        for one in differences[:SHOWN_DIFFERENCES]
    ]
    if len(differences) > SHOWN_DIFFERENCES:
        words.append(f"… and {len(differences) - SHOWN_DIFFERENCES} more differences.")
    return " ".join(words)


def shorten(text: str) -> str:
    return make_visible(make_storable(text, MAX_SHOWN_LENGTH))
