# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.wish_request_arguments import WishRequestArguments


T = TypeVar("T", bound="WishRequest")


@_attrs_define
class WishRequest:
    """What an agent asks permission for."""

    permission: str
    """ The verb, for example `bash`, `edit`, `deploy`. """
    team: str | Unset = UNSET
    """ Needed when the caller belongs to several teams. """
    patterns: list[str] | Unset = UNSET
    command: str | Unset = ""
    diff: str | Unset = ""
    arguments: WishRequestArguments | Unset = UNSET
    directory: str | Unset = ""
    agent: str | Unset = ""
    session_id: str | Unset = ""
    expires_in_s: int | Unset = UNSET
    """ After that it counts as denied. """

    def to_dict(self) -> dict[str, Any]:
        permission = self.permission

        team = self.team

        patterns: list[str] | Unset = UNSET
        if not isinstance(self.patterns, Unset):
            patterns = self.patterns

        command = self.command

        diff = self.diff

        arguments: dict[str, Any] | Unset = UNSET
        if not isinstance(self.arguments, Unset):
            arguments = self.arguments.to_dict()

        directory = self.directory

        agent = self.agent

        session_id = self.session_id

        expires_in_s = self.expires_in_s

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "permission": permission,
            }
        )
        if team is not UNSET:
            field_dict["team"] = team
        if patterns is not UNSET:
            field_dict["patterns"] = patterns
        if command is not UNSET:
            field_dict["command"] = command
        if diff is not UNSET:
            field_dict["diff"] = diff
        if arguments is not UNSET:
            field_dict["arguments"] = arguments
        if directory is not UNSET:
            field_dict["directory"] = directory
        if agent is not UNSET:
            field_dict["agent"] = agent
        if session_id is not UNSET:
            field_dict["session_id"] = session_id
        if expires_in_s is not UNSET:
            field_dict["expires_in_s"] = expires_in_s

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.wish_request_arguments import WishRequestArguments  # noqa: PLC0415

        d = dict(src_dict)
        permission = d.pop("permission")

        team = d.pop("team", UNSET)

        patterns = cast(list[str], d.pop("patterns", UNSET))

        command = d.pop("command", UNSET)

        diff = d.pop("diff", UNSET)

        _arguments = d.pop("arguments", UNSET)
        arguments: WishRequestArguments | Unset
        if isinstance(_arguments, Unset):
            arguments = UNSET
        else:
            arguments = WishRequestArguments.from_dict(_arguments)

        directory = d.pop("directory", UNSET)

        agent = d.pop("agent", UNSET)

        session_id = d.pop("session_id", UNSET)

        expires_in_s = d.pop("expires_in_s", UNSET)

        wish_request = cls(
            permission=permission,
            team=team,
            patterns=patterns,
            command=command,
            diff=diff,
            arguments=arguments,
            directory=directory,
            agent=agent,
            session_id=session_id,
            expires_in_s=expires_in_s,
        )

        return wish_request
