"""Errors outside a view (a foreign host, a failing middleware): problems below /api/, never HTML."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from events.problems import build_problem_response, describe_status


def answer_error(request: HttpRequest, status: int, page: Callable[[], Any]) -> HttpResponse:
    if not request.path_info.startswith("/api/"):
        response: HttpResponse = page()
        return response
    code, detail = describe_status(status)
    return build_problem_response(status=status, code=code, detail=detail)


def answer_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer_error(request, 400, lambda: defaults.bad_request(request, exception))


def answer_permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer_error(request, 403, lambda: defaults.permission_denied(request, exception))


def answer_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer_error(request, 404, lambda: defaults.page_not_found(request, exception))


def answer_server_error(request: HttpRequest) -> HttpResponse:
    return answer_error(request, 500, lambda: defaults.server_error(request))
