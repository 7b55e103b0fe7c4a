"""The door to the event stream as server-sent events."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from accounts.api.bodies import OrjsonRenderer
from accounts.api.filters import refuse_unknown_parameters
from accounts.api.views import ApiView
from accounts.enums import Scope
from live.api.callers import read_credential
from live.api.wishes import SINCE, TOPIC_NAMES, read_since, read_topics
from live.streaming import stream_events

EVENT_STREAM = "text/event-stream"
PARAMETERS = frozenset({"since", "topics"})
LAST_EVENT_ID = OpenApiParameter(
    "Last-Event-ID",
    SINCE.type,
    OpenApiParameter.HEADER,
    description="What a browser sends when it comes back.",
)


class EventStreamRenderer(BaseRenderer):
    """Names the media type for the schema; problems leave as JSON, and the stream is no rendered data."""

    media_type = EVENT_STREAM
    format = "event-stream"


class EventStreamView(ApiView):
    """The same events as they happen, as server-sent events, for up to a minute or 4 MB at a time."""

    scopes = {"get": (Scope.EVENTS_READ,)}
    # The first one renders problems.
    renderer_classes = [OrjsonRenderer, EventStreamRenderer]

    @extend_schema(
        operation_id="events_stream",
        parameters=[SINCE, TOPIC_NAMES, LAST_EVENT_ID],
        responses={
            (200, EVENT_STREAM): OpenApiResponse(
                OpenApiTypes.ANY, description="Server-sent events without end."
            )
        },
    )
    def get(self, request: Request, *args: Any) -> HttpResponseBase:
        refuse_unknown_parameters(request, PARAMETERS)
        topics = read_topics(request.query_params.get("topics"))
        # The header is newer: a browser repeats the address it was given first.
        resumed = read_since(request.headers.get("Last-Event-ID") or None)
        since = read_since(request.query_params.get("since"))
        stream = stream_events(read_credential(request), topics, since if resumed is None else resumed)
        response = StreamingHttpResponse(stream, content_type=EVENT_STREAM)
        # Or a proxy collects the events of a whole answer.
        response.headers["X-Accel-Buffering"] = "no"
        return response
