"""What a new server is held against: names that stand already."""

from __future__ import annotations

from dataclasses import dataclass

# Of OpenCode 1.18.33, as its own list of tools names them; a server of such a name would read like one.
BUILT_IN_TOOLS = frozenset(
    {
        *("apply_patch", "bash", "batch", "codesearch", "edit", "glob", "grep", "invalid", "list", "lsp"),
        *("multiedit", "patch", "plan", "plan_enter", "plan_exit", "question", "read", "skill", "task"),
        *("todo", "todoread", "todowrite", "webfetch", "websearch", "write", "external_directory"),
        "doom_loop",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNames:
    """`approved` and `packages` are names and packages of the team's approved servers, its own left out.

    `programs` are absolute paths that the deployment allows besides interpreters.
    """

    approved: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    tools: frozenset[str] = BUILT_IN_TOOLS
    programs: frozenset[str] = frozenset()
