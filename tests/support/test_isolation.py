"""A test run keeps to itself: its own files, loopback only, nothing left behind by a test that commits."""

import os
import socket

import pytest
from django.conf import settings
from django.db import connection

from events.append_only import missing_triggers
from events.models import LogHead
from tests.settings import RUN_FOLDER


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_number", [1, 2])
def test_each_committing_test_starts_with_one_fresh_head_and_every_guard(round_number: int) -> None:
    heads = list(LogHead.objects.values_list("pk", "event_seq"))
    LogHead.objects.update(event_seq=round_number)
    assert (heads, missing_triggers()) == ([(1, 0)], [])


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_sqlite_is_a_file_in_write_ahead_mode() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()
        cursor.execute("PRAGMA database_list")
        path = cursor.fetchone()[2]
    assert mode == ("wal",)
    assert path.endswith(connection.settings_dict["NAME"])
    assert "test.sqlite3" in path


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_postgresql_sorts_identifiers_bytewise() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT w FROM unnest(ARRAY['b','B','a','A']) AS w ORDER BY w")
        assert cursor.fetchall() == [("A",), ("B",), ("a",), ("b",)]


def test_files_and_keys_of_the_run_are_its_own() -> None:
    places = (settings.COUNTERSIGN_DATA_DIR, settings.COUNTERSIGN_KEYS_FILE)
    assert places == (RUN_FOLDER / "data", RUN_FOLDER / "keys" / "countersign.keys")
    assert not RUN_FOLDER.is_relative_to(settings.BASE_DIR)


def test_a_command_started_by_a_test_gets_the_product_settings() -> None:
    assert os.environ["DJANGO_SETTINGS_MODULE"] == "portal.settings"
    assert os.environ["COUNTERSIGN_DATA_DIR"] == str(RUN_FOLDER / "data")


@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_INET6, ("2001:db8::1", 80, 0, 0))],
)
def test_an_address_beyond_loopback_is_refused(family: int, address: tuple[str, int]) -> None:
    with socket.socket(family) as connection_to_nowhere, pytest.raises(AssertionError, match="not loopback"):
        connection_to_nowhere.connect(address)
