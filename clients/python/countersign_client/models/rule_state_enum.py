# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class RuleStateEnum(StrEnum):
    ACTIVE = "active"
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    OFF = "off"
    RETIRED = "retired"

    def __str__(self) -> str:
        return str(self.value)
