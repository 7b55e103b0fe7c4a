"""What people do with a request besides deciding: claim it, put it off, talk about it, look at the past."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import refuse_unknown_parameters
from accounts.api.idempotency import idempotent
from accounts.api.pagination import PARAMETERS
from accounts.api.views import ApiViewSet
from events.errors import Refused
from governance.api.act_serializers import (
    ClaimSerializer,
    CommentSerializer,
    CommentTextSerializer,
    SimilarSerializer,
    SnoozeSerializer,
    SnoozeWishSerializer,
)
from governance.api.request_serializers import NothingSerializer, RequestSerializer
from governance.domain.claims import claim_request, release_request
from governance.domain.comments import comment_on_request
from governance.domain.snoozes import snooze_request, unsnooze_request
from governance.models import PermissionRequest
from governance.policies import can_read_comments
from governance.queries import list_comments
from governance.similar import find_similar_decisions


class RequestActs(ApiViewSet):
    """Mixed into the requests' viewset, which finds and shows the rows."""

    def find_row(self, request_id: str) -> PermissionRequest:
        raise NotImplementedError

    def answer_state(self, request_id: str) -> Response:
        raise NotImplementedError

    @extend_schema(request=ClaimSerializer, responses=RequestSerializer)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: str) -> Response:
        """Say that one looks at it. A hint to the others, not a lock: whoever may decide still does.

        What somebody else holds is taken over by naming them in `take_over_from`; else 409 `claimed`.
        """
        claim_request(principal=self.principal, request_id=pk, **self.read_body(ClaimSerializer))
        return self.answer_state(pk)

    @extend_schema(request=NothingSerializer, responses=RequestSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Take a claim back, one's own or, for whoever may decide, anybody's."""
        self.read_body(NothingSerializer)
        release_request(principal=self.principal, request_id=pk)
        return self.answer_state(pk)

    @extend_schema(request=SnoozeWishSerializer, responses=SnoozeSerializer)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: str) -> Response:
        """Put it off: it leaves one's own list until then, at most until it ends. Nobody else's."""
        made = snooze_request(principal=self.principal, request_id=pk, **self.read_body(SnoozeWishSerializer))
        return Response(SnoozeSerializer(made).data)

    @extend_schema(request=NothingSerializer, responses={204: OpenApiResponse()})
    @action(detail=True, methods=["post"])
    def unsnooze(self, request: Request, pk: str) -> Response:
        """Take it up again at once."""
        self.read_body(NothingSerializer)
        unsnooze_request(principal=self.principal, request_id=pk)
        return Response(status=204)

    @extend_schema(responses=CommentSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, is_newest_first=False)
    def comments(self, request: Request, pk: str) -> Response:
        """What people of the team said about it, oldest first. Not for service accounts."""
        refuse_unknown_parameters(request, PARAMETERS)
        row = self.find_row(pk)
        if not can_read_comments(self.principal, row):
            raise Refused("Comments are for people of the request's team.")
        return self.answer_page(list_comments(self.principal, row), CommentSerializer)

    @extend_schema(request=CommentTextSerializer, responses={201: CommentSerializer})
    @comments.mapping.post
    @idempotent
    def comment(self, request: Request, pk: str) -> Response:
        """Say something about it to one's team, also after its end. It can't be changed later."""
        made = comment_on_request(
            principal=self.principal, request_id=pk, **self.read_body(CommentTextSerializer)
        )
        return Response(CommentSerializer(made).data, status=201)

    @extend_schema(responses=SimilarSerializer, filters=False)
    @action(detail=True, filterset_class=None)
    def similar(self, request: Request, pk: str) -> Response:
        """What the team decided before on the same permission and leading words; at most 20, newest first.

        `near` are those of the same directory and agent. Empty without a `prefix`, and for owners outside the
        team.
        """
        refuse_unknown_parameters(request, frozenset())
        found: Any = find_similar_decisions(self.principal, self.find_row(pk))
        return Response(SimilarSerializer(found).data if found else SimilarSerializer.empty())
