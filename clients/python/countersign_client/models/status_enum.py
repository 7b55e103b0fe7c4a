# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class StatusEnum(StrEnum):
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    FAILED = "failed"
    LOST = "lost"
    QUEUED = "queued"
    RUNNING = "running"
    STARTING = "starting"
    WAITING_HUMAN = "waiting_human"

    def __str__(self) -> str:
        return str(self.value)
