# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.rule_version_replay_type_0 import RuleVersionReplayType0


T = TypeVar("T", bound="RuleVersion")


@_attrs_define
class RuleVersion:
    """What a rule said from one save to the next."""

    version: int
    content: Any
    content_hash: str
    """ SHA-256, hex, over the content's RFC 8785 text. """
    author: Actor
    """ Who did something, as it was recorded then. """
    note: str
    replay: None | RuleVersionReplayType0
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.rule_version_replay_type_0 import RuleVersionReplayType0  # noqa: PLC0415

        version = self.version

        content = self.content

        content_hash = self.content_hash

        author = self.author.to_dict()

        note = self.note

        replay: dict[str, Any] | None
        if isinstance(self.replay, RuleVersionReplayType0):
            replay = self.replay.to_dict()
        else:
            replay = self.replay

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "version": version,
                "content": content,
                "content_hash": content_hash,
                "author": author,
                "note": note,
                "replay": replay,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.rule_version_replay_type_0 import RuleVersionReplayType0  # noqa: PLC0415

        d = dict(src_dict)
        version = d.pop("version")

        content = d.pop("content")

        content_hash = d.pop("content_hash")

        author = Actor.from_dict(d.pop("author"))

        note = d.pop("note")

        def _parse_replay(data: object) -> None | RuleVersionReplayType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                replay_type_0 = RuleVersionReplayType0.from_dict(data)

                return replay_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RuleVersionReplayType0, data)

        replay = _parse_replay(d.pop("replay"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        rule_version = cls(
            version=version,
            content=content,
            content_hash=content_hash,
            author=author,
            note=note,
            replay=replay,
            created_at=created_at,
        )

        rule_version.additional_properties = d
        return rule_version

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
