# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.mcp_approval_bound import McpApprovalBound
    from ..models.mcp_approver import McpApprover
    from ..models.mcp_finding import McpFinding


T = TypeVar("T", bound="McpApproval")


@_attrs_define
class McpApproval:
    """What people approved, and nothing else: any change of `bound` needs a new request."""

    id: str
    request: str
    review: str
    bound: McpApprovalBound
    bound_hash: str
    """ SHA-256, hex, over the canonical JSON of `bound`. """
    tools: list[str]
    findings: list[McpFinding]
    approvers: list[McpApprover]
    approved_at: datetime.datetime
    expires_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        request = self.request

        review = self.review

        bound = self.bound.to_dict()

        bound_hash = self.bound_hash

        tools = self.tools

        findings = []
        for findings_item_data in self.findings:
            findings_item = findings_item_data.to_dict()
            findings.append(findings_item)

        approvers = []
        for approvers_item_data in self.approvers:
            approvers_item = approvers_item_data.to_dict()
            approvers.append(approvers_item)

        approved_at = self.approved_at.isoformat()

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "request": request,
                "review": review,
                "bound": bound,
                "bound_hash": bound_hash,
                "tools": tools,
                "findings": findings,
                "approvers": approvers,
                "approved_at": approved_at,
                "expires_at": expires_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.mcp_approval_bound import McpApprovalBound  # noqa: PLC0415
        from ..models.mcp_approver import McpApprover  # noqa: PLC0415
        from ..models.mcp_finding import McpFinding  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        request = d.pop("request")

        review = d.pop("review")

        bound = McpApprovalBound.from_dict(d.pop("bound"))

        bound_hash = d.pop("bound_hash")

        tools = cast(list[str], d.pop("tools"))

        findings = []
        _findings = d.pop("findings")
        for findings_item_data in _findings:
            findings_item = McpFinding.from_dict(findings_item_data)

            findings.append(findings_item)

        approvers = []
        _approvers = d.pop("approvers")
        for approvers_item_data in _approvers:
            approvers_item = McpApprover.from_dict(approvers_item_data)

            approvers.append(approvers_item)

        approved_at = datetime.datetime.fromisoformat(d.pop("approved_at"))

        def _parse_expires_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))

        mcp_approval = cls(
            id=id,
            request=request,
            review=review,
            bound=bound,
            bound_hash=bound_hash,
            tools=tools,
            findings=findings,
            approvers=approvers,
            approved_at=approved_at,
            expires_at=expires_at,
        )

        mcp_approval.additional_properties = d
        return mcp_approval

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
