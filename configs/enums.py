from __future__ import annotations

from django.db import models


class ConfigKind(models.TextChoices):
    """Everything that has versions and labels."""

    PROMPT = "prompt", "prompt"
    INSTRUCTION = "instruction", "instruction file"
    PROVIDER = "provider", "provider"
    MODEL = "model", "model"
    AGENT = "agent", "agent"
    TOOL_RULES = "tool_rules", "rules for every agent"


class AgentMode(models.TextChoices):
    """The engine knows no other: it refuses everything once one agent has another mode."""

    PRIMARY = "primary", "primary: people talk to it"
    SUBAGENT = "subagent", "subagent: other agents call it"
    ALL = "all", "both"


class RuleAction(models.TextChoices):
    ALLOW = "allow", "allow"
    ASK = "ask", "ask"
    DENY = "deny", "deny"


class ModelStatus(models.TextChoices):
    ALPHA = "alpha", "alpha"
    BETA = "beta", "beta"
    ACTIVE = "active", "active"
    DEPRECATED = "deprecated", "deprecated"


class KnownLabel(models.TextChoices):
    """Labels that the code names; teams have others of their own."""

    DRAFT = "draft", "draft: always the latest version"
    STAGING = "staging", "staging"
    PRODUCTION = "production", "production: what a release takes"
