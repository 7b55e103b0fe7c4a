# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.mode_enum import ModeEnum
from ..models.rule_state_enum import RuleStateEnum
from ..models.target_effect_enum import TargetEffectEnum

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.named import Named
    from ..models.reading import Reading


T = TypeVar("T", bound="TargetDetail")


@_attrs_define
class TargetDetail:
    """A path rule, and how it reads."""

    id: str
    team: Named
    """ A team, an engine: what a list shows of another thing. """
    name: str
    reason: str
    agent: str
    engine_id: None | str
    directory: str
    expires_at: datetime.datetime | None
    should_match: list[str]
    must_not_match: list[str]
    mode: ModeEnum
    """ * `observe` - observe
    * `enforce` - enforce """
    state: RuleStateEnum
    """ * `draft` - draft
    * `in_review` - waits for a second person
    * `active` - on
    * `off` - off
    * `retired` - retired """
    applies: bool
    """ Switched on, not ended, not used up; whether it decides or only observes says `mode`. """
    version: int
    reviewed_version: int | None
    """ The latest version that a second person approved. """
    review_id: None | str
    """ The review it waits for. """
    activated_by: Actor | None
    activated_at: datetime.datetime | None
    created_by: Actor
    """ Who did something, as it was recorded then. """
    created_at: datetime.datetime
    changed_at: datetime.datetime
    reading: Reading
    """ How far a rule reaches. """
    pattern: str
    effect: TargetEffectEnum
    """ * `allow` - allow
    * `deny` - deny """
    verbs: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.actor import Actor  # noqa: PLC0415

        id = self.id

        team = self.team.to_dict()

        name = self.name

        reason = self.reason

        agent = self.agent

        engine_id: None | str
        engine_id = self.engine_id

        directory = self.directory

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        should_match = self.should_match

        must_not_match = self.must_not_match

        mode = self.mode.value

        state = self.state.value

        applies = self.applies

        version = self.version

        reviewed_version: int | None
        reviewed_version = self.reviewed_version

        review_id: None | str
        review_id = self.review_id

        activated_by: dict[str, Any] | None
        if isinstance(self.activated_by, Actor):
            activated_by = self.activated_by.to_dict()
        else:
            activated_by = self.activated_by

        activated_at: None | str
        if isinstance(self.activated_at, datetime.datetime):
            activated_at = self.activated_at.isoformat()
        else:
            activated_at = self.activated_at

        created_by = self.created_by.to_dict()

        created_at = self.created_at.isoformat()

        changed_at = self.changed_at.isoformat()

        reading = self.reading.to_dict()

        pattern = self.pattern

        effect = self.effect.value

        verbs = self.verbs

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "team": team,
                "name": name,
                "reason": reason,
                "agent": agent,
                "engine_id": engine_id,
                "directory": directory,
                "expires_at": expires_at,
                "should_match": should_match,
                "must_not_match": must_not_match,
                "mode": mode,
                "state": state,
                "applies": applies,
                "version": version,
                "reviewed_version": reviewed_version,
                "review_id": review_id,
                "activated_by": activated_by,
                "activated_at": activated_at,
                "created_by": created_by,
                "created_at": created_at,
                "changed_at": changed_at,
                "reading": reading,
                "pattern": pattern,
                "effect": effect,
                "verbs": verbs,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415
        from ..models.reading import Reading  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        team = Named.from_dict(d.pop("team"))

        name = d.pop("name")

        reason = d.pop("reason")

        agent = d.pop("agent")

        def _parse_engine_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        engine_id = _parse_engine_id(d.pop("engine_id"))

        directory = d.pop("directory")

        def _parse_expires_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))

        should_match = cast(list[str], d.pop("should_match"))

        must_not_match = cast(list[str], d.pop("must_not_match"))

        mode = ModeEnum(d.pop("mode"))

        state = RuleStateEnum(d.pop("state"))

        applies = d.pop("applies")

        version = d.pop("version")

        def _parse_reviewed_version(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        reviewed_version = _parse_reviewed_version(d.pop("reviewed_version"))

        def _parse_review_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        review_id = _parse_review_id(d.pop("review_id"))

        def _parse_activated_by(data: object) -> Actor | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                activated_by_type_0 = Actor.from_dict(data)

                return activated_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Actor | None, data)

        activated_by = _parse_activated_by(d.pop("activated_by"))

        def _parse_activated_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                activated_at_type_0 = datetime.datetime.fromisoformat(data)

                return activated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        activated_at = _parse_activated_at(d.pop("activated_at"))

        created_by = Actor.from_dict(d.pop("created_by"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        changed_at = datetime.datetime.fromisoformat(d.pop("changed_at"))

        reading = Reading.from_dict(d.pop("reading"))

        pattern = d.pop("pattern")

        effect = TargetEffectEnum(d.pop("effect"))

        verbs = cast(list[str], d.pop("verbs"))

        target_detail = cls(
            id=id,
            team=team,
            name=name,
            reason=reason,
            agent=agent,
            engine_id=engine_id,
            directory=directory,
            expires_at=expires_at,
            should_match=should_match,
            must_not_match=must_not_match,
            mode=mode,
            state=state,
            applies=applies,
            version=version,
            reviewed_version=reviewed_version,
            review_id=review_id,
            activated_by=activated_by,
            activated_at=activated_at,
            created_by=created_by,
            created_at=created_at,
            changed_at=changed_at,
            reading=reading,
            pattern=pattern,
            effect=effect,
            verbs=verbs,
        )

        target_detail.additional_properties = d
        return target_detail

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
