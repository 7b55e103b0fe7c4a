# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class McpRequestsListStateItem(StrEnum):
    APPROVED = "approved"
    CHECKING = "checking"
    NEEDS_REVIEW = "needs_review"
    REJECTED = "rejected"
    REQUESTED = "requested"
    SUPERSEDED = "superseded"
    TRIAL = "trial"
    WITHDRAWN = "withdrawn"

    def __str__(self) -> str:
        return str(self.value)
