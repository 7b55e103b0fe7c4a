# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.mode_enum import ModeEnum
from ..models.rule_effect_enum import RuleEffectEnum
from ..models.rule_kind_enum import RuleKindEnum
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.condition_wish_request import ConditionWishRequest


T = TypeVar("T", bound="RuleWishRequest")


@_attrs_define
class RuleWishRequest:
    """A new rule: a draft unless `activate`."""

    name: str
    value: str
    effect: RuleEffectEnum
    """ * `allow` - allow
    * `ask` - ask
    * `deny` - deny """
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
    permission: str | Unset = UNSET
    kind: RuleKindEnum | Unset = UNSET
    """ * `strict` - exactly this
    * `pattern` - pattern """
    conditions: list[ConditionWishRequest] | Unset = UNSET
    message: str | Unset = UNSET
    user_id: None | str | Unset = UNSET
    chat_id: None | str | Unset = UNSET
    max_uses: int | None | Unset = UNSET
    allows_redirects: bool | Unset = UNSET
    team: str | Unset = UNSET
    """ Needed when the caller writes for several teams. """

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        value = self.value

        effect = self.effect.value

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

        permission = self.permission

        kind: str | Unset = UNSET
        if not isinstance(self.kind, Unset):
            kind = self.kind.value

        conditions: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.conditions, Unset):
            conditions = []
            for conditions_item_data in self.conditions:
                conditions_item = conditions_item_data.to_dict()
                conditions.append(conditions_item)

        message = self.message

        user_id: None | str | Unset
        if isinstance(self.user_id, Unset):
            user_id = UNSET
        else:
            user_id = self.user_id

        chat_id: None | str | Unset
        if isinstance(self.chat_id, Unset):
            chat_id = UNSET
        else:
            chat_id = self.chat_id

        max_uses: int | None | Unset
        if isinstance(self.max_uses, Unset):
            max_uses = UNSET
        else:
            max_uses = self.max_uses

        allows_redirects = self.allows_redirects

        team = self.team

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "value": value,
                "effect": effect,
            }
        )
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
        if permission is not UNSET:
            field_dict["permission"] = permission
        if kind is not UNSET:
            field_dict["kind"] = kind
        if conditions is not UNSET:
            field_dict["conditions"] = conditions
        if message is not UNSET:
            field_dict["message"] = message
        if user_id is not UNSET:
            field_dict["user_id"] = user_id
        if chat_id is not UNSET:
            field_dict["chat_id"] = chat_id
        if max_uses is not UNSET:
            field_dict["max_uses"] = max_uses
        if allows_redirects is not UNSET:
            field_dict["allows_redirects"] = allows_redirects
        if team is not UNSET:
            field_dict["team"] = team

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.condition_wish_request import ConditionWishRequest  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        value = d.pop("value")

        effect = RuleEffectEnum(d.pop("effect"))

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

        permission = d.pop("permission", UNSET)

        _kind = d.pop("kind", UNSET)
        kind: RuleKindEnum | Unset
        if isinstance(_kind, Unset):
            kind = UNSET
        else:
            kind = RuleKindEnum(_kind)

        _conditions = d.pop("conditions", UNSET)
        conditions: list[ConditionWishRequest] | Unset = UNSET
        if _conditions is not UNSET:
            conditions = []
            for conditions_item_data in _conditions:
                conditions_item = ConditionWishRequest.from_dict(conditions_item_data)

                conditions.append(conditions_item)

        message = d.pop("message", UNSET)

        def _parse_user_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        user_id = _parse_user_id(d.pop("user_id", UNSET))

        def _parse_chat_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        chat_id = _parse_chat_id(d.pop("chat_id", UNSET))

        def _parse_max_uses(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_uses = _parse_max_uses(d.pop("max_uses", UNSET))

        allows_redirects = d.pop("allows_redirects", UNSET)

        team = d.pop("team", UNSET)

        rule_wish_request = cls(
            name=name,
            value=value,
            effect=effect,
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
            permission=permission,
            kind=kind,
            conditions=conditions,
            message=message,
            user_id=user_id,
            chat_id=chat_id,
            max_uses=max_uses,
            allows_redirects=allows_redirects,
            team=team,
        )

        return rule_wish_request
