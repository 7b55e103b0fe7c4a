# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class PromptStateEnum(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    WITHDRAWN = "withdrawn"

    def __str__(self) -> str:
        return str(self.value)
