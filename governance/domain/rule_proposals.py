"""Rules that people's approvals suggest: found in the newest decisions, narrowest rung first.

Nothing is suggested that anybody denied, that is of high risk, or that a rule lets through already. A look
costs the same however long the history is: an index gives a team's newest decisions by people.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError
from django.db.models import Max
from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from events.actors import CLOCK_ACTOR, ActorKind
from events.changes import Change, changes
from events.encryption import reveal
from events.errors import Conflict, Refused
from events.keyring import KeyringError
from governance.calls import judge_content
from governance.content import RequestContent
from governance.enums import ProposalState, RequestState, Risk
from governance.matching.ladder import Shape
from governance.matching.rules import Effect
from governance.models import PermissionRequest, ProposalLook, RuleProposal
from governance.policies import explain_not_editing_rules
from governance.rule_offers import list_offered_shapes
from governance.rulebooks import build_context, get_rule_book
from governance.workshop_queries import get_proposal

# So many approvals of one shape in one project, by at least so many people, none denied.
APPROVALS_NEEDED, PEOPLE_NEEDED = 5, 1
LOOKED_AT, LOOKED_BACK = 2_000, timedelta(days=30)
# Without new decisions too: evidence grows old, and rules change.
LOOK_ANYWAY_AFTER = timedelta(hours=12)
EXAMPLES = 20
COLUMNS = (
    *("team_id", "source", "permission", "content", "agent", "engine_id", "chat_id", "chat__user_id"),
    *("state", "risk", "findings", "arguments_known", "decided_by_id", "decided_at", "created_at"),
)


@dataclass(frozen=True, slots=True)
class ShapeKey:
    """One shape in one project."""

    permission: str
    directory: str
    pattern: str
    is_strict: bool

    @property
    def hash(self) -> str:
        parts = [self.permission, self.directory, self.pattern, str(self.is_strict)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision by a person, and the rungs its request stands on, narrowest first."""

    request: PermissionRequest
    content: RequestContent
    shapes: list[Shape]

    @property
    def is_approval(self) -> bool:
        return self.request.state == RequestState.APPROVED

    def key(self, shape: Shape) -> ShapeKey:
        content = self.content
        return ShapeKey(content.permission, content.directory, shape.pattern, shape.is_strict)


@dataclass(slots=True)
class Evidence:
    """What speaks for one shape. `approvals` are newest first."""

    shape: Shape
    approvals: list[Decided] = field(default_factory=list)
    is_denied: bool = False

    @property
    def people(self) -> list[str]:
        return sorted({item.request.decided_by_id for item in self.approvals})

    @property
    def is_enough(self) -> bool:
        return (
            not self.is_denied
            and len(self.approvals) >= APPROVALS_NEEDED
            and len(self.people) >= PEOPLE_NEEDED
        )


def look_for_proposals(*, team: Team, now: datetime) -> int:
    """Look through the team's newest decisions if there are new ones; returns how many proposals are open."""
    newest = list_decisions(team.pk, now).aggregate(at=Max("decided_at"))["at"]
    look = ProposalLook.objects.filter(team=team).first()
    is_fresh = look is not None and look.looked_at > now - LOOK_ANYWAY_AFTER
    if look is not None and is_fresh and look.newest_decision_at == newest:
        return RuleProposal.objects.filter(team=team, state=ProposalState.OPEN).count()
    found = choose_shapes(read_decisions(team.pk, now))
    with changes(CLOCK_ACTOR) as change:
        count = store_proposals(change, team, found, now)
        ProposalLook.objects.update_or_create(
            team=team, defaults={"looked_at": now, "newest_decision_at": newest}
        )
    return count


def look_everywhere(*, now: datetime) -> None:
    """In every team. A team that another process looks through at this moment is left to it."""
    for team in Team.objects.filter(retired_at=None).order_by("pk"):
        with contextlib.suppress(IntegrityError):
            look_for_proposals(team=team, now=now)


