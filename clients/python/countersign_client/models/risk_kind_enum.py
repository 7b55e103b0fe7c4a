# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class RiskKindEnum(StrEnum):
    CREDENTIAL_PATH = "credential_path"
    DESTRUCTIVE = "destructive"
    NETWORK = "network"
    OBFUSCATION = "obfuscation"
    OUTSIDE_PROJECT = "outside_project"
    PERSISTENCE = "persistence"
    PRIVILEGE = "privilege"

    def __str__(self) -> str:
        return str(self.value)
