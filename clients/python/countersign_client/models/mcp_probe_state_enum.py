# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class McpProbeStateEnum(StrEnum):
    DONE = "done"
    FAILED = "failed"
    FETCHING = "fetching"
    LISTING = "listing"
    NOT_RUN = "not_run"
    QUEUED = "queued"
    STARTING = "starting"

    def __str__(self) -> str:
        return str(self.value)
