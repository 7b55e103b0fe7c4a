# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class RoleEnum(StrEnum):
    ADMIN = "admin"
    APPROVER = "approver"
    EDITOR = "editor"
    VIEWER = "viewer"

    def __str__(self) -> str:
        return str(self.value)
