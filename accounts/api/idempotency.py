"""`Idempotency-Key` on whatever is created: the same POST again makes nothing more, and is answered the same.

    @idempotent
    def create(self, request): ...

    @idempotent(shows_secret=True)      # the answer is not kept: a replay answers 409 and names what was made
    def create(self, request): ...

Without the header nothing changes. Only what succeeds is remembered, for a day. Permission requests have a
key of their own, which is kept with the request.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, overload

import orjson
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.bodies import OrjsonRenderer
from accounts.domain.idempotency import Attempt, hold_key
from accounts.models import IdempotencyRecord
from events.errors import Conflict, Invalid

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,100}")
REPLAYED = "Idempotency-Replayed"
MARK = "is_idempotent"

PARAMETER = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": r"^[\x21-\x7e]{1,100}$"},
    OpenApiParameter.HEADER,
    description="1 to 100 printable ASCII characters. Sent again within a day with the same body, it makes "
    "nothing more and is answered the same, with `Idempotency-Replayed: true`.",
)

View = TypeVar("View", bound=Callable[..., Any])


@overload
def idempotent(view: View, /) -> View: ...
@overload
def idempotent(*, shows_secret: bool) -> Callable[[View], View]: ...
def idempotent(view: Any = None, /, *, shows_secret: bool = False) -> Any:
    """Decorate a POST method of an `ApiView`, under `@action` and `@extend_schema` if it has those."""

    def decorate(method: Any) -> Any:
        @extend_schema(parameters=[PARAMETER])
        @wraps(method)
        def answer(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            key = read_key(request)
            if not key:
                plain: Response = method(self, request, *args, **kwargs)
                return plain
            attempt = Attempt(self.principal, key, request.path[:200], digest_body(request))
            with hold_key(attempt) as slot:
                if not slot.is_new:
                    return replay(slot.record)
                made: Response = method(self, request, *args, **kwargs)
                keep_answer(slot.record, made, shows_secret=shows_secret)
                return made

        setattr(answer, MARK, True)
        return answer

    return decorate if view is None else decorate(view)


def read_key(request: Request) -> str:
    """Empty when the header is absent."""
    key = request.headers.get(HEADER)
    if key is None:
        return ""
    if not KEY.fullmatch(key):
        raise Invalid("An idempotency key has 1 to 100 printable ASCII characters.", field=HEADER)
    return key


def digest_body(request: Request) -> str:
    """The same for bodies that say the same, however they are written."""
    text = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def keep_answer(record: IdempotencyRecord, made: Response, *, shows_secret: bool) -> None:
    data: Any = made.data
    made_id = data.get("id", "") if isinstance(data, dict) else ""
    record.status = made.status_code
    record.location = made.headers.get("Location", "")[:500]
    record.subject_id = str(made_id)[:64]
    record.answer = "" if shows_secret else OrjsonRenderer().render(data).decode()
    record.save(update_fields=["status", "location", "subject_id", "answer"])


def replay(record: IdempotencyRecord) -> Response:
    """Raises Conflict where the answer was shown once and not kept."""
    if not record.answer:
        raise Conflict(
            "This was made already. What it showed then is not kept and can't be shown again.",
            code="shown_once",
            id=record.subject_id,
        )
    headers = {REPLAYED: "true"} | ({"Location": record.location} if record.location else {})
    return Response(orjson.loads(record.answer), status=record.status, headers=headers)
