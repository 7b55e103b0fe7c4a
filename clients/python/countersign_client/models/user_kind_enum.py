# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class UserKindEnum(StrEnum):
    PERSON = "person"
    SERVICE = "service"

    def __str__(self) -> str:
        return str(self.value)
