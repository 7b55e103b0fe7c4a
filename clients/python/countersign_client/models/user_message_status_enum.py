# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class UserMessageStatusEnum(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"
    PENDING = "pending"
    SENDING = "sending"

    def __str__(self) -> str:
        return str(self.value)
