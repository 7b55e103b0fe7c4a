# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class McpSeverityEnum(StrEnum):
    BLOCKING = "blocking"
    HIGH = "high"
    INFO = "info"
    LOW = "low"

    def __str__(self) -> str:
        return str(self.value)
