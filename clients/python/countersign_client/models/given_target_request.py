# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.target_effect_enum import TargetEffectEnum
from ..types import UNSET, Unset

T = TypeVar("T", bound="GivenTargetRequest")


@_attrs_define
class GivenTargetRequest:
    """A path rule to judge by. Without verbs it is about all that take paths."""

    pattern: str
    action: TargetEffectEnum
    """ * `allow` - allow
    * `deny` - deny """
    id: str | Unset = UNSET
    """ How the verdict names it. """
    verbs: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        pattern = self.pattern

        action = self.action.value

        id = self.id

        verbs: list[str] | Unset = UNSET
        if not isinstance(self.verbs, Unset):
            verbs = self.verbs

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "pattern": pattern,
                "action": action,
            }
        )
        if id is not UNSET:
            field_dict["id"] = id
        if verbs is not UNSET:
            field_dict["verbs"] = verbs

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        pattern = d.pop("pattern")

        action = TargetEffectEnum(d.pop("action"))

        id = d.pop("id", UNSET)

        verbs = cast(list[str], d.pop("verbs", UNSET))

        given_target_request = cls(
            pattern=pattern,
            action=action,
            id=id,
            verbs=verbs,
        )

        return given_target_request
