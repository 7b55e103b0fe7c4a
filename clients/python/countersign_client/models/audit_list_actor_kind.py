# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class AuditListActorKind(StrEnum):
    COMMAND = "command"
    ENGINE = "engine"
    RULE = "rule"
    SERVICE = "service"
    SYSTEM = "system"
    USER = "user"

    def __str__(self) -> str:
        return str(self.value)
