"""Delegations of a CAO server on their way into the ledger, as often as it tells them and in any order.

An ended row stays as it ended: what comes later fills what is missing. A row that its server no longer knows,
without a word on how it ended, is lost, never completed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q

from engines.domain.sessions import MAX_DEPTH, announce_subagent, inherit_stop, move_subagent
from engines.enums import SubagentKind, SubagentStatus
from engines.models import CaoServer, Subagent
from events.actors import Actor, Subject
from events.changes import Change, changes
from events.masking import mask_secrets
from events.text import make_storable

SEEN_EVERY = timedelta(seconds=30)
CHUNK = 400
# A workflow's run or step may be taken up again after its end: that is another attempt, another row.
RESUMABLE = frozenset({SubagentKind.CAO_WORKFLOW_RUN, SubagentKind.CAO_WORKFLOW_STEP})
# How far along an open row is; it never goes back, but for one that waits for a person.
PROGRESS = {
    SubagentStatus.QUEUED: 0,
    SubagentStatus.STARTING: 1,
    SubagentStatus.RUNNING: 2,
    SubagentStatus.WAITING_HUMAN: 2,
}


@dataclass(frozen=True, slots=True)
class DelegationFacts:
    """What a CAO server tells of one delegation.

    `status` None: nothing told how it stands. `is_kind_sure` False: another source may know better.
    `evidence` names the sources. `result` and `error` are an agent's words.
    """

    kind: SubagentKind
    source_ref: str
    parent_ref: str = ""
    incarnation: str = ""
    agent: str = ""
    provider: str = ""
    model: str = ""
    description: str = ""
    working_directory: str = ""
    status: SubagentStatus | None = None
    raw: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    result: str = ""
    error: str = ""
    evidence: tuple[str, ...] = ()
    is_kind_sure: bool = True


def record_delegations(
    *, actor: Actor, server: CaoServer, facts: Sequence[DelegationFacts], now: datetime
) -> int:
    """Take what is news into the ledger; returns how many rows are new."""
    if not facts:
        return 0
    facts = [make_clean(fact) for fact in facts]
    with changes(actor) as change:
        ledger = Ledger(change, server, now)
        ledger.load(fact.source_ref for fact in facts)
        return sum(ledger.take(fact) for fact in facts)


def make_clean(facts: DelegationFacts) -> DelegationFacts:
    """What is compared with the ledger reads as the ledger keeps it."""
    return replace(
        facts,
        source_ref=make_storable(facts.source_ref, 200),
        parent_ref=make_storable(facts.parent_ref, 200),
        incarnation=make_storable(facts.incarnation, 64),
        raw=make_storable(facts.raw, 80),
        evidence=tuple(make_storable(word, 100) for word in facts.evidence),
    )


class Ledger:
    """The rows of one server during one transaction, by their source's id; the newest of several."""

    def __init__(self, change: Change, server: CaoServer, now: datetime) -> None:
        self.change = change
        self.server = server
        self.now = now
        self.rows: dict[str, Subagent] = {}

    def load(self, refs: Iterable[str]) -> None:
        for chunk in cut_chunks(sorted(set(refs))):
            wanted = Subagent.objects.filter(cao_server=self.server, source_ref__in=chunk)
            for row in wanted.select_related("cao_server", "instance").order_by("first_seen_at", "pk"):
                self.rows[row.source_ref] = row

    def find(self, ref: str) -> Subagent | None:
        if ref and ref not in self.rows:
            self.load([ref])
        return self.rows.get(ref)

    def take(self, facts: DelegationFacts) -> bool:
        """True when a row was made."""
        row = before = self.find(facts.source_ref)
        if before is not None and is_another(before, facts):
            row = self.find_life(facts)
        if row is None:
            self.add(facts, before=before)
            return True
        self.refresh(row, facts)
        return False

    def find_life(self, facts: DelegationFacts) -> Subagent | None:
        """An earlier life of the same id that is told of again, as by a database that was put back."""
        if facts.kind in RESUMABLE:
            return None
        rows = Subagent.objects.select_related("cao_server", "instance").filter(cao_server=self.server)
        return rows.filter(source_ref=facts.source_ref, incarnation=facts.incarnation).first()

    def add(self, facts: DelegationFacts, *, before: Subagent | None) -> None:
        parent = self.find(facts.parent_ref) if facts.parent_ref != facts.source_ref else None
        row = Subagent(
            cao_server=self.server,
            kind=facts.kind,
            source_ref=facts.source_ref,
            incarnation=self.name_incarnation(facts, before),
            parent_ref=facts.parent_ref,
            status=facts.status or SubagentStatus.STARTING,
            status_raw=facts.raw,
            first_seen_at=self.now,
            last_seen_at=self.now,
            evidence=join_evidence("", facts.evidence),
            **describe(facts),
        )
        if row.status in SubagentStatus.ended():
            row.ended_at = row.ended_at or self.now
        put_below(row, parent)
        row.stop_asked_at = inherit_stop(parent)
        row.save(force_insert=True)
        self.rows[row.source_ref] = row
        self.change.audit(
            "subagent.adopt",
            Subject("subagent", row.pk),
            after={"cao_server": self.server.pk, "parent": row.parent_ref, "status": row.status},
        )
        announce_subagent(self.change, row)
        self.place_children(row)

    def name_incarnation(self, facts: DelegationFacts, before: Subagent | None) -> str:
        """The source's own word, else the number of the attempt after the first."""
        if before is None or facts.kind not in RESUMABLE:
            return facts.incarnation
        earlier = Subagent.objects.filter(
            cao_server=self.server, kind=facts.kind, source_ref=facts.source_ref
        ).count()
        return f"attempt {earlier + 1}"

    def refresh(self, row: Subagent, facts: DelegationFacts) -> None:
        told = describe(facts)
        if row.status in SubagentStatus.ended() and facts.status is not None and facts.status != row.status:
            # It ended otherwise than is told now: a result of another ending is not its own.
            told.pop("result_excerpt", None)
            told.pop("error", None)
        fresh: dict[str, object] = {
            name: value for name, value in told.items() if value and not getattr(row, name)
        }
        evidence = join_evidence(row.evidence, facts.evidence)
        if evidence != row.evidence:
            fresh["evidence"] = evidence
        if facts.is_kind_sure and facts.kind != row.kind:
            fresh["kind"] = facts.kind
        if row.status not in SubagentStatus.ended() and facts.raw and facts.raw != row.status_raw:
            fresh["status_raw"] = facts.raw
        if fresh:
            Subagent.objects.filter(pk=row.pk).update(**fresh)
            for name, value in fresh.items():
                setattr(row, name, value)
        if facts.parent_ref and not row.parent_ref and facts.parent_ref != row.source_ref:
            self.link_late(row, facts.parent_ref)
        status = facts.status
        if status == SubagentStatus.FAILED and row.stop_asked_at is not None:
            # Its source calls it a failure that its worker was taken away.
            status = SubagentStatus.CANCELLED
        if status is not None and is_progress(row.status, status):
            move_subagent(
                self.change,
                row,
                status=status,
                raw=facts.raw,
                at=facts.ended_at or self.now,
            )

    def link_late(self, row: Subagent, parent_ref: str) -> None:
        """A parent that was told after its child."""
        row.parent_ref = parent_ref
        put_below(row, self.find(parent_ref))
        row.save(update_fields=["parent_ref", "parent", "root", "depth", "chat"])
        announce_subagent(self.change, row)
        self.place_children(row)

    def place_children(self, row: Subagent) -> None:
        """Give rows that came before their parent their place, level by level; a circle is walked once."""
        level, placed = [row], {row.pk}
        for _ in range(MAX_DEPTH):
            above = {parent.source_ref: parent for parent in level}
            children = Subagent.objects.filter(
                Q(parent__in=level) | Q(parent=None), cao_server=self.server, parent_ref__in=list(above)
            ).exclude(pk__in=placed)
            level = []
            for child in children.select_related("cao_server", "instance").order_by("pk"):
                put_below(child, above[child.parent_ref])
                child.save(update_fields=["parent", "root", "depth", "chat"])
                announce_subagent(self.change, child)
                placed.add(child.pk)
                self.rows[child.source_ref] = child
                level.append(child)
            if not level:
                return


