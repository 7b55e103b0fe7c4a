# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="TokenWishRequest")


@_attrs_define
class TokenWishRequest:
    """A token for oneself, or for a service account one owns (`user_id`)."""

    name: str
    scopes: list[str]
    expires_at: datetime.datetime
    """ Within one year from now. """
    user_id: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        scopes = self.scopes

        expires_at = self.expires_at.isoformat()

        user_id = self.user_id

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "scopes": scopes,
                "expires_at": expires_at,
            }
        )
        if user_id is not UNSET:
            field_dict["user_id"] = user_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        scopes = cast(list[str], d.pop("scopes"))

        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        user_id = d.pop("user_id", UNSET)

        token_wish_request = cls(
            name=name,
            scopes=scopes,
            expires_at=expires_at,
            user_id=user_id,
        )

        return token_wish_request
