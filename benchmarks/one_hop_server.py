"""The server side of `benchmarks.one_hop`: the product's server with one of the two HTTP handlers."""

from __future__ import annotations

import sys
from typing import Any

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

django.setup()

from django.core.handlers.asgi import ASGIHandler  # noqa: E402 - needs the set-up above
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from rest_framework import serializers, views  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402

from benchmarks.product import serve  # noqa: E402
from events.models import LogHead  # noqa: E402
from portal.application import Application  # noqa: E402
from portal.onehop import OneHopHandler  # noqa: E402


def constant(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("constant")


class HeadSerializer(serializers.ModelSerializer[LogHead]):
    class Meta:
        model = LogHead
        fields = ["event_seq", "audit_n", "audit_hash"]


class HeadView(views.APIView):
    authentication_classes: Any = []
    permission_classes: Any = []

    def get(self, _request: Request) -> Response:
        return Response(HeadSerializer(LogHead.objects.get(pk=1)).data)


urlpatterns = [path("constant/", constant), path("rest/", HeadView.as_view())]


class StandardHandler(ASGIHandler):
    async def aclose(self) -> None:
        """Keeps no thread."""


def main() -> None:
    settings.ROOT_URLCONF = "benchmarks.one_hop_server"
    call_command("migrate", verbosity=0)
    connections.close_all()
    http: Any = OneHopHandler() if sys.argv[1] == "one-hop" else StandardHandler()
    serve(Application(http=http, websocket_patterns=[], build_tasks=list), "daphne", {})


if __name__ == "__main__":
    main()
