# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.cause_enum import CauseEnum
from ..models.mcp_probe_state_enum import McpProbeStateEnum

if TYPE_CHECKING:
    from ..models.mcp_listing_changes_item import McpListingChangesItem
    from ..models.mcp_listing_digests import McpListingDigests
    from ..models.mcp_listing_prompts_item import McpListingPromptsItem
    from ..models.mcp_listing_resources_item import McpListingResourcesItem
    from ..models.mcp_listing_templates_item import McpListingTemplatesItem
    from ..models.mcp_listing_timings import McpListingTimings
    from ..models.mcp_listing_tools_item import McpListingToolsItem


T = TypeVar("T", bound="McpListing")


@_attrs_define
class McpListing:
    """What the server said of itself: claims, every word of it.

    `tools`, `prompts`, `resources` and `templates` as it sent them; `changes` against what is approved.

    """

    id: str
    cause: CauseEnum
    """ * `request` - a request
    * `trial` - a trial
    * `engine_start` - an engine's start
    * `tools_changed` - an engine saw other tools
    * `by_hand` - by hand """
    state: McpProbeStateEnum
    """ * `queued` - waiting
    * `fetching` - fetching the package
    * `starting` - starting the server
    * `listing` - listing what it offers
    * `done` - done
    * `failed` - failed
    * `not_run` - not run """
    step: str
    error: str
    created_at: datetime.datetime
    ended_at: datetime.datetime | None
    server_name: str
    server_version: str
    protocol_version: str
    instructions: str
    tools: list[McpListingToolsItem]
    prompts: list[McpListingPromptsItem]
    resources: list[McpListingResourcesItem]
    templates: list[McpListingTemplatesItem]
    digests: McpListingDigests
    changes: list[McpListingChangesItem]
    timings: McpListingTimings
    """ Milliseconds by step. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        cause = self.cause.value

        state = self.state.value

        step = self.step

        error = self.error

        created_at = self.created_at.isoformat()

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        server_name = self.server_name

        server_version = self.server_version

        protocol_version = self.protocol_version

        instructions = self.instructions

        tools = []
        for tools_item_data in self.tools:
            tools_item = tools_item_data.to_dict()
            tools.append(tools_item)

        prompts = []
        for prompts_item_data in self.prompts:
            prompts_item = prompts_item_data.to_dict()
            prompts.append(prompts_item)

        resources = []
        for resources_item_data in self.resources:
            resources_item = resources_item_data.to_dict()
            resources.append(resources_item)

        templates = []
        for templates_item_data in self.templates:
            templates_item = templates_item_data.to_dict()
            templates.append(templates_item)

        digests = self.digests.to_dict()

        changes = []
        for changes_item_data in self.changes:
            changes_item = changes_item_data.to_dict()
            changes.append(changes_item)

        timings = self.timings.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "cause": cause,
                "state": state,
                "step": step,
                "error": error,
                "created_at": created_at,
                "ended_at": ended_at,
                "server_name": server_name,
                "server_version": server_version,
                "protocol_version": protocol_version,
                "instructions": instructions,
                "tools": tools,
                "prompts": prompts,
                "resources": resources,
                "templates": templates,
                "digests": digests,
                "changes": changes,
                "timings": timings,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.mcp_listing_changes_item import McpListingChangesItem  # noqa: PLC0415
        from ..models.mcp_listing_digests import McpListingDigests  # noqa: PLC0415
        from ..models.mcp_listing_prompts_item import McpListingPromptsItem  # noqa: PLC0415
        from ..models.mcp_listing_resources_item import McpListingResourcesItem  # noqa: PLC0415
        from ..models.mcp_listing_templates_item import McpListingTemplatesItem  # noqa: PLC0415
        from ..models.mcp_listing_timings import McpListingTimings  # noqa: PLC0415
        from ..models.mcp_listing_tools_item import McpListingToolsItem  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        cause = CauseEnum(d.pop("cause"))

        state = McpProbeStateEnum(d.pop("state"))

        step = d.pop("step")

        error = d.pop("error")

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

        server_name = d.pop("server_name")

        server_version = d.pop("server_version")

        protocol_version = d.pop("protocol_version")

        instructions = d.pop("instructions")

        tools = []
        _tools = d.pop("tools")
        for tools_item_data in _tools:
            tools_item = McpListingToolsItem.from_dict(tools_item_data)

            tools.append(tools_item)

        prompts = []
        _prompts = d.pop("prompts")
        for prompts_item_data in _prompts:
            prompts_item = McpListingPromptsItem.from_dict(prompts_item_data)

            prompts.append(prompts_item)

        resources = []
        _resources = d.pop("resources")
        for resources_item_data in _resources:
            resources_item = McpListingResourcesItem.from_dict(resources_item_data)

            resources.append(resources_item)

        templates = []
        _templates = d.pop("templates")
        for templates_item_data in _templates:
            templates_item = McpListingTemplatesItem.from_dict(templates_item_data)

            templates.append(templates_item)

        digests = McpListingDigests.from_dict(d.pop("digests"))

        changes = []
        _changes = d.pop("changes")
        for changes_item_data in _changes:
            changes_item = McpListingChangesItem.from_dict(changes_item_data)

            changes.append(changes_item)

        timings = McpListingTimings.from_dict(d.pop("timings"))

        mcp_listing = cls(
            id=id,
            cause=cause,
            state=state,
            step=step,
            error=error,
            created_at=created_at,
            ended_at=ended_at,
            server_name=server_name,
            server_version=server_version,
            protocol_version=protocol_version,
            instructions=instructions,
            tools=tools,
            prompts=prompts,
            resources=resources,
            templates=templates,
            digests=digests,
            changes=changes,
            timings=timings,
        )

        mcp_listing.additional_properties = d
        return mcp_listing

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
