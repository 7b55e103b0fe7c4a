# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.asked_request_arguments import AskedRequestArguments
    from ..models.asked_request_paths import AskedRequestPaths


T = TypeVar("T", bound="AskedRequest")


@_attrs_define
class AskedRequest:
    """One tool call, before it runs."""

    key: str
    """ The plugin's own name for this call; sent again, it is the same call. """
    process: str
    directory: str
    session_id: str
    call_id: str
    """ The model provider's; it may repeat. """
    tool: str
    arguments: AskedRequestArguments
    """ The call's whole input, as the engine hands it to its tool. """
    diff: str | Unset = ""
    paths: AskedRequestPaths | Unset = UNSET
    """ Each path that the call names, and where it really leads on the engine's host. """
    agent: str | Unset = ""
    session_rules: list[list[str]] | None | Unset = UNSET
    """ The session's own rules as [permission, pattern, action]; null: not known. """

    def to_dict(self) -> dict[str, Any]:
        key = self.key

        process = self.process

        directory = self.directory

        session_id = self.session_id

        call_id = self.call_id

        tool = self.tool

        arguments = self.arguments.to_dict()

        diff = self.diff

        paths: dict[str, Any] | Unset = UNSET
        if not isinstance(self.paths, Unset):
            paths = self.paths.to_dict()

        agent = self.agent

        session_rules: list[list[str]] | None | Unset
        if isinstance(self.session_rules, Unset):
            session_rules = UNSET
        elif isinstance(self.session_rules, list):
            session_rules = []
            for session_rules_type_0_item_data in self.session_rules:
                session_rules_type_0_item = session_rules_type_0_item_data

                session_rules.append(session_rules_type_0_item)

        else:
            session_rules = self.session_rules

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "key": key,
                "process": process,
                "directory": directory,
                "session_id": session_id,
                "call_id": call_id,
                "tool": tool,
                "arguments": arguments,
            }
        )
        if diff is not UNSET:
            field_dict["diff"] = diff
        if paths is not UNSET:
            field_dict["paths"] = paths
        if agent is not UNSET:
            field_dict["agent"] = agent
        if session_rules is not UNSET:
            field_dict["session_rules"] = session_rules

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.asked_request_arguments import AskedRequestArguments  # noqa: PLC0415
        from ..models.asked_request_paths import AskedRequestPaths  # noqa: PLC0415

        d = dict(src_dict)
        key = d.pop("key")

        process = d.pop("process")

        directory = d.pop("directory")

        session_id = d.pop("session_id")

        call_id = d.pop("call_id")

        tool = d.pop("tool")

        arguments = AskedRequestArguments.from_dict(d.pop("arguments"))

        diff = d.pop("diff", UNSET)

        _paths = d.pop("paths", UNSET)
        paths: AskedRequestPaths | Unset
        if isinstance(_paths, Unset):
            paths = UNSET
        else:
            paths = AskedRequestPaths.from_dict(_paths)

        agent = d.pop("agent", UNSET)

        def _parse_session_rules(data: object) -> list[list[str]] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                session_rules_type_0 = []
                _session_rules_type_0 = data
                for session_rules_type_0_item_data in _session_rules_type_0:
                    session_rules_type_0_item = cast(list[str], session_rules_type_0_item_data)

                    session_rules_type_0.append(session_rules_type_0_item)

                return session_rules_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[list[str]] | None | Unset, data)

        session_rules = _parse_session_rules(d.pop("session_rules", UNSET))

        asked_request = cls(
            key=key,
            process=process,
            directory=directory,
            session_id=session_id,
            call_id=call_id,
            tool=tool,
            arguments=arguments,
            diff=diff,
            paths=paths,
            agent=agent,
            session_rules=session_rules,
        )

        return asked_request
