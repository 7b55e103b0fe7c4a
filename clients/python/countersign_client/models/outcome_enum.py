# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class OutcomeEnum(StrEnum):
    FINDING = "finding"
    NOT_CHECKED = "not_checked"
    PASSED = "passed"

    def __str__(self) -> str:
        return str(self.value)
