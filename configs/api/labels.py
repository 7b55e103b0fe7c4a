"""Labels over versions, what lies between two versions, and the requests to move protected labels."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import (
    RecordIdFilter,
    TextFilter,
    refuse_unclear_parameters,
    refuse_unknown_parameters,
)
from accounts.api.idempotency import idempotent
from accounts.api.pagination import PARAMETERS
from accounts.api.views import ApiView, ApiViewSet, ReadOnlyApiViewSet
from accounts.enums import Scope
from accounts.principal import Principal
from configs.api.label_serializers import (
    ChangeRequestSerializer,
    FieldDifferenceSerializer,
    LabelMoveSerializer,
    LabelOutcomeSerializer,
    LabelSerializer,
    MovesSerializer,
)
from configs.api.objects import ConfigViewSet
from configs.api.pages import CountedPage
from configs.content import read_content as read_content_of
from configs.differences import compare_contents
from configs.domain.label_moves import Move
from configs.domain.labels import ChangeRequested, Outcome, move_label, move_labels
from configs.models import ConfigLabel, Configured, LabelChange
from configs.models.label import MAX_LABEL_LENGTH
from configs.policies import can_list_configs
from configs.queries import get_version, list_labels, list_protected
from events.errors import NotFound
from reviews.enums import ReviewState

REQUESTED = 202


def answer_outcome(outcome: Outcome) -> Response:
    """200 for labels that stand where they were wanted, 202 when somebody else has to approve it first."""
    if isinstance(outcome, ChangeRequested):
        body = {"label": outcome.label, "moved": 0, "change_request": outcome.review_id}
        return Response(body, status=REQUESTED)
    return Response({"label": outcome.label, "moved": outcome.moved, "change_request": None})


class LabelledViewSet(ConfigViewSet):
    """Any kind, with its labels."""

    scopes = {
        **ConfigViewSet.scopes,
        **dict.fromkeys(("labels", "diff"), (Scope.CONFIGS_READ,)),
        "move_label": (Scope.CONFIGS_WRITE,),
    }

    @action(
        detail=True,
        filterset_class=None,
        pagination_class=ApiViewSet.pagination_class,
        time_field="moved_at",
    )
    def labels(self, request: Request, pk: str) -> Response:
        refuse_unknown_parameters(request, PARAMETERS)
        row = self.get_row(pk)
        rows = ConfigLabel.objects.filter(kind=row.kind, object_id=row.pk)
        return self.answer_page(rows, LabelSerializer, protected=list_protected(row.team_id))

    @extend_schema(
        request=LabelMoveSerializer, responses={200: LabelOutcomeSerializer, 202: LabelOutcomeSerializer}
    )
    @labels.mapping.post
    def move_label(self, request: Request, pk: str) -> Response:
        """Put a label on a version, or take it away.

        202 when the label is protected: a change request waits for somebody else.
        """
        wish = self.read_body(LabelMoveSerializer)
        outcome = move_label(
            principal=self.principal,
            kind=self.kind,
            object_id=self.get_row(pk).pk,
            label=wish["label"],
            number=wish["version"],
            expected_number=wish.get("expected_version"),
            reason=wish.get("reason", ""),
        )
        return answer_outcome(outcome)

    @action(detail=True, filterset_class=None, pagination_class=None)
    def diff(self, request: Request, pk: str) -> Response:
        refuse_unknown_parameters(request, {"from", "to"})
        refuse_unclear_parameters(request, set())
        row = self.get_row(pk)
        self.require_readable(row)
        to = self.find_number(row, "to") or row.version
        since = self.find_number(row, "from") if "from" in request.query_params else to - 1
        old, new = (
            read_content_of(row.kind, get_version(row, number).content) if number else None
            for number in (since, to)
        )
        changed = [FieldDifferenceSerializer.show(field) for field in compare_contents(old, new)]
        return Response({"from_version": since or None, "to_version": to, "fields_changed": changed})

    def find_number(self, row: Configured, parameter: str) -> int | None:
        """The version that the parameter names by its number or by a label; None when it is not there."""
        text = self.request.query_params.get(parameter)
        if text is None:
            return None
        if text.isascii() and text.isdecimal() and len(text) <= 9:
            return get_version(row, int(text)).number
        number = list_labels(row).get(text)
        if number is None:
            raise NotFound("There is no such version, and no such label on it.")
        return number


class LabelMovesView(ApiView):
    """One label of many things."""

    scopes = {"post": (Scope.CONFIGS_WRITE,)}

    @extend_schema(
        request=MovesSerializer, responses={200: LabelOutcomeSerializer, 202: LabelOutcomeSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Move one label on many things of one team, all or none.

        202 when the label is protected: one change request waits for all of them.
        """
        serializer = MovesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wish = serializer.validated_data
        moves = [
            Move(
                kind=move["kind"],
                object_id=move["object_id"],
                number=move["version"],
                expected_number=move.get("expected_version"),
            )
            for move in wish["moves"]
        ]
        outcome = move_labels(
            principal=self.principal, label=wish["label"], moves=moves, reason=wish.get("reason", "")
        )
        return answer_outcome(outcome)


class ChangeRequestFilters(filters.FilterSet):
    """Several states are given by repeating `state`."""

    state = filters.MultipleChoiceFilter(choices=ReviewState.choices, field_name="review__state")
    label = TextFilter(max_length=MAX_LABEL_LENGTH)
    team = RecordIdFilter(field_name="team_id")


def list_change_requests(principal: Principal) -> QuerySet[LabelChange]:
    """Those about what this principal sees."""
    rows = LabelChange.objects.select_related("team", "review").filter(review__isnull=False)
    if not can_list_configs(principal):
        return rows.none()
    seen = Q(team=None) | Q(team_id__in=principal.team_ids)
    return rows if principal.sees_all_teams else rows.filter(seen)


class ChangeRequestViewSet(ReadOnlyApiViewSet):
    """Moves of protected labels. They are decided as all reviews are: by people, in a session."""

    queryset = LabelChange.objects.none()
    serializer_class = ChangeRequestSerializer
    filterset_class = ChangeRequestFilters
    pagination_class = CountedPage
    scopes = dict.fromkeys(("list", "retrieve"), (Scope.CONFIGS_READ,))

    def get_queryset(self) -> QuerySet[LabelChange]:
        return list_change_requests(self.principal)

    @extend_schema(
        description="Moves of protected labels that wait, or waited, for somebody else; newest first."
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(description="One of them. Its id is that of its review, where people decide it.")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        refuse_unknown_parameters(request, frozenset())
        wanted = self.get_queryset().filter(review_id=kwargs["pk"]).first()
        if wanted is None:
            raise NotFound("There is no such change request.")
        return Response(ChangeRequestSerializer(wanted, context=self.get_serializer_context()).data)
