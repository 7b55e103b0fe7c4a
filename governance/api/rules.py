"""Rules of one's teams: people read and write them; what they cover is nothing for agents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import RecordIdFilter, TextFilter, refuse_unknown_parameters
from accounts.api.idempotency import idempotent
from accounts.api.pagination import PARAMETERS
from accounts.api.views import ApiViewSet
from accounts.enums import Scope
from accounts.models import Team
from events.errors import Invalid, Refused
from events.identifiers import is_record_id
from governance.api.request_serializers import NothingSerializer
from governance.api.rule_serializers import (
    ActivationSerializer,
    RestoreSerializer,
    RuleChangeSerializer,
    RuleDetailSerializer,
    RuleSerializer,
    RuleVersionSerializer,
    RuleWishSerializer,
    TargetChangeSerializer,
    TargetDetailSerializer,
    TargetSerializer,
    TargetWishSerializer,
)
from governance.domain.rules import (
    restore_version,
    retire_rule,
    save_rule,
    save_target,
    switch_off,
    switch_on,
)
from governance.enums import RuleEffect, RuleMode, RuleState, StoredRuleKind, TargetEffect
from governance.models import WhitelistAction, WhitelistTarget
from governance.policies import explain_not_editing_rules
from governance.rule_drafts import Draft, RuleDraft, StoredRow, TargetDraft, read_draft
from governance.rule_queries import get_stored, list_stored, list_versions, list_writable_teams

# Of a body, what is about the saving and not said by the rule.
ABOUT_SAVING = ("team", "version", "note", "activate")
KEYS = ("engine_id", "user_id", "chat_id")


class StoredRuleFilters(filters.FilterSet):
    """Several states are given by repeating `state`."""

    state = filters.MultipleChoiceFilter(choices=RuleState.choices)
    mode = filters.ChoiceFilter(choices=RuleMode.choices)
    team = RecordIdFilter(field_name="team_id")
    engine = RecordIdFilter(field_name="engine_id")


class RuleFilters(StoredRuleFilters):
    effect = filters.ChoiceFilter(choices=RuleEffect.choices)
    permission = TextFilter(max_length=120)


class TargetFilters(StoredRuleFilters):
    effect = filters.ChoiceFilter(choices=TargetEffect.choices)


class StoredRuleViewSet(mixins.ListModelMixin, ApiViewSet):
    """What the two kinds share."""

    kind: ClassVar[str]
    detail_class: ClassVar[Any]
    wish_class: ClassVar[Any]
    change_class: ClassVar[Any]
    draft_class: ClassVar[type[Draft]]
    objects = frozenset({"retrieve"})
    scopes = {
        **dict.fromkeys(("list", "retrieve", "versions"), (Scope.RULES_READ,)),
        **dict.fromkeys(
            ("create", "save", "activate", "deactivate", "retire", "restore"), (Scope.RULES_WRITE,)
        ),
    }

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.principal.user.is_service:
            raise Refused("Service accounts learn nothing of rules but the messages that are meant for them.")

    def get_queryset(self) -> QuerySet[Any]:
        return list_stored(self.principal, self.kind).select_related("activated_by")

    def retrieve(self, request: Request, pk: str) -> Response:
        refuse_unknown_parameters(request, frozenset())
        return self.answer(pk)

    @idempotent
    def create(self, request: Request) -> Response:
        wish = self.read_body(self.wish_class)
        team = self.find_team(wish.get("team"))
        draft = self.draft_class(**read_parts(wish))
        row = self.save_draft(team, draft, wish, "")
        location = self.request.build_absolute_uri(f"{request.path}{row.pk}/")
        return self.answer(row.pk, status=201, headers={"Location": location})

    @action(detail=True, filterset_class=None)
    def versions(self, request: Request, pk: str) -> Response:
        refuse_unknown_parameters(request, PARAMETERS)
        row = get_stored(self.principal, self.kind, pk)
        return self.answer_page(list_versions(row), RuleVersionSerializer)

    @action(detail=True, methods=["post"])
    @idempotent
    def save(self, request: Request, pk: str) -> Response:
        change = self.read_body(self.change_class)
        row = get_stored(self.principal, self.kind, pk)
        draft: Any = replace(read_draft(row), **read_parts(change))
        self.save_draft(row.team, draft, change, row.pk)
        return self.answer(pk)

    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        values = self.read_body(ActivationSerializer)
        switch_on(principal=self.principal, rule_id=pk, kind=self.kind, **values)
        return self.answer(pk)

    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: str) -> Response:
        self.read_body(NothingSerializer)
        switch_off(principal=self.principal, rule_id=pk, kind=self.kind)
        return self.answer(pk)

    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        self.read_body(NothingSerializer)
        retire_rule(principal=self.principal, rule_id=pk, kind=self.kind)
        return self.answer(pk)

    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        values = self.read_body(RestoreSerializer)
        restore_version(principal=self.principal, rule_id=pk, kind=self.kind, **values)
        return self.answer(pk)

    def save_draft(self, team: Team, draft: Any, values: dict[str, Any], rule_id: str) -> StoredRow:
        raise NotImplementedError

    def answer(self, rule_id: str, **options: Any) -> Response:
        row = get_stored(self.principal, self.kind, rule_id)
        return Response(self.detail_class(row).data, **options)

    def find_team(self, team_id: str | None) -> Team:
        """The team named, or the only one whose rules the caller writes; raises Refused or Invalid."""
        teams = list_writable_teams(self.principal)
        if team_id is None:
            found = list(teams[:2])
            if not found:
                raise Refused("Only editors, approvers and admins of a team write its rules.")
            if len(found) > 1:
                raise Invalid("Name the team whose rule it shall be.", field="team")
            return found[0]
        mine = team_id in self.principal.team_ids and is_record_id(team_id)
        team = Team.objects.filter(pk=team_id).first() if mine else None
        if team is None:
            raise Invalid("There is no such team.", field="team")
        if refusal := explain_not_editing_rules(self.principal, team.pk):
            raise Refused(refusal)
        return team


def read_parts(values: dict[str, Any]) -> dict[str, Any]:
    """What a body says of the rule itself, as a draft holds it."""
    parts = {name: value for name, value in values.items() if name not in ABOUT_SAVING}
    for name in parts.keys() & set(KEYS):
        parts[name] = parts[name] or ""
    for name in parts.keys() & {"should_match", "must_not_match", "verbs"}:
        parts[name] = tuple(parts[name])
    if "conditions" in parts:
        parts["conditions"] = tuple((item["path"], item["pattern"]) for item in parts["conditions"])
    return parts


def describe(noun: str, detail: Any, wish: Any, change: Any) -> Any:
    """The schema's words for one kind."""
    return extend_schema_view(
        list=extend_schema(description=f"{noun}s of one's teams, newest first."),
        retrieve=extend_schema(responses=detail, description="One, with how it reads in words."),
        create=extend_schema(
            request=wish,
            responses={201: detail},
            description="Draft one, or switch it on at once. A failed example is 400 and saves nothing.",
        ),
        versions=extend_schema(
            responses=RuleVersionSerializer(many=True),
            filters=False,
            description="What it has said, newest first.",
        ),
        save=extend_schema(
            request=change,
            responses=detail,
            description="Save another version. One that is on stays on if it may; one that grew wide waits.",
        ),
        activate=extend_schema(
            request=ActivationSerializer,
            responses=detail,
            description="Let it apply. A wide one becomes `in_review` and applies to nothing until then.",
        ),
        deactivate=extend_schema(
            request=NothingSerializer,
            responses=detail,
            description="It applies to nothing any more, at once and in every process.",
        ),
        retire=extend_schema(
            request=NothingSerializer, responses=detail, description="End it for good; its history stays."
        ),
        restore=extend_schema(
            request=RestoreSerializer,
            responses=detail,
            description="Save an older version's content as the newest version.",
        ),
    )


