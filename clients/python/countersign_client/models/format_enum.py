# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class FormatEnum(StrEnum):
    CLAUDE = "claude"
    DOCKER = "docker"
    OPENCODE = "opencode"
    REGISTRY = "registry"

    def __str__(self) -> str:
        return str(self.value)
