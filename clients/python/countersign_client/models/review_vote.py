# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.verdict_enum import VerdictEnum

if TYPE_CHECKING:
    from ..models.actor import Actor


T = TypeVar("T", bound="ReviewVote")


@_attrs_define
class ReviewVote:
    """One vote. Those on an earlier revision are stale: they stay in the record and count no more."""

    voter: Actor
    """ Who did something, as it was recorded then. """
    on_behalf_of: Actor | None
    verdict: VerdictEnum
    """ * `approve` - approve
    * `deny` - deny """
    reason: str
    revision: int
    fingerprint: str
    at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.actor import Actor  # noqa: PLC0415

        voter = self.voter.to_dict()

        on_behalf_of: dict[str, Any] | None
        if isinstance(self.on_behalf_of, Actor):
            on_behalf_of = self.on_behalf_of.to_dict()
        else:
            on_behalf_of = self.on_behalf_of

        verdict = self.verdict.value

        reason = self.reason

        revision = self.revision

        fingerprint = self.fingerprint

        at = self.at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "voter": voter,
                "on_behalf_of": on_behalf_of,
                "verdict": verdict,
                "reason": reason,
                "revision": revision,
                "fingerprint": fingerprint,
                "at": at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415

        d = dict(src_dict)
        voter = Actor.from_dict(d.pop("voter"))

        def _parse_on_behalf_of(data: object) -> Actor | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                on_behalf_of_type_0 = Actor.from_dict(data)

                return on_behalf_of_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Actor | None, data)

        on_behalf_of = _parse_on_behalf_of(d.pop("on_behalf_of"))

        verdict = VerdictEnum(d.pop("verdict"))

        reason = d.pop("reason")

        revision = d.pop("revision")

        fingerprint = d.pop("fingerprint")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        review_vote = cls(
            voter=voter,
            on_behalf_of=on_behalf_of,
            verdict=verdict,
            reason=reason,
            revision=revision,
            fingerprint=fingerprint,
            at=at,
        )

        review_vote.additional_properties = d
        return review_vote

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
