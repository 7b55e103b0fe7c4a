# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class VerbsEnum(StrEnum):
    EDIT = "edit"
    EXTERNAL_DIRECTORY = "external_directory"
    GLOB = "glob"
    GREP = "grep"
    LIST = "list"
    READ = "read"
    WRITE = "write"

    def __str__(self) -> str:
        return str(self.value)
