# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.blank_enum import BlankEnum
from ..models.close_reason_enum import CloseReasonEnum
from ..models.question_source_enum import QuestionSourceEnum
from ..models.question_state_enum import QuestionStateEnum

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.delegate import Delegate
    from ..models.delivery import Delivery
    from ..models.named import Named
    from ..models.place import Place


T = TypeVar("T", bound="Question")


@_attrs_define
class Question:
    """A question as lists show it: recognised secrets are masked, answers left out."""

    id: str
    state: QuestionStateEnum
    """ * `open` - open
    * `answered` - answered
    * `rejected` - rejected
    * `closed` - closed """
    summary: str
    """ What is asked first. Empty for owners outside the team and for agents that did not ask. """
    item_count: int
    """ How many things are asked together. """
    findings: list[str]
    """ What could fool a reader: kinds of hidden characters. """
    can_answer: bool
    cannot_answer_because: str
    team: Named
    """ A team, an engine: what a list shows of another thing. """
    source: QuestionSourceEnum
    """ * `engine` - engine
    * `api` - API """
    requester: Actor
    """ Who did something, as it was recorded then. """
    engine: Named | None
    chat: None | Place
    subagent: Delegate | None
    engine_question_id: str
    session_id: str
    directory: str
    agent: str
    created_at: datetime.datetime
    expires_at: datetime.datetime
    ended_at: datetime.datetime | None
    answered_by: Actor | None
    close_reason: BlankEnum | CloseReasonEnum
    delivery: Delivery | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.delegate import Delegate  # noqa: PLC0415
        from ..models.delivery import Delivery  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415
        from ..models.place import Place  # noqa: PLC0415

        id = self.id

        state = self.state.value

        summary = self.summary

        item_count = self.item_count

        findings = self.findings

        can_answer = self.can_answer

        cannot_answer_because = self.cannot_answer_because

        team = self.team.to_dict()

        source = self.source.value

        requester = self.requester.to_dict()

        engine: dict[str, Any] | None
        if isinstance(self.engine, Named):
            engine = self.engine.to_dict()
        else:
            engine = self.engine

        chat: dict[str, Any] | None
        if isinstance(self.chat, Place):
            chat = self.chat.to_dict()
        else:
            chat = self.chat

        subagent: dict[str, Any] | None
        if isinstance(self.subagent, Delegate):
            subagent = self.subagent.to_dict()
        else:
            subagent = self.subagent

        engine_question_id = self.engine_question_id

        session_id = self.session_id

        directory = self.directory

        agent = self.agent

        created_at = self.created_at.isoformat()

        expires_at = self.expires_at.isoformat()

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        answered_by: dict[str, Any] | None
        if isinstance(self.answered_by, Actor):
            answered_by = self.answered_by.to_dict()
        else:
            answered_by = self.answered_by

        close_reason: str
        if isinstance(self.close_reason, CloseReasonEnum):
            close_reason = self.close_reason.value
        else:
            close_reason = self.close_reason.value

        delivery: dict[str, Any] | None
        if isinstance(self.delivery, Delivery):
            delivery = self.delivery.to_dict()
        else:
            delivery = self.delivery

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "state": state,
                "summary": summary,
                "item_count": item_count,
                "findings": findings,
                "can_answer": can_answer,
                "cannot_answer_because": cannot_answer_because,
                "team": team,
                "source": source,
                "requester": requester,
                "engine": engine,
                "chat": chat,
                "subagent": subagent,
                "engine_question_id": engine_question_id,
                "session_id": session_id,
                "directory": directory,
                "agent": agent,
                "created_at": created_at,
                "expires_at": expires_at,
                "ended_at": ended_at,
                "answered_by": answered_by,
                "close_reason": close_reason,
                "delivery": delivery,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.delegate import Delegate  # noqa: PLC0415
        from ..models.delivery import Delivery  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415
        from ..models.place import Place  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        state = QuestionStateEnum(d.pop("state"))

        summary = d.pop("summary")

        item_count = d.pop("item_count")

        findings = cast(list[str], d.pop("findings"))

        can_answer = d.pop("can_answer")

        cannot_answer_because = d.pop("cannot_answer_because")

        team = Named.from_dict(d.pop("team"))

        source = QuestionSourceEnum(d.pop("source"))

        requester = Actor.from_dict(d.pop("requester"))

        def _parse_engine(data: object) -> Named | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                engine_type_0 = Named.from_dict(data)

                return engine_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Named | None, data)

        engine = _parse_engine(d.pop("engine"))

        def _parse_chat(data: object) -> None | Place:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                chat_type_0 = Place.from_dict(data)

                return chat_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Place, data)

        chat = _parse_chat(d.pop("chat"))

        def _parse_subagent(data: object) -> Delegate | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                subagent_type_0 = Delegate.from_dict(data)

                return subagent_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Delegate | None, data)

        subagent = _parse_subagent(d.pop("subagent"))

        engine_question_id = d.pop("engine_question_id")

        session_id = d.pop("session_id")

        directory = d.pop("directory")

        agent = d.pop("agent")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        def _parse_ended_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ended_at_type_0 = datetime.datetime.fromisoformat(data)

                return ended_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ended_at = _parse_ended_at(d.pop("ended_at"))

        def _parse_answered_by(data: object) -> Actor | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                answered_by_type_0 = Actor.from_dict(data)

                return answered_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Actor | None, data)

        answered_by = _parse_answered_by(d.pop("answered_by"))

        def _parse_close_reason(data: object) -> BlankEnum | CloseReasonEnum:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                close_reason_type_0 = CloseReasonEnum(data)

                return close_reason_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, str):
                raise TypeError()
            close_reason_type_1 = BlankEnum(data)

            return close_reason_type_1

        close_reason = _parse_close_reason(d.pop("close_reason"))

        def _parse_delivery(data: object) -> Delivery | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                delivery_type_0 = Delivery.from_dict(data)

                return delivery_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Delivery | None, data)

        delivery = _parse_delivery(d.pop("delivery"))

        question = cls(
            id=id,
            state=state,
            summary=summary,
            item_count=item_count,
            findings=findings,
            can_answer=can_answer,
            cannot_answer_because=cannot_answer_because,
            team=team,
            source=source,
            requester=requester,
            engine=engine,
            chat=chat,
            subagent=subagent,
            engine_question_id=engine_question_id,
            session_id=session_id,
            directory=directory,
            agent=agent,
            created_at=created_at,
            expires_at=expires_at,
            ended_at=ended_at,
            answered_by=answered_by,
            close_reason=close_reason,
            delivery=delivery,
        )

        question.additional_properties = d
        return question

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
