"""The REST door to the event stream: pages of the log after a cursor."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import refuse_unknown_parameters
from accounts.api.views import ApiView
from accounts.enums import Scope
from events.changes import TOPICS
from events.errors import Gone, Invalid
from live.messages import describe_event, parse_since, parse_topics
from live.queries import read_head, read_page
from live.rights import Rights

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
PARAMETERS = frozenset({"since", "topics", "limit"})


class EventSubjectSerializer(serializers.Serializer):
    """What the event is about."""

    kind = serializers.CharField()
    id = serializers.CharField()


class EventSerializer(serializers.Serializer):
    """State words and ids, never content; the same over the websocket."""

    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    topic = serializers.ChoiceField(choices=sorted(TOPICS))
    subject = EventSubjectSerializer()
    words = serializers.DictField()


class EventPageSerializer(serializers.Serializer):
    events = EventSerializer(many=True)
    cursor = serializers.IntegerField(help_text="The highest seq examined: the next call's `since`.")


class EventsView(ApiView):
    """Events of one's teams, and for oneself, in the order in which they happened."""

    scopes = {"get": (Scope.EVENTS_READ,)}

    @extend_schema(
        operation_id="events_list",
        parameters=[
            OpenApiParameter(
                "since", int, description="Events after this cursor; without it only the cursor."
            ),
            OpenApiParameter("topics", str, description=f"Some of {', '.join(sorted(TOPICS))}, by commas."),
            OpenApiParameter("limit", int, description=f"At most {MAX_LIMIT}, {DEFAULT_LIMIT} by default."),
        ],
        responses={
            200: EventPageSerializer,
            410: OpenApiResponse(description="Code `reset`: events after `since` are no longer kept."),
        },
    )
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, PARAMETERS)
        limit = read_limit(request.query_params.get("limit"))
        topics = read_topics(request.query_params.get("topics"))
        since = read_since(request.query_params.get("since"))
        head = read_head()
        if since is None:
            return Response({"events": [], "cursor": head})
        rights = Rights.of(self.principal)
        page = read_page(rights=rights, topics=topics, since=since, until=head, limit=limit)
        if page is None:
            raise Gone(
                "These events can't be listed any more; read your lists again and go on from `cursor`.",
                code="reset",
                cursor=head,
            )
        return Response({"events": [describe_event(event) for event in page.events], "cursor": page.cursor})


def read_since(text: str | None) -> int | None:
    try:
        return None if text is None else parse_since(text)
    except ValueError as error:
        raise Invalid(str(error), field="since") from error


def read_topics(text: str | None) -> frozenset[str]:
    try:
        return TOPICS if text is None else parse_topics(text)
    except ValueError as error:
        raise Invalid(str(error), field="topics") from error


def read_limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
        raise Invalid(f"limit is a number from 1 to {MAX_LIMIT}.", field="limit")
    return int(text)