def list_decisions(team_id: str, now: datetime) -> Any:
    """The team's newest requests that people decided; the index by team and kind of decider gives them."""
    return PermissionRequest.objects.filter(
        pk__in=PermissionRequest.objects.filter(
            team_id=team_id, decided_by_kind=ActorKind.USER, created_at__gt=now - LOOKED_BACK
        )
        .order_by("-created_at", "-id")
        .values("pk")[:LOOKED_AT]
    )


def read_decisions(team_id: str, now: datetime) -> Iterable[Decided]:
    """Only what a rule could have decided. Newest first."""
    rows = list_decisions(team_id, now).order_by("-created_at", "-id").select_related("chat").only(*COLUMNS)
    for row in rows.iterator(chunk_size=100):
        if row.findings or not row.arguments_known:
            continue
        try:
            content = RequestContent.from_text(reveal(row, "content"))
        except (KeyringError, ValueError, TypeError):
            continue
        shapes = list_offered_shapes(content) if content.directory else []
        if shapes:
            yield Decided(row, content, shapes)


def choose_shapes(decisions: Iterable[Decided]) -> dict[ShapeKey, Evidence]:
    """The shapes worth a rule. An approval counts for its narrowest shape that has enough, and no wider."""
    known = list(decisions)
    by_shape: dict[ShapeKey, Evidence] = {}
    for item in known:
        for shape in item.shapes:
            evidence = by_shape.setdefault(item.key(shape), Evidence(shape))
            if not item.is_approval:
                evidence.is_denied = True
    chosen: dict[ShapeKey, Evidence] = {}
    waiting = [item for item in known if item.is_approval and item.request.risk == Risk.NORMAL]
    for rung in range(max((len(item.shapes) for item in waiting), default=0)):
        groups: dict[ShapeKey, list[Decided]] = defaultdict(list)
        for item in waiting:
            if rung < len(item.shapes):
                groups[item.key(item.shapes[rung])].append(item)
        taken: set[str] = set()
        for key, items in groups.items():
            evidence = by_shape[key]
            evidence.approvals = items
            if evidence.is_enough and not is_let_through(items[0]):
                chosen[key] = evidence
                taken |= {item.request.pk for item in items}
        waiting = [item for item in waiting if item.request.pk not in taken]
    return chosen


def is_let_through(item: Decided) -> bool:
    """Whether the team's rules allow it by now."""
    # Whoever asked: what the rule would let through for everybody else needs no proposal.
    context = replace(build_context(item.request, item.content, owners={}), asked_by=frozenset())
    book = get_rule_book(context)
    return judge_content(item.content, book).effect is Effect.ALLOW


def store_proposals(change: Change, team: Team, found: dict[ShapeKey, Evidence], now: datetime) -> int:
    known = {row.shape_hash: row for row in RuleProposal.objects.filter(team=team)}
    wanted = {key.hash: (key, evidence) for key, evidence in found.items()}
    gone = [row.pk for row in known.values() if row.is_open and row.shape_hash not in wanted]
    RuleProposal.objects.filter(pk__in=gone, state=ProposalState.OPEN).delete()
    for shape_hash, (key, evidence) in wanted.items():
        row = known.get(shape_hash)
        if row is None:
            row = RuleProposal.objects.create(
                team=team,
                shape_hash=shape_hash,
                **describe_evidence(key, evidence),
                created_at=now,
                changed_at=now,
            )
            announce(change, row, "rule_proposal.opened")
        elif row.is_open:
            RuleProposal.objects.filter(pk=row.pk, state=ProposalState.OPEN).update(
                **describe_evidence(key, evidence), changed_at=now
            )
        elif has_more_evidence(row, evidence):
            reopen(change, row, key, evidence, now)
    return RuleProposal.objects.filter(team=team, state=ProposalState.OPEN).count()


