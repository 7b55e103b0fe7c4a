# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="SshKeyUseRequest")


@_attrs_define
class SshKeyUseRequest:
    """Somebody logged in with this key."""

    fingerprint: str
    team: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        fingerprint = self.fingerprint

        team = self.team

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "fingerprint": fingerprint,
            }
        )
        if team is not UNSET:
            field_dict["team"] = team

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        fingerprint = d.pop("fingerprint")

        team = d.pop("team", UNSET)

        ssh_key_use_request = cls(
            fingerprint=fingerprint,
            team=team,
        )

        return ssh_key_use_request
