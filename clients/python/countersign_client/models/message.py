# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.blank_enum import BlankEnum
from ..models.engine_message_status_enum import EngineMessageStatusEnum
from ..models.message_role_enum import MessageRoleEnum
from ..models.user_message_status_enum import UserMessageStatusEnum

if TYPE_CHECKING:
    from ..models.outgoing import Outgoing
    from ..models.part import Part


T = TypeVar("T", bound="Message")


@_attrs_define
class Message:
    """What was said. Tool inputs and outputs stay in the engine."""

    id: str
    chat: str
    role: MessageRoleEnum
    """ * `user` - user
    * `assistant` - assistant
    * `system` - system """
    ai_engine_message_id: None | str
    parent_id: str
    user_message_status: BlankEnum | UserMessageStatusEnum
    engine_message_status: BlankEnum | EngineMessageStatusEnum
    parts: list[Part]
    outgoing: None | Outgoing
    created: datetime.datetime
    updated: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.outgoing import Outgoing  # noqa: PLC0415

        id = self.id

        chat = self.chat

        role = self.role.value

        ai_engine_message_id: None | str
        ai_engine_message_id = self.ai_engine_message_id

        parent_id = self.parent_id

        user_message_status: str
        if isinstance(self.user_message_status, UserMessageStatusEnum):
            user_message_status = self.user_message_status.value
        else:
            user_message_status = self.user_message_status.value

        engine_message_status: str
        if isinstance(self.engine_message_status, EngineMessageStatusEnum):
            engine_message_status = self.engine_message_status.value
        else:
            engine_message_status = self.engine_message_status.value

        parts = []
        for parts_item_data in self.parts:
            parts_item = parts_item_data.to_dict()
            parts.append(parts_item)

        outgoing: dict[str, Any] | None
        if isinstance(self.outgoing, Outgoing):
            outgoing = self.outgoing.to_dict()
        else:
            outgoing = self.outgoing

        created = self.created.isoformat()

        updated = self.updated.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "chat": chat,
                "role": role,
                "ai_engine_message_id": ai_engine_message_id,
                "parent_id": parent_id,
                "user_message_status": user_message_status,
                "engine_message_status": engine_message_status,
                "parts": parts,
                "outgoing": outgoing,
                "created": created,
                "updated": updated,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.outgoing import Outgoing  # noqa: PLC0415
        from ..models.part import Part  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        chat = d.pop("chat")

        role = MessageRoleEnum(d.pop("role"))

        def _parse_ai_engine_message_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        ai_engine_message_id = _parse_ai_engine_message_id(d.pop("ai_engine_message_id"))

        parent_id = d.pop("parent_id")

        def _parse_user_message_status(data: object) -> BlankEnum | UserMessageStatusEnum:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                user_message_status_type_0 = UserMessageStatusEnum(data)

                return user_message_status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, str):
                raise TypeError()
            user_message_status_type_1 = BlankEnum(data)

            return user_message_status_type_1

        user_message_status = _parse_user_message_status(d.pop("user_message_status"))

        def _parse_engine_message_status(data: object) -> BlankEnum | EngineMessageStatusEnum:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                engine_message_status_type_0 = EngineMessageStatusEnum(data)

                return engine_message_status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, str):
                raise TypeError()
            engine_message_status_type_1 = BlankEnum(data)

            return engine_message_status_type_1

        engine_message_status = _parse_engine_message_status(d.pop("engine_message_status"))

        parts = []
        _parts = d.pop("parts")
        for parts_item_data in _parts:
            parts_item = Part.from_dict(parts_item_data)

            parts.append(parts_item)

        def _parse_outgoing(data: object) -> None | Outgoing:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                outgoing_type_0 = Outgoing.from_dict(data)

                return outgoing_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Outgoing, data)

        outgoing = _parse_outgoing(d.pop("outgoing"))

        created = datetime.datetime.fromisoformat(d.pop("created"))

        updated = datetime.datetime.fromisoformat(d.pop("updated"))

        message = cls(
            id=id,
            chat=chat,
            role=role,
            ai_engine_message_id=ai_engine_message_id,
            parent_id=parent_id,
            user_message_status=user_message_status,
            engine_message_status=engine_message_status,
            parts=parts,
            outgoing=outgoing,
            created=created,
            updated=updated,
        )

        message.additional_properties = d
        return message

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
