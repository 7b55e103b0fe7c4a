# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class SubagentKindEnum(StrEnum):
    OPENCODE_TASK = "opencode_task"

    def __str__(self) -> str:
        return str(self.value)
