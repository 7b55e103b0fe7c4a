# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class McpPackageKindEnum(StrEnum):
    NPM = "npm"
    OCI = "oci"
    PYPI = "pypi"

    def __str__(self) -> str:
        return str(self.value)
