# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class PublicationStateEnum(StrEnum):
    BY_HAND = "by_hand"
    CANCELLED = "cancelled"
    DISPOSING = "disposing"
    FAILED = "failed"
    LIVE = "live"
    QUEUED = "queued"
    READING_BACK = "reading_back"
    ROLLED_BACK = "rolled_back"
    ROLLING_BACK = "rolling_back"
    STAGING = "staging"
    SWAPPING = "swapping"
    TRYING = "trying"
    VALIDATING = "validating"
    WAITING = "waiting"

    def __str__(self) -> str:
        return str(self.value)
