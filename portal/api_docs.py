"""The API's docs page: Swagger from our own static files, under the strict policy but for its icons."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from accounts.api.bodies import OrjsonRenderer
from portal.csp import API_DOCS_EXCEPTION


@method_decorator(csp_update(API_DOCS_EXCEPTION), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """For anybody: the page holds nothing, the schema behind it needs a login.

    The split view and our template keep script and style out of the page, so that nothing inline is allowed.
    """

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    url_name = "api-schema"
    template_name = "portal/api_docs.html"

    def handle_exception(self, exc: Exception) -> Response:
        """A problem is JSON here too."""
        self.request.accepted_renderer = OrjsonRenderer()
        return super().handle_exception(exc)
