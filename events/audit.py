"""The audit chain: signing its head, and checking it from end to end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from events.audit_entries import EntryFacts, Finding, verify_alone, verify_link
from events.canonical import canonical_json
from events.keyring import KeyringError, get_keyring
from events.models import GENESIS_HASH, AuditEntry, LogHead, SignedHead


@dataclass(frozen=True, slots=True)
class HeadLine:
    """One signed head, as a line of the heads file; `at` is ISO 8601 text."""

    n: int
    hash: str
    at: str
    key_id: str
    signature: str


def head_text(n: int, digest: str, at: str) -> str:
    """What is signed."""
    return canonical_json({"n": n, "hash": digest, "at": at})


def sign_head() -> SignedHead | None:
    """Sign the current head with the deployment key, in the heads file and in the table.

    Returns None when nothing was added since the last signed head. The file is what makes a cut tail
    visible: keep a copy where the database's owner can't reach it. It is written first, so that a crash
    in between leaves a head twice in the file rather than never.
    """
    head = LogHead.objects.get(pk=1)
    if head.audit_n == 0 or SignedHead.objects.filter(n=head.audit_n).exists():
        return None
    at = timezone.now()
    key_id, signature = get_keyring().sign(head_text(head.audit_n, head.audit_hash, at.isoformat()))
    row = SignedHead(n=head.audit_n, at=at, hash=head.audit_hash, key_id=key_id, signature=signature)
    append_head_line(Path(settings.COUNTERSIGN_AUDIT_HEADS_FILE), describe_head(row))
    row.save(force_insert=True)
    return row


def describe_head(row: SignedHead) -> HeadLine:
    return HeadLine(row.n, row.hash, row.at.isoformat(), row.key_id, row.signature)


def append_head_line(path: Path, line: HeadLine) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(asdict(line)) + "\n")


class ChainWalk:
    """Reads the chain once, from its first entry to its head, while others go on writing.

    `n` and `hash` are where it stands (a walk can go on where another one stopped); `hashes` holds what it
    saw at the numbers in `wanted`.
    """

    def __init__(self, wanted: frozenset[int], *, n: int = 0, prev_hash: str = GENESIS_HASH) -> None:
        self.wanted = wanted
        self.n, self.hash = n, prev_hash
        self.hashes: dict[int, str] = {}
        self.findings: list[Finding] = []

    def list_next(self) -> QuerySet[AuditEntry]:
        """What follows; at the beginning also what stands where nothing may stand."""
        entries = AuditEntry.objects.order_by("n")
        return entries.filter(n__gt=self.n) if self.n else entries

    def follow(self) -> None:
        """Entries, then the head, then again what was added in between, until both agree or can't."""
        head: LogHead | None = None
        while True:
            before = self.n
            for entry in self.list_next().iterator(chunk_size=2000):
                self.step(entry)
            if head is not None and self.n == before:
                # Read after the head that promises them: the entries are not there.
                self.compare(head)
                return
            head = LogHead.objects.filter(pk=1).first()
            if head is None:
                self.findings.append(Finding(self.n, "the head row is missing"))
                return
            if head.audit_n <= self.n:
                self.compare(head)
                return

    def step(self, entry: AuditEntry) -> None:
        if entry.n != self.n + 1:
            self.findings.append(Finding(self.n + 1, f"missing: the next entry is {entry.n}"))
        self.findings += verify_entry(entry, self.hash)
        self.n, self.hash = entry.n, entry.hash
        if entry.n in self.wanted:
            self.hashes[entry.n] = entry.hash

    def compare(self, head: LogHead) -> None:
        if (head.audit_n, head.audit_hash) != (self.n, self.hash):
            problem = f"the head row says {head.audit_n}: the tail does not match it"
            self.findings.append(Finding(self.n + 1, problem))


def verify_chain(heads: Path | None = None) -> list[Finding]:
    """Every edited, deleted, reordered or inserted entry; with `heads` also a cut tail.

    Raises OSError or ValueError when `heads` can't be read.
    """
    lines = [describe_head(row) for row in SignedHead.objects.order_by("n")]
    if heads is not None:
        lines += read_heads(heads)
    walk = ChainWalk(frozenset(line.n for line in lines))
    walk.follow()
    # The table repeats what the file holds: one finding is enough.
    return list(dict.fromkeys([*walk.findings, *verify_heads(lines, walk.hashes)]))


def verify_heads(lines: Iterable[HeadLine], hashes: dict[int, str]) -> list[Finding]:
    """`hashes` is what the chain says at the numbers that the heads name."""
    return [finding for line in lines for finding in verify_head(line, hashes)]


def verify_entry(entry: AuditEntry, prev_hash: str) -> list[Finding]:
    """The stored text has its hash, continues the chain, and says what the columns say."""
    facts = EntryFacts.of(entry)
    return [*verify_alone(facts), *verify_link(facts, prev_hash)]


def columns_text(entry: AuditEntry) -> str:
    return EntryFacts.of(entry).write_text()


def read_heads(path: Path) -> list[HeadLine]:
    """Lines of a heads file; raises ValueError naming the line that is not one."""
    lines = []
    for number, text in enumerate(path.read_text().splitlines(), start=1):
        try:
            lines.append(parse_head(json.loads(text)))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"heads file, line {number}: not a signed head") from error
    return lines


def parse_head(raw: Any) -> HeadLine:
    line = HeadLine(**{name: raw[name] for name in ("n", "hash", "at", "key_id", "signature")})
    texts = (line.hash, line.at, line.key_id, line.signature)
    if type(line.n) is not int or not all(isinstance(text, str) and text.isascii() for text in texts):
        raise ValueError("a field has the wrong type")
    parse_moment(line.at)
    return line


def parse_moment(text: object) -> datetime:
    """A time with its offset; raises ValueError."""
    moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("a time is missing or has no offset")
    return moment


def verify_head(line: HeadLine, hashes: dict[int, str]) -> list[Finding]:
    """Is the signature ours, and does the chain still say at `line.n` what was signed?"""
    try:
        is_genuine = get_keyring().verify(line.key_id, head_text(line.n, line.hash, line.at), line.signature)
    except KeyringError:
        return [Finding(line.n, f"a signed head names an unknown key {line.key_id!r}")]
    if not is_genuine:
        return [Finding(line.n, "a signed head's signature is wrong")]
    if line.n not in hashes:
        return [Finding(line.n, "missing: a signed head names it, so the tail was cut")]
    if hashes[line.n] != line.hash:
        return [Finding(line.n, "rewritten: a signed head names another hash")]
    return []
