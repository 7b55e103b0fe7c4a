# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.publication_state_enum import PublicationStateEnum

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.named import Named
    from ..models.release_number import ReleaseNumber


T = TypeVar("T", bound="Publication")


@_attrs_define
class Publication:
    """One release on its way to its engine, or how that ended."""

    id: str
    engine: Named
    """ A team, an engine: what a list shows of another thing. """
    release: ReleaseNumber
    """ What a client gets. Values go to the renderer as they are; it writes times itself. """
    previous_release: None | ReleaseNumber
    state: PublicationStateEnum
    """ * `queued` - queued
    * `validating` - checking the release
    * `trying` - trying it on a throwaway engine
    * `staging` - laying the files down
    * `waiting` - waiting for the engine to be idle
    * `by_hand` - waiting for somebody to copy the files
    * `swapping` - swapping the folder
    * `disposing` - having the engine read it
    * `reading_back` - reading back
    * `rolling_back` - rolling back
    * `live` - live
    * `rolled_back` - rolled back
    * `failed` - failed
    * `cancelled` - cancelled """
    is_finished: bool
    is_forced: bool
    is_rollback: bool
    waits_for: str
    """ What it waits for now, in words. """
    error: str
    """ Why it ended otherwise than live. """
    requested_by: Actor
    """ Who did something, as it was recorded then. """
    step_at: datetime.datetime
    created_at: datetime.datetime
    ended_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.release_number import ReleaseNumber  # noqa: PLC0415

        id = self.id

        engine = self.engine.to_dict()

        release = self.release.to_dict()

        previous_release: dict[str, Any] | None
        if isinstance(self.previous_release, ReleaseNumber):
            previous_release = self.previous_release.to_dict()
        else:
            previous_release = self.previous_release

        state = self.state.value

        is_finished = self.is_finished

        is_forced = self.is_forced

        is_rollback = self.is_rollback

        waits_for = self.waits_for

        error = self.error

        requested_by = self.requested_by.to_dict()

        step_at = self.step_at.isoformat()

        created_at = self.created_at.isoformat()

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "engine": engine,
                "release": release,
                "previous_release": previous_release,
                "state": state,
                "is_finished": is_finished,
                "is_forced": is_forced,
                "is_rollback": is_rollback,
                "waits_for": waits_for,
                "error": error,
                "requested_by": requested_by,
                "step_at": step_at,
                "created_at": created_at,
                "ended_at": ended_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415
        from ..models.release_number import ReleaseNumber  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        engine = Named.from_dict(d.pop("engine"))

        release = ReleaseNumber.from_dict(d.pop("release"))

        def _parse_previous_release(data: object) -> None | ReleaseNumber:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                previous_release_type_0 = ReleaseNumber.from_dict(data)

                return previous_release_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ReleaseNumber, data)

        previous_release = _parse_previous_release(d.pop("previous_release"))

        state = PublicationStateEnum(d.pop("state"))

        is_finished = d.pop("is_finished")

        is_forced = d.pop("is_forced")

        is_rollback = d.pop("is_rollback")

        waits_for = d.pop("waits_for")

        error = d.pop("error")

        requested_by = Actor.from_dict(d.pop("requested_by"))

        step_at = datetime.datetime.fromisoformat(d.pop("step_at"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

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

        publication = cls(
            id=id,
            engine=engine,
            release=release,
            previous_release=previous_release,
            state=state,
            is_finished=is_finished,
            is_forced=is_forced,
            is_rollback=is_rollback,
            waits_for=waits_for,
            error=error,
            requested_by=requested_by,
            step_at=step_at,
            created_at=created_at,
            ended_at=ended_at,
        )

        publication.additional_properties = d
        return publication

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
