"""List filters that refuse what they do not know: a misspelt filter must not answer with everything."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework.request import Request

from accounts.api.pagination import PARAMETERS
from events.errors import Invalid

RECORD_ID = RegexValidator(r"\A[0-9a-z]{15}\Z", "An id has 15 lower-case letters and digits.")


class RecordIdFilter(filters.CharFilter):
    """Another record by its id; one the caller can't see matches nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validators=[RECORD_ID], **kwargs)


class StrictFilterBackend(filters.DjangoFilterBackend):
    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset_class = self.get_filterset_class(view, queryset)
        known = set(filterset_class.base_filters) if filterset_class else set()
        refuse_unknown_parameters(request, known | PARAMETERS)
        if not known & set(request.query_params):
            return queryset
        filtered: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return filtered


def refuse_unknown_parameters(request: Request, known: set[str] | frozenset[str]) -> None:
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise Invalid(
            f"Unknown query parameter: {', '.join(unknown[:20])}.",
            code="unknown_parameter",
            errors=[{"field": name, "detail": "Unknown query parameter."} for name in unknown[:20]],
        )
