from __future__ import annotations

from django.db import models


class ProposalState(models.TextChoices):
    DRAFT = "draft", "draft"
    SUBMITTED = "submitted", "submitted"
    CHANGES_REQUESTED = "changes_requested", "changes requested"
    APPROVED = "approved", "approved"
    REJECTED = "rejected", "rejected"
    WITHDRAWN = "withdrawn", "withdrawn"

    @classmethod
    def ended(cls) -> frozenset[str]:
        """Terminal states never change."""
        return frozenset({cls.APPROVED, cls.REJECTED, cls.WITHDRAWN})

    @classmethod
    def submittable(cls) -> frozenset[str]:
        return frozenset({cls.DRAFT, cls.CHANGES_REQUESTED})

    @property
    def event(self) -> str:
        return f"proposal.{self.value}"


class AuthoredBy(models.TextChoices):
    """Who wrote a proposal first: told from who asked, never from what was said."""

    HUMAN = "human", "a person"
    AGENT = "agent", "an agent"


class SopState(models.TextChoices):
    LIVE = "live", "live"
    SUPERSEDED = "superseded", "superseded"
    REVOKED = "revoked", "revoked"


class Area(models.TextChoices):
    """What a procedure is about; each has headings that it must have (`procedures.lint`)."""

    GENERAL = "general", "general"
    DEVELOPMENT = "development", "development"
    DEPLOYMENT = "deployment", "deployment"
    OPERATIONS = "operations", "operations"
    INCIDENT = "incident", "incidents"
    SECURITY = "security", "security"
    DATA = "data", "data"
