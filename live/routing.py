from __future__ import annotations

from django.urls import URLPattern, path

from live.consumers import EventsConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/events/", EventsConsumer.as_asgi(), name="events"),  # type: ignore[arg-type]  # an ASGI application
]
