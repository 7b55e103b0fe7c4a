"""List filters that refuse what they do not know: a misspelt filter must not answer with everything."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from accounts.api.pagination import PARAMETERS
from events.errors import Invalid

RECORD_ID = RegexValidator(r"\A[0-9a-z]{15}\Z", "An id has 15 lower-case letters and digits.")


@extend_schema_field({"type": "string", "pattern": "^[0-9a-z]{15}$"})
class RecordIdFilter(filters.CharFilter):
    """Another record by its id; one the caller can't see matches nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validators=[RECORD_ID], **kwargs)


class TextFilter(filters.CharFilter):
    """Text, published with its bounds."""

    def __init__(self, *args: Any, max_length: int, help_text: str = "", **kwargs: Any) -> None:
        super().__init__(*args, max_length=max_length, help_text=help_text, **kwargs)
        schema = {"type": "string", "minLength": 1, "maxLength": max_length}
        extend_schema_field({**schema, **({"description": help_text} if help_text else {})})(self)


class FlagField(forms.Field):
    """`true` or `false`; django-filter's own takes every other word for no filter at all."""

    def to_python(self, value: Any) -> bool | None:
        if value in {None, ""}:
            return None
        if value not in {"true", "false"}:
            raise ValidationError("Say true or false.")
        return bool(value == "true")


class FlagFilter(filters.BooleanFilter):
    field_class = FlagField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, widget=forms.TextInput, **kwargs)


class MomentField(IsoDateTimeField):
    def to_python(self, value: Any) -> Any:
        """In UTC: a database may refuse an offset, and one that leaves the calendar is no moment."""
        moment = super().to_python(value)
        try:
            return moment.astimezone(UTC) if moment else moment
        except OverflowError as error:
            raise ValidationError("This moment lies outside the calendar.") from error


class MomentFilter(filters.IsoDateTimeFilter):
    field_class = MomentField


class SharedFilters(filters.FilterSet):
    """Filters whose fields are the same for every caller: their form's class is made once."""

    def get_form_class(self) -> Any:
        made = type(self).__dict__.get("shared_form")
        if made is None:
            made = super().get_form_class()
            type(self).shared_form = made  # made on first use
        return made


class StrictFilterBackend(filters.DjangoFilterBackend):
    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset_class = self.get_filterset_class(view, queryset)
        known = set(filterset_class.base_filters) if filterset_class else set()
        refuse_unknown_parameters(request, known | PARAMETERS)
        several = {
            name
            for name, each in (filterset_class.base_filters.items() if filterset_class else ())
            if isinstance(each, filters.MultipleChoiceFilter)
        }
        refuse_unclear_parameters(request, several)
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


def refuse_unclear_parameters(request: Request, several: set[str]) -> None:
    """One without a value would be no filter, and of one given twice only the last would count."""
    for name, values in request.query_params.lists():
        if "" in values:
            raise Invalid("Give it a value, or leave it out.", field=name)
        if len(values) > 1 and name not in several:
            raise Invalid("It is given more than once.", field=name)
