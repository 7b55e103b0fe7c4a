from __future__ import annotations

from django.db import models

from accounts.enums import Role


class ReviewKind(models.TextChoices):
    """Kinds that the code names. Those of reviews are open: `reviews.registry` knows what is there."""

    PERMISSION_REQUEST = "permission_request", "permission requests"
    WHITELIST_RULE = "whitelist_rule", "wide rules"
    CONFIG_LABEL = "config_label", "protected labels"
    SOP_PROPOSAL = "sop_proposal", "proposals of procedures"
    MCP_SERVER = "mcp_server", "MCP servers"


class ReviewState(models.TextChoices):
    OPEN = "open", "open"
    APPROVED = "approved", "approved"
    REJECTED = "rejected", "rejected"
    WITHDRAWN = "withdrawn", "withdrawn"
    EXPIRED = "expired", "expired"

    @classmethod
    def closed(cls) -> frozenset[str]:
        """Terminal states never change."""
        return frozenset({cls.APPROVED, cls.REJECTED, cls.WITHDRAWN, cls.EXPIRED})

    @property
    def event(self) -> str:
        return f"review.{self.value}"


class ApproverRole(models.TextChoices):
    """Whose approvals count."""

    APPROVER = "approver", "approvers and team admins"
    ADMIN = "admin", "team admins"

    @property
    def roles(self) -> frozenset[str]:
        """The memberships' roles that this means."""
        return Role.managing() if self is ApproverRole.ADMIN else Role.deciding()


class Verdict(models.TextChoices):
    APPROVE = "approve", "approve"
    DENY = "deny", "deny"
