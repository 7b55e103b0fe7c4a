# Generated from docs/openapi.yaml by `make schema`: do not edit.
from enum import StrEnum


class ModalityEnum(StrEnum):
    AUDIO = "audio"
    IMAGE = "image"
    PDF = "pdf"
    TEXT = "text"
    VIDEO = "video"

    def __str__(self) -> str:
        return str(self.value)
