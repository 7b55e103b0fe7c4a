"""Filters of the lists of configured things."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from accounts.api.filters import FlagFilter, RecordIdFilter, TextFilter
from configs.enums import AgentMode, ModelStatus
from configs.models import ConfigLabel
from configs.models.label import MAX_LABEL_LENGTH


class ObjectFilters(filters.FilterSet):
    """`search` looks in names alone, in any case: owners find what they may not read by nothing else."""

    search = TextFilter(method="find", max_length=120, help_text="A part of its name.")
    team = RecordIdFilter(field_name="team_id")
    shared = FlagFilter(field_name="team", lookup_expr="isnull")
    retired = FlagFilter(method="filter_retired")
    label = TextFilter(method="filter_label", max_length=MAX_LABEL_LENGTH)

    def find(self, rows: QuerySet[Any], _name: str, text: str) -> QuerySet[Any]:
        return rows.filter(name__icontains=text)

    def filter_retired(self, rows: QuerySet[Any], _name: str, is_retired: bool) -> QuerySet[Any]:
        return rows.filter(retired_at__isnull=not is_retired)

    def filter_label(self, rows: QuerySet[Any], _name: str, label: str) -> QuerySet[Any]:
        """Those on one of whose versions the label stands."""
        labelled = ConfigLabel.objects.filter(kind=rows.model.kind, name=label).values("object_id")
        return rows.filter(pk__in=labelled)


class ModelFilters(ObjectFilters):
    provider = TextFilter(max_length=64)
    family = TextFilter(max_length=80)
    status = filters.MultipleChoiceFilter(choices=ModelStatus.choices)
    enabled = FlagFilter(field_name="is_enabled")

    def find(self, rows: QuerySet[Any], _name: str, text: str) -> QuerySet[Any]:
        return rows.filter(Q(name__icontains=text) | Q(key__icontains=text))


class AgentFilters(ObjectFilters):
    mode = filters.MultipleChoiceFilter(choices=AgentMode.choices)
    prompt = RecordIdFilter(field_name="prompt_id")
    model = RecordIdFilter(field_name="model_id")
    hidden = FlagFilter(field_name="is_hidden")
    disabled = FlagFilter(field_name="is_disabled")
