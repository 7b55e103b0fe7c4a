# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class NameEnum(StrEnum):
    GLOBAL = "global"

    def __str__(self) -> str:
        return str(self.value)
