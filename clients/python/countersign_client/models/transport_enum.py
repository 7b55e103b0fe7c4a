# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class TransportEnum(StrEnum):
    SSE = "sse"
    STDIO = "stdio"
    STREAMABLE_HTTP = "streamable-http"

    def __str__(self) -> str:
        return str(self.value)
