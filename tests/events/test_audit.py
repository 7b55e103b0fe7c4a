"""The audit chain tells every edited, deleted, reordered and inserted entry, and with heads a cut tail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st
from pytest_django import Settings

from events.actors import Actor, ActorKind, Door, Subject
from events.append_only import suspended
from events.audit import columns_text, sign_head, verify_chain, verify_entry
from events.audit_entries import Finding
from events.changes import changes
from events.keyring import load_keyring
from events.models import GENESIS_HASH, AuditEntry, LogHead, SignedHead
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

PERSON = Actor(ActorKind.USER, "alice0000000000", Door.API, "Alice")


@pytest.fixture
def heads_file(settings: Settings, tmp_path: Path) -> Path:
    path = tmp_path / "heads.jsonl"
    settings.COUNTERSIGN_AUDIT_HEADS_FILE = path
    return path


def write_entries(count: int, start: int = 1) -> None:
    for number in range(start, start + count):
        with changes(PERSON) as change:
            subject = Subject("thing", f"thing{number}")
            change.audit("thing.change", subject, before={"step": number - 1}, after={"step": number})


def tamper(n: int, **values: Any) -> None:
    with suspended():
        assert AuditEntry.objects.filter(n=n).update(**values) == 1


def remove(n: int) -> None:
    with suspended():
        AuditEntry.objects.filter(n=n).delete()


def rebuild_from(first: int) -> None:
    """What somebody does who can write everything in the database: the rest of the chain made anew."""
    with suspended():
        prev_hash = AuditEntry.objects.get(n=first - 1).hash if first > 1 else GENESIS_HASH
        for entry in AuditEntry.objects.filter(n__gte=first).order_by("n"):
            entry.prev_hash = prev_hash
            entry.text = columns_text(entry)
            entry.hash = prev_hash = hashlib.sha256(entry.text.encode()).hexdigest()
            entry.save()
        LogHead.objects.update(audit_n=AuditEntry.objects.count(), audit_hash=prev_hash)


def test_an_untouched_chain_holds(heads_file: Path) -> None:
    assert verify_chain() == []
    write_entries(5)
    sign_head()
    write_entries(3, start=6)
    sign_head()
    assert (verify_chain(), verify_chain(heads_file)) == ([], [])


COLUMNS: dict[str, Any] = {
    "at": datetime(2020, 1, 1, tzinfo=UTC),
    "actor_kind": "service",
    "actor_id": "mallory",
    "door": "admin",
    "verb": "thing.keep",
    "subject_kind": "other",
    "subject_id": "thing9",
    "before": {"step": 99},
    "after": {},
    "prev_hash": "f" * 64,
}


@pytest.mark.parametrize("column", sorted(COLUMNS))
@pytest.mark.parametrize("n", [1, 3, 5])
def test_an_edited_column_is_found(column: str, n: int) -> None:
    write_entries(5)
    tamper(n, **{column: COLUMNS[column]})
    findings = {finding.n for finding in verify_chain()}
    assert findings == {n}


@pytest.mark.parametrize("n", [1, 3, 5])
def test_an_edited_text_is_found_whatever_else_is_made_to_fit(n: int) -> None:
    write_entries(5)
    entry = AuditEntry.objects.get(n=n)
    entry.after = {"step": 1000}
    text = columns_text(entry)
    tamper(n, after=entry.after, text=text)
    assert [finding.n for finding in verify_chain()] == [n]
    tamper(n, hash=hashlib.sha256(text.encode()).hexdigest())
    # Now it fits itself; the next entry, or the head, does not fit it.
    assert [finding.n for finding in verify_chain()] == [n + 1]


def test_the_label_may_be_erased() -> None:
    write_entries(3)
    tamper(2, actor_label="")
    assert verify_chain() == []


@pytest.mark.parametrize("n", [1, 3, 5])
def test_a_deleted_entry_is_found(n: int) -> None:
    write_entries(5)
    remove(n)
    assert n in {finding.n for finding in verify_chain()}


def test_two_entries_that_changed_places_are_found() -> None:
    write_entries(4)
    second, third = AuditEntry.objects.get(n=2), AuditEntry.objects.get(n=3)
    with suspended():
        AuditEntry.objects.filter(n=2).update(n=99)
        AuditEntry.objects.filter(n=3).update(n=2)
        AuditEntry.objects.filter(n=99).update(n=3)
    assert (AuditEntry.objects.get(n=2).text, AuditEntry.objects.get(n=3).text) == (third.text, second.text)
    assert {finding.n for finding in verify_chain()} >= {2, 3}


def test_an_inserted_entry_is_found() -> None:
    write_entries(3)
    entry = AuditEntry.objects.get(n=3)
    for n in (-1, 0, 4, 9):
        with transaction.atomic():
            AuditEntry.objects.bulk_create([copy_entry(entry, n)])
            assert verify_chain() != []
            transaction.set_rollback(True)
    assert verify_chain() == []


def copy_entry(entry: AuditEntry, n: int) -> AuditEntry:
    """A forged entry that fits itself and names the last one as the one before it."""
    forged = AuditEntry.objects.get(n=entry.n)
    forged.n, forged.prev_hash = n, entry.hash
    forged.text = columns_text(forged)
    forged.hash = hashlib.sha256(forged.text.encode()).hexdigest()
    return forged


def test_a_number_is_never_used_twice() -> None:
    write_entries(3)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.bulk_create([copy_entry(AuditEntry.objects.get(n=3), 2)])


@pytest.mark.parametrize("values", [{"audit_n": 2}, {"audit_n": 9}, {"audit_hash": "0" * 64}])
def test_a_head_that_does_not_match_is_found(values: dict[str, Any]) -> None:
    write_entries(3)
    LogHead.objects.update(**values)
    assert [finding.n for finding in verify_chain()] == [4]


def test_a_missing_head_is_found() -> None:
    write_entries(3)
    with suspended():
        LogHead.objects.all().delete()
    assert verify_chain() == [Finding(3, "the head row is missing")]


def test_a_cut_tail_is_found_by_the_signed_heads_alone(heads_file: Path) -> None:
    write_entries(5)
    sign_head()
    with suspended():
        AuditEntry.objects.filter(n__gt=3).delete()
        SignedHead.objects.all().delete()
    LogHead.objects.update(audit_n=3, audit_hash=AuditEntry.objects.get(n=3).hash)
    assert verify_chain() == []
    assert verify_chain(heads_file) == [Finding(5, "missing: a signed head names it, so the tail was cut")]


@pytest.mark.parametrize("n", [1, 3, 5])
def test_a_chain_made_anew_is_found_by_the_signed_heads(heads_file: Path, n: int) -> None:
    write_entries(5)
    sign_head()
    tamper(n, after={"step": 1000})
    rebuild_from(n)
    expected = [Finding(5, "rewritten: a signed head names another hash")]
    # The table's copy tells as long as nobody thought of it; the file tells in any case.
    assert (verify_chain(), verify_chain(heads_file)) == (expected, expected)
    with suspended():
        SignedHead.objects.all().delete()
    assert (verify_chain(), verify_chain(heads_file)) == ([], expected)


def test_heads_are_signed_when_there_is_something_new(heads_file: Path) -> None:
    assert sign_head() is None
    write_entries(2)
    first = sign_head()
    assert first is not None
    assert sign_head() is None
    write_entries(1, start=3)
    sign_head()
    lines = [json.loads(line) for line in heads_file.read_text().splitlines()]
    assert [(line["n"], line["hash"]) for line in lines] == [
        (n, AuditEntry.objects.get(n=n).hash) for n in (2, 3)
    ]
    assert list(SignedHead.objects.values_list("n", "signature")) == [
        (line["n"], line["signature"]) for line in lines
    ]


def test_a_head_that_did_not_reach_the_file_is_signed_again(heads_file: Path) -> None:
    write_entries(2)
    heads_file.mkdir()
    with pytest.raises(IsADirectoryError):
        sign_head()
    assert not SignedHead.objects.exists()
    heads_file.rmdir()
    sign_head()
    assert verify_chain(heads_file) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"signature": "0" * 64}, "a signed head's signature is wrong"),
        ({"hash": "0" * 64}, "a signed head's signature is wrong"),
        ({"n": 1}, "a signed head's signature is wrong"),
        ({"at": "2020-01-01T00:00:00+00:00"}, "a signed head's signature is wrong"),
        ({"key_id": "k9"}, "a signed head names an unknown key 'k9'"),
    ],
)
def test_a_forged_head_is_found(heads_file: Path, change: dict[str, Any], problem: str) -> None:
    write_entries(2)
    sign_head()
    line = {**json.loads(heads_file.read_text()), **change}
    heads_file.write_text(json.dumps(line) + "\n")
    assert verify_chain(heads_file) == [Finding(line["n"], problem)]


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[]",
        "{}",
        '{"n": "1", "hash": "a", "at": "b", "key_id": "c", "signature": "d"}',
        '{"n": true, "hash": "a", "at": "b", "key_id": "c", "signature": "d"}',
        '{"n": 1, "hash": [], "at": "b", "key_id": "c", "signature": "d"}',
        '{"n": 1, "hash": "a", "at": "b", "key_id": "c", "signature": "ä"}',
    ],
)
def test_a_line_that_is_no_head_is_named(heads_file: Path, text: str) -> None:
    write_entries(1)
    sign_head()
    with heads_file.open("a") as file:
        file.write(text + "\n")
    with pytest.raises(ValueError, match="heads file, line 2: not a signed head"):
        verify_chain(heads_file)


def test_a_head_signed_with_an_older_key_still_counts(
    heads_file: Path, settings: Settings, tmp_path: Path
) -> None:
    write_entries(2)
    sign_head()
    old = Path(settings.COUNTERSIGN_KEYS_FILE).read_text()
    rotated = tmp_path / "keys"
    rotated.write_text(f"k2 {'A' * 43}=\n{old}")
    settings.COUNTERSIGN_KEYS_FILE = rotated
    assert load_keyring(rotated).first.id == "k2"
    write_entries(1, start=3)
    sign_head()
    assert verify_chain(heads_file) == []


moments = st.integers(0, 7_000_000_000_000_000).map(
    lambda microseconds: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
facts = st.dictionaries(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53) + 1, 2**53 - 1)
        | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("aZ_é\U0001f600", max_size=3), inner)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=facts, after=facts, moment=moments)
def test_what_was_written_is_what_is_read_back(
    before: dict[str, Any], after: dict[str, Any], moment: datetime
) -> None:
    """Neither jsonb, which sorts keys, nor a column of times may change one byte of the hashed text."""
    with (
        time_machine.travel(moment, tick=False),
        changes(PERSON) as change,
    ):
        change.audit("thing.change", Subject("thing", "1"), before=before, after=after)
    entry = AuditEntry.objects.order_by("-n")[0]
    assert verify_entry(entry, entry.prev_hash) == []
    assert (entry.before, entry.after) == (before, after)


@pytest.mark.django_db(transaction=True)
def test_the_chain_is_checked_while_others_write() -> None:
    def check() -> list[Finding]:
        return [finding for _ in range(8) for finding in verify_chain()]

    def write() -> list[Finding]:
        write_entries(15)
        return []

    calls: list[Callable[[], list[Finding]]] = [check, write, partial(write), partial(check)]
    assert run_together(calls) == [[], [], [], []]
    assert AuditEntry.objects.count() == 30
