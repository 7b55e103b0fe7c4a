"""A waiting view under a handler that knows no pauses: it waits where it stands."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from events.waiting import Pause, Waiting


def test_the_wait_happens_in_place_and_its_result_is_kept() -> None:
    async def wait() -> str:
        return "woken"

    def view(request: HttpRequest) -> HttpResponseBase:
        waiting = Waiting.of(request)
        while waiting.result is None:
            pause = waiting.pause(wait)
            if pause is not None:
                return pause
        return HttpResponse(f"{waiting.result} {waiting.runs}")

    assert view(RequestFactory().get("/")).content == b"woken 2"  # type: ignore[attr-defined]


def test_an_error_in_the_wait_is_raised_in_the_view() -> None:
    async def fail() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        Waiting.of(RequestFactory().get("/")).pause(fail)


def test_a_request_has_one_waiting_for_all_its_runs() -> None:
    request = RequestFactory().get("/")
    assert Waiting.of(request) is Waiting.of(request)


def test_a_handler_that_can_pause_gets_the_waiter() -> None:
    async def wait() -> None: ...

    request = RequestFactory().get("/")
    Waiting(can_pause=True).attach(request)
    pause = Waiting.of(request).pause(wait)
    assert isinstance(pause, Pause)
    assert pause.waiter is wait


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_requests_that_change_something_never_wait(method: str) -> None:
    with pytest.raises(ValueError, match="only GET and HEAD"):
        Waiting.of(getattr(RequestFactory(), method)("/"))
