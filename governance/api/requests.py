"""Permission requests: agents ask and wait, people read and decide."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import refuse_unknown_parameters
from accounts.enums import Scope
from accounts.models import Team
from accounts.principal import Principal
from events.errors import Invalid, NotFound
from governance.api.request_acts import RequestActs
from governance.api.request_filters import RequestFilters
from governance.api.request_serializers import (
    DecisionSerializer,
    NothingSerializer,
    RequestDetailSerializer,
    RequestSerializer,
    Viewer,
    WishSerializer,
)
from governance.api.waits import TIMEOUT, Seen, wait_for_answer
from governance.domain.close import cancel_request
from governance.domain.decide import approve_request, deny_request
from governance.domain.reading import read_content
from governance.domain.requests import Wish, create_request
from governance.models import PermissionRequest
from governance.policies import can_read_full
from governance.prepared_queries import COLUMNS, SHOWN_WITH, find_shown_request, find_team
from governance.queries import count_siblings, list_requests

IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,100}")
READERS = (Scope.REQUESTS_READ, Scope.REQUESTS_CREATE)
KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[\\x21-\\x7e]{1,100}$"},
    OpenApiParameter.HEADER,
    description="1 to 100 printable ASCII characters. Sent again, it returns the first request.",
)


class RequestViewSet(mixins.ListModelMixin, RequestActs):
    """Permission requests of one's teams. A token with only `requests:create` sees its own."""

    queryset = PermissionRequest.objects.none()
    serializer_class = RequestSerializer
    filterset_class = RequestFilters
    objects = frozenset({"retrieve"})
    scopes = {
        "list": READERS,
        "retrieve": READERS,
        "wait": READERS,
        "create": (Scope.REQUESTS_CREATE,),
        "cancel": (Scope.REQUESTS_CREATE,),
        "approve": (Scope.REQUESTS_DECIDE,),
        "deny": (Scope.REQUESTS_DECIDE,),
        **dict.fromkeys(("claim", "release", "snooze", "unsnooze", "comment"), (Scope.REQUESTS_DECIDE,)),
        **dict.fromkeys(("comments", "similar"), (Scope.REQUESTS_READ,)),
    }

    def get_queryset(self) -> QuerySet[PermissionRequest]:
        """Only what is shown: building a wide query costs more than the database takes to answer it."""
        return list_requests(self.principal).select_related(*SHOWN_WITH).only(*COLUMNS)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = list(self.paginate_queryset(self.filter_queryset(self.get_queryset())) or [])
        viewer = Viewer.of(self.principal, page)
        serializer = RequestSerializer(page, many=True, context={"viewer": viewer})
        return self.get_paginated_response(serializer.data)

    @extend_schema(
        request=WishSerializer,
        responses={201: RequestSerializer, 200: RequestSerializer},
        parameters=[KEY],
    )
    def create(self, request: Request) -> Response:
        """Ask for permission. 201 for a new request, 200 when the idempotency key has made it before.

        Act only on `approved`.
        """
        values = self.read_body(WishSerializer)
        team = find_named_team(self.principal, values.pop("team", None))
        wish = Wish(**values, idempotency_key=read_idempotency_key(request))
        made, is_new = create_request(principal=self.principal, team=team, wish=wish)
        if is_new:
            made.team = team
        viewer = Viewer(self.principal) if is_new else Viewer.of(self.principal, [made])
        return Response(
            RequestSerializer(made, context={"viewer": viewer}).data,
            status=201 if is_new else 200,
            headers={"Location": self.request.build_absolute_uri(f"{request.path}{made.pk}/")},
        )

    @extend_schema(responses=RequestDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One request, with its full content for those who may read it; reading secrets is audited."""
        refuse_unknown_parameters(request, frozenset())
        row = self.find_row(pk, with_content=True)
        content = (
            read_content(principal=self.principal, request=row)
            if can_read_full(self.principal, row)
            else None
        )
        context = {
            "viewer": Viewer.of(self.principal, [row]),
            "content": content,
            "siblings": count_siblings(row),
        }
        # With its unmasked content it is nothing to keep anywhere.
        headers = None if content is None else {"Cache-Control": "private, no-store"}
        return Response(RequestDetailSerializer(row, context=context).data, headers=headers)

    @extend_schema(request=DecisionSerializer, responses=RequestSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Vote for it. With the last approval needed it is approved and the engine goes on."""
        decision = self.read_body(DecisionSerializer)
        approve_request(principal=self.principal, request_id=pk, **decision)
        return self.answer_state(pk)

    @extend_schema(request=DecisionSerializer, responses=RequestSerializer)
    @action(detail=True, methods=["post"])
    def deny(self, request: Request, pk: str) -> Response:
        """Deny it. One denial ends it, and the other pending requests of its engine session."""
        decision = self.read_body(DecisionSerializer)
        deny_request(principal=self.principal, request_id=pk, **decision)
        return self.answer_state(pk)

    @extend_schema(request=NothingSerializer, responses=RequestSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Withdraw what one asked for."""
        self.read_body(NothingSerializer)
        cancel_request(principal=self.principal, request_id=pk)
        return self.answer_state(pk)

    @extend_schema(responses=RequestSerializer, parameters=[TIMEOUT], filters=False)
    @action(detail=True, filterset_class=None)
    def wait(self, request: Request, pk: str) -> HttpResponse:
        """The request as soon as it is closed, and in any case when the time is up."""

        def look() -> Seen:
            row = self.find_row(pk)
            return Seen(row.subject if row.is_pending else None, partial(self.answer, row))

        return wait_for_answer(request, look)

    def answer_state(self, request_id: str) -> Response:
        return self.answer(self.find_row(request_id))

    def answer(self, row: PermissionRequest) -> Response:
        viewer = Viewer.of(self.principal, [row])
        return Response(RequestSerializer(row, context={"viewer": viewer}).data)

    def find_row(self, request_id: str, *, with_content: bool = False) -> PermissionRequest:
        row = find_shown_request(self.principal, request_id, with_content=with_content)
        if row is None:
            raise NotFound("There is no such permission request.")
        return row


def find_named_team(principal: Principal, team_id: str | None) -> Team:
    """The team named, or the only one the caller belongs to; raises Invalid."""
    wanted = sorted(principal.team_ids) if team_id is None else [team_id]
    if len(wanted) != 1:
        raise Invalid("Name the team that shall decide.", field="team")
    team = find_team(principal, wanted[0])
    if team is None:
        raise Invalid("There is no such team.", field="team")
    return team


def read_idempotency_key(request: Request) -> str:
    """Empty when the header is absent."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not IDEMPOTENCY_KEY.fullmatch(key):
        raise Invalid("An idempotency key has 1 to 100 printable ASCII characters.", field="Idempotency-Key")
    return key
