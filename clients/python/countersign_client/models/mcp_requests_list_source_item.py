# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class McpRequestsListSourceItem(StrEnum):
    API = "api"
    FORM = "form"
    IMPORT = "import"

    def __str__(self) -> str:
        return str(self.value)
