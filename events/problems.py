"""Every error of the API as a problem document (RFC 9457), whoever raised it.

`type` is a stable path, `/problems/<code>`; `code` is its last word; `detail` is a sentence for a person;
`errors` names the fields that were wrong; other members are facts of the case (`decided_by`, `state` …).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core import signals
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from events.canonical import canonical_json
from events.errors import DomainError

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 1

# REST framework's own codes where ours say more.
CODES = {
    "parse_error": "malformed",
    "error": "server_error",
}


def build_problem(*, status: int, code: str, detail: str, **facts: Any) -> dict[str, Any]:
    """The document. Facts are text, integers, booleans, null and lists of them; they can't hide a member."""
    return {
        **facts,
        "type": f"/problems/{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
    }


def build_problem_response(*, status: int, code: str, detail: str, **facts: Any) -> HttpResponse:
    """The same as an answer of plain Django, for errors outside REST framework."""
    document = build_problem(status=status, code=code, detail=detail, **facts)
    return HttpResponse(
        canonical_json(document),
        status=status,
        content_type=PROBLEM_JSON,
        headers={"Cache-Control": "no-store"},
    )


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """REST framework's EXCEPTION_HANDLER. Raises nothing: what nobody expected is logged and answered 500."""
    if isinstance(error, DomainError):
        return answer(build_problem(**describe_domain_error(error)))
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return answer(build_problem(**describe_api_exception(error)), headers=dict(list_headers(error)))
    if isinstance(error, RequestDataTooBig):
        detail = "The request body is larger than this server accepts."
        return answer(build_problem(status=413, code="too_large", detail=detail))
    if isinstance(error, SuspiciousOperation):
        return answer(build_problem(status=400, code="bad_request", detail="The request is malformed."))
    return answer_unexpected(error, context)


def answer(document: dict[str, Any], *, headers: dict[str, str] | None = None) -> Response:
    return Response(document, status=document["status"], headers=headers, content_type=PROBLEM_JSON)


def answer_unexpected(error: Exception, context: dict[str, Any]) -> Response:
    """A database that does not answer is worth another try; everything else is a fault of ours."""
    logger.error("an API request failed", exc_info=error)
    request = context.get("request")
    plain: HttpRequest | None = getattr(request, "_request", None)
    signals.got_request_exception.send(sender=exception_handler, request=plain)
    if isinstance(error, OperationalError):
        document = build_problem(
            status=503, code="unavailable", detail="The database does not answer; try again."
        )
        return answer(document, headers={"Retry-After": str(RETRY_AFTER_S)})
    detail = "Something failed here. It is logged under this answer's X-Request-ID."
    return answer(build_problem(status=500, code="server_error", detail=detail))


def describe_domain_error(error: DomainError) -> dict[str, Any]:
    facts = dict(error.facts)
    if "field" in facts:
        facts["errors"] = [{"field": facts["field"], "detail": error.message}]
    return {**facts, "status": error.status, "code": error.code, "detail": error.message}


def describe_api_exception(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        errors = list(list_field_errors(error.detail))
        sentences = [
            f"{item['field']}: {item['detail']}" if item["field"] else item["detail"] for item in errors
        ]
        return {"status": 400, "code": "invalid", "detail": " ".join(sentences), "errors": errors}
    given = error.detail
    code = getattr(given, "code", None) or error.default_code
    return {"status": error.status_code, "code": CODES.get(code, code), "detail": str(given)}


def list_field_errors(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """{"field": "patterns[0]", "detail": sentence} for each error; `field` is "" for the whole body."""
    if isinstance(detail, dict):
        for name, value in detail.items():
            yield from list_field_errors(value, extend_path(path, name))
    elif isinstance(detail, list):
        for value in detail:
            yield from list_field_errors(value, path)
    else:
        yield {"field": path, "detail": str(detail)}


def extend_path(path: str, name: str | int) -> str:
    if isinstance(name, int):
        return f"{path}[{name}]"
    if name == api_settings.NON_FIELD_ERRORS_KEY:
        return path
    return f"{path}.{name}" if path else str(name)


def list_headers(error: exceptions.APIException) -> Iterator[tuple[str, str]]:
    challenge = getattr(error, "auth_header", None)
    if challenge:
        code = getattr(error.detail, "code", "")
        yield "WWW-Authenticate", f'{challenge}, error="{code}"' if code == "invalid_token" else challenge
    wait_s = getattr(error, "wait", None)
    if wait_s is not None:
        yield "Retry-After", str(max(1, int(wait_s)))


def describe_status(status: int) -> tuple[str, str]:
    """(code, sentence) of an error that only has a status."""
    phrase = HTTPStatus(status)
    return phrase.name.lower(), phrase.description or phrase.phrase
