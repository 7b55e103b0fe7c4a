# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.evaluation_request_arguments import EvaluationRequestArguments
    from ..models.given_rule_request import GivenRuleRequest
    from ..models.given_target_request import GivenTargetRequest


T = TypeVar("T", bound="EvaluationRequest")


@_attrs_define
class EvaluationRequest:
    """A call as a permission request would name it, and the rules to judge it by, if not the stored ones."""

    team: str | Unset = UNSET
    """ Whose stored rules, when the caller has several. """
    rules: list[GivenRuleRequest] | Unset = UNSET
    targets: list[GivenTargetRequest] | Unset = UNSET
    permission: str | Unset = "bash"
    command: str | Unset = ""
    patterns: list[str] | Unset = UNSET
    arguments: EvaluationRequestArguments | Unset = UNSET
    diff: str | Unset = ""
    directory: str | Unset = ""
    agent: str | Unset = ""
    engine: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        team = self.team

        rules: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.rules, Unset):
            rules = []
            for rules_item_data in self.rules:
                rules_item = rules_item_data.to_dict()
                rules.append(rules_item)

        targets: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.targets, Unset):
            targets = []
            for targets_item_data in self.targets:
                targets_item = targets_item_data.to_dict()
                targets.append(targets_item)

        permission = self.permission

        command = self.command

        patterns: list[str] | Unset = UNSET
        if not isinstance(self.patterns, Unset):
            patterns = self.patterns

        arguments: dict[str, Any] | Unset = UNSET
        if not isinstance(self.arguments, Unset):
            arguments = self.arguments.to_dict()

        diff = self.diff

        directory = self.directory

        agent = self.agent

        engine = self.engine

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if team is not UNSET:
            field_dict["team"] = team
        if rules is not UNSET:
            field_dict["rules"] = rules
        if targets is not UNSET:
            field_dict["targets"] = targets
        if permission is not UNSET:
            field_dict["permission"] = permission
        if command is not UNSET:
            field_dict["command"] = command
        if patterns is not UNSET:
            field_dict["patterns"] = patterns
        if arguments is not UNSET:
            field_dict["arguments"] = arguments
        if diff is not UNSET:
            field_dict["diff"] = diff
        if directory is not UNSET:
            field_dict["directory"] = directory
        if agent is not UNSET:
            field_dict["agent"] = agent
        if engine is not UNSET:
            field_dict["engine"] = engine

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.evaluation_request_arguments import EvaluationRequestArguments  # noqa: PLC0415
        from ..models.given_rule_request import GivenRuleRequest  # noqa: PLC0415
        from ..models.given_target_request import GivenTargetRequest  # noqa: PLC0415

        d = dict(src_dict)
        team = d.pop("team", UNSET)

        _rules = d.pop("rules", UNSET)
        rules: list[GivenRuleRequest] | Unset = UNSET
        if _rules is not UNSET:
            rules = []
            for rules_item_data in _rules:
                rules_item = GivenRuleRequest.from_dict(rules_item_data)

                rules.append(rules_item)

        _targets = d.pop("targets", UNSET)
        targets: list[GivenTargetRequest] | Unset = UNSET
        if _targets is not UNSET:
            targets = []
            for targets_item_data in _targets:
                targets_item = GivenTargetRequest.from_dict(targets_item_data)

                targets.append(targets_item)

        permission = d.pop("permission", UNSET)

        command = d.pop("command", UNSET)

        patterns = cast(list[str], d.pop("patterns", UNSET))

        _arguments = d.pop("arguments", UNSET)
        arguments: EvaluationRequestArguments | Unset
        if isinstance(_arguments, Unset):
            arguments = UNSET
        else:
            arguments = EvaluationRequestArguments.from_dict(_arguments)

        diff = d.pop("diff", UNSET)

        directory = d.pop("directory", UNSET)

        agent = d.pop("agent", UNSET)

        engine = d.pop("engine", UNSET)

        evaluation_request = cls(
            team=team,
            rules=rules,
            targets=targets,
            permission=permission,
            command=command,
            patterns=patterns,
            arguments=arguments,
            diff=diff,
            directory=directory,
            agent=agent,
            engine=engine,
        )

        return evaluation_request
