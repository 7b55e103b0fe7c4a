"""Any two versions of one thing, compared; and what the audit chain says of it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from accounts.admin.base import HISTORY_LENGTH, answer_refusal, get_principal, refuse_method
from configs.pages.acts import read_number
from configs.pages.desk import Desk
from configs.pages.diffs import diff_contents
from configs.pages.names import read_names
from configs.pages.show import Choice, describe_version
from configs.policies import can_read_config
from configs.queries import list_versions, read_content
from events.errors import NotFound
from events.models import AuditEntry

MAX_CHOICES = 500


def answer_versions(desk: Desk, request: HttpRequest, object_id: str) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return refuse_method(request, "GET", "HEAD")
    row = desk.get_row(request, object_id)
    if not can_read_config(get_principal(request), row):
        return answer_refusal(request, "Only members of its team read what it says.")
    after = read_number(request.GET.get("to", "")) or row.version
    before = read_number(request.GET.get("from", "")) or max(1, after - 1)
    contents = [read_or_404(row, number) for number in (before, after)]
    is_unified = request.GET.get("view") == "unified"
    context = {
        "title": f"Version {before} and version {after}",
        "row": row,
        "back_url": desk.url("show", row.pk),
        "choices": [
            Choice(version.number, describe_version(version)) for version in list_versions(row)[:MAX_CHOICES]
        ],
        "from_number": before,
        "to_number": after,
        "is_unified": is_unified,
        "left_title": f"Version {before}",
        "right_title": f"Version {after}",
        "diffs": diff_contents(contents[0], contents[1], read_names(contents)),
    }
    return desk.render(request, "configs/versions.html", context)


def read_or_404(row: Any, number: int) -> Any:
    try:
        return read_content(row, number)
    except NotFound as error:
        raise Http404 from error


def answer_history(desk: Desk, request: HttpRequest, object_id: str) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return refuse_method(request, "GET", "HEAD")
    row = desk.get_row(request, object_id)
    entries = AuditEntry.objects.filter(subject_kind=row.kind, subject_id=row.pk).order_by("-n")
    context = {
        "title": f"History of {row.name}",
        "row": row,
        "back_url": desk.url("show", row.pk),
        "entries": entries[:HISTORY_LENGTH],
    }
    return desk.render(request, "configs/history.html", context)
