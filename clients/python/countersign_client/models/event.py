# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.topic_enum import TopicEnum

if TYPE_CHECKING:
    from ..models.event_subject import EventSubject
    from ..models.event_words import EventWords


T = TypeVar("T", bound="Event")


@_attrs_define
class Event:
    """State words and ids, never content; the same over the websocket."""

    seq: int
    at: datetime.datetime
    kind: str
    topic: TopicEnum
    """ * `chats` - chats
    * `configs` - configs
    * `health` - health
    * `mcp` - mcp
    * `notices` - notices
    * `requests` - requests
    * `reviews` - reviews
    * `sops` - sops """
    subject: EventSubject
    """ What the event is about. """
    words: EventWords
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        seq = self.seq

        at = self.at.isoformat()

        kind = self.kind

        topic = self.topic.value

        subject = self.subject.to_dict()

        words = self.words.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "seq": seq,
                "at": at,
                "kind": kind,
                "topic": topic,
                "subject": subject,
                "words": words,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.event_subject import EventSubject  # noqa: PLC0415
        from ..models.event_words import EventWords  # noqa: PLC0415

        d = dict(src_dict)
        seq = d.pop("seq")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        kind = d.pop("kind")

        topic = TopicEnum(d.pop("topic"))

        subject = EventSubject.from_dict(d.pop("subject"))

        words = EventWords.from_dict(d.pop("words"))

        event = cls(
            seq=seq,
            at=at,
            kind=kind,
            topic=topic,
            subject=subject,
            words=words,
        )

        event.additional_properties = d
        return event

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
