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
    from ..models.mcp_check import McpCheck
    from ..models.mcp_content import McpContent
    from ..models.mcp_probe import McpProbe
    from ..models.mcp_request_detail_bound import McpRequestDetailBound
    from ..models.named import Named


T = TypeVar("T", bound="McpRequestDetail")


@_attrs_define
class McpRequestDetail:
    """One request. What it says and what was found is for members of its team; null and empty for others."""

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
    content: McpContent | None
    content_hash: str
    catalog: str
    """ Where an entry that was brought in came from. """
    reason: str
    valid_days: int | None
    bound: McpRequestDetailBound
    tools: list[str]
    tools_listed: list[str]
    checks: list[McpCheck]
    probe: McpProbe | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.mcp_content import McpContent  # noqa: PLC0415
        from ..models.mcp_probe import McpProbe  # noqa: PLC0415

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

        content: dict[str, Any] | None
        if isinstance(self.content, McpContent):
            content = self.content.to_dict()
        else:
            content = self.content

        content_hash = self.content_hash

        catalog = self.catalog

        reason = self.reason

        valid_days: int | None
        valid_days = self.valid_days

        bound = self.bound.to_dict()

        tools = self.tools

        tools_listed = self.tools_listed

        checks = []
        for checks_item_data in self.checks:
            checks_item = checks_item_data.to_dict()
            checks.append(checks_item)

        probe: dict[str, Any] | None
        if isinstance(self.probe, McpProbe):
            probe = self.probe.to_dict()
        else:
            probe = self.probe

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
                "content": content,
                "content_hash": content_hash,
                "catalog": catalog,
                "reason": reason,
                "valid_days": valid_days,
                "bound": bound,
                "tools": tools,
                "tools_listed": tools_listed,
                "checks": checks,
                "probe": probe,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.mcp_check import McpCheck  # noqa: PLC0415
        from ..models.mcp_content import McpContent  # noqa: PLC0415
        from ..models.mcp_probe import McpProbe  # noqa: PLC0415
        from ..models.mcp_request_detail_bound import McpRequestDetailBound  # noqa: PLC0415
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

        def _parse_content(data: object) -> McpContent | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                content_type_0 = McpContent.from_dict(data)

                return content_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(McpContent | None, data)

        content = _parse_content(d.pop("content"))

        content_hash = d.pop("content_hash")

        catalog = d.pop("catalog")

        reason = d.pop("reason")

        def _parse_valid_days(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        valid_days = _parse_valid_days(d.pop("valid_days"))

        bound = McpRequestDetailBound.from_dict(d.pop("bound"))

        tools = cast(list[str], d.pop("tools"))

        tools_listed = cast(list[str], d.pop("tools_listed"))

        checks = []
        _checks = d.pop("checks")
        for checks_item_data in _checks:
            checks_item = McpCheck.from_dict(checks_item_data)

            checks.append(checks_item)

        def _parse_probe(data: object) -> McpProbe | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                probe_type_0 = McpProbe.from_dict(data)

                return probe_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(McpProbe | None, data)

        probe = _parse_probe(d.pop("probe"))

        mcp_request_detail = cls(
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
            content=content,
            content_hash=content_hash,
            catalog=catalog,
            reason=reason,
            valid_days=valid_days,
            bound=bound,
            tools=tools,
            tools_listed=tools_listed,
            checks=checks,
            probe=probe,
        )

        mcp_request_detail.additional_properties = d
        return mcp_request_detail

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
