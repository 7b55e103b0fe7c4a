from __future__ import annotations

from django_filters import rest_framework as filters

from accounts.api.filters import MomentFilter, RecordIdFilter, SharedFilters
from governance.enums import QuestionState


class QuestionFilters(SharedFilters):
    """Several states are given by repeating `state`."""

    state = filters.MultipleChoiceFilter(choices=QuestionState.choices, distinct=False)
    engine = RecordIdFilter(field_name="engine_id")
    chat = RecordIdFilter(field_name="chat_id")
    team = RecordIdFilter(field_name="team_id")
    created_from = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
