# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.content_arguments_type_0 import ContentArgumentsType0
    from ..models.content_metadata import ContentMetadata


T = TypeVar("T", bound="Content")


@_attrs_define
class Content:
    """The full content, unmasked."""

    permission: str
    patterns: list[str]
    directory: str
    agent: str
    command: str
    diff: str
    arguments: ContentArgumentsType0 | None
    """ Null while or when they are not known. """
    metadata: ContentMetadata
    tool: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.content_arguments_type_0 import ContentArgumentsType0  # noqa: PLC0415

        permission = self.permission

        patterns = self.patterns

        directory = self.directory

        agent = self.agent

        command = self.command

        diff = self.diff

        arguments: dict[str, Any] | None
        if isinstance(self.arguments, ContentArgumentsType0):
            arguments = self.arguments.to_dict()
        else:
            arguments = self.arguments

        metadata = self.metadata.to_dict()

        tool = self.tool

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "permission": permission,
                "patterns": patterns,
                "directory": directory,
                "agent": agent,
                "command": command,
                "diff": diff,
                "arguments": arguments,
                "metadata": metadata,
                "tool": tool,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.content_arguments_type_0 import ContentArgumentsType0  # noqa: PLC0415
        from ..models.content_metadata import ContentMetadata  # noqa: PLC0415

        d = dict(src_dict)
        permission = d.pop("permission")

        patterns = cast(list[str], d.pop("patterns"))

        directory = d.pop("directory")

        agent = d.pop("agent")

        command = d.pop("command")

        diff = d.pop("diff")

        def _parse_arguments(data: object) -> ContentArgumentsType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                arguments_type_0 = ContentArgumentsType0.from_dict(data)

                return arguments_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ContentArgumentsType0 | None, data)

        arguments = _parse_arguments(d.pop("arguments"))

        metadata = ContentMetadata.from_dict(d.pop("metadata"))

        tool = d.pop("tool")

        content = cls(
            permission=permission,
            patterns=patterns,
            directory=directory,
            agent=agent,
            command=command,
            diff=diff,
            arguments=arguments,
            metadata=metadata,
            tool=tool,
        )

        content.additional_properties = d
        return content

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
