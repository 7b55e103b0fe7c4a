"""An engine as publishing sees it: it reads a folder when it is told to, and says what it runs.

Beside the real engine, not instead of it: the real one can't be made to refuse a sound release, to be busy
for as long as a test wants, or to run something else than it was given.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from configs.opencode.read_back import ExpectedAgent, expected_agents
from configs.opencode.tree import File, Tree
from tests.relay.fake_engine import Answer, FakeEngine, Request, give

ISSUES = [{"path": ["mode"], "message": "Invalid option"}]
REFUSED = json.dumps(
    {"name": "ConfigInvalidError", "data": {"path": "agent/reviewer.md", "issues": ISSUES}}
).encode()
WORDS = "ConfigInvalidError\nagent/reviewer.md\nmode: Invalid option"


@dataclass(repr=False)
class FolderEngine(FakeEngine):
    """`refuses`: a text that makes it refuse a folder that holds it; then only a restart has it read another.

    `ignores_dispose`: it goes on with what it read first.
    """

    folder: Path = field(default_factory=Path)
    refuses: str = "REFUSED"
    ignores_dispose: bool = False
    is_bricked: bool = False
    restarts: int = 0
    loaded: dict[str, str] | None = None

    def read_folder(self) -> None:
        files = {
            path.relative_to(self.folder).as_posix(): path.read_text()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.suffix in {".json", ".md"} and "node_modules" not in path.parts
        }
        self.loaded = {
            path: text
            for path, text in files.items()
            if path == "opencode.json" or path.startswith(("agent/", "instructions/"))
        }
        self.is_bricked = self.is_bricked or any(self.refuses in text for text in files.values())

    def restart(self) -> None:
        self.restarts += 1
        self.is_bricked = False
        self.read_folder()

    def _behave(self, request: Request) -> Answer:
        if request.path == "/global/health":
            return super()._behave(request)
        if request.method == "POST" and request.path == "/instance/dispose":
            if not self.ignores_dispose:
                self.read_folder()
            return give(True)
        if self.is_bricked:
            return 400, REFUSED
        match request.path:
            case "/agent":
                return give(self.list_agents())
            case "/config":
                return give(self.read_config())
        return super()._behave(request)

    def build_tree(self) -> Tree:
        if self.loaded is None:
            self.read_folder()
        assert self.loaded is not None
        return Tree(tuple(File(path, text) for path, text in self.loaded.items()), ())

    def list_agents(self) -> list[dict[str, Any]]:
        tree = self.build_tree()
        return [show_agent(agent) for agent in expected_agents(tree).values()] if tree.files else []

    def read_config(self) -> dict[str, Any]:
        text = self.build_tree().find("opencode.json")
        folder = json.dumps(str(self.folder))[1:-1]
        return {} if text is None else json.loads(text.replace("{env:OPENCODE_CONFIG_DIR}", folder))


def show_agent(agent: ExpectedAgent) -> dict[str, Any]:
    """One entry of `GET /agent`."""
    provider, _, model = (agent.model or "").partition("/")
    facts = {
        "name": agent.name,
        "mode": agent.mode,
        "description": agent.description,
        "prompt": agent.prompt,
        "model": {"providerID": provider, "modelID": model} if agent.model else None,
        "variant": agent.variant,
        "steps": agent.steps,
        "color": agent.color,
        "hidden": agent.is_hidden,
        "options": dict(agent.options),
        "permission": [
            {"permission": rule.permission, "pattern": rule.pattern, "action": rule.action}
            for rule in agent.rules
        ],
    }
    return {key: value for key, value in facts.items() if value is not None}
