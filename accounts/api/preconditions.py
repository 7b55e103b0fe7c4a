"""`If-Match` (RFC 9110, 13.1.1) on what replaces something: who has not seen what is there replaces nothing.

A strong ETag is made from the very bytes of the answer that shows the object (`accounts.api.etags`), so the
precondition is read against what this caller would be shown now. The version that was read with it goes into
the domain's conditional UPDATE, which settles what comes in between.
"""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounts.api.bodies import OrjsonRenderer
from accounts.api.etags import compute_etag
from events.errors import PreconditionFailed, PreconditionRequired

HEADER = "If-Match"
# One or several strong tags; a weak one never matches here, and `*` would say nothing of what was read.
TAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')

PARAMETER = OpenApiParameter(
    HEADER,
    {"type": "string"},
    OpenApiParameter.HEADER,
    required=True,
    description="The `ETag` of the object as it was read. Another one answers 412, none 428.",
)


OPTIONAL_PARAMETER = OpenApiParameter(
    HEADER,
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="The `ETag` of the object as it was read, if it shall be as it was: another one answers 412.",
)


def is_conditional(request: Request) -> bool:
    return HEADER in request.headers


def tag(data: Any) -> str:
    """The ETag that a GET of this would have."""
    return compute_etag(OrjsonRenderer().render(data))


def require_match(request: Request, present: Any, **facts: Any) -> None:
    """`present`: what a GET answers now. Raises PreconditionRequired; PreconditionFailed with the facts."""
    given = request.headers.get(HEADER, "").strip()
    if not given or given == "*":
        raise PreconditionRequired(
            "Send the ETag of the object as you read it in If-Match, so that nobody's change is overwritten."
        )
    if tag(present) not in TAG.findall(re.sub(r'W/"[^"]*"', "", given)):
        raise PreconditionFailed("It has changed since you read it. Read it again.", **facts)
