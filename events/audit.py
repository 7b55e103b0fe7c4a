"""The audit chain: signing its head, and checking it from end to end."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from events.canonical import canonical_json
from events.keyring import KeyringError, get_keyring
from events.models import GENESIS_HASH, AuditEntry, LogHead, SignedHead


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with the chain at entry `n`."""

    n: int
    problem: str


def head_text(n: int, digest: str, at: datetime) -> str:
    return canonical_json({"n": n, "hash": digest, "at": at.isoformat()})


def sign_head() -> SignedHead | None:
    """Sign the current head with the deployment key, in the table and in the heads file.

    Returns None when nothing was added since the last signed head. The file is what makes a cut tail
    visible: keep a copy where the database's owner can't reach it.
    """
    head = LogHead.objects.get(pk=1)
    if head.audit_n == 0 or SignedHead.objects.filter(n=head.audit_n).exists():
        return None
    at = timezone.now()
    key_id, signature = get_keyring().sign(head_text(head.audit_n, head.audit_hash, at))
    row = SignedHead.objects.create(
        n=head.audit_n, at=at, hash=head.audit_hash, key_id=key_id, signature=signature
    )
    append_head_line(Path(settings.COUNTERSIGN_AUDIT_HEADS_FILE), row)
    return row


def append_head_line(path: Path, row: SignedHead) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {
        "n": row.n,
        "hash": row.hash,
        "at": row.at.isoformat(),
        "key_id": row.key_id,
        "signature": row.signature,
    }
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def verify_chain(heads: Path | None = None) -> list[Finding]:
    """Every edited, deleted, reordered or inserted entry; with `heads` also a cut tail."""
    findings: list[Finding] = []
    expected_n, prev_hash = 1, GENESIS_HASH
    hashes: dict[int, str] = {}
    wanted = {line["n"]: line for line in read_heads(heads)} if heads else {}
    for entry in AuditEntry.objects.order_by("n").iterator(chunk_size=2000):
        if entry.n != expected_n:
            findings.append(Finding(expected_n, f"missing: the next entry is {entry.n}"))
        findings += verify_entry(entry, prev_hash)
        if entry.n in wanted:
            hashes[entry.n] = entry.hash
        expected_n, prev_hash = entry.n + 1, entry.hash
    head = LogHead.objects.get(pk=1)
    if (head.audit_n, head.audit_hash) != (expected_n - 1, prev_hash):
        findings.append(Finding(expected_n, f"the head row says {head.audit_n}: the tail does not match it"))
    for n, line in sorted(wanted.items()):
        findings += verify_head_line(line, hashes.get(n))
    return findings


def verify_entry(entry: AuditEntry, prev_hash: str) -> list[Finding]:
    """The stored text has its hash, continues the chain, and says what the columns say."""
    findings = []
    if hashlib.sha256(entry.text.encode()).hexdigest() != entry.hash:
        findings.append(Finding(entry.n, "edited: the text does not have its hash"))
    if entry.prev_hash != prev_hash:
        findings.append(Finding(entry.n, "moved: it does not continue the entry before it"))
    if columns_text(entry) != entry.text:
        findings.append(Finding(entry.n, "edited: the columns do not say what the text says"))
    return findings


def columns_text(entry: AuditEntry) -> str:
    return canonical_json(
        {
            "n": entry.n,
            "at": entry.at.isoformat(),
            "actor": {"kind": entry.actor_kind, "id": entry.actor_id},
            "door": entry.door,
            "verb": entry.verb,
            "subject": {"kind": entry.subject_kind, "id": entry.subject_id},
            "before": entry.before,
            "after": entry.after,
            "prev_hash": entry.prev_hash,
        }
    )


def read_heads(path: Path) -> list[dict[str, Any]]:
    """Lines of a heads file; raises ValueError naming the line that is not one."""
    lines = []
    for number, text in enumerate(path.read_text().splitlines(), start=1):
        try:
            line = json.loads(text)
            lines.append({key: line[key] for key in ("n", "hash", "at", "key_id", "signature")})
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"heads file, line {number}: not a signed head") from error
    return lines


def verify_head_line(line: dict[str, Any], stored_hash: str | None) -> list[Finding]:
    text = head_text(line["n"], line["hash"], datetime.fromisoformat(line["at"]))
    try:
        genuine = get_keyring().verify(line["key_id"], text, line["signature"])
    except KeyringError:
        return [Finding(line["n"], f"the signed head names an unknown key {line['key_id']!r}")]
    if not genuine:
        return [Finding(line["n"], "the signed head's signature is wrong")]
    if stored_hash is None:
        return [Finding(line["n"], "missing: a signed head names it, so the tail was cut")]
    if stored_hash != line["hash"]:
        return [Finding(line["n"], "rewritten: a signed head names another hash")]
    return []