@describe("Rule", RuleDetailSerializer, RuleWishSerializer, RuleChangeSerializer)
class RuleViewSet(StoredRuleViewSet):
    """What is let through, asked about or refused without anybody pressing a button."""

    kind = StoredRuleKind.ACTION
    queryset = WhitelistAction.objects.none()
    serializer_class = RuleSerializer
    filterset_class = RuleFilters
    detail_class = RuleDetailSerializer
    wish_class = RuleWishSerializer
    change_class = RuleChangeSerializer
    draft_class = RuleDraft

    def save_draft(self, team: Team, draft: Any, values: dict[str, Any], rule_id: str) -> StoredRow:
        return save_rule(
            principal=self.principal, team=team, draft=draft, rule_id=rule_id, **read_saving(values)
        )


@describe("Path rule", TargetDetailSerializer, TargetWishSerializer, TargetChangeSerializer)
class RuleTargetViewSet(StoredRuleViewSet):
    """Which paths calls may reach."""

    kind = StoredRuleKind.TARGET
    queryset = WhitelistTarget.objects.none()
    serializer_class = TargetSerializer
    filterset_class = TargetFilters
    detail_class = TargetDetailSerializer
    wish_class = TargetWishSerializer
    change_class = TargetChangeSerializer
    draft_class = TargetDraft

    def save_draft(self, team: Team, draft: Any, values: dict[str, Any], rule_id: str) -> StoredRow:
        return save_target(
            principal=self.principal, team=team, draft=draft, target_id=rule_id, **read_saving(values)
        )


def read_saving(values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("version", "note", "activate") if name in values}
