# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class McpSecretKindEnum(StrEnum):
    ENV = "env"
    HEADER = "header"

    def __str__(self) -> str:
        return str(self.value)