def has_more_evidence(row: RuleProposal, evidence: Evidence) -> bool:
    """As much again as a proposal needs, decided since somebody said no."""
    since = [item for item in evidence.approvals if is_after(item.request.decided_at, row.settled_at)]
    return row.state == ProposalState.DISMISSED and len(since) >= APPROVALS_NEEDED


def is_after(moment: datetime | None, other: datetime | None) -> bool:
    return moment is not None and other is not None and moment > other


def reopen(change: Change, row: RuleProposal, key: ShapeKey, evidence: Evidence, now: datetime) -> None:
    opened = {"state": ProposalState.OPEN, "settled_by": None, "settled_at": None, "rule_id": ""}
    RuleProposal.objects.filter(pk=row.pk, state=row.state).update(
        **describe_evidence(key, evidence), **opened, changed_at=now
    )
    announce(change, row, "rule_proposal.opened")


def describe_evidence(key: ShapeKey, evidence: Evidence) -> dict[str, Any]:
    """The columns of the proposal that this makes."""
    requests = [item.request for item in evidence.approvals]
    agents = sorted({item.content.agent for item in evidence.approvals})
    moments = [request.decided_at for request in requests if request.decided_at is not None]
    return {
        "permission": key.permission,
        "directory": key.directory,
        "agent": agents[0] if len(agents) == 1 else "",
        "pattern": key.pattern,
        "is_strict": key.is_strict,
        "rung": evidence.shape.label[:40],
        "approvals": len(requests),
        "people": len(evidence.people),
        "evidence": {
            "people": evidence.people[:EXAMPLES],
            "agents": agents[:EXAMPLES],
            "requests": [request.pk for request in requests[:EXAMPLES]],
        },
        "first_at": min(moments),
        "last_at": max(moments),
    }


def dismiss_proposal(*, principal: Principal, proposal_id: str) -> RuleProposal:
    """It stays away until as much speaks for it again. Raises NotFound, Refused, or Conflict when settled."""
    return settle(principal, proposal_id, ProposalState.DISMISSED, "")


def accept_proposal(*, principal: Principal, proposal_id: str, rule_id: str) -> RuleProposal:
    """Somebody made the rule. Raises as `dismiss_proposal`."""
    return settle(principal, proposal_id, ProposalState.ACCEPTED, rule_id)


def settle(principal: Principal, proposal_id: str, state: ProposalState, rule_id: str) -> RuleProposal:
    now = timezone.now()
    with changes(principal.actor) as change:
        row = get_proposal(principal, proposal_id)
        refusal = explain_not_editing_rules(principal, row.team_id)
        if refusal:
            raise Refused(refusal, subject_kind=row.subject.kind, subject_id=row.pk)
        values = {"state": state, "settled_by": principal.user, "settled_at": now, "rule_id": rule_id}
        if not RuleProposal.objects.filter(pk=row.pk, state=ProposalState.OPEN).update(
            **values, changed_at=now
        ):
            current = RuleProposal.objects.select_related("settled_by").get(pk=row.pk)
            raise Conflict(
                f"{current.settled_by} {current.get_state_display()} it already.",
                code="already_decided",
                state=current.state,
            )
        for name, value in values.items():
            setattr(row, name, value)
        change.audit(
            f"rule_proposal.{VERBS[state]}",
            row.subject,
            before={"state": ProposalState.OPEN},
            after={"state": state, "team": row.team_id, "approvals": row.approvals, "rule": rule_id},
        )
        if state == ProposalState.ACCEPTED:
            announce(change, row, "rule_proposal.accepted")
        else:
            announce(change, row, "rule_proposal.dismissed")
    return row


VERBS = {ProposalState.ACCEPTED: "accept", ProposalState.DISMISSED: "dismiss"}


def announce(change: Change, row: RuleProposal, kind: str) -> None:
    """Tell the team that it is there or gone; what it covers stands on its page."""
    change.event(
        kind,
        row.subject,
        topic="requests",
        audience=f"team:{row.team_id}",
        words={"approvals": row.approvals, "people": row.people},
    )
