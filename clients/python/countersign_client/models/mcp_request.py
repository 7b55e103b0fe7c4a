# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.mcp_request_source_enum import McpRequestSourceEnum
from ..models.mcp_request_state_enum import McpRequestStateEnum

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.named import Named


T = TypeVar("T", bound="McpRequest")


@_attrs_define
class McpRequest:
    """A request as lists show it."""

    id: str
    team: Named
    """ A team, an engine: what a list shows of another thing. """
    server: Named
    """ A team, an engine: what a list shows of another thing. """
    number: int
    state: McpRequestStateEnum
    """ * `requested` - requested
    * `checking` - being checked
    * `needs_review` - needs review
    * `trial` - on trial
    * `approved` - approved
    * `rejected` - rejected
    * `withdrawn` - withdrawn
    * `superseded` - superseded """
    problem: str
    """ Why it can't be reviewed yet; empty for owners outside the team. """
    source: McpRequestSourceEnum
    """ * `form` - form
    * `api` - API
    * `import` - import """
    review: None | str
    """ Where people decide it; null before that. """
    run: int
    """ Counts the rounds of checks. """
    requested_by: Actor
    """ Who did something, as it was recorded then. """
    created_at: datetime.datetime
    changed_at: datetime.datetime
    ended_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        team = self.team.to_dict()

        server = self.server.to_dict()

        number = self.number

        state = self.state.value

        problem = self.problem

        source = self.source.value

        review: None | str
        review = self.review

        run = self.run

        requested_by = self.requested_by.to_dict()

        created_at = self.created_at.isoformat()

        changed_at = self.changed_at.isoformat()

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
                "team": team,
                "server": server,
                "number": number,
                "state": state,
                "problem": problem,
                "source": source,
                "review": review,
                "run": run,
                "requested_by": requested_by,
                "created_at": created_at,
                "changed_at": changed_at,
                "ended_at": ended_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        team = Named.from_dict(d.pop("team"))

        server = Named.from_dict(d.pop("server"))

        number = d.pop("number")

        state = McpRequestStateEnum(d.pop("state"))

        problem = d.pop("problem")

        source = McpRequestSourceEnum(d.pop("source"))

        def _parse_review(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        review = _parse_review(d.pop("review"))

        run = d.pop("run")

        requested_by = Actor.from_dict(d.pop("requested_by"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        changed_at = datetime.datetime.fromisoformat(d.pop("changed_at"))

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

        mcp_request = cls(
            id=id,
            team=team,
            server=server,
            number=number,
            state=state,
            problem=problem,
            source=source,
            review=review,
            run=run,
            requested_by=requested_by,
            created_at=created_at,
            changed_at=changed_at,
            ended_at=ended_at,
        )

        mcp_request.additional_properties = d
        return mcp_request

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
