# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.user_kind_enum import UserKindEnum

if TYPE_CHECKING:
    from ..models.own_team import OwnTeam
    from ..models.own_token import OwnToken


T = TypeVar("T", bound="Me")


@_attrs_define
class Me:
    """The caller; `token` is null in a session."""

    id: str
    username: str
    name: str
    email: str
    kind: UserKindEnum
    """ * `person` - person
    * `service` - service account """
    is_owner: bool
    teams: list[OwnTeam]
    token: None | OwnToken
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.own_token import OwnToken  # noqa: PLC0415

        id = self.id

        username = self.username

        name = self.name

        email = self.email

        kind = self.kind.value

        is_owner = self.is_owner

        teams = []
        for teams_item_data in self.teams:
            teams_item = teams_item_data.to_dict()
            teams.append(teams_item)

        token: dict[str, Any] | None
        if isinstance(self.token, OwnToken):
            token = self.token.to_dict()
        else:
            token = self.token

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "username": username,
                "name": name,
                "email": email,
                "kind": kind,
                "is_owner": is_owner,
                "teams": teams,
                "token": token,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.own_team import OwnTeam  # noqa: PLC0415
        from ..models.own_token import OwnToken  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        username = d.pop("username")

        name = d.pop("name")

        email = d.pop("email")

        kind = UserKindEnum(d.pop("kind"))

        is_owner = d.pop("is_owner")

        teams = []
        _teams = d.pop("teams")
        for teams_item_data in _teams:
            teams_item = OwnTeam.from_dict(teams_item_data)

            teams.append(teams_item)

        def _parse_token(data: object) -> None | OwnToken:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                token_type_0 = OwnToken.from_dict(data)

                return token_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | OwnToken, data)

        token = _parse_token(d.pop("token"))

        me = cls(
            id=id,
            username=username,
            name=name,
            email=email,
            kind=kind,
            is_owner=is_owner,
            teams=teams,
            token=token,
        )

        me.additional_properties = d
        return me

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
