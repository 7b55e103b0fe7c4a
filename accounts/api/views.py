"""What every endpoint has in common: who may call it, and how its answers leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from rest_framework import exceptions, mixins
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.api.authentication import principal_of
from accounts.api.etags import tag_answer
from accounts.api.filters import refuse_unknown_parameters
from accounts.api.pagination import CursorPage
from accounts.api.rate_limits import Rate, count_caller, count_stranger, look_at_caller
from accounts.api.scopes import HasScope, find_action
from accounts.principal import Principal
from events.errors import NotFound
from events.waiting import is_first_run

M = TypeVar("M", bound=Model)


class ApiView(APIView):
    """One endpoint. `scopes`: what a token needs for each action or method; see `HasScope`.

    `objects`: the actions or methods that read one object; their answers have an ETag.
    """

    scopes: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    objects: ClassVar[frozenset[str]] = frozenset()
    rate: Rate | None = None
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

    def perform_authentication(self, request: Request) -> None:
        """Also counts the call: by its token or user, or by its address when it comes without either."""
        try:
            super().perform_authentication(request)
        except exceptions.AuthenticationFailed:
            self.count_call(request, is_known=False)
            raise
        self.count_call(request, is_known=bool(request.user and request.user.is_authenticated))

    def count_call(self, request: Request, *, is_known: bool) -> None:
        """Raises Throttled. A call that waited and is run again was counted by its first run."""
        count = count_caller if is_first_run(request) else look_at_caller
        if is_known:
            self.rate = count(str((request.auth or request.user).pk))
        elif is_first_run(request):
            self.rate = count_stranger(request.META.get("REMOTE_ADDR", ""))
        else:
            return
        if self.rate.is_over:
            raise exceptions.Throttled(wait=self.rate.resets_in_s)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if self.rate is not None:
            for name, value in self.rate.list_headers():
                final.headers[name] = value
        is_read = final.status_code == 200 and request.method in {"GET", "HEAD"}
        if is_read and isinstance(final, Response) and find_action(request, self) in self.objects:
            tag_answer(request, final)
        else:
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

    objects = frozenset({"retrieve"})

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        refuse_unknown_parameters(request, frozenset())
        return super().retrieve(request, *args, **kwargs)
