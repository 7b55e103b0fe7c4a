# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class CloseReasonEnum(StrEnum):
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    ENGINE_DROPPED = "engine_dropped"
    ENGINE_RESTARTED = "engine_restarted"
    ENGINE_RETIRED = "engine_retired"
    SESSION_ABORTED = "session_aborted"
    SESSION_DELETED = "session_deleted"
    SESSION_ENDED = "session_ended"
    SIBLING_DENIED = "sibling_denied"
    TIMED_OUT = "timed_out"
    WITHDRAWN = "withdrawn"

    def __str__(self) -> str:
        return str(self.value)
