# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.blank_enum import BlankEnum
from ..models.close_reason_enum import CloseReasonEnum
from ..models.request_state_enum import RequestStateEnum
from ..models.risk_enum import RiskEnum
from ..models.source_enum import SourceEnum

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.content import Content
    from ..models.deciding_rule import DecidingRule
    from ..models.delegate import Delegate
    from ..models.delivery import Delivery
    from ..models.finding import Finding
    from ..models.my_decision import MyDecision
    from ..models.named import Named
    from ..models.place import Place


T = TypeVar("T", bound="RequestDetail")


@_attrs_define
class RequestDetail:
    """One request. `content` is null without the scope `requests:read-full` or the team's membership."""

    id: str
    state: RequestStateEnum
    """ * `pending` - pending
    * `approved` - approved
    * `denied` - denied
    * `expired` - expired
    * `cancelled` - cancelled """
    fingerprint: str
    """ What a decision has to carry. """
    permission: str
    summary: str
    """ Empty for owners outside the team. """
    is_summary_whole: bool
    """ The summary shows everything there is. """
    prefix: str
    """ The leading words of one plain command, else empty; empty for owners outside the team. """
    risk: RiskEnum
    """ * `normal` - normal risk
    * `high` - high risk """
    findings: list[Finding]
    arguments_known: bool
    sealed: bool
    """ Only a sealed request can be approved. """
    can_decide: bool
    cannot_decide_because: str
    my_decision: MyDecision | None
    claimed_by: Actor | None
    claimed_at: datetime.datetime | None
    comments_count: int
    """ For people of the team; 0 for everybody else. """
    approvals: int
    approvals_needed: int
    team: Named
    """ A team, an engine: what a list shows of another thing. """
    source: SourceEnum
    """ * `engine` - engine
    * `api` - API
    * `gate` - gate """
    requester: Actor
    """ Who did something, as it was recorded then. """
    engine: Named | None
    chat: None | Place
    subagent: Delegate | None
    engine_request_id: str
    session_id: str
    tool_message_id: str
    tool_call_id: str
    directory: str
    agent: str
    created_at: datetime.datetime
    expires_at: datetime.datetime
    decided_at: datetime.datetime | None
    decided_by: Actor | None
    decision_door: str
    rule: DecidingRule | None
    decision_message: str
    """ The reviewer's words, for the agent. """
    close_reason: BlankEnum | CloseReasonEnum
    closed_by: None | str
    """ The request whose denial closed this one. """
    delivery: Delivery | None
    siblings: int
    """ Other pending requests of the same engine session; a denial closes them too. """
    content: Content | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.content import Content  # noqa: PLC0415
        from ..models.deciding_rule import DecidingRule  # noqa: PLC0415
        from ..models.delegate import Delegate  # noqa: PLC0415
        from ..models.delivery import Delivery  # noqa: PLC0415
        from ..models.my_decision import MyDecision  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415
        from ..models.place import Place  # noqa: PLC0415

        id = self.id

        state = self.state.value

        fingerprint = self.fingerprint

        permission = self.permission

        summary = self.summary

        is_summary_whole = self.is_summary_whole

        prefix = self.prefix

        risk = self.risk.value

        findings = []
        for findings_item_data in self.findings:
            findings_item = findings_item_data.to_dict()
            findings.append(findings_item)

        arguments_known = self.arguments_known

        sealed = self.sealed

        can_decide = self.can_decide

        cannot_decide_because = self.cannot_decide_because

        my_decision: dict[str, Any] | None
        if isinstance(self.my_decision, MyDecision):
            my_decision = self.my_decision.to_dict()
        else:
            my_decision = self.my_decision

        claimed_by: dict[str, Any] | None
        if isinstance(self.claimed_by, Actor):
            claimed_by = self.claimed_by.to_dict()
        else:
            claimed_by = self.claimed_by

        claimed_at: None | str
        if isinstance(self.claimed_at, datetime.datetime):
            claimed_at = self.claimed_at.isoformat()
        else:
            claimed_at = self.claimed_at

        comments_count = self.comments_count

        approvals = self.approvals

        approvals_needed = self.approvals_needed

        team = self.team.to_dict()

        source = self.source.value

        requester = self.requester.to_dict()

        engine: dict[str, Any] | None
        if isinstance(self.engine, Named):
            engine = self.engine.to_dict()
        else:
            engine = self.engine

        chat: dict[str, Any] | None
        if isinstance(self.chat, Place):
            chat = self.chat.to_dict()
        else:
            chat = self.chat

        subagent: dict[str, Any] | None
        if isinstance(self.subagent, Delegate):
            subagent = self.subagent.to_dict()
        else:
            subagent = self.subagent

        engine_request_id = self.engine_request_id

        session_id = self.session_id

        tool_message_id = self.tool_message_id

        tool_call_id = self.tool_call_id

        directory = self.directory

        agent = self.agent

        created_at = self.created_at.isoformat()

        expires_at = self.expires_at.isoformat()

        decided_at: None | str
        if isinstance(self.decided_at, datetime.datetime):
            decided_at = self.decided_at.isoformat()
        else:
            decided_at = self.decided_at

        decided_by: dict[str, Any] | None
        if isinstance(self.decided_by, Actor):
            decided_by = self.decided_by.to_dict()
        else:
            decided_by = self.decided_by

        decision_door = self.decision_door

        rule: dict[str, Any] | None
        if isinstance(self.rule, DecidingRule):
            rule = self.rule.to_dict()
        else:
            rule = self.rule

        decision_message = self.decision_message

        close_reason: str
        if isinstance(self.close_reason, CloseReasonEnum):
            close_reason = self.close_reason.value
        else:
            close_reason = self.close_reason.value

        closed_by: None | str
        closed_by = self.closed_by

        delivery: dict[str, Any] | None
        if isinstance(self.delivery, Delivery):
            delivery = self.delivery.to_dict()
        else:
            delivery = self.delivery

        siblings = self.siblings

        content: dict[str, Any] | None
        if isinstance(self.content, Content):
            content = self.content.to_dict()
        else:
            content = self.content

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "state": state,
                "fingerprint": fingerprint,
                "permission": permission,
                "summary": summary,
                "is_summary_whole": is_summary_whole,
                "prefix": prefix,
                "risk": risk,
                "findings": findings,
                "arguments_known": arguments_known,
                "sealed": sealed,
                "can_decide": can_decide,
                "cannot_decide_because": cannot_decide_because,
                "my_decision": my_decision,
                "claimed_by": claimed_by,
                "claimed_at": claimed_at,
                "comments_count": comments_count,
                "approvals": approvals,
                "approvals_needed": approvals_needed,
                "team": team,
                "source": source,
                "requester": requester,
                "engine": engine,
                "chat": chat,
                "subagent": subagent,
                "engine_request_id": engine_request_id,
                "session_id": session_id,
                "tool_message_id": tool_message_id,
                "tool_call_id": tool_call_id,
                "directory": directory,
                "agent": agent,
                "created_at": created_at,
                "expires_at": expires_at,
                "decided_at": decided_at,
                "decided_by": decided_by,
                "decision_door": decision_door,
                "rule": rule,
                "decision_message": decision_message,
                "close_reason": close_reason,
                "closed_by": closed_by,
                "delivery": delivery,
                "siblings": siblings,
                "content": content,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.content import Content  # noqa: PLC0415
        from ..models.deciding_rule import DecidingRule  # noqa: PLC0415
        from ..models.delegate import Delegate  # noqa: PLC0415
        from ..models.delivery import Delivery  # noqa: PLC0415
        from ..models.finding import Finding  # noqa: PLC0415
        from ..models.my_decision import MyDecision  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415
        from ..models.place import Place  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        state = RequestStateEnum(d.pop("state"))

        fingerprint = d.pop("fingerprint")

        permission = d.pop("permission")

        summary = d.pop("summary")

        is_summary_whole = d.pop("is_summary_whole")

        prefix = d.pop("prefix")

        risk = RiskEnum(d.pop("risk"))

        findings = []
        _findings = d.pop("findings")
        for findings_item_data in _findings:
            findings_item = Finding.from_dict(findings_item_data)

            findings.append(findings_item)

        arguments_known = d.pop("arguments_known")

        sealed = d.pop("sealed")

        can_decide = d.pop("can_decide")

        cannot_decide_because = d.pop("cannot_decide_because")

        def _parse_my_decision(data: object) -> MyDecision | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                my_decision_type_0 = MyDecision.from_dict(data)

                return my_decision_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(MyDecision | None, data)

        my_decision = _parse_my_decision(d.pop("my_decision"))

        def _parse_claimed_by(data: object) -> Actor | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                claimed_by_type_0 = Actor.from_dict(data)

                return claimed_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Actor | None, data)

        claimed_by = _parse_claimed_by(d.pop("claimed_by"))

        def _parse_claimed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                claimed_at_type_0 = datetime.datetime.fromisoformat(data)

                return claimed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        claimed_at = _parse_claimed_at(d.pop("claimed_at"))

        comments_count = d.pop("comments_count")

        approvals = d.pop("approvals")

        approvals_needed = d.pop("approvals_needed")

        team = Named.from_dict(d.pop("team"))

        source = SourceEnum(d.pop("source"))

        requester = Actor.from_dict(d.pop("requester"))

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

        def _parse_chat(data: object) -> None | Place:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                chat_type_0 = Place.from_dict(data)

                return chat_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Place, data)

        chat = _parse_chat(d.pop("chat"))

        def _parse_subagent(data: object) -> Delegate | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                subagent_type_0 = Delegate.from_dict(data)

                return subagent_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Delegate | None, data)

        subagent = _parse_subagent(d.pop("subagent"))

        engine_request_id = d.pop("engine_request_id")

        session_id = d.pop("session_id")

        tool_message_id = d.pop("tool_message_id")

        tool_call_id = d.pop("tool_call_id")

        directory = d.pop("directory")

        agent = d.pop("agent")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        def _parse_decided_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                decided_at_type_0 = datetime.datetime.fromisoformat(data)

                return decided_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        decided_at = _parse_decided_at(d.pop("decided_at"))

        def _parse_decided_by(data: object) -> Actor | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                decided_by_type_0 = Actor.from_dict(data)

                return decided_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Actor | None, data)

        decided_by = _parse_decided_by(d.pop("decided_by"))

        decision_door = d.pop("decision_door")

        def _parse_rule(data: object) -> DecidingRule | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                rule_type_0 = DecidingRule.from_dict(data)

                return rule_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(DecidingRule | None, data)

        rule = _parse_rule(d.pop("rule"))

        decision_message = d.pop("decision_message")

        def _parse_close_reason(data: object) -> BlankEnum | CloseReasonEnum:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                close_reason_type_0 = CloseReasonEnum(data)

                return close_reason_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, str):
                raise TypeError()
            close_reason_type_1 = BlankEnum(data)

            return close_reason_type_1

        close_reason = _parse_close_reason(d.pop("close_reason"))

        def _parse_closed_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        closed_by = _parse_closed_by(d.pop("closed_by"))

        def _parse_delivery(data: object) -> Delivery | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                delivery_type_0 = Delivery.from_dict(data)

                return delivery_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Delivery | None, data)

        delivery = _parse_delivery(d.pop("delivery"))

        siblings = d.pop("siblings")

        def _parse_content(data: object) -> Content | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                content_type_0 = Content.from_dict(data)

                return content_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Content | None, data)

        content = _parse_content(d.pop("content"))

        request_detail = cls(
            id=id,
            state=state,
            fingerprint=fingerprint,
            permission=permission,
            summary=summary,
            is_summary_whole=is_summary_whole,
            prefix=prefix,
            risk=risk,
            findings=findings,
            arguments_known=arguments_known,
            sealed=sealed,
            can_decide=can_decide,
            cannot_decide_because=cannot_decide_because,
            my_decision=my_decision,
            claimed_by=claimed_by,
            claimed_at=claimed_at,
            comments_count=comments_count,
            approvals=approvals,
            approvals_needed=approvals_needed,
            team=team,
            source=source,
            requester=requester,
            engine=engine,
            chat=chat,
            subagent=subagent,
            engine_request_id=engine_request_id,
            session_id=session_id,
            tool_message_id=tool_message_id,
            tool_call_id=tool_call_id,
            directory=directory,
            agent=agent,
            created_at=created_at,
            expires_at=expires_at,
            decided_at=decided_at,
            decided_by=decided_by,
            decision_door=decision_door,
            rule=rule,
            decision_message=decision_message,
            close_reason=close_reason,
            closed_by=closed_by,
            delivery=delivery,
            siblings=siblings,
            content=content,
        )

        request_detail.additional_properties = d
        return request_detail

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
