# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class SopStateEnum(StrEnum):
    LIVE = "live"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"

    def __str__(self) -> str:
        return str(self.value)
