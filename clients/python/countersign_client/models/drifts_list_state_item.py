# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class DriftsListStateItem(StrEnum):
    DIFFERENT = "different"
    SAME = "same"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return str(self.value)
