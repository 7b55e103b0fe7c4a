# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class ReplyStateEnum(StrEnum):
    CONFIRMED = "confirmed"
    FAILED = "failed"
    ORPHANED = "orphaned"
    QUEUED = "queued"
    SENT = "sent"

    def __str__(self) -> str:
        return str(self.value)
