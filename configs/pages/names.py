"""The names of what contents refer to by id."""

from __future__ import annotations

from collections.abc import Iterable

from configs.content import AgentContent, Content
from configs.models import Model, Prompt


def read_names(contents: Iterable[Content | None]) -> dict[str, str]:
    """{id: name} of the prompts and models that agents use."""
    agents = [content for content in contents if isinstance(content, AgentContent)]
    prompts = {agent.prompt for agent in agents if agent.prompt}
    models = {agent.model for agent in agents if agent.model}
    names = dict(Prompt.objects.filter(pk__in=prompts).values_list("pk", "name")) if prompts else {}
    return names | (dict(Model.objects.filter(pk__in=models).values_list("pk", "key")) if models else {})
