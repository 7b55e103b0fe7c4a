"""What rules would say of a call, without asking for it."""

from __future__ import annotations

from functools import partial
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import Flag, ReadSerializer, Text, WriteSerializer
from accounts.api.views import ApiView
from accounts.enums import Scope
from events.errors import Invalid, Refused
from governance.api.request_serializers import MAX_COMMAND, MAX_DIFF, MAX_PATTERN, MAX_PATTERNS
from governance.content import RequestContent
from governance.enums import RuleEffect, RuleKind, TargetEffect
from governance.evaluation import describe_verdict, evaluate, judge_for_team
from governance.matching.verdicts import RiskKind, Verdict
from governance.policies import explain_not_evaluating
from governance.prepared_queries import find_team

MAX_RULES = 1000


class GivenRuleSerializer(WriteSerializer):
    """A rule to judge by. A pattern without a wildcard is exact."""

    pattern = Text(max_length=MAX_PATTERN, allow_blank=True)
    action = serializers.ChoiceField(choices=RuleEffect.choices)
    permission = Text(max_length=120, required=False, default="bash")
    id = Text(max_length=120, allow_blank=True, required=False, help_text="How the verdict names it.")
    kind = serializers.ChoiceField(choices=RuleKind.choices, required=False)
    allows_redirects = Flag(required=False)
    conditions = serializers.ListField(
        child=serializers.ListField(child=Text(max_length=MAX_PATTERN), min_length=2, max_length=2),
        max_length=20,
        required=False,
        help_text="Pairs of a JSON path and a pattern, over the arguments of an MCP tool.",
    )


class GivenTargetSerializer(WriteSerializer):
    """A path rule to judge by. Without verbs it is about all that take paths."""

    pattern = Text(max_length=MAX_PATTERN)
    action = serializers.ChoiceField(choices=TargetEffect.choices)
    id = Text(max_length=120, allow_blank=True, required=False, help_text="How the verdict names it.")
    verbs = serializers.ListField(child=Text(max_length=120), max_length=20, required=False)


class EvaluationSerializer(WriteSerializer):
    """A call as a permission request would name it, and the rules to judge it by, if not the stored ones."""

    team = Text(required=False, max_length=15, help_text="Whose stored rules, when the caller has several.")
    rules = serializers.ListField(child=GivenRuleSerializer(), max_length=MAX_RULES, required=False)
    targets = serializers.ListField(child=GivenTargetSerializer(), max_length=MAX_RULES, required=False)
    permission = Text(max_length=120, required=False, default="bash")
    command = Text(max_length=MAX_COMMAND, allow_blank=True, required=False, default="")
    patterns = serializers.ListField(
        child=Text(max_length=MAX_PATTERN), max_length=MAX_PATTERNS, required=False, default=list
    )
    arguments = serializers.DictField(required=False)
    diff = Text(max_length=MAX_DIFF, allow_blank=True, required=False, default="")
    directory = Text(max_length=1000, allow_blank=True, required=False, default="")
    agent = Text(max_length=80, allow_blank=True, required=False, default="")
    engine = Text(max_length=15, allow_blank=True, required=False, default="")


class JudgedCommandSerializer(ReadSerializer):
    """One simple command, or one path, URL or name."""

    command = serializers.CharField()
    verdict = serializers.ChoiceField(choices=RuleEffect.choices)
    reason = serializers.CharField()
    rule = serializers.CharField(allow_null=True)


class RiskSerializer(ReadSerializer):
    """What the call could do, told without any rule."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.value) for kind in RiskKind])
    word = serializers.CharField(help_text="What was seen; empty when it is the whole.")
    sentence = serializers.CharField()


class EvaluationAnswerSerializer(ReadSerializer):
    """The verdict, as `manage.py evaluate` gives it."""

    verdict = serializers.ChoiceField(choices=RuleEffect.choices)
    reason = serializers.CharField()
    rule = serializers.CharField(allow_null=True, help_text="The id of the rule that decides.")
    rule_version = serializers.IntegerField(allow_null=True)
    commands = JudgedCommandSerializer(many=True)
    findings = serializers.ListField(child=serializers.CharField())
    risks = RiskSerializer(many=True)


class EvaluateView(ApiView):
    """What the rules say of a call that nobody makes. Nothing is decided, counted or stored."""

    scopes = {"post": (Scope.RULES_EVALUATE,)}

    @extend_schema(request=EvaluationSerializer, responses=EvaluationAnswerSerializer)
    def post(self, request: Request) -> Response:
        """Judge a call by the rules that come with it, else by the stored rules of a team.

        For people: agents learn a rule's message, never what it covers.
        """
        refusal = explain_not_evaluating(self.principal)
        if refusal:
            raise Refused(refusal)
        serializer = EvaluationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        try:
            verdict = evaluate(values, partial(self.judge_stored, values))
        except ValueError as error:
            raise Invalid(str(error)) from error
        return Response(describe_verdict(verdict))

    def judge_stored(self, values: dict[str, Any], content: RequestContent) -> Verdict:
        """By the rules of the team named, or of the only one the caller belongs to; raises Invalid."""
        team_id = values.get("team")
        wanted = sorted(self.principal.team_ids) if team_id is None else [team_id]
        if len(wanted) != 1:
            raise Invalid("Name the team whose rules shall judge.", field="team")
        team = find_team(self.principal, wanted[0])
        if team is None or team.pk not in self.principal.team_ids:
            raise Invalid("There is no such team.", field="team")
        return judge_for_team(team.pk, engine_id=values["engine"])(content)
