"""When a page was opened, as a signed stamp in its form: nobody decides what they can't have read.

The page's script says it at once; the stamp holds without a script too, and for whoever posts by hand.
"""

from __future__ import annotations

from django.core import signing
from django.utils import timezone

from events.errors import Conflict

SALT = "page-opened"
FIELD = "opened"
READ_MS = 1000


class NotRead(Conflict):
    """The page has not been open long enough, or was never opened."""

    default_code = "not_read"


def stamp_opened(*, subject_id: str, user_id: str) -> str:
    """The value of the field `opened`: this person has this page before them from now on."""
    return signing.dumps([subject_id, user_id, now_ms()], salt=SALT)


def require_read(stamp: str, *, subject_id: str, user_id: str) -> None:
    """Raise NotRead unless the stamp is of this page and person, and a second old."""
    try:
        stamped_id, stamped_user, opened_ms = signing.loads(stamp, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise NotRead("Open its page first, then decide.") from None
    if (stamped_id, stamped_user) != (subject_id, user_id):
        raise NotRead("Open its page first, then decide.")
    if now_ms() - opened_ms < READ_MS:
        raise NotRead("The page was open for less than a second. Read it, then decide.")


def now_ms() -> int:
    return int(timezone.now().timestamp() * 1000)
