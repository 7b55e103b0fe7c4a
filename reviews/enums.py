from __future__ import annotations

from django.db import models


class ReviewKind(models.TextChoices):
    """What a policy is about."""

    PERMISSION_REQUEST = "permission_request", "permission requests"


class Verdict(models.TextChoices):
    APPROVE = "approve", "approve"
    DENY = "deny", "deny"
