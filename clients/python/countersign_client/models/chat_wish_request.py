# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ChatWishRequest")


@_attrs_define
class ChatWishRequest:
    """A new chat. Its session is made in the engine with its first message."""

    engine: str
    title: str | Unset = ""
    agent: str | Unset = ""
    """ Left out: the engine's own choice. """
    directory: str | Unset = ""
    """ One of the engine's folders; left out: its first. """
    description: str | Unset = ""
    tags: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        engine = self.engine

        title = self.title

        agent = self.agent

        directory = self.directory

        description = self.description

        tags: list[str] | Unset = UNSET
        if not isinstance(self.tags, Unset):
            tags = self.tags

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "engine": engine,
            }
        )
        if title is not UNSET:
            field_dict["title"] = title
        if agent is not UNSET:
            field_dict["agent"] = agent
        if directory is not UNSET:
            field_dict["directory"] = directory
        if description is not UNSET:
            field_dict["description"] = description
        if tags is not UNSET:
            field_dict["tags"] = tags

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        engine = d.pop("engine")

        title = d.pop("title", UNSET)

        agent = d.pop("agent", UNSET)

        directory = d.pop("directory", UNSET)

        description = d.pop("description", UNSET)

        tags = cast(list[str], d.pop("tags", UNSET))

        chat_wish_request = cls(
            engine=engine,
            title=title,
            agent=agent,
            directory=directory,
            description=description,
            tags=tags,
        )

        return chat_wish_request
