# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.config_kind_enum import ConfigKindEnum

if TYPE_CHECKING:
    from ..models.named import Named


T = TypeVar("T", bound="ConfigUse")


@_attrs_define
class ConfigUse:
    """What uses it, in its latest version or in one that wears a label."""

    kind: ConfigKindEnum
    """ * `prompt` - prompt
    * `instruction` - instruction file
    * `provider` - provider
    * `model` - model
    * `agent` - agent
    * `tool_rules` - rules for every agent """
    id: str
    name: str
    team: Named | None
    version: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.named import Named  # noqa: PLC0415

        kind = self.kind.value

        id = self.id

        name = self.name

        team: dict[str, Any] | None
        if isinstance(self.team, Named):
            team = self.team.to_dict()
        else:
            team = self.team

        version = self.version

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
                "id": id,
                "name": name,
                "team": team,
                "version": version,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        kind = ConfigKindEnum(d.pop("kind"))

        id = d.pop("id")

        name = d.pop("name")

        def _parse_team(data: object) -> Named | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                team_type_0 = Named.from_dict(data)

                return team_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Named | None, data)

        team = _parse_team(d.pop("team"))

        version = d.pop("version")

        config_use = cls(
            kind=kind,
            id=id,
            name=name,
            team=team,
            version=version,
        )

        config_use.additional_properties = d
        return config_use

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
