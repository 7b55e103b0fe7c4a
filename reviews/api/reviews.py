"""Reviews: read them, talk about them, withdraw one's own; people decide them in a session."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import MomentFilter, RecordIdFilter, TextFilter, refuse_unknown_parameters
from accounts.api.idempotency import idempotent
from accounts.api.pagination import PARAMETERS
from accounts.api.views import ApiViewSet
from accounts.enums import Scope
from events.errors import Refused
from reviews.api.review_serializers import (
    ReviewCommentSerializer,
    ReviewCommentTextSerializer,
    ReviewDecisionSerializer,
    ReviewDetailSerializer,
    ReviewRejectionSerializer,
    ReviewSerializer,
    Viewer,
    WithdrawalSerializer,
)
from reviews.domain.comments import comment_on_review
from reviews.domain.reviews import withdraw_review
from reviews.domain.voting import approve_review, reject_review
from reviews.enums import ReviewState
from reviews.models import Review, ReviewComment
from reviews.policies import can_read_comments
from reviews.queries import get_review, list_reviews


class ReviewFilters(filters.FilterSet):
    """Several states are given by repeating `state`."""

    state = filters.MultipleChoiceFilter(choices=ReviewState.choices)
    kind = TextFilter(max_length=32)
    team = RecordIdFilter(field_name="team_id")
    about = RecordIdFilter(field_name="subject_id")
    created_from = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")


class ReviewViewSet(mixins.ListModelMixin, ApiViewSet):
    """What takes effect only once somebody else has approved it. Service accounts see their own alone."""

    queryset = Review.objects.none()
    serializer_class = ReviewSerializer
    filterset_class = ReviewFilters
    objects = frozenset({"retrieve"})
    scopes = {
        **dict.fromkeys(("list", "retrieve", "comments"), (Scope.REVIEWS_READ,)),
        **dict.fromkeys(("comment", "withdraw", "approve", "reject"), (Scope.REVIEWS_WRITE,)),
    }

    def get_queryset(self) -> QuerySet[Review]:
        return list_reviews(self.principal)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = list(self.paginate_queryset(self.filter_queryset(self.get_queryset())) or [])
        viewer = Viewer.of(self.principal, page)
        serializer = ReviewSerializer(page, many=True, context={"viewer": viewer})
        return self.get_paginated_response(serializer.data)

    @extend_schema(responses=ReviewDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One review, with its content and votes for the team's members."""
        refuse_unknown_parameters(request, frozenset())
        return self.answer(pk)

    @extend_schema(request=ReviewDecisionSerializer, responses=ReviewDetailSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Vote for it, in a session that was logged in within the last 15 minutes; a token is refused.

        With the last approval needed it takes effect; when that fails, nothing has changed.
        """
        decision = self.read_body(ReviewDecisionSerializer)
        approve_review(principal=self.principal, review_id=pk, **decision)
        return self.answer(pk)

    @extend_schema(request=ReviewRejectionSerializer, responses=ReviewDetailSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """End it, with a reason, in a session; a token is refused."""
        decision = self.read_body(ReviewRejectionSerializer)
        reject_review(principal=self.principal, review_id=pk, **decision)
        return self.answer(pk)

    @extend_schema(request=WithdrawalSerializer, responses=ReviewDetailSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take back what one, or one's service account, asked for."""
        withdraw_review(principal=self.principal, review_id=pk, **self.read_body(WithdrawalSerializer))
        return self.answer(pk)

    @extend_schema(responses=ReviewCommentSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, is_newest_first=False)
    def comments(self, request: Request, pk: str) -> Response:
        """What people of the team said about it, oldest first. Not for service accounts."""
        refuse_unknown_parameters(request, PARAMETERS)
        review = get_review(self.principal, pk)
        if not can_read_comments(self.principal, review):
            raise Refused("Comments are for people of the review's team.")
        rows = ReviewComment.objects.filter(review=review).select_related("author")
        return self.answer_page(rows, ReviewCommentSerializer)

    @extend_schema(request=ReviewCommentTextSerializer, responses={201: ReviewCommentSerializer})
    @comments.mapping.post
    @idempotent
    def comment(self, request: Request, pk: str) -> Response:
        """Say something about it to one's team, also after its end. It can't be changed later."""
        made = comment_on_review(
            principal=self.principal, review_id=pk, **self.read_body(ReviewCommentTextSerializer)
        )
        return Response(ReviewCommentSerializer(made).data, status=201)

    def answer(self, review_id: str) -> Response:
        review = get_review(self.principal, review_id)
        context = {"viewer": Viewer.of(self.principal, [review])}
        return Response(ReviewDetailSerializer(review, context=context).data)
