# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class LengthEnum(StrEnum):
    TOMORROW = "tomorrow"
    VALUE_0 = "15m"
    VALUE_1 = "1h"

    def __str__(self) -> str:
        return str(self.value)
