"""Pages that say how many there are in all."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import CursorPage


class CountedPage(CursorPage):
    """`total` counts what the filters let through, on whichever page one is: lists of people's own making."""

    def read_page(
        self, queryset: QuerySet[Any], request: Request, *, time_field: str, is_newest_first: bool
    ) -> list[Any]:
        self.total = queryset.count()
        return super().read_page(queryset, request, time_field=time_field, is_newest_first=is_newest_first)

    def get_paginated_response(self, data: Any) -> Response:
        page: dict[str, Any] = super().get_paginated_response(data).data
        return Response({"total": self.total, **page})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        page["required"] = ["total", *page["required"]]
        page["properties"] = {"total": {"type": "integer", "minimum": 0}, **page["properties"]}
        return page
