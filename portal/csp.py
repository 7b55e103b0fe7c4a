"""The Content Security Policy: everything from this site, nothing inline, framed by nobody.

Kept in the shape of Django 6's SECURE_CSP so that django-csp can be dropped then.
"""

from __future__ import annotations

from csp.constants import NONE, SELF

POLICY: dict[str, list[str]] = {
    "default-src": [SELF],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "object-src": [NONE],
}

# The one exception, for the API's docs page: Swagger's style sheet carries its icons as data addresses.
API_DOCS_EXCEPTION: dict[str, list[str]] = {"img-src": [SELF, "data:"]}
