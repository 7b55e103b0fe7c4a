# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class McpIncidentsListStateItem(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    OPEN = "open"

    def __str__(self) -> str:
        return str(self.value)
