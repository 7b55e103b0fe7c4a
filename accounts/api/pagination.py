"""Pages by (time, id): rows that come in meanwhile neither shift a page nor repeat on one."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from events.errors import Invalid

DEFAULT_PAGE_SIZE = 30
MAX_PAGE_SIZE = 200
RECORD_ID = re.compile(r"[0-9a-z]{1,15}")
PARAMETERS = frozenset({"cursor", "page_size"})


class CursorPage(BasePagination):
    """Newest first, unless the view's `is_newest_first` is False; the time is the view's `time_field`."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        return self.read_page(
            queryset,
            request,
            time_field=getattr(view, "time_field", "created_at"),
            is_newest_first=getattr(view, "is_newest_first", True),
        )

    def read_page(
        self, queryset: QuerySet[Any], request: Request, *, time_field: str, is_newest_first: bool
    ) -> list[Any]:
        self.request, self.time_field = request, time_field
        size = read_page_size(request.query_params.get("page_size"))
        cursor = request.query_params.get("cursor")
        if cursor is not None:
            queryset = queryset.filter(self.build_condition(*read_cursor(cursor), is_newest_first))
        sign = "-" if is_newest_first else ""
        rows = list(queryset.order_by(f"{sign}{time_field}", f"{sign}pk")[: size + 1])
        self.next_cursor = self.write_cursor(rows[size - 1]) if len(rows) > size else None
        return rows[:size]

    def build_condition(self, at: datetime, record_id: str, is_newest_first: bool) -> Q:
        beyond = "lt" if is_newest_first else "gt"
        field = self.time_field
        # The first half alone is what an index can use.
        return Q(**{f"{field}__{beyond}e": at}) & (
            Q(**{f"{field}__{beyond}": at}) | Q(**{f"pk__{beyond}": record_id})
        )

    def write_cursor(self, row: Model) -> str:
        text = json.dumps([getattr(row, self.time_field).isoformat(), row.pk])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.build_next(), "next_cursor": self.next_cursor, "results": data})

    def build_next(self) -> str | None:
        if self.next_cursor is None:
            return None
        parameters = self.request.query_params.copy()
        parameters["cursor"] = self.next_cursor
        return self.request.build_absolute_uri(f"?{urlencode(sorted(parameters.lists()), doseq=True)}")

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["next", "next_cursor", "results"],
            "properties": {
                "next": {"type": ["string", "null"], "format": "uri"},
                "next_cursor": {"type": ["string", "null"]},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE}
        return [
            {
                "name": "cursor",
                "in": "query",
                "description": "`next_cursor` of the page before.",
                "schema": {"type": "string"},
            },
            {"name": "page_size", "in": "query", "description": "Rows on a page.", "schema": size},
        ]


def read_page_size(text: str | None) -> int:
    if text is None:
        return DEFAULT_PAGE_SIZE
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_PAGE_SIZE:
        raise Invalid(f"page_size is a number from 1 to {MAX_PAGE_SIZE}.", field="page_size")
    return int(text)


def read_cursor(text: str) -> tuple[datetime, str]:
    try:
        decoded = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        at_text, record_id = json.loads(decoded)
        at = datetime.fromisoformat(at_text)
        is_ours = at.tzinfo is not None and bool(RECORD_ID.fullmatch(record_id))
        # A database may refuse an offset.
        at = at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, RecursionError):
        is_ours = False
    if not is_ours:
        raise Invalid("This cursor is not one that a page gave.", field="cursor")
    return at, record_id
