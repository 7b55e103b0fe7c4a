# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.file_difference import FileDifference
    from ..models.found_problem import FoundProblem


T = TypeVar("T", bound="DraftRelease")


@_attrs_define
class DraftRelease:
    """What a release built now would hold."""

    content_hash: None | str
    """ Null when nothing can be rendered. """
    problems: list[FoundProblem]
    changes: list[FileDifference]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        content_hash: None | str
        content_hash = self.content_hash

        problems = []
        for problems_item_data in self.problems:
            problems_item = problems_item_data.to_dict()
            problems.append(problems_item)

        changes = []
        for changes_item_data in self.changes:
            changes_item = changes_item_data.to_dict()
            changes.append(changes_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "content_hash": content_hash,
                "problems": problems,
                "changes": changes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.file_difference import FileDifference  # noqa: PLC0415
        from ..models.found_problem import FoundProblem  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_content_hash(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        content_hash = _parse_content_hash(d.pop("content_hash"))

        problems = []
        _problems = d.pop("problems")
        for problems_item_data in _problems:
            problems_item = FoundProblem.from_dict(problems_item_data)

            problems.append(problems_item)

        changes = []
        _changes = d.pop("changes")
        for changes_item_data in _changes:
            changes_item = FileDifference.from_dict(changes_item_data)

            changes.append(changes_item)

        draft_release = cls(
            content_hash=content_hash,
            problems=problems,
            changes=changes,
        )

        draft_release.additional_properties = d
        return draft_release

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
