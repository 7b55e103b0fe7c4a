"""A strong ETag (RFC 9110) for each answer that is one object, made from its very bytes.

So it is right whatever the object is made of. A client that sends it back as If-None-Match gets 304 and no
body while nothing has changed for it.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

# What the answer depends on besides its address.
VARY = "Authorization, Cookie"


def tag_answer(request: Request, response: Response) -> None:
    """Once rendered, the answer has its ETag, or is a 304 without a body."""
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response.headers["Vary"] = VARY

    def finish(rendered: Any) -> HttpResponse | None:
        rendered.headers["ETag"] = etag = compute_etag(rendered.content)
        if not matches(request.headers.get("If-None-Match"), etag):
            return None
        unchanged = HttpResponse(status=304)
        del unchanged.headers["Content-Type"]
        for name, value in rendered.headers.items():
            if not name.startswith("Content-"):
                unchanged.headers[name] = value
        return unchanged

    response.add_post_render_callback(finish)


def compute_etag(content: bytes) -> str:
    return f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'


def matches(header: str | None, etag: str) -> bool:
    """If-None-Match compares weakly: a proxy may have made the tag weak."""
    if header is None:
        return False
    given = {part.strip().removeprefix("W/") for part in header.split(",")}
    return etag in given or "*" in given
