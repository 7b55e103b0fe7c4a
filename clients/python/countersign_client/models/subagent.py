# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status_enum import StatusEnum
from ..models.subagent_kind_enum import SubagentKindEnum

if TYPE_CHECKING:
    from ..models.named import Named


T = TypeVar("T", bound="Subagent")


@_attrs_define
class Subagent:
    """One delegation: which session or terminal asked which, and what became of it."""

    id: str
    engine: Named | None
    cao_server: Named | None
    """ It was told by an engine or by a CAO server. """
    kind: SubagentKindEnum
    """ * `opencode_task` - OpenCode task
    * `cao_terminal` - CAO terminal
    * `cao_assign` - CAO assignment
    * `cao_handoff` - CAO handoff
    * `cao_workflow_run` - CAO workflow run
    * `cao_workflow_step` - CAO workflow step
    * `cao_flow` - CAO flow """
    source_ref: str
    """ The source's own id of the subagent's session or terminal. """
    parent_ref: str
    """ The source's own id of the one that delegated. """
    parent_id: None | str
    root_id: None | str
    depth: int
    chat_id: None | str
    agent: str
    provider: str
    model: str
    description: str
    working_directory: str
    status: StatusEnum
    """ * `queued` - queued
    * `starting` - starting
    * `running` - running
    * `waiting_human` - waiting for a person
    * `completed` - completed
    * `failed` - failed
    * `cancelled` - cancelled
    * `lost` - lost """
    result_excerpt: str
    error: str
    evidence: str
    """ What the status was read from. """
    stop_asked_at: datetime.datetime | None
    """ Somebody wants it stopped. """
    stop_error: str
    """ Why it is not stopped yet. """
    started_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    first_seen_at: datetime.datetime
    last_seen_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.named import Named  # noqa: PLC0415

        id = self.id

        engine: dict[str, Any] | None
        if isinstance(self.engine, Named):
            engine = self.engine.to_dict()
        else:
            engine = self.engine

        cao_server: dict[str, Any] | None
        if isinstance(self.cao_server, Named):
            cao_server = self.cao_server.to_dict()
        else:
            cao_server = self.cao_server

        kind = self.kind.value

        source_ref = self.source_ref

        parent_ref = self.parent_ref

        parent_id: None | str
        parent_id = self.parent_id

        root_id: None | str
        root_id = self.root_id

        depth = self.depth

        chat_id: None | str
        chat_id = self.chat_id

        agent = self.agent

        provider = self.provider

        model = self.model

        description = self.description

        working_directory = self.working_directory

        status = self.status.value

        result_excerpt = self.result_excerpt

        error = self.error

        evidence = self.evidence

        stop_asked_at: None | str
        if isinstance(self.stop_asked_at, datetime.datetime):
            stop_asked_at = self.stop_asked_at.isoformat()
        else:
            stop_asked_at = self.stop_asked_at

        stop_error = self.stop_error

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        first_seen_at = self.first_seen_at.isoformat()

        last_seen_at = self.last_seen_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "engine": engine,
                "cao_server": cao_server,
                "kind": kind,
                "source_ref": source_ref,
                "parent_ref": parent_ref,
                "parent_id": parent_id,
                "root_id": root_id,
                "depth": depth,
                "chat_id": chat_id,
                "agent": agent,
                "provider": provider,
                "model": model,
                "description": description,
                "working_directory": working_directory,
                "status": status,
                "result_excerpt": result_excerpt,
                "error": error,
                "evidence": evidence,
                "stop_asked_at": stop_asked_at,
                "stop_error": stop_error,
                "started_at": started_at,
                "ended_at": ended_at,
                "first_seen_at": first_seen_at,
                "last_seen_at": last_seen_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

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

        def _parse_cao_server(data: object) -> Named | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                cao_server_type_0 = Named.from_dict(data)

                return cao_server_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Named | None, data)

        cao_server = _parse_cao_server(d.pop("cao_server"))

        kind = SubagentKindEnum(d.pop("kind"))

        source_ref = d.pop("source_ref")

        parent_ref = d.pop("parent_ref")

        def _parse_parent_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        parent_id = _parse_parent_id(d.pop("parent_id"))

        def _parse_root_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        root_id = _parse_root_id(d.pop("root_id"))

        depth = d.pop("depth")

        def _parse_chat_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        chat_id = _parse_chat_id(d.pop("chat_id"))

        agent = d.pop("agent")

        provider = d.pop("provider")

        model = d.pop("model")

        description = d.pop("description")

        working_directory = d.pop("working_directory")

        status = StatusEnum(d.pop("status"))

        result_excerpt = d.pop("result_excerpt")

        error = d.pop("error")

        evidence = d.pop("evidence")

        def _parse_stop_asked_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                stop_asked_at_type_0 = datetime.datetime.fromisoformat(data)

                return stop_asked_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        stop_asked_at = _parse_stop_asked_at(d.pop("stop_asked_at"))

        stop_error = d.pop("stop_error")

        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)

                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("started_at"))

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

        first_seen_at = datetime.datetime.fromisoformat(d.pop("first_seen_at"))

        last_seen_at = datetime.datetime.fromisoformat(d.pop("last_seen_at"))

        subagent = cls(
            id=id,
            engine=engine,
            cao_server=cao_server,
            kind=kind,
            source_ref=source_ref,
            parent_ref=parent_ref,
            parent_id=parent_id,
            root_id=root_id,
            depth=depth,
            chat_id=chat_id,
            agent=agent,
            provider=provider,
            model=model,
            description=description,
            working_directory=working_directory,
            status=status,
            result_excerpt=result_excerpt,
            error=error,
            evidence=evidence,
            stop_asked_at=stop_asked_at,
            stop_error=stop_error,
            started_at=started_at,
            ended_at=ended_at,
            first_seen_at=first_seen_at,
            last_seen_at=last_seen_at,
        )

        subagent.additional_properties = d
        return subagent

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
