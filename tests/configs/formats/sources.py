"""What tests write from: the drafts of a file as if they were stored."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from configs.content import AgentContent, ConfigSet, ModelContent
from configs.formats.drafts import Draft
from configs.formats.sources import ExportSource

FIELDS = {
    "prompt": "prompts",
    "instruction": "instructions",
    "provider": "providers",
    "model": "models",
    "agent": "agents",
    "tool_rules": "tool_rules",
}


def make_id(number: int) -> str:
    return f"id{number:013d}"


def build_source(drafts: Iterable[Draft]) -> ExportSource:
    """Every draft under an id of its own, references turned into ids; models outside the file too."""
    drafts = list(drafts)
    own = len(drafts)
    inside = {draft.content.key for draft in drafts if draft.kind == "model"}
    outside = {draft.model for draft in drafts} - inside - {""}
    drafts += [make_outside_model(key) for key in sorted(outside)]
    ids = {(draft.kind, draft.content.key): make_id(number) for number, draft in enumerate(drafts)}
    found: dict[str, Any] = {name: {} for name in FIELDS.values()}
    for draft in drafts:
        content = draft.content
        if isinstance(content, AgentContent):
            content = replace(
                content,
                prompt=ids.get(("prompt", draft.prompt), ""),
                model=ids.get(("model", draft.model), ""),
            )
        found[FIELDS[draft.kind]][ids[draft.kind, content.key]] = content
    return ExportSource(ConfigSet(**found), frozenset(make_id(number) for number in range(own)))


def make_outside_model(key: str) -> Draft:
    provider, _, identifier = key.partition("/")
    return Draft("model", ModelContent.read({"provider": provider, "identifier": identifier}))
