"""The front page of /configure/: every kind with how many there are, and how production stands."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.admin.base import get_principal, refuse_method
from configs.enums import KnownLabel
from configs.models import ConfigLabel
from configs.pages.desk import may_add, may_list
from configs.pages.doors import CONFIGURE_DOOR
from configs.pages.kinds import PAGES, KindPage
from configs.queries import list_objects


@dataclass(frozen=True, slots=True)
class KindCard:
    page: KindPage
    url: str
    count: int
    waiting: int


def answer_overview(request: HttpRequest) -> HttpResponse:
    principal = get_principal(request)
    if not may_list(principal):
        raise PermissionDenied
    if request.method not in {"GET", "HEAD"}:
        return refuse_method(request, "GET", "HEAD")
    cards = []
    for page in PAGES:
        rows = list_objects(principal, page.kind).filter(retired_at=None).order_by()
        live = ConfigLabel.objects.filter(
            kind=page.kind, object_id=OuterRef("pk"), name=KnownLabel.PRODUCTION, number=OuterRef("version")
        )
        waiting = rows.filter(~Exists(live)).count()
        cards.append(KindCard(page, CONFIGURE_DOOR.url(page.kind, "list"), rows.count(), waiting))
    context = {
        **CONFIGURE_DOOR.context(request),
        "title": "Configure",
        "cards": cards,
        "may_add": may_add(principal),
    }
    return TemplateResponse(request, "configs/overview.html", context)
