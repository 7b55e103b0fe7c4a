# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.named import Named
    from ..models.tool_rules_content import ToolRulesContent
    from ..models.tool_rules_detail_labels import ToolRulesDetailLabels


T = TypeVar("T", bound="ToolRulesDetail")


@_attrs_define
class ToolRulesDetail:
    """One list of rules, with what its latest version says."""

    id: str
    team: Named | None
    """ Null: it is everybody's. """
    name: str
    version: int
    """ The number of the latest version, the draft. """
    labels: ToolRulesDetailLabels
    created_by: Actor
    """ Who did something, as it was recorded then. """
    created_at: datetime.datetime
    changed_at: datetime.datetime
    retired_at: datetime.datetime | None
    rule_count: int
    content: None | ToolRulesContent
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.named import Named  # noqa: PLC0415
        from ..models.tool_rules_content import ToolRulesContent  # noqa: PLC0415

        id = self.id

        team: dict[str, Any] | None
        if isinstance(self.team, Named):
            team = self.team.to_dict()
        else:
            team = self.team

        name = self.name

        version = self.version

        labels = self.labels.to_dict()

        created_by = self.created_by.to_dict()

        created_at = self.created_at.isoformat()

        changed_at = self.changed_at.isoformat()

        retired_at: None | str
        if isinstance(self.retired_at, datetime.datetime):
            retired_at = self.retired_at.isoformat()
        else:
            retired_at = self.retired_at

        rule_count = self.rule_count

        content: dict[str, Any] | None
        if isinstance(self.content, ToolRulesContent):
            content = self.content.to_dict()
        else:
            content = self.content

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "team": team,
                "name": name,
                "version": version,
                "labels": labels,
                "created_by": created_by,
                "created_at": created_at,
                "changed_at": changed_at,
                "retired_at": retired_at,
                "rule_count": rule_count,
                "content": content,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415
        from ..models.tool_rules_content import ToolRulesContent  # noqa: PLC0415
        from ..models.tool_rules_detail_labels import ToolRulesDetailLabels  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

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

        name = d.pop("name")

        version = d.pop("version")

        labels = ToolRulesDetailLabels.from_dict(d.pop("labels"))

        created_by = Actor.from_dict(d.pop("created_by"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        changed_at = datetime.datetime.fromisoformat(d.pop("changed_at"))

        def _parse_retired_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                retired_at_type_0 = datetime.datetime.fromisoformat(data)

                return retired_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        retired_at = _parse_retired_at(d.pop("retired_at"))

        rule_count = d.pop("rule_count")

        def _parse_content(data: object) -> None | ToolRulesContent:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                content_type_0 = ToolRulesContent.from_dict(data)

                return content_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ToolRulesContent, data)

        content = _parse_content(d.pop("content"))

        tool_rules_detail = cls(
            id=id,
            team=team,
            name=name,
            version=version,
            labels=labels,
            created_by=created_by,
            created_at=created_at,
            changed_at=changed_at,
            retired_at=retired_at,
            rule_count=rule_count,
            content=content,
        )

        tool_rules_detail.additional_properties = d
        return tool_rules_detail

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
