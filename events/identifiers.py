"""Record ids: 15 lower-case alphanumerics, made by the server."""

from __future__ import annotations

import secrets
import time
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
ID_LENGTH = 15
TIME_LENGTH = 8
RANDOM_VALUES = 36 ** (ID_LENGTH - TIME_LENGTH)


def make_id() -> str:
    """8 characters of base-36 milliseconds, then 7 random ones. Never rely on the order."""
    number = time.time_ns() // 1_000_000 * RANDOM_VALUES + secrets.randbelow(RANDOM_VALUES)
    characters = []
    for _ in range(ID_LENGTH):
        number, digit = divmod(number, 36)
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters))


def is_record_id(text: str) -> bool:
    """False for what can't be a key here, so that it need not be asked from the database."""
    return len(text) == ID_LENGTH and set(text) <= set(ALPHABET)


class RecordId(models.CharField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Primary key of every domain record; collation C on PostgreSQL so that it compares as bytes."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("primary_key", True)
        kwargs.setdefault("max_length", ID_LENGTH)
        kwargs.setdefault("default", make_id)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Field's signature is wider than its stub

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters
