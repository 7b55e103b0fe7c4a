# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.mcp_content_request import McpContentRequest
    from ..models.mcp_wish_request_secrets import McpWishRequestSecrets


T = TypeVar("T", bound="McpWishRequest")


@_attrs_define
class McpWishRequest:
    """A server that one asks for."""

    content: McpContentRequest
    """ What a server is. A local one has `package` or `program`; a remote one has `url`. """
    secrets: McpWishRequestSecrets | Unset = UNSET
    """ {name: value} of what `content` declares as secret. Sealed; nobody is shown them again. """
    reason: str | Unset = ""
    """ For who reviews it. """
    valid_days: int | None | Unset = UNSET
    """ How long an approval shall hold; null: until it is taken back. """
    team: str | Unset = UNSET
    """ Needed when the caller belongs to several teams. """
    again: bool | Unset = False
    """ Also when exactly this is approved already: for a renewal, or other tools. """

    def to_dict(self) -> dict[str, Any]:
        content = self.content.to_dict()

        secrets: dict[str, Any] | Unset = UNSET
        if not isinstance(self.secrets, Unset):
            secrets = self.secrets.to_dict()

        reason = self.reason

        valid_days: int | None | Unset
        if isinstance(self.valid_days, Unset):
            valid_days = UNSET
        else:
            valid_days = self.valid_days

        team = self.team

        again = self.again

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "content": content,
            }
        )
        if secrets is not UNSET:
            field_dict["secrets"] = secrets
        if reason is not UNSET:
            field_dict["reason"] = reason
        if valid_days is not UNSET:
            field_dict["valid_days"] = valid_days
        if team is not UNSET:
            field_dict["team"] = team
        if again is not UNSET:
            field_dict["again"] = again

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.mcp_content_request import McpContentRequest  # noqa: PLC0415
        from ..models.mcp_wish_request_secrets import McpWishRequestSecrets  # noqa: PLC0415

        d = dict(src_dict)
        content = McpContentRequest.from_dict(d.pop("content"))

        _secrets = d.pop("secrets", UNSET)
        secrets: McpWishRequestSecrets | Unset
        if isinstance(_secrets, Unset):
            secrets = UNSET
        else:
            secrets = McpWishRequestSecrets.from_dict(_secrets)

        reason = d.pop("reason", UNSET)

        def _parse_valid_days(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        valid_days = _parse_valid_days(d.pop("valid_days", UNSET))

        team = d.pop("team", UNSET)

        again = d.pop("again", UNSET)

        mcp_wish_request = cls(
            content=content,
            secrets=secrets,
            reason=reason,
            valid_days=valid_days,
            team=team,
            again=again,
        )

        return mcp_wish_request
