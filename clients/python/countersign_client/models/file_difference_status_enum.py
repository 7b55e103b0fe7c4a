# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class FileDifferenceStatusEnum(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"

    def __str__(self) -> str:
        return str(self.value)
