# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class ConfigKindEnum(StrEnum):
    AGENT = "agent"
    INSTRUCTION = "instruction"
    MODEL = "model"
    PROMPT = "prompt"
    PROVIDER = "provider"
    TOOL_RULES = "tool_rules"

    def __str__(self) -> str:
        return str(self.value)
