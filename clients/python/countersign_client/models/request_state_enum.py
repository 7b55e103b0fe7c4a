# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class RequestStateEnum(StrEnum):
    APPROVED = "approved"
    CANCELLED = "cancelled"
    DENIED = "denied"
    EXPIRED = "expired"
    PENDING = "pending"

    def __str__(self) -> str:
        return str(self.value)
