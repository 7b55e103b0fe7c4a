# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Team")


@_attrs_define
class Team:
    """A team; `my_role` is null for an owner who is no member."""

    id: str
    name: str
    my_role: None | str
    chat_user_may_decide: bool
    tokens_may_decide: bool
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        my_role: None | str
        my_role = self.my_role

        chat_user_may_decide = self.chat_user_may_decide

        tokens_may_decide = self.tokens_may_decide

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "my_role": my_role,
                "chat_user_may_decide": chat_user_may_decide,
                "tokens_may_decide": tokens_may_decide,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        def _parse_my_role(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        my_role = _parse_my_role(d.pop("my_role"))

        chat_user_may_decide = d.pop("chat_user_may_decide")

        tokens_may_decide = d.pop("tokens_may_decide")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        team = cls(
            id=id,
            name=name,
            my_role=my_role,
            chat_user_may_decide=chat_user_may_decide,
            tokens_may_decide=tokens_may_decide,
            created_at=created_at,
        )

        team.additional_properties = d
        return team

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
