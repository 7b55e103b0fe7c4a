# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class ClientCapabilitiesEnum(StrEnum):
    ELICITATION = "elicitation"
    ROOTS = "roots"
    SAMPLING = "sampling"

    def __str__(self) -> str:
        return str(self.value)
