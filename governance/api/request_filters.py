from __future__ import annotations

from django_filters import rest_framework as filters

from accounts.api.filters import RecordIdFilter
from governance.enums import RequestState


class RequestFilters(filters.FilterSet):
    """Filters of the inbox; several states are given by repeating `state`."""

    state = filters.MultipleChoiceFilter(choices=RequestState.choices)
    engine = RecordIdFilter(field_name="engine_id")
    chat = RecordIdFilter(field_name="chat_id")
    team = RecordIdFilter(field_name="team_id")
    permission = filters.CharFilter(max_length=120)
    created_from = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    search = filters.CharFilter(
        field_name="summary", lookup_expr="icontains", max_length=200, help_text="Text in the masked summary."
    )
