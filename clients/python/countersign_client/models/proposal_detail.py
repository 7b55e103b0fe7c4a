# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.area_enum import AreaEnum
from ..models.authored_by_enum import AuthoredByEnum
from ..models.proposal_state_enum import ProposalStateEnum

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.lint_finding import LintFinding
    from ..models.named import Named
    from ..models.revision import Revision


T = TypeVar("T", bound="ProposalDetail")


@_attrs_define
class ProposalDetail:
    """One proposal. `latest` is null and `findings` empty for owners outside the team."""

    id: str
    team: Named
    """ A team, an engine: what a list shows of another thing. """
    slug: str
    name: str
    description: str
    """ Empty for owners outside the team. """
    area: AreaEnum
    """ * `general` - general
    * `development` - development
    * `deployment` - deployment
    * `operations` - operations
    * `incident` - incidents
    * `security` - security
    * `data` - data """
    state: ProposalStateEnum
    """ * `draft` - draft
    * `submitted` - submitted
    * `changes_requested` - changes requested
    * `approved` - approved
    * `rejected` - rejected
    * `withdrawn` - withdrawn """
    revision: int
    """ The number of the latest one. """
    authored_by: AuthoredByEnum
    """ * `human` - a person
    * `agent` - an agent """
    author: Actor
    """ Who did something, as it was recorded then. """
    supersedes: Named | None
    review: None | str
    """ Where people decide it; null before it was submitted. """
    open_comments: int
    created_at: datetime.datetime
    changed_at: datetime.datetime
    submitted_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    source: str
    """ The file it was imported from. """
    latest: None | Revision
    findings: list[LintFinding]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.named import Named  # noqa: PLC0415
        from ..models.revision import Revision  # noqa: PLC0415

        id = self.id

        team = self.team.to_dict()

        slug = self.slug

        name = self.name

        description = self.description

        area = self.area.value

        state = self.state.value

        revision = self.revision

        authored_by = self.authored_by.value

        author = self.author.to_dict()

        supersedes: dict[str, Any] | None
        if isinstance(self.supersedes, Named):
            supersedes = self.supersedes.to_dict()
        else:
            supersedes = self.supersedes

        review: None | str
        review = self.review

        open_comments = self.open_comments

        created_at = self.created_at.isoformat()

        changed_at = self.changed_at.isoformat()

        submitted_at: None | str
        if isinstance(self.submitted_at, datetime.datetime):
            submitted_at = self.submitted_at.isoformat()
        else:
            submitted_at = self.submitted_at

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        source = self.source

        latest: dict[str, Any] | None
        if isinstance(self.latest, Revision):
            latest = self.latest.to_dict()
        else:
            latest = self.latest

        findings = []
        for findings_item_data in self.findings:
            findings_item = findings_item_data.to_dict()
            findings.append(findings_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "team": team,
                "slug": slug,
                "name": name,
                "description": description,
                "area": area,
                "state": state,
                "revision": revision,
                "authored_by": authored_by,
                "author": author,
                "supersedes": supersedes,
                "review": review,
                "open_comments": open_comments,
                "created_at": created_at,
                "changed_at": changed_at,
                "submitted_at": submitted_at,
                "ended_at": ended_at,
                "source": source,
                "latest": latest,
                "findings": findings,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.lint_finding import LintFinding  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415
        from ..models.revision import Revision  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        team = Named.from_dict(d.pop("team"))

        slug = d.pop("slug")

        name = d.pop("name")

        description = d.pop("description")

        area = AreaEnum(d.pop("area"))

        state = ProposalStateEnum(d.pop("state"))

        revision = d.pop("revision")

        authored_by = AuthoredByEnum(d.pop("authored_by"))

        author = Actor.from_dict(d.pop("author"))

        def _parse_supersedes(data: object) -> Named | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                supersedes_type_0 = Named.from_dict(data)

                return supersedes_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Named | None, data)

        supersedes = _parse_supersedes(d.pop("supersedes"))

        def _parse_review(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        review = _parse_review(d.pop("review"))

        open_comments = d.pop("open_comments")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        changed_at = datetime.datetime.fromisoformat(d.pop("changed_at"))

        def _parse_submitted_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                submitted_at_type_0 = datetime.datetime.fromisoformat(data)

                return submitted_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        submitted_at = _parse_submitted_at(d.pop("submitted_at"))

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

        source = d.pop("source")

        def _parse_latest(data: object) -> None | Revision:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                latest_type_0 = Revision.from_dict(data)

                return latest_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Revision, data)

        latest = _parse_latest(d.pop("latest"))

        findings = []
        _findings = d.pop("findings")
        for findings_item_data in _findings:
            findings_item = LintFinding.from_dict(findings_item_data)

            findings.append(findings_item)

        proposal_detail = cls(
            id=id,
            team=team,
            slug=slug,
            name=name,
            description=description,
            area=area,
            state=state,
            revision=revision,
            authored_by=authored_by,
            author=author,
            supersedes=supersedes,
            review=review,
            open_comments=open_comments,
            created_at=created_at,
            changed_at=changed_at,
            submitted_at=submitted_at,
            ended_at=ended_at,
            source=source,
            latest=latest,
            findings=findings,
        )

        proposal_detail.additional_properties = d
        return proposal_detail

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
