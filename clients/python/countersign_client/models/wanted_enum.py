# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class WantedEnum(StrEnum):
    OFF = "off"
    ON = "on"

    def __str__(self) -> str:
        return str(self.value)
