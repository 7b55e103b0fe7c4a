# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.part_type_enum import PartTypeEnum
from ..types import UNSET, Unset

T = TypeVar("T", bound="Part")


@_attrs_define
class Part:
    """One part of a message; `type` says which of the other members there are.

    `text` and `reasoning` have `text`, and so has `notice`, a word of Countersign's own. `tool` has `tool`,
    `callID`, `status`, `title`, and `sessionID` where it delegates; `file` has `mime` and `filename`; `agent`
    has `name`; `step` has `phase`; `subtask` has `agent`, `description` and `sessionID`; `patch` has `files`.

    """

    id: str
    """ The engine's; empty until a message of ours is on its way. """
    type_: PartTypeEnum
    """ * `text` - text
    * `reasoning` - reasoning
    * `tool` - tool
    * `file` - file
    * `agent` - agent
    * `step` - step
    * `subtask` - subtask
    * `patch` - patch
    * `notice` - notice """
    text: str | Unset = UNSET
    tool: str | Unset = UNSET
    call_id: str | Unset = UNSET
    status: str | Unset = UNSET
    title: str | Unset = UNSET
    session_id: str | Unset = UNSET
    mime: str | Unset = UNSET
    filename: str | Unset = UNSET
    name: str | Unset = UNSET
    phase: str | Unset = UNSET
    agent: str | Unset = UNSET
    description: str | Unset = UNSET
    files: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        type_ = self.type_.value

        text = self.text

        tool = self.tool

        call_id = self.call_id

        status = self.status

        title = self.title

        session_id = self.session_id

        mime = self.mime

        filename = self.filename

        name = self.name

        phase = self.phase

        agent = self.agent

        description = self.description

        files: list[str] | Unset = UNSET
        if not isinstance(self.files, Unset):
            files = self.files

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "type": type_,
            }
        )
        if text is not UNSET:
            field_dict["text"] = text
        if tool is not UNSET:
            field_dict["tool"] = tool
        if call_id is not UNSET:
            field_dict["callID"] = call_id
        if status is not UNSET:
            field_dict["status"] = status
        if title is not UNSET:
            field_dict["title"] = title
        if session_id is not UNSET:
            field_dict["sessionID"] = session_id
        if mime is not UNSET:
            field_dict["mime"] = mime
        if filename is not UNSET:
            field_dict["filename"] = filename
        if name is not UNSET:
            field_dict["name"] = name
        if phase is not UNSET:
            field_dict["phase"] = phase
        if agent is not UNSET:
            field_dict["agent"] = agent
        if description is not UNSET:
            field_dict["description"] = description
        if files is not UNSET:
            field_dict["files"] = files

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        type_ = PartTypeEnum(d.pop("type"))

        text = d.pop("text", UNSET)

        tool = d.pop("tool", UNSET)

        call_id = d.pop("callID", UNSET)

        status = d.pop("status", UNSET)

        title = d.pop("title", UNSET)

        session_id = d.pop("sessionID", UNSET)

        mime = d.pop("mime", UNSET)

        filename = d.pop("filename", UNSET)

        name = d.pop("name", UNSET)

        phase = d.pop("phase", UNSET)

        agent = d.pop("agent", UNSET)

        description = d.pop("description", UNSET)

        files = cast(list[str], d.pop("files", UNSET))

        part = cls(
            id=id,
            type_=type_,
            text=text,
            tool=tool,
            call_id=call_id,
            status=status,
            title=title,
            session_id=session_id,
            mime=mime,
            filename=filename,
            name=name,
            phase=phase,
            agent=agent,
            description=description,
            files=files,
        )

        part.additional_properties = d
        return part

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
