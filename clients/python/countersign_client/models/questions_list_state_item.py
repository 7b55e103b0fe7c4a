# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class QuestionsListStateItem(StrEnum):
    ANSWERED = "answered"
    CLOSED = "closed"
    OPEN = "open"
    REJECTED = "rejected"

    def __str__(self) -> str:
        return str(self.value)
