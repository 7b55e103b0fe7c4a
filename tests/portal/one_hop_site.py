"""A small site for the tests of the one-hop handler: a view of each kind, and failing middleware."""

from __future__ import annotations

import asyncio
import io
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from events.models import LogHead
from events.waiting import Waiting


class Trace:
    """What happened inside the handler; reset by the fixture before each test."""

    events: list[str] = []
    threads: set[str] = set()
    gate: threading.Event = threading.Event()
    entered: threading.Event = threading.Event()
    wake: asyncio.Event | None = None

    @classmethod
    def reset(cls) -> None:
        cls.events, cls.threads, cls.wake = [], set(), None
        cls.gate, cls.entered = threading.Event(), threading.Event()


def note_thread() -> None:
    Trace.threads.add(threading.current_thread().name)


def plain(request: HttpRequest) -> HttpResponse:
    note_thread()
    response = HttpResponse("plain", headers={"X-Test": "ünicode"})
    response.set_cookie("first", "1")
    response.set_cookie("second", "2", httponly=True)
    return response


def head_row(request: HttpRequest) -> JsonResponse:
    note_thread()
    return JsonResponse({"rows": LogHead.objects.count()})


def broken_connection(request: HttpRequest) -> JsonResponse:
    """The connection dies under the view; the next request must not notice."""
    LogHead.objects.count()
    connection.connection.close()
    return JsonResponse({"rows": LogHead.objects.count()})


@csrf_exempt
def upload(request: HttpRequest) -> JsonResponse:
    file: Any = request.FILES["file"]
    return JsonResponse({"name": file.name, "size": file.size, "note": request.POST["note"]})


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body, content_type="application/octet-stream")


def fail(request: HttpRequest, kind: str) -> HttpResponse:
    errors = {"value": ValueError("broken view"), "denied": PermissionDenied(), "missing": Http404()}
    raise errors[kind]


def template(request: HttpRequest) -> TemplateResponse:
    return TemplateResponse(request, "one_hop_missing.html", {})


def redirect(request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("plain"))


def rows() -> Iterator[bytes]:
    """A stream that reads the database while it runs, as an export does."""
    try:
        for number in range(3):
            note_thread()
            yield f"{number}:{LogHead.objects.count()};".encode()
    finally:
        Trace.events.append("rows closed")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(rows(), content_type="text/plain")


def stream_broken(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield b"first;"
        raise ValueError("broken stream")

    return StreamingHttpResponse(parts(), content_type="text/plain")


def stream_async(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        note_thread()
        try:
            for number in range(3):
                yield f"{number};".encode()
                await asyncio.sleep(0)
        finally:
            Trace.events.append("parts closed")

    return StreamingHttpResponse(parts(), content_type="text/plain")


def stream_endless(request: HttpRequest) -> StreamingHttpResponse:
    async def ticks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"tick;"
                await asyncio.sleep(0.01)
        finally:
            Trace.events.append("ticks closed")

    return StreamingHttpResponse(ticks(), content_type="text/event-stream")


def stream_flood(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 65536
        finally:
            say("flood closed")

    return StreamingHttpResponse(parts(), content_type="application/octet-stream")


def stream_half(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("on purpose")

    return StreamingHttpResponse(parts(), content_type="text/plain")


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(io.BytesIO(b"x" * 200_000), filename="data.bin", as_attachment=True)


async def wait_async(request: HttpRequest) -> JsonResponse:
    note_thread()
    count = await sync_to_async(LogHead.objects.count)()
    return JsonResponse({"rows": count, "user": str(await request.auser())})


async def fail_async(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    raise ValueError("broken async view")


async def hold_async(request: HttpRequest) -> HttpResponse:
    Trace.events.append("holding")
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        Trace.events.append("async view cancelled")
        raise
    return HttpResponse("held")


def blocked(request: HttpRequest) -> HttpResponse:
    Trace.events.append("blocked began")
    Trace.entered.set()
    assert Trace.gate.wait(20)
    Trace.events.append("blocked ended")
    return HttpResponse("blocked")


def say(line: str) -> None:
    """Tell the test that started this process."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def slow(request: HttpRequest) -> HttpResponse:
    """Long enough for a signal to arrive meanwhile."""
    say("slow began")
    Trace.gate.wait(0.7)
    return HttpResponse("slow")


def stuck(request: HttpRequest) -> HttpResponse:
    say("stuck began")
    Trace.gate.wait()
    return HttpResponse("never")


class Pausing(APIView):
    """Waits for Trace.wake, at most `timeout` seconds, as the API's `wait/` does."""

    authentication_classes: Any = []
    permission_classes: Any = []

    def get(self, request: Request) -> HttpResponseBase:
        note_thread()
        waiting = Waiting.of(request)
        timeout_s = float(request.query_params.get("timeout", "20"))
        while waiting.result != "woken" and waiting.elapsed_s < timeout_s:
            pause = waiting.pause(lambda: wait_for_wake(timeout_s - waiting.elapsed_s))
            if pause is not None:
                return pause
        return Response({"result": waiting.result, "runs": waiting.runs})


async def wait_for_wake(timeout_s: float) -> str:
    Trace.events.append("waiting")
    Trace.threads.add(threading.current_thread().name)
    assert Trace.wake is not None
    try:
        await asyncio.wait_for(Trace.wake.wait(), timeout_s)
    except TimeoutError:
        return "late"
    except asyncio.CancelledError:
        Trace.events.append("wait cancelled")
        raise
    return "woken"


def pause_and_fail(request: HttpRequest) -> HttpResponseBase:
    waiting = Waiting.of(request)

    async def fail() -> None:
        raise PermissionDenied

    return waiting.pause(fail) or HttpResponse("not reached")


class Echo(APIView):
    """REST framework with its parsers, negotiation and exception handling."""

    authentication_classes: Any = []
    permission_classes: Any = []
    parser_classes = [JSONParser]

    def post(self, request: Request) -> Response:
        return Response({"got": request.data}, status=201)

    def delete(self, request: Request) -> Response:
        raise PermissionDenied


class TracingMiddleware:
    """Sync-only; fails or answers at the stage that the X-Fail header names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        note_thread()
        stage = request.headers.get("X-Fail")
        if stage == "before":
            raise ValueError("broken middleware")
        response = self.get_response(request)
        if stage == "after":
            raise ValueError("broken middleware")
        response.headers["X-Traced"] = "yes"
        return response

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        return HttpResponse("from process_view") if request.headers.get("X-Fail") == "view" else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if request.headers.get("X-Fail") != "rescue":
            return None
        return HttpResponse(f"rescued {type(error).__name__}", status=418)


MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "tests.portal.one_hop_site.TracingMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

urlpatterns = [
    path("plain/", plain, name="plain"),
    path("head-row/", head_row),
    path("broken-connection/", broken_connection),
    path("upload/", upload),
    path("echo/", echo),
    path("fail/<str:kind>/", fail),
    path("template/", template),
    path("redirect/", redirect),
    path("stream/", stream),
    path("stream-broken/", stream_broken),
    path("stream-async/", stream_async),
    path("stream-endless/", stream_endless),
    path("stream-flood/", stream_flood),
    path("stream-half/", stream_half),
    path("file/", file),
    path("wait-async/", wait_async),
    path("fail-async/", fail_async),
    path("hold-async/", hold_async),
    path("blocked/", blocked),
    path("slow/", slow),
    path("stuck/", stuck),
    path("pausing/", Pausing.as_view()),
    path("pause-and-fail/", pause_and_fail),
    path("rest/", Echo.as_view()),
    path("admin/", admin.site.urls),
]
