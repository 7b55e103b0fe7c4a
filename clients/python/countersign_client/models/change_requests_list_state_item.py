# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class ChangeRequestsListStateItem(StrEnum):
    APPROVED = "approved"
    EXPIRED = "expired"
    OPEN = "open"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    def __str__(self) -> str:
        return str(self.value)
