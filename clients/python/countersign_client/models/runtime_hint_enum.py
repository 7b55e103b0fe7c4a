# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class RuntimeHintEnum(StrEnum):
    DOCKER = "docker"
    NODE = "node"
    NPX = "npx"
    PYTHON = "python"
    UVX = "uvx"

    def __str__(self) -> str:
        return str(self.value)
