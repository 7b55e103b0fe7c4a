"""What a form offers to choose from: the team's and everybody's prompts, models, agents, providers, tags."""

from __future__ import annotations

from collections.abc import Iterable

from configs.content import PromptContent, PromptVariable
from configs.enums import ConfigKind
from configs.pages.forms.base import Chooseable, Offers
from configs.queries import list_usable, read_content
from events.identifiers import is_record_id

MAX_TAGS = 200


def build_offers(kind: str, team_id: str | None, prompt_id: str = "") -> Offers:
    """Only what this kind's form shows is read; `prompt_id` is the prompt that an agent's form has chosen."""
    if kind == ConfigKind.AGENT:
        return Offers(
            prompts=dict(list_usable(ConfigKind.PROMPT, team_id).values_list("pk", "name")),
            variables=read_variables(team_id, prompt_id),
            models=list_models(team_id),
            agents=list_agents(team_id),
        )
    if kind == ConfigKind.MODEL:
        providers = list_usable(ConfigKind.PROVIDER, team_id).values_list("name", flat=True)
        models = (
            list_usable(ConfigKind.MODEL, team_id).order_by().values_list("provider", flat=True).distinct()
        )
        return Offers(providers=tuple(sorted({*providers, *models})))
    if kind in {ConfigKind.PROMPT, ConfigKind.INSTRUCTION}:
        return Offers(tags=merge_tags(list_usable(kind, team_id).values_list("tags", flat=True)))
    return Offers()


def read_variables(team_id: str | None, prompt_id: str) -> tuple[PromptVariable, ...]:
    usable = list_usable(ConfigKind.PROMPT, team_id)
    row = usable.select_related("latest").filter(pk=prompt_id).first() if is_record_id(prompt_id) else None
    content = read_content(row) if row else None
    return content.variables if isinstance(content, PromptContent) else ()


def list_models(team_id: str | None) -> tuple[Chooseable, ...]:
    rows = list_usable(ConfigKind.MODEL, team_id).values_list("pk", "name", "key", "is_enabled", "status")
    return tuple(
        Chooseable(pk, name, key + describe_model(is_enabled=is_enabled, status=status))
        for pk, name, key, is_enabled, status in rows
    )


def describe_model(*, is_enabled: bool, status: str) -> str:
    words = ([] if is_enabled else ["off"]) + ([status] if status == "deprecated" else [])
    return f" ({', '.join(words)})" if words else ""


def list_agents(team_id: str | None) -> tuple[str, ...]:
    rows = list_usable(ConfigKind.AGENT, team_id).exclude(mode="primary")
    return tuple(rows.values_list("name", flat=True))


def merge_tags(rows: Iterable[list[str]]) -> tuple[str, ...]:
    return tuple(sorted({tag for tags in rows for tag in tags})[:MAX_TAGS])
