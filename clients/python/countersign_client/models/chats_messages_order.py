# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class ChatsMessagesOrder(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"

    def __str__(self) -> str:
        return str(self.value)
