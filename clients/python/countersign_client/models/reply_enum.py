# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class ReplyEnum(StrEnum):
    ANSWER = "answer"
    ONCE = "once"
    REJECT = "reject"

    def __str__(self) -> str:
        return str(self.value)