def is_another(row: Subagent, facts: DelegationFacts) -> bool:
    """Whether the facts are about another life of the same id: a session made anew, or another attempt."""
    if facts.incarnation and row.incarnation and facts.kind not in RESUMABLE:
        return facts.incarnation != row.incarnation
    is_open = facts.status is not None and facts.status not in SubagentStatus.ended()
    return facts.kind in RESUMABLE and is_open and row.status in SubagentStatus.ended()


def is_progress(before: str, status: SubagentStatus) -> bool:
    if before in SubagentStatus.ended():
        return False
    if status in SubagentStatus.ended():
        return True
    return PROGRESS[status] >= PROGRESS[SubagentStatus(before)]


def put_below(row: Subagent, parent: Subagent | None) -> None:
    """Root, depth and chat follow from the parent. One that would close a circle is left without."""
    if parent is not None and (row.pk == parent.pk or is_below(parent, row)):
        parent = None
    row.parent = parent
    row.root = (parent.root or parent) if parent else None
    row.depth = parent.depth + 1 if parent else (1 if row.parent_ref else 0)
    row.chat = parent.chat if parent else None


def is_below(row: Subagent, other: Subagent) -> bool:
    above: Subagent | None = row
    for _ in range(MAX_DEPTH):
        if above is None:
            return False
        if above.pk == other.pk:
            return True
        above = above.parent
    return True


