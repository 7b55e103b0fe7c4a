from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from accounts.api.authentication import principal_of
from accounts.api.filters import MomentFilter, RecordIdFilter, SharedFilters, TextFilter
from governance.enums import RequestState
from governance.models import PermissionRequest


class RequestFilters(SharedFilters):
    """Filters of the inbox; several states are given by repeating `state`."""

    # A column of the row itself: DISTINCT would have the database sort all that match.
    state = filters.MultipleChoiceFilter(choices=RequestState.choices, distinct=False)
    engine = RecordIdFilter(field_name="engine_id")
    chat = RecordIdFilter(field_name="chat_id")
    team = RecordIdFilter(field_name="team_id")
    permission = TextFilter(max_length=120)
    created_from = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
    search = TextFilter(method="search_summaries", max_length=200, help_text="Text in the masked summary.")

    def search_summaries(
        self, requests: QuerySet[PermissionRequest], _name: str, text: str
    ) -> QuerySet[PermissionRequest]:
        """Only in what the caller may read: a search must not tell what a summary holds."""
        return requests.filter(summary__icontains=text, team_id__in=principal_of(self.request).team_ids)
