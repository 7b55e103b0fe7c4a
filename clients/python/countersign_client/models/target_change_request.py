# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.mode_enum import ModeEnum
from ..models.target_effect_enum import TargetEffectEnum
from ..models.verbs_enum import VerbsEnum
from ..types import UNSET, Unset

T = TypeVar("T", bound="TargetChangeRequest")


@_attrs_define
class TargetChangeRequest:
    """Another version: what is left out stays as it is."""

    version: int
    """ The version that was read; another is 409. """
    name: str | Unset = UNSET
    reason: str | Unset = UNSET
    agent: str | Unset = UNSET
    engine_id: None | str | Unset = UNSET
    directory: str | Unset = UNSET
    expires_at: datetime.datetime | None | Unset = UNSET
    should_match: list[str] | Unset = UNSET
    must_not_match: list[str] | Unset = UNSET
    mode: ModeEnum | Unset = UNSET
    """ * `observe` - observe
    * `enforce` - enforce """
    note: str | Unset = UNSET
    """ Why; for its history. """
    activate: bool | Unset = UNSET
    """ Switch it on as well, or ask for the second person it needs. """
    pattern: str | Unset = UNSET
    effect: TargetEffectEnum | Unset = UNSET
    """ * `allow` - allow
    * `deny` - deny """
    verbs: list[VerbsEnum] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        version = self.version

        name = self.name

        reason = self.reason

        agent = self.agent

        engine_id: None | str | Unset
        if isinstance(self.engine_id, Unset):
            engine_id = UNSET
        else:
            engine_id = self.engine_id

        directory = self.directory

        expires_at: None | str | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        elif isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        should_match: list[str] | Unset = UNSET
        if not isinstance(self.should_match, Unset):
            should_match = self.should_match

        must_not_match: list[str] | Unset = UNSET
        if not isinstance(self.must_not_match, Unset):
            must_not_match = self.must_not_match

        mode: str | Unset = UNSET
        if not isinstance(self.mode, Unset):
            mode = self.mode.value

        note = self.note

        activate = self.activate

        pattern = self.pattern

        effect: str | Unset = UNSET
        if not isinstance(self.effect, Unset):
            effect = self.effect.value

        verbs: list[str] | Unset = UNSET
        if not isinstance(self.verbs, Unset):
            verbs = []
            for verbs_item_data in self.verbs:
                verbs_item = verbs_item_data.value
                verbs.append(verbs_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "version": version,
            }
        )
        if name is not UNSET:
            field_dict["name"] = name
        if reason is not UNSET:
            field_dict["reason"] = reason
        if agent is not UNSET:
            field_dict["agent"] = agent
        if engine_id is not UNSET:
            field_dict["engine_id"] = engine_id
        if directory is not UNSET:
            field_dict["directory"] = directory
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at
        if should_match is not UNSET:
            field_dict["should_match"] = should_match
        if must_not_match is not UNSET:
            field_dict["must_not_match"] = must_not_match
        if mode is not UNSET:
            field_dict["mode"] = mode
        if note is not UNSET:
            field_dict["note"] = note
        if activate is not UNSET:
            field_dict["activate"] = activate
        if pattern is not UNSET:
            field_dict["pattern"] = pattern
        if effect is not UNSET:
            field_dict["effect"] = effect
        if verbs is not UNSET:
            field_dict["verbs"] = verbs

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        version = d.pop("version")

        name = d.pop("name", UNSET)

        reason = d.pop("reason", UNSET)

        agent = d.pop("agent", UNSET)

        def _parse_engine_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        engine_id = _parse_engine_id(d.pop("engine_id", UNSET))

        directory = d.pop("directory", UNSET)

        def _parse_expires_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        expires_at = _parse_expires_at(d.pop("expires_at", UNSET))

        should_match = cast(list[str], d.pop("should_match", UNSET))

        must_not_match = cast(list[str], d.pop("must_not_match", UNSET))

        _mode = d.pop("mode", UNSET)
        mode: ModeEnum | Unset
        if isinstance(_mode, Unset):
            mode = UNSET
        else:
            mode = ModeEnum(_mode)

        note = d.pop("note", UNSET)

        activate = d.pop("activate", UNSET)

        pattern = d.pop("pattern", UNSET)

        _effect = d.pop("effect", UNSET)
        effect: TargetEffectEnum | Unset
        if isinstance(_effect, Unset):
            effect = UNSET
        else:
            effect = TargetEffectEnum(_effect)

        _verbs = d.pop("verbs", UNSET)
        verbs: list[VerbsEnum] | Unset = UNSET
        if _verbs is not UNSET:
            verbs = []
            for verbs_item_data in _verbs:
                verbs_item = VerbsEnum(verbs_item_data)

                verbs.append(verbs_item)

        target_change_request = cls(
            version=version,
            name=name,
            reason=reason,
            agent=agent,
            engine_id=engine_id,
            directory=directory,
            expires_at=expires_at,
            should_match=should_match,
            must_not_match=must_not_match,
            mode=mode,
            note=note,
            activate=activate,
            pattern=pattern,
            effect=effect,
            verbs=verbs,
        )

        return target_change_request
