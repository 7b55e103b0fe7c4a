"""Checking the whole chain in steps, because a long chain takes longer than a request may.

The state of a run is a row. Whoever asks for it takes the first step; a background task of any web process
takes the others, and goes on with a run whose process has ended.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from events.actors import Actor, Subject
from events.audit import ChainWalk, HeadLine, describe_head, read_heads, verify_heads
from events.audit_entries import Finding
from events.audit_reading import read_end
from events.changes import changes
from events.errors import Conflict
from events.models import AuditCheck, AuditEntry, SignedHead

logger = logging.getLogger(__name__)

# About a tenth of a second each.
STEP_ROWS = 1000
KEPT_FINDINGS = 100
# A run whose last step is older than this has lost its process.
ABANDONED_AFTER = timedelta(seconds=10)
NUMBERS_AT_ONCE = 500


def start_check(actor: Actor) -> AuditCheck:
    """A new run; raises Conflict while one is under way. Asking for it is audited."""
    with changes(actor) as change:
        check = AuditCheck(
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_label=actor.label[:200],
            started_at=timezone.now(),
            through_n=read_end() - 1,
        )
        try:
            with transaction.atomic():
                check.save(force_insert=True)
        except IntegrityError:
            raise Conflict("A check is under way already.") from None
        change.audit("audit.check", Subject("audit_check", check.pk), after={"through_n": check.through_n})
    return check


def find_due_check(now: datetime) -> AuditCheck | None:
    """The run that nobody is at work on."""
    idle = Q(stepped_at=None) | Q(stepped_at__lt=now - ABANDONED_AFTER)
    return AuditCheck.objects.filter(idle, state=AuditCheck.State.RUNNING).first()


def finish_check(check: AuditCheck) -> None:
    """All the steps that are left."""
    while check.is_running:
        step_check(check)


def release_check(check: AuditCheck) -> None:
    """Leave the steps that are left to whoever looks next."""
    AuditCheck.objects.filter(pk=check.pk, state=AuditCheck.State.RUNNING).update(stepped_at=None)


def step_check(check: AuditCheck, *, rows: int = STEP_ROWS) -> bool:
    """Check the next entries and bring `check` up to date.

    False when another process took the same step: its row is what counts.
    """
    walk = ChainWalk(frozenset(), n=check.checked_n, prev_hash=check.checked_hash)
    is_last = False
    for entry in walk.list_next()[:rows]:
        walk.step(entry)
    if walk.n >= check.through_n or walk.n == check.checked_n:
        walk.follow()
        is_last = True
    before = check.checked_n
    add_findings(check, walk.findings)
    check.checked_n, check.checked_hash = walk.n, walk.hash
    check.stepped_at = timezone.now()
    if is_last:
        end_check(check)
    if save_step(check, before=before):
        return True
    check.refresh_from_db()
    return False


def end_check(check: AuditCheck) -> None:
    """Hold the chain against every signed head that can be read here."""
    table = [describe_head(row) for row in SignedHead.objects.order_by("n")]
    outside = read_heads_file()
    lines = [*table, *(outside or [])]
    known = verify_heads(lines, find_hashes(line.n for line in lines))
    add_findings(check, list(dict.fromkeys(known)))
    check.table_heads, check.file_heads = len(table), None if outside is None else len(outside)
    check.newest_head_n = max((line.n for line in lines), default=None)
    check.through_n = max(check.through_n, check.checked_n)
    check.state, check.ended_at = AuditCheck.State.DONE, timezone.now()


def read_heads_file() -> list[HeadLine] | None:
    try:
        return read_heads(Path(settings.COUNTERSIGN_AUDIT_HEADS_FILE))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        logger.warning("the file of signed heads can't be read: %s", error)
        return None


def find_hashes(numbers: Iterable[int]) -> dict[int, str]:
    """{n: hash} of those that exist."""
    wanted = sorted(set(numbers))
    found: dict[int, str] = {}
    for start in range(0, len(wanted), NUMBERS_AT_ONCE):
        part = AuditEntry.objects.filter(n__in=wanted[start : start + NUMBERS_AT_ONCE])
        found.update(part.values_list("n", "hash"))
    return found


def add_findings(check: AuditCheck, findings: list[Finding]) -> None:
    check.finding_count += len(findings)
    room = max(0, KEPT_FINDINGS - len(check.findings))
    check.findings = [*check.findings, *([finding.n, finding.problem] for finding in findings[:room])]


def save_step(check: AuditCheck, *, before: int) -> bool:
    """Whether the run still stood where this step began."""
    names = (
        *("state", "stepped_at", "ended_at", "through_n", "checked_n", "checked_hash"),
        *("table_heads", "file_heads", "newest_head_n", "findings", "finding_count"),
    )
    standing = AuditCheck.objects.filter(pk=check.pk, state=AuditCheck.State.RUNNING, checked_n=before)
    return bool(standing.update(**{name: getattr(check, name) for name in names}))
