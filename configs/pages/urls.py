"""The plain editor's addresses; who may enter is asked as for the admin."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from accounts.admin.base import get_principal
from configs.pages.acts import ACTS, answer_act
from configs.pages.catalogue import answer_catalogue, answer_catalogue_update
from configs.pages.desk import Desk, may_list
from configs.pages.doors import CONFIGURE_DOOR
from configs.pages.edit import answer_add, answer_edit, answer_preview
from configs.pages.imports import answer_export, answer_import, answer_imported
from configs.pages.kinds import SLUGS
from configs.pages.lists import answer_list
from configs.pages.many import answer_many
from configs.pages.overview import answer_overview
from configs.pages.protection import answer_labels, answer_protect
from configs.pages.show import answer_show
from configs.pages.versions import answer_history, answer_versions

app_name = "configure"
View = Callable[..., HttpResponse]


def enter(view: View) -> View:
    """The admin's own door: whoever is not logged in goes to its login page and comes back."""
    return admin.site.admin_view(view)


def at_desk(view: View) -> View:
    """`view(desk, request, …)` of the kind that the address names."""

    @wraps(view)
    def answer(request: HttpRequest, slug: str, **arguments: Any) -> HttpResponse:
        page = SLUGS.get(slug)
        if page is None:
            raise Http404
        if not may_list(get_principal(request)):
            raise PermissionDenied
        return view(Desk(CONFIGURE_DOOR, page), request, **arguments)

    return enter(answer)


urlpatterns = [
    path("", enter(answer_overview), name="index"),
    path("production/", enter(answer_many), name="production"),
    path("labels/", enter(answer_labels), name="labels"),
    path("labels/protect/", enter(answer_protect), name="protect"),
    path("import/", enter(answer_import), name="import"),
    path("import/<str:import_id>/", enter(answer_imported), name="imported"),
    path("export/", enter(answer_export), name="export"),
    path("catalogue/", enter(answer_catalogue), name="catalogue"),
    path("catalogue/update/", enter(answer_catalogue_update), name="catalogue-update"),
    path("<slug:slug>/", at_desk(answer_list), name="list"),
    path("<slug:slug>/add/", at_desk(answer_add), name="add"),
    path("<slug:slug>/preview/", at_desk(answer_preview), name="preview"),
    path("<slug:slug>/<str:object_id>/", at_desk(answer_show), name="show"),
    path("<slug:slug>/<str:object_id>/edit/", at_desk(answer_edit), name="edit"),
    path("<slug:slug>/<str:object_id>/versions/", at_desk(answer_versions), name="versions"),
    path("<slug:slug>/<str:object_id>/history/", at_desk(answer_history), name="history"),
    *(
        path(f"<slug:slug>/<str:object_id>/{act}/", at_desk(answer_act), {"act": act}, name=act)
        for act in ACTS
    ),
]
