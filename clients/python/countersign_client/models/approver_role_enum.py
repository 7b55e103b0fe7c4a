# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class ApproverRoleEnum(StrEnum):
    ADMIN = "admin"
    APPROVER = "approver"

    def __str__(self) -> str:
        return str(self.value)
