# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.door_enum import DoorEnum

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.audit_entry_after import AuditEntryAfter
    from ..models.audit_entry_before import AuditEntryBefore
    from ..models.subject import Subject


T = TypeVar("T", bound="AuditEntry")


@_attrs_define
class AuditEntry:
    """One link of the chain: `hash` is the SHA-256 of `text`, which says all but the actor's label."""

    n: int
    at: datetime.datetime
    actor: Actor
    """ Who did something, as it was recorded then. """
    door: DoorEnum
    """ * `admin` - admin
    * `api` - API
    * `websocket` - websocket
    * `relay` - relay
    * `task` - task
    * `command` - command line
    * `rule` - rule
    * `gate` - gate
    * `mcp` - MCP endpoint """
    verb: str
    subject: Subject
    """ What was acted on. """
    before: AuditEntryBefore
    after: AuditEntryAfter
    prev_hash: str
    hash_: str
    text: str
    """ Exactly what was hashed: RFC 8785 JSON. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        n = self.n

        at = self.at.isoformat()

        actor = self.actor.to_dict()

        door = self.door.value

        verb = self.verb

        subject = self.subject.to_dict()

        before = self.before.to_dict()

        after = self.after.to_dict()

        prev_hash = self.prev_hash

        hash_ = self.hash_

        text = self.text

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "n": n,
                "at": at,
                "actor": actor,
                "door": door,
                "verb": verb,
                "subject": subject,
                "before": before,
                "after": after,
                "prev_hash": prev_hash,
                "hash": hash_,
                "text": text,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.audit_entry_after import AuditEntryAfter  # noqa: PLC0415
        from ..models.audit_entry_before import AuditEntryBefore  # noqa: PLC0415
        from ..models.subject import Subject  # noqa: PLC0415

        d = dict(src_dict)
        n = d.pop("n")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        actor = Actor.from_dict(d.pop("actor"))

        door = DoorEnum(d.pop("door"))

        verb = d.pop("verb")

        subject = Subject.from_dict(d.pop("subject"))

        before = AuditEntryBefore.from_dict(d.pop("before"))

        after = AuditEntryAfter.from_dict(d.pop("after"))

        prev_hash = d.pop("prev_hash")

        hash_ = d.pop("hash")

        text = d.pop("text")

        audit_entry = cls(
            n=n,
            at=at,
            actor=actor,
            door=door,
            verb=verb,
            subject=subject,
            before=before,
            after=after,
            prev_hash=prev_hash,
            hash_=hash_,
            text=text,
        )

        audit_entry.additional_properties = d
        return audit_entry

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
