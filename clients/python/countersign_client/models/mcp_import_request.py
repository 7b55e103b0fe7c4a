# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.blank_enum import BlankEnum
from ..models.format_enum import FormatEnum
from ..types import UNSET, Unset

T = TypeVar("T", bound="McpImportRequest")


@_attrs_define
class McpImportRequest:
    """A file that describes servers: a registry's `server.json`, OpenCode, Claude, a Docker catalogue."""

    text: str
    format_: BlankEnum | FormatEnum | Unset = BlankEnum.VALUE_0
    """ Left out: told from the text.

    * `registry` - registry
    * `opencode` - opencode
    * `claude` - claude
    * `docker` - docker """
    names: list[str] | Unset = UNSET
    """ Left out: all. """
    team: str | Unset = UNSET
    """ Needed when the caller belongs to several teams. """
    reason: str | Unset = ""
    catalog: str | Unset = ""
    """ Where it came from, for people. """
    dry_run: bool | Unset = False
    """ Say what would be asked for, and ask for nothing. """

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        format_: str | Unset
        if isinstance(self.format_, Unset):
            format_ = UNSET
        elif isinstance(self.format_, FormatEnum):
            format_ = self.format_.value
        else:
            format_ = self.format_.value

        names: list[str] | Unset = UNSET
        if not isinstance(self.names, Unset):
            names = self.names

        team = self.team

        reason = self.reason

        catalog = self.catalog

        dry_run = self.dry_run

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "text": text,
            }
        )
        if format_ is not UNSET:
            field_dict["format"] = format_
        if names is not UNSET:
            field_dict["names"] = names
        if team is not UNSET:
            field_dict["team"] = team
        if reason is not UNSET:
            field_dict["reason"] = reason
        if catalog is not UNSET:
            field_dict["catalog"] = catalog
        if dry_run is not UNSET:
            field_dict["dry_run"] = dry_run

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        text = d.pop("text")

        def _parse_format_(data: object) -> BlankEnum | FormatEnum | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                format_type_0 = FormatEnum(data)

                return format_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, str):
                raise TypeError()
            format_type_1 = BlankEnum(data)

            return format_type_1

        format_ = _parse_format_(d.pop("format", UNSET))

        names = cast(list[str], d.pop("names", UNSET))

        team = d.pop("team", UNSET)

        reason = d.pop("reason", UNSET)

        catalog = d.pop("catalog", UNSET)

        dry_run = d.pop("dry_run", UNSET)

        mcp_import_request = cls(
            text=text,
            format_=format_,
            names=names,
            team=team,
            reason=reason,
            catalog=catalog,
            dry_run=dry_run,
        )

        return mcp_import_request
