# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class SeverityEnum(StrEnum):
    ERROR = "error"
    WARNING = "warning"

    def __str__(self) -> str:
        return str(self.value)
