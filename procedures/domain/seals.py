"""Seals of procedures: Ed25519 over the canonical JSON of what was approved, by whom and when.

The private keys are derived from the deployment's keyring and leave no process. Their public halves are kept
(`SealKey`), so that a seal can be checked when its key is gone, and by people who have only the public key.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.utils import timezone

from events.actors import Subject
from events.canonical import canonical_json
from events.changes import Change
from events.keyring import Key, KeyringError, get_keyring
from procedures.drafts import hash_content
from procedures.models import SealKey, Sop, SopVersion

PURPOSE = "sop-seals"
ALGORITHM = "Ed25519"
BATCH = 200


@dataclass(frozen=True, slots=True)
class PublicKey:
    """`public_key` is base64 of 32 bytes. `is_current`: what is sealed now is sealed with it."""

    key_id: str
    public_key: str
    is_current: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """All that somebody needs who checks a seal elsewhere: the signature is over `sealed_text` in UTF-8."""

    sealed_text: str
    signature: str
    key_id: str
    public_key: str
    algorithm: str = ALGORITHM


@dataclass(frozen=True, slots=True)
class SealFinding:
    """What is wrong with a version, or with the line of versions when `number` is 0."""

    sop_id: str
    slug: str
    number: int
    sentence: str


@dataclass(frozen=True, slots=True)
class SealReport:
    """`versions`: how many were looked at."""

    versions: int
    findings: tuple[SealFinding, ...]


def derive_private_key(key: Key) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key.derive(PURPOSE))


def write_public_key(key: Key) -> str:
    return base64.b64encode(derive_private_key(key).public_key().public_bytes_raw()).decode()


def write_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def write_sealed_text(version: SopVersion) -> str:
    """What is signed. `content_hash` stands for the content."""
    return canonical_json(
        {
            "kind": "countersign.sop",
            "team": version.team_id,
            "slug": version.slug,
            "name": version.name,
            "description": version.description,
            "area": version.area,
            "version": version.number,
            "content_hash": version.content_hash,
            "approvers": version.approvers,
            "sealed_at": write_moment(version.sealed_at),
            "effective_from": write_moment(version.effective_from),
            "review_by": version.review_by.isoformat() if version.review_by else "",
        }
    )


def sign_text(text: str) -> tuple[str, str]:
    """(key id, base64 signature) with the keyring's first key."""
    key = get_keyring().first
    return key.id, base64.b64encode(derive_private_key(key).sign(text.encode())).decode()


def seal_version(change: Change, version: SopVersion) -> None:
    """Sign a version that is about to be stored, and keep the public half of the key."""
    key = get_keyring().first
    record_key(change, key)
    version.key_id, version.signature = sign_text(write_sealed_text(version))


def record_key(change: Change, key: Key) -> None:
    """Its first use is audited: from then on the public key stands in the chain, too."""
    public_key = write_public_key(key)
    _, is_new = SealKey.objects.get_or_create(key_id=key.id, defaults={"public_key": public_key})
    if is_new:
        change.audit("sop.seal_key", Subject("seal_key", key.id), after={"public_key": public_key})


@dataclass
class SealChecker:
    """Checks any number of seals with one look at the kept public keys."""

    kept: dict[str, str] = field(
        default_factory=lambda: dict(SealKey.objects.values_list("key_id", "public_key"))
    )

    def find_key(self, key_id: str) -> tuple[str, str]:
        """(public key, what is wrong): the keyring's, which the kept one must equal; else the kept one."""
        kept = self.kept.get(key_id, "")
        try:
            derived = write_public_key(get_keyring().get(key_id))
        except KeyringError:
            return (kept, "") if kept else ("", f"Nobody knows the key {key_id!r} that it was sealed with.")
        if kept and kept != derived:
            return "", f"The kept public key {key_id!r} is not that of the keys file."
        return derived, ""

    def explain_broken(self, version: SopVersion) -> str:
        """Why this row is not what was approved and sealed; "" when it is."""
        if hash_content(version.content) != version.content_hash:
            return "Its text is not the one that was approved: the hash differs."
        public_key, problem = self.find_key(version.key_id)
        if problem:
            return problem
        if not is_signed(write_sealed_text(version), version.signature, public_key):
            return "Its seal is not ours: what was approved, by whom or when, was changed."
        return ""


def is_signed(text: str, signature: str, public_key: str) -> bool:
    """Both base64. False also for what is none."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def explain_broken_seal(version: SopVersion) -> str:
    """As `SealChecker.explain_broken`, for a single look."""
    return SealChecker().explain_broken(version)


def write_proof(version: SopVersion) -> Proof:
    public_key, _ = SealChecker().find_key(version.key_id)
    return Proof(write_sealed_text(version), version.signature, version.key_id, public_key)


def list_public_keys() -> list[PublicKey]:
    """Every key that has sealed something, oldest first, and the one that would seal now."""
    current = get_keyring().first
    keys = [
        PublicKey(row.key_id, row.public_key, row.key_id == current.id, row.created_at)
        for row in SealKey.objects.all()
    ]
    if not any(key.is_current for key in keys):
        keys.append(PublicKey(current.id, write_public_key(current), True, timezone.now()))
    return keys


def verify_all(sops: Any = None) -> SealReport:
    """Look at every version of every procedure (or of this queryset of them), revoked ones included."""
    checker, count = SealChecker(), 0
    found: list[SealFinding] = []
    rows = Sop.objects.all() if sops is None else sops
    for sop in rows.order_by("slug", "pk").iterator(chunk_size=BATCH):
        numbers = []
        for version in sop.versions.order_by("number").iterator(chunk_size=20):
            numbers.append(version.number)
            found.extend(
                SealFinding(sop.pk, sop.slug, version.number, sentence)
                for sentence in explain_version(checker, sop, version)
            )
        count += len(numbers)
        if numbers != list(range(1, sop.version + 1)):
            sentence = f"It has the versions {numbers}, and should have 1 to {sop.version}."
            found.append(SealFinding(sop.pk, sop.slug, 0, sentence))
    return SealReport(count, tuple(found))


def explain_version(checker: SealChecker, sop: Sop, version: SopVersion) -> Iterator[str]:
    if broken := checker.explain_broken(version):
        yield broken
    if (version.team_id, version.slug) != (sop.team_id, sop.slug):
        yield "It is the version of another procedure."
