# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class PartTypeEnum(StrEnum):
    AGENT = "agent"
    FILE = "file"
    NOTICE = "notice"
    PATCH = "patch"
    REASONING = "reasoning"
    STEP = "step"
    SUBTASK = "subtask"
    TEXT = "text"
    TOOL = "tool"

    def __str__(self) -> str:
        return str(self.value)
