# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class EngineMessageStatusEnum(StrEnum):
    ABORTED = "aborted"
    COMPLETED = "completed"
    FAILED = "failed"
    PROCESSING = "processing"

    def __str__(self) -> str:
        return str(self.value)
