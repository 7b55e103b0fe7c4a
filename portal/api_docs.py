"""The API's docs page: Swagger from our own static files, under the strict policy but for its icons."""

from __future__ import annotations

from csp.decorators import csp_update
from drf_spectacular.views import SpectacularSwaggerSplitView

from portal.csp import API_DOCS_EXCEPTION


def build_docs_view(url_name: str):  # type: ignore[no-untyped-def] # noqa: ANN201 - csp's decorator has no types
    """The view; `url_name` is the name of the schema's address.

    The split view and our template keep script and style out of the page, so that nothing inline is allowed.
    """
    view = SpectacularSwaggerSplitView.as_view(url_name=url_name, template_name="portal/api_docs.html")
    return csp_update(API_DOCS_EXCEPTION)(view)
