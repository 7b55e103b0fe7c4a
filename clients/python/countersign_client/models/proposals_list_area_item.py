# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class ProposalsListAreaItem(StrEnum):
    DATA = "data"
    DEPLOYMENT = "deployment"
    DEVELOPMENT = "development"
    GENERAL = "general"
    INCIDENT = "incident"
    OPERATIONS = "operations"
    SECURITY = "security"

    def __str__(self) -> str:
        return str(self.value)
