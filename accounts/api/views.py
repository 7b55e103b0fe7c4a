"""What every endpoint has in common: who may call it, and how its answers leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from rest_framework import mixins
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.api.authentication import principal_of
from accounts.api.filters import refuse_unknown_parameters
from accounts.api.pagination import CursorPage
from accounts.api.scopes import HasScope
from accounts.principal import Principal
from events.errors import NotFound

M = TypeVar("M", bound=Model)


class ApiView(APIView):
    """One endpoint. `scopes`: what a token needs for each action or method; see `HasScope`."""

    scopes: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    permission_classes = [IsAuthenticated, HasScope]
    # Nothing is replaced or deleted here: what changes, changes by a verb of its own.
    http_method_names = ["get", "head", "post"]

    @property
    def principal(self) -> Principal:
        return principal_of(self.request)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        # REST framework takes a body without a declared length for none at all.
        if "CONTENT_LENGTH" not in request.META and "HTTP_TRANSFER_ENCODING" in request.META:
            request.META["CONTENT_LENGTH"] = str(len(request.body))
        return super().initialize_request(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "no-store")
        return final


class ApiViewSet(ApiView, GenericViewSet[Any]):
    """The endpoints of one resource; `get_queryset` comes from the app's `queries`."""

    pagination_class: Any = CursorPage
    filterset_class: Any = None
    lookup_value_regex = "[0-9a-z]{15}"
    time_field: ClassVar[str] = "created_at"
    is_newest_first: ClassVar[bool] = True

    def read_body(self, serializer_class: Any) -> dict[str, Any]:
        """The validated body; raises what becomes a 400."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def get_object_or_404(self, rows: QuerySet[M], record_id: str) -> M:
        """Raises NotFound for what does not exist and for what this caller can't see, alike."""
        try:
            return rows.get(pk=record_id)
        except ObjectDoesNotExist as error:
            raise NotFound("There is no such thing here.") from error

    def answer_page(self, rows: Any, serializer_class: Any, **context: Any) -> Response:
        """A page of a list that is not this resource's own."""
        page = self.paginate_queryset(rows)
        serializer = serializer_class(page, many=True, context={**self.get_serializer_context(), **context})
        return self.get_paginated_response(serializer.data)


class ReadOnlyApiViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """A list and its items, nothing to write."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        refuse_unknown_parameters(request, frozenset())
        return super().retrieve(request, *args, **kwargs)
