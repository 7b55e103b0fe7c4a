"""/healthz, /readyz and /metrics, answered before hosts, sessions and people come into play.

/healthz: the process answers. /readyz: it can do its work, 503 otherwise, by the same probes that the health
pages rest on; an engine that is away does not keep this process from its work. What exactly is wrong, how the
whole deployment is, and /metrics, is told to this machine and to holders of a monitoring token only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from events.append_only import missing_triggers
from health.enums import HealthState
from health.models import HealthCheck
from health.probes.database import list_unapplied_migrations, measure_answer
from health.probes.disk import find_existing, judge_room, read_room
from health.probes.streams import list_unrelayed_engines
from health.queries import sort_worst_first
from portal.background import describe_tasks
from portal.metrics import render_metrics
from portal.monitoring import may_monitor, read_bearer


@dataclass(frozen=True, slots=True)
class Check:
    """One line of /readyz; `facts` are shown to those who may see details."""

    is_ready: bool
    facts: dict[str, Any]


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/healthz":
            return answer_health(request)
        if request.path_info == "/readyz":
            return answer_readiness(request)
        if request.path_info == "/metrics":
            return answer_metrics(request)
        return self.get_response(request)


def answer_health(request: HttpRequest) -> JsonResponse:
    return refuse_other_methods(request) or answer({"status": "ok"}, status=200)


def answer_readiness(request: HttpRequest) -> JsonResponse:
    refusal = refuse_other_methods(request)
    if refusal is not None:
        return refusal
    checks = run_checks()
    is_ready = all(check.is_ready for check in checks.values())
    content: dict[str, Any] = {"status": "ready" if is_ready else "not ready"}
    if may_monitor(request):
        content["checks"] = {
            name: {"is_ready": check.is_ready, **check.facts} for name, check in checks.items()
        }
        content["components"] = list_components()
    return answer(content, status=200 if is_ready else 503)


def answer_metrics(request: HttpRequest) -> HttpResponse:
    refusal = refuse_other_methods(request)
    if refusal is not None:
        return refusal
    if not may_monitor(request):
        refusal = answer({"status": "not allowed"}, status=403 if read_bearer(request) else 401)
        refusal.headers["WWW-Authenticate"] = 'Bearer realm="Countersign"'
        return refusal
    content = render_metrics()
    headers = {"Cache-Control": "no-store", "Content-Length": str(len(content))}
    return HttpResponse(content, content_type=CONTENT_TYPE_PLAIN_0_0_4, headers=headers)


def answer(content: dict[str, Any], *, status: int) -> JsonResponse:
    response = JsonResponse(content, status=status, headers={"Cache-Control": "no-store"})
    response.headers["Content-Length"] = str(len(response.content))
    return response


def refuse_other_methods(request: HttpRequest) -> JsonResponse | None:
    if request.method in {"GET", "HEAD"}:
        return None
    refusal = answer({"status": "method not allowed"}, status=405)
    refusal.headers["Allow"] = "GET, HEAD"
    return refusal


def run_checks() -> dict[str, Check]:
    """Each check by name; those that need the database are left out when it does not answer."""
    try:
        checks = {
            "database": check_database(),
            "migrations": check_migrations(),
            "append_only_triggers": check_triggers(),
            "relay_leases": check_leases(),
        }
    except DatabaseError as error:
        checks = {"database": Check(is_ready=False, facts={"error": type(error).__name__})}
    checks["disk"] = check_disk()
    checks.update(check_background_tasks())
    return checks


def check_database() -> Check:
    measure_answer()
    return Check(is_ready=True, facts={"vendor": connection.vendor})


def check_migrations() -> Check:
    unapplied = list_unapplied_migrations()
    return Check(is_ready=not unapplied, facts={"unapplied": unapplied})


def check_triggers() -> Check:
    missing = missing_triggers()
    return Check(is_ready=not missing, facts={"missing": missing})


def check_leases() -> Check:
    """Whether each enabled engine has a relay, here or in another process.

    It is this process's concern only when the relay runs here: a portal without it still serves people.
    """
    missing = list_unrelayed_engines(now=timezone.now())
    is_ours = "relay" in describe_tasks()
    return Check(is_ready=not (missing and is_ours), facts={"engines_without_relay": missing})


def check_disk() -> Check:
    """Room in the data folder; anybody may ask, so nothing is written."""
    try:
        room = read_room(find_existing(settings.COUNTERSIGN_DATA_DIR))
    except OSError as error:
        return Check(is_ready=False, facts={"error": type(error).__name__})
    state, _ = judge_room(room)
    return Check(is_ready=state != HealthState.ERROR, facts={"free_bytes": room.free_bytes})


def check_background_tasks() -> dict[str, Check]:
    """The tasks of this process; without any (a bare WSGI or test process) there is nothing to wait for."""
    return {
        name: Check(is_ready=facts["is_ready"], facts={key: facts[key] for key in ("restarts", "last_error")})
        for name, facts in describe_tasks().items()
    }


def list_components() -> list[dict[str, Any]]:
    """What the last round of looking said of the whole deployment; empty when that can't be read."""
    try:
        checks = sort_worst_first(HealthCheck.objects.filter(ended_at=None))
    except DatabaseError:
        return []
    return [
        {
            "component": check.component,
            "subject": check.subject_id,
            "state": check.current_state.value,
            "since": check.since.isoformat(),
        }
        for check in checks
    ]
