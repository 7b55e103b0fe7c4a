# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class QuestionSourceEnum(StrEnum):
    API = "api"
    ENGINE = "engine"

    def __str__(self) -> str:
        return str(self.value)
