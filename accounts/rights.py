"""A number that changes whenever anybody's rights change in this process.

Whoever keeps a copy of a right in memory notes the number before reading it from the database, and uses the
copy only while the number is the same. Other processes learn of a change by reading again; copies there must
be short-lived.
"""

from __future__ import annotations

import itertools

from django.db import transaction

_numbers = itertools.count(1)
_generation = 0


def read_rights_generation() -> int:
    return _generation


def note_changed_rights() -> None:
    """Called inside the transaction that changes them.

    The number changes now and again with the commit: a copy made in between was read from before the change.
    """
    advance()
    transaction.on_commit(advance)


def advance() -> None:
    global _generation  # noqa: PLW0603 - one number for the process is the point
    _generation = next(_numbers)
