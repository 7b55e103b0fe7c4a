from __future__ import annotations

from django.db import models

from configs.enums import AgentMode, ConfigKind, ModelStatus
from configs.models.configured import Configured, build_constraints, build_indexes


class Prompt(Configured):
    """A text for agents, with variables."""

    kind = ConfigKind.PROMPT
    tags = models.JSONField(default=list)

    class Meta:
        ordering = ["name", "id"]
        constraints = build_constraints("prompt")
        indexes = build_indexes("prompt")


class Instruction(Configured):
    """A file that every agent reads."""

    kind = ConfigKind.INSTRUCTION
    tags = models.JSONField(default=list)

    class Meta:
        ordering = ["name", "id"]
        constraints = build_constraints("instruction")
        indexes = build_indexes("instruction")


class Provider(Configured):
    """Where models come from."""

    kind = ConfigKind.PROVIDER
    display_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = build_constraints("provider")
        indexes = build_indexes("provider")


class Model(Configured):
    """A language model of a provider; `key` is as agents name it, `provider/identifier`."""

    kind = ConfigKind.MODEL
    provider = models.CharField(max_length=64)
    identifier = models.CharField(max_length=200)
    family = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=12, choices=ModelStatus, default=ModelStatus.ACTIVE)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["key", "id"]
        constraints = build_constraints("model")
        indexes = [
            *build_indexes("model"),
            models.Index(fields=["provider", "identifier"], name="model_by_provider"),
        ]


class Agent(Configured):
    """An agent; its own rules stand in its versions."""

    kind = ConfigKind.AGENT
    description = models.TextField(blank=True)
    mode = models.CharField(max_length=8, choices=AgentMode, default=AgentMode.ALL)
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, null=True, related_name="agents")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, null=True, related_name="agents")
    is_hidden = models.BooleanField(default=False)
    is_disabled = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = build_constraints("agent")
        indexes = build_indexes("agent")


class ToolRules(Configured):
    """The rules for every agent: one list for each team, and one that is everybody's."""

    kind = ConfigKind.TOOL_RULES
    rule_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "tool rules"
        constraints = build_constraints("tool_rules")
        indexes = build_indexes("tool_rules")
