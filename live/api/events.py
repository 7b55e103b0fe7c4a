"""The REST door to the event stream: pages of the log after a cursor, and the wait for the next one."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import refuse_unknown_parameters
from accounts.api.views import ApiView
from accounts.enums import Scope
from events.changes import TOPICS
from events.errors import Gone
from events.waiting import Waiting
from live.api.callers import read_caller
from live.api.wishes import (
    LIMIT,
    SINCE,
    TOPIC_NAMES,
    WAIT,
    read_limit,
    read_since,
    read_topics,
    read_wait_s,
)
from live.messages import describe_event
from live.queries import Page, read_head, read_page
from live.rights import Rights
from live.waits import wait_for_events

PARAMETERS = frozenset({"since", "topics", "limit", "wait"})


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
        parameters=[SINCE, TOPIC_NAMES, LIMIT, WAIT],
        responses={
            200: EventPageSerializer,
            410: OpenApiResponse(description="Code `reset`: events after `since` are no longer kept."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """A page of events after `since`, at once or as soon as there is one; without `since` the cursor."""
        refuse_unknown_parameters(request, PARAMETERS)
        limit = read_limit(request.query_params.get("limit"))
        topics = read_topics(request.query_params.get("topics"))
        since = read_since(request.query_params.get("since"))
        wait_s = read_wait_s(request.query_params.get("wait"))
        if since is None:
            return Response({"events": [], "cursor": read_head()})
        waiting = Waiting.of(request)
        while True:
            page = self.read_page(topics, since, limit)
            left_s = wait_s - waiting.elapsed_s
            if page.events or left_s <= 0:
                return Response(
                    {"events": [describe_event(event) for event in page.events], "cursor": page.cursor}
                )
            caller = read_caller(request)
            pause = waiting.pause(
                partial(wait_for_events, caller, topics, since=page.cursor, timeout_s=left_s)
            )
            if pause is not None:
                return pause

    def read_page(self, topics: frozenset[str], since: int, limit: int) -> Page:
        """Raises Gone when `since` can't be replayed."""
        head = read_head()
        rights = Rights.of(self.principal)
        page = read_page(rights=rights, topics=topics, since=since, until=head, limit=limit)
        if page is None:
            raise Gone(
                "These events can't be listed any more; read your lists again and go on from `cursor`.",
                code="reset",
                cursor=head,
            )
        return page