def describe(facts: DelegationFacts) -> dict[str, object]:
    """The columns that are filled once: what is known stays. Secrets in an agent's words are masked."""
    return {
        "agent": make_storable(facts.agent, 80),
        "provider": make_storable(facts.provider, 80),
        "model": make_storable(facts.model, 120),
        "description": make_storable(mask_secrets(facts.description), 300),
        "working_directory": make_storable(facts.working_directory, 1000),
        "started_at": facts.started_at,
        "ended_at": facts.ended_at if facts.status in SubagentStatus.ended() else None,
        "result_excerpt": make_storable(mask_secrets(facts.result), 2000),
        "error": make_storable(mask_secrets(facts.error), 1000),
    }


def join_evidence(known: str, told: Iterable[str]) -> str:
    """Every source once, in the order of being heard."""
    words = [word for word in known.split("; ") if word]
    return "; ".join([*words, *(word for word in dict.fromkeys(told) if word not in words)])[:300]


def list_open_refs(server: CaoServer) -> frozenset[str]:
    """What the ledger takes to be still there."""
    rows = Subagent.objects.filter(cao_server=server).exclude(status__in=SubagentStatus.ended())
    return frozenset(rows.values_list("source_ref", flat=True))


def lose_delegations(*, actor: Actor, server: CaoServer, gone: Mapping[str, datetime]) -> int:
    """Their server knows them no longer, and nothing says how they ended; `gone` is source id → since when.

    Returns how many.
    """
    with changes(actor) as change:
        count = 0
        for chunk in cut_chunks(sorted(gone)):
            rows = Subagent.objects.filter(cao_server=server, source_ref__in=chunk).exclude(
                status__in=SubagentStatus.ended()
            )
            for row in rows.select_related("cao_server", "instance").order_by("pk"):
                is_ours = row.stop_asked_at is not None
                status = SubagentStatus.CANCELLED if is_ours else SubagentStatus.LOST
                raw = "stopped from here" if is_ours else "vanished"
                count += move_subagent(change, row, status=status, raw=raw, at=gone[row.source_ref])
        return count


def stamp_delegations_seen(*, server: CaoServer, refs: Collection[str], now: datetime) -> None:
    """Not audited, no event."""
    for chunk in cut_chunks(sorted(refs)):
        Subagent.objects.filter(
            cao_server=server, source_ref__in=chunk, last_seen_at__lt=now - SEEN_EVERY
        ).update(last_seen_at=now)


def cut_chunks(refs: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(refs), CHUNK):
        yield refs[start : start + CHUNK]
