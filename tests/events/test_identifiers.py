"""Record ids."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection

from accounts.models import Team
from events.identifiers import ALPHABET, is_record_id, make_id


def test_ids_are_fifteen_lower_case_alphanumerics_and_differ() -> None:
    ids = {make_id() for _ in range(2000)}
    assert len(ids) == 2000
    assert all(len(text) == 15 and set(text) <= set(ALPHABET) for text in ids)


@pytest.mark.parametrize(
    ("moment", "head"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), "00000000"),
        (datetime(2026, 11, 21, tzinfo=UTC), "mwpn5s00"),
        (datetime(2059, 5, 25, tzinfo=UTC), "zz"),
    ],
)
def test_the_first_eight_are_the_time(moment: datetime, head: str) -> None:
    with time_machine.travel(moment, tick=False):
        text = make_id()
    milliseconds = int(moment.timestamp() * 1000)
    assert int(text[:8], 36) == milliseconds
    assert text.startswith(head)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mwr00ypifh770w8", True),
        ("0" * 15, True),
        ("", False),
        ("0" * 14, False),
        ("0" * 16, False),
        ("MWR00YPIFH770W8", False),
        ("mwr00ypifh770w\0", False),
        ("mwr00ypifh770w\ud800", False),
        ("mwr00ypifh770wé", False),
    ],
)
def test_what_can_be_a_key(text: str, expected: bool) -> None:
    assert is_record_id(text) is expected


@pytest.mark.django_db
@pytest.mark.postgres
def test_keys_compare_as_bytes() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT collation_name FROM information_schema.columns "
            "WHERE table_name = %s AND column_name = 'id'",
            [Team._meta.db_table],
        )
        assert cursor.fetchone() == ("C",)
