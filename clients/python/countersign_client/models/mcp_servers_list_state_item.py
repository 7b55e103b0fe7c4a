# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class McpServersListStateItem(StrEnum):
    ACTIVE = "active"
    APPROVED = "approved"
    CHECKING = "checking"
    DRIFTED = "drifted"
    NEEDS_REVIEW = "needs_review"
    REJECTED = "rejected"
    REQUESTED = "requested"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    TRIAL = "trial"
    WITHDRAWN = "withdrawn"

    def __str__(self) -> str:
        return str(self.value)
