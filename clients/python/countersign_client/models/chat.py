# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.engine_kind_enum import EngineKindEnum
from ..models.session_state_enum import SessionStateEnum
from ..models.turn_enum import TurnEnum

if TYPE_CHECKING:
    from ..models.chat_user import ChatUser
    from ..models.named import Named


T = TypeVar("T", bound="Chat")


@_attrs_define
class Chat:
    """One conversation: a root session of an engine, or one that begins with its first message."""

    id: str
    title: str
    description: str
    tags: list[str]
    preview: str
    team: Named
    """ A team, an engine: what a list shows of another thing. """
    engine: Named
    """ A team, an engine: what a list shows of another thing. """
    engine_type: EngineKindEnum
    """ * `opencode` - OpenCode """
    ai_engine_session_id: None | str
    """ Null until its first message is on its way. """
    user: ChatUser | None
    """ Null when it was begun in the engine itself. """
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
    is_unread: bool
    """ An agent has said something since the caller last read. """
    waiting_prompts: int
    """ Messages that the engine does not have yet. """
    waiting: int
    """ Open permission requests and questions, of subagents too. """
    last_active: datetime.datetime
    last_reply_at: datetime.datetime | None
    """ An agent's newest word. """
    aborted_at: datetime.datetime | None
    blocked_at: datetime.datetime | None
    """ Somebody answered one of its requests past Countersign. """
    archived: bool
    created: datetime.datetime
    updated: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.chat_user import ChatUser  # noqa: PLC0415

        id = self.id

        title = self.title

        description = self.description

        tags = self.tags

        preview = self.preview

        team = self.team.to_dict()

        engine = self.engine.to_dict()

        engine_type = self.engine_type.value

        ai_engine_session_id: None | str
        ai_engine_session_id = self.ai_engine_session_id

        user: dict[str, Any] | None
        if isinstance(self.user, ChatUser):
            user = self.user.to_dict()
        else:
            user = self.user

        agent = self.agent

        directory = self.directory

        turn = self.turn.value

        session_state = self.session_state.value

        is_unread = self.is_unread

        waiting_prompts = self.waiting_prompts

        waiting = self.waiting

        last_active = self.last_active.isoformat()

        last_reply_at: None | str
        if isinstance(self.last_reply_at, datetime.datetime):
            last_reply_at = self.last_reply_at.isoformat()
        else:
            last_reply_at = self.last_reply_at

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

        archived = self.archived

        created = self.created.isoformat()

        updated = self.updated.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "title": title,
                "description": description,
                "tags": tags,
                "preview": preview,
                "team": team,
                "engine": engine,
                "engine_type": engine_type,
                "ai_engine_session_id": ai_engine_session_id,
                "user": user,
                "agent": agent,
                "directory": directory,
                "turn": turn,
                "session_state": session_state,
                "is_unread": is_unread,
                "waiting_prompts": waiting_prompts,
                "waiting": waiting,
                "last_active": last_active,
                "last_reply_at": last_reply_at,
                "aborted_at": aborted_at,
                "blocked_at": blocked_at,
                "archived": archived,
                "created": created,
                "updated": updated,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.chat_user import ChatUser  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        title = d.pop("title")

        description = d.pop("description")

        tags = cast(list[str], d.pop("tags"))

        preview = d.pop("preview")

        team = Named.from_dict(d.pop("team"))

        engine = Named.from_dict(d.pop("engine"))

        engine_type = EngineKindEnum(d.pop("engine_type"))

        def _parse_ai_engine_session_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        ai_engine_session_id = _parse_ai_engine_session_id(d.pop("ai_engine_session_id"))

        def _parse_user(data: object) -> ChatUser | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                user_type_0 = ChatUser.from_dict(data)

                return user_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChatUser | None, data)

        user = _parse_user(d.pop("user"))

        agent = d.pop("agent")

        directory = d.pop("directory")

        turn = TurnEnum(d.pop("turn"))

        session_state = SessionStateEnum(d.pop("session_state"))

        is_unread = d.pop("is_unread")

        waiting_prompts = d.pop("waiting_prompts")

        waiting = d.pop("waiting")

        last_active = datetime.datetime.fromisoformat(d.pop("last_active"))

        def _parse_last_reply_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_reply_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_reply_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_reply_at = _parse_last_reply_at(d.pop("last_reply_at"))

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

        archived = d.pop("archived")

        created = datetime.datetime.fromisoformat(d.pop("created"))

        updated = datetime.datetime.fromisoformat(d.pop("updated"))

        chat = cls(
            id=id,
            title=title,
            description=description,
            tags=tags,
            preview=preview,
            team=team,
            engine=engine,
            engine_type=engine_type,
            ai_engine_session_id=ai_engine_session_id,
            user=user,
            agent=agent,
            directory=directory,
            turn=turn,
            session_state=session_state,
            is_unread=is_unread,
            waiting_prompts=waiting_prompts,
            waiting=waiting,
            last_active=last_active,
            last_reply_at=last_reply_at,
            aborted_at=aborted_at,
            blocked_at=blocked_at,
            archived=archived,
            created=created,
            updated=updated,
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
