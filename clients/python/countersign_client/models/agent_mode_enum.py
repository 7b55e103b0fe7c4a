# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class AgentModeEnum(StrEnum):
    ALL = "all"
    PRIMARY = "primary"
    SUBAGENT = "subagent"

    def __str__(self) -> str:
        return str(self.value)
