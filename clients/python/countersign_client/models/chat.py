# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.session_state_enum import SessionStateEnum
from ..models.turn_enum import TurnEnum

if TYPE_CHECKING:
    from ..models.named import Named


T = TypeVar("T", bound="Chat")


@_attrs_define
class Chat:
    """One root session of an engine."""

    id: str
    title: str
    preview: str
    team: Named
    """ A team, an engine: what a list shows of another thing. """
    engine: Named
    """ A team, an engine: what a list shows of another thing. """
    ai_engine_session_id: str
    user_id: None | str
    agent: str
    directory: str
    turn: TurnEnum
    """ * `user` - the user's turn
    * `assistant` - the agent's turn """
    session_state: SessionStateEnum
    """ * `idle` - idle
    * `busy` - working
    * `retry` - waiting for the model provider
    * `deleted` - deleted in the engine
    * `unknown` - unknown """
    last_active: datetime.datetime
    aborted_at: datetime.datetime | None
    blocked_at: datetime.datetime | None
    """ Somebody answered one of its requests past Countersign. """
    archived_at: datetime.datetime | None
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        title = self.title

        preview = self.preview

        team = self.team.to_dict()

        engine = self.engine.to_dict()

        ai_engine_session_id = self.ai_engine_session_id

        user_id: None | str
        user_id = self.user_id

        agent = self.agent

        directory = self.directory

        turn = self.turn.value

        session_state = self.session_state.value

        last_active = self.last_active.isoformat()

        aborted_at: None | str
        if isinstance(self.aborted_at, datetime.datetime):
            aborted_at = self.aborted_at.isoformat()
        else:
            aborted_at = self.aborted_at

        blocked_at: None | str
        if isinstance(self.blocked_at, datetime.datetime):
            blocked_at = self.blocked_at.isoformat()
        else:
            blocked_at = self.blocked_at

        archived_at: None | str
        if isinstance(self.archived_at, datetime.datetime):
            archived_at = self.archived_at.isoformat()
        else:
            archived_at = self.archived_at

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "title": title,
                "preview": preview,
                "team": team,
                "engine": engine,
                "ai_engine_session_id": ai_engine_session_id,
                "user_id": user_id,
                "agent": agent,
                "directory": directory,
                "turn": turn,
                "session_state": session_state,
                "last_active": last_active,
                "aborted_at": aborted_at,
                "blocked_at": blocked_at,
                "archived_at": archived_at,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        title = d.pop("title")

        preview = d.pop("preview")

        team = Named.from_dict(d.pop("team"))

        engine = Named.from_dict(d.pop("engine"))

        ai_engine_session_id = d.pop("ai_engine_session_id")

        def _parse_user_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        user_id = _parse_user_id(d.pop("user_id"))

        agent = d.pop("agent")

        directory = d.pop("directory")

        turn = TurnEnum(d.pop("turn"))

        session_state = SessionStateEnum(d.pop("session_state"))

        last_active = datetime.datetime.fromisoformat(d.pop("last_active"))

        def _parse_aborted_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                aborted_at_type_0 = datetime.datetime.fromisoformat(data)

                return aborted_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        aborted_at = _parse_aborted_at(d.pop("aborted_at"))

        def _parse_blocked_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                blocked_at_type_0 = datetime.datetime.fromisoformat(data)

                return blocked_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        blocked_at = _parse_blocked_at(d.pop("blocked_at"))

        def _parse_archived_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                archived_at_type_0 = datetime.datetime.fromisoformat(data)

                return archived_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        archived_at = _parse_archived_at(d.pop("archived_at"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        chat = cls(
            id=id,
            title=title,
            preview=preview,
            team=team,
            engine=engine,
            ai_engine_session_id=ai_engine_session_id,
            user_id=user_id,
            agent=agent,
            directory=directory,
            turn=turn,
            session_state=session_state,
            last_active=last_active,
            aborted_at=aborted_at,
            blocked_at=blocked_at,
            archived_at=archived_at,
            created_at=created_at,
        )

        chat.additional_properties = d
        return chat

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
