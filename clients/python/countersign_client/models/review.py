# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.approver_role_enum import ApproverRoleEnum
from ..models.review_state_enum import ReviewStateEnum

if TYPE_CHECKING:
    from ..models.about import About
    from ..models.actor import Actor
    from ..models.named import Named
    from ..models.review_vote import ReviewVote


T = TypeVar("T", bound="Review")


@_attrs_define
class Review:
    """A review as lists show it."""

    id: str
    state: ReviewStateEnum
    """ * `open` - open
    * `approved` - approved
    * `rejected` - rejected
    * `withdrawn` - withdrawn
    * `expired` - expired """
    kind: str
    kind_label: str
    about: About
    """ What a review is about. """
    title: str
    team: Named
    """ A team, an engine: what a list shows of another thing. """
    fingerprint: str
    """ What a decision has to carry. """
    revision: int
    """ Raised by every change; votes on earlier ones are stale. """
    can_review: bool
    """ In a session of one's own; no token ever votes. """
    cannot_review_because: str
    my_vote: None | ReviewVote
    approvals: int
    approvals_needed: int
    approver_role: ApproverRoleEnum
    """ * `approver` - approvers and team admins
    * `admin` - team admins """
    requested_by: Actor
    """ Who did something, as it was recorded then. """
    created_at: datetime.datetime
    revised_at: datetime.datetime | None
    escalated_at: datetime.datetime | None
    due_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    decided_at: datetime.datetime | None
    decided_by: Actor | None
    decision_reason: str
    """ Empty for owners outside the team. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.review_vote import ReviewVote  # noqa: PLC0415

        id = self.id

        state = self.state.value

        kind = self.kind

        kind_label = self.kind_label

        about = self.about.to_dict()

        title = self.title

        team = self.team.to_dict()

        fingerprint = self.fingerprint

        revision = self.revision

        can_review = self.can_review

        cannot_review_because = self.cannot_review_because

        my_vote: dict[str, Any] | None
        if isinstance(self.my_vote, ReviewVote):
            my_vote = self.my_vote.to_dict()
        else:
            my_vote = self.my_vote

        approvals = self.approvals

        approvals_needed = self.approvals_needed

        approver_role = self.approver_role.value

        requested_by = self.requested_by.to_dict()

        created_at = self.created_at.isoformat()

        revised_at: None | str
        if isinstance(self.revised_at, datetime.datetime):
            revised_at = self.revised_at.isoformat()
        else:
            revised_at = self.revised_at

        escalated_at: None | str
        if isinstance(self.escalated_at, datetime.datetime):
            escalated_at = self.escalated_at.isoformat()
        else:
            escalated_at = self.escalated_at

        due_at: None | str
        if isinstance(self.due_at, datetime.datetime):
            due_at = self.due_at.isoformat()
        else:
            due_at = self.due_at

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        decided_at: None | str
        if isinstance(self.decided_at, datetime.datetime):
            decided_at = self.decided_at.isoformat()
        else:
            decided_at = self.decided_at

        decided_by: dict[str, Any] | None
        if isinstance(self.decided_by, Actor):
            decided_by = self.decided_by.to_dict()
        else:
            decided_by = self.decided_by

        decision_reason = self.decision_reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "state": state,
                "kind": kind,
                "kind_label": kind_label,
                "about": about,
                "title": title,
                "team": team,
                "fingerprint": fingerprint,
                "revision": revision,
                "can_review": can_review,
                "cannot_review_because": cannot_review_because,
                "my_vote": my_vote,
                "approvals": approvals,
                "approvals_needed": approvals_needed,
                "approver_role": approver_role,
                "requested_by": requested_by,
                "created_at": created_at,
                "revised_at": revised_at,
                "escalated_at": escalated_at,
                "due_at": due_at,
                "expires_at": expires_at,
                "decided_at": decided_at,
                "decided_by": decided_by,
                "decision_reason": decision_reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.about import About  # noqa: PLC0415
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415
        from ..models.review_vote import ReviewVote  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        state = ReviewStateEnum(d.pop("state"))

        kind = d.pop("kind")

        kind_label = d.pop("kind_label")

        about = About.from_dict(d.pop("about"))

        title = d.pop("title")

        team = Named.from_dict(d.pop("team"))

        fingerprint = d.pop("fingerprint")

        revision = d.pop("revision")

        can_review = d.pop("can_review")

        cannot_review_because = d.pop("cannot_review_because")

        def _parse_my_vote(data: object) -> None | ReviewVote:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                my_vote_type_0 = ReviewVote.from_dict(data)

                return my_vote_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ReviewVote, data)

        my_vote = _parse_my_vote(d.pop("my_vote"))

        approvals = d.pop("approvals")

        approvals_needed = d.pop("approvals_needed")

        approver_role = ApproverRoleEnum(d.pop("approver_role"))

        requested_by = Actor.from_dict(d.pop("requested_by"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_revised_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                revised_at_type_0 = datetime.datetime.fromisoformat(data)

                return revised_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        revised_at = _parse_revised_at(d.pop("revised_at"))

        def _parse_escalated_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                escalated_at_type_0 = datetime.datetime.fromisoformat(data)

                return escalated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        escalated_at = _parse_escalated_at(d.pop("escalated_at"))

        def _parse_due_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                due_at_type_0 = datetime.datetime.fromisoformat(data)

                return due_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        due_at = _parse_due_at(d.pop("due_at"))

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

        def _parse_decided_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                decided_at_type_0 = datetime.datetime.fromisoformat(data)

                return decided_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        decided_at = _parse_decided_at(d.pop("decided_at"))

        def _parse_decided_by(data: object) -> Actor | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                decided_by_type_0 = Actor.from_dict(data)

                return decided_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Actor | None, data)

        decided_by = _parse_decided_by(d.pop("decided_by"))

        decision_reason = d.pop("decision_reason")

        review = cls(
            id=id,
            state=state,
            kind=kind,
            kind_label=kind_label,
            about=about,
            title=title,
            team=team,
            fingerprint=fingerprint,
            revision=revision,
            can_review=can_review,
            cannot_review_because=cannot_review_because,
            my_vote=my_vote,
            approvals=approvals,
            approvals_needed=approvals_needed,
            approver_role=approver_role,
            requested_by=requested_by,
            created_at=created_at,
            revised_at=revised_at,
            escalated_at=escalated_at,
            due_at=due_at,
            expires_at=expires_at,
            decided_at=decided_at,
            decided_by=decided_by,
            decision_reason=decision_reason,
        )

        review.additional_properties = d
        return review

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
