"""Rules decide: at most once for a request, in the transaction that seals it, or not at all.

What a rule says is worked out before or in that transaction; the decision then begins with a look at the
team's rules number, which nobody can move until the commit, and each rule it rests on is taken into use by a
conditional UPDATE. So a rule that was switched off, has expired or is used up decides nothing any more, in no
process. Whatever goes wrong on the way leaves the request to people.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.principal import Principal
from events.actors import Actor, ActorKind, Door
from events.changes import Change, changes
from events.prepared import PreparedUpdate
from events.text import make_visible
from governance.content import RequestContent
from governance.domain.announce import announce_request
from governance.domain.gate import explain_ungated
from governance.domain.replies import queue_reply
from governance.enums import Reply, RequestSource, RequestState, RuleMode, RuleState
from governance.matching.rules import Effect
from governance.models import PermissionRequest, RuleUse, TeamRules, WhitelistAction, WhitelistTarget
from governance.rule_drafts import StoredRow
from governance.rulebooks import RuleContext, build_context, get_books, read_rules_version
from governance.weighing import Decider, Weighing, weigh_content

logger = logging.getLogger(__name__)

# An agent and its engine wait for the verdict; what takes longer is asked about.
WALL_LIMIT_S = 0.25
# The rules moved, or one was used up, between weighing and deciding: weighed anew this often.
ROUNDS = 3
# A denial without words would end the agent's turn.
DENIED_BY_RULE = "A rule of the team denies this. Do not try it in another way; ask the user."


class Moved(Exception):
    """What was weighed does not hold any more."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What was weighed before the transaction, so that nobody waits for it."""

    context: RuleContext
    weighing: Weighing | None


def weigh_ahead(*, principal: Principal, team_id: str, content: RequestContent, now: datetime) -> Ahead:
    """For a request through the API, before its transaction. Never raises."""
    user = principal.user
    context = RuleContext(
        team_id=team_id,
        agent=make_visible(content.agent)[:80] or None,
        directory=content.directory or None,
        asked_by=frozenset({user.owner_id or user.pk}),
    )
    try:
        return Ahead(context, weigh_content(context, content, now=now, wall_limit_s=WALL_LIMIT_S))
    except Exception:
        logger.exception("A request could not be weighed; people decide it.")
        return Ahead(context, None)


def prepare_rules(request: PermissionRequest, content: RequestContent, now: datetime) -> None:
    """Compile what will judge an engine's request, before the transaction that seals it. Never raises.

    A thousand rules take longer than others who write should wait; what is compiled is kept.
    """
    try:
        get_books(build_context(request, content), now=now)
    except Exception:
        logger.exception("The rules of request %s could not be compiled ahead.", request.pk)


def explain_not_automatic(request: PermissionRequest) -> str:
    """Why no rule may decide this request, whatever it says; "" when one may."""
    if not request.is_pending:
        return "It has ended."
    if not request.is_sealed:
        return "Its arguments have not arrived yet."
    if not request.arguments_known:
        return "Its arguments are not known."
    if request.findings:
        return "It holds what could fool a reader."
    if request.chat is not None and request.chat.blocked_at is not None:
        return "Its chat is blocked after an incident."
    return ""


def decide_by_rules(
    change: Change,  # noqa: ARG001 - its block is the transaction
    request: PermissionRequest,
    content: RequestContent,
    now: datetime,
    *,
    ahead: Ahead | None = None,
) -> None:
    """Called inside `change`, after the request was sealed; never raises. `request` shows what came of it."""
    if ahead is not None and ahead.weighing is None:
        return
    try:
        if not (ahead or read_rules_version(request.team_id)) or explain_not_automatic(request):
            return
        context = ahead.context if ahead else build_context(request, content)
        weighing = ahead.weighing if ahead else None
        for _ in range(ROUNDS):
            weighing = weighing or weigh_content(context, content, now=now, wall_limit_s=WALL_LIMIT_S)
            if weighing is None or (is_allowing(weighing) and explain_no_gate(request)):
                return
            if carry_out(request, weighing, now):
                return
            weighing = None
    except Exception:
        logger.exception("Rules could not decide request %s; people do.", request.pk)


def is_allowing(weighing: Weighing) -> bool:
    return (
        weighing.decider is not None
        and weighing.verdict is not None
        and (weighing.verdict.effect is Effect.ALLOW)
    )


def explain_no_gate(request: PermissionRequest) -> str:
    """Why no rule may approve this for want of the engine's second gate; "" when one may. Denials need none.

    What an engine announces has to have been asked about at its gate too, call by call.
    """
    if request.engine_id is None:
        return ""
    is_announced = request.source == RequestSource.ENGINE
    call_id = request.tool_call_id if is_announced else None
    return explain_ungated(request.engine_id, request.session_id, call_id=call_id)


def carry_out(request: PermissionRequest, weighing: Weighing, now: datetime) -> bool:
    """Do what was weighed; False when it does not hold any more, and nothing has changed."""
    decider = weighing.decider
    asked = [row for row in weighing.counted if row.pk not in weighing.books.uncertain]
    if decider is None and not asked and not weighing.observed:
        return True
    name, ended = decider or Decider("rules", 0, "Rules"), request
    try:
        with changes(Actor(ActorKind.RULE, name.id, Door.RULE, name.name)) as change:
            count(weighing.observed, "observed", now)
            if decider is None:
                count(asked, "uses", now)
            else:
                hold_rules(request.team_id, weighing.books.version)
                take_into_use(weighing.counted, now)
                ended = end_request(change, request, weighing, decider, now)
    except Moved:
        return False
    if decider is not None:
        show_end(request, ended)
    return True


def show_end(request: PermissionRequest, ended: PermissionRequest) -> None:
    """Only now that all of it stands."""
    for name in (*DECIDED, "rule_version"):
        setattr(request, name, getattr(ended, name))


# Taking rules into use -----------------------------------------------------------------------------------

READ_NUMBER = f'SELECT "version" FROM "{TeamRules._meta.db_table}" WHERE "team_id" = %s'  # noqa: S608 - our name


def hold_rules(team_id: str, version: int) -> None:
    """From here to the commit nobody changes the team's rules. Raises Moved when somebody has.

    One at a time, so that who waits comes next: shared holders would let new ones join them, and whoever
    switches a rule off could wait for as long as agents ask. On SQLite the transaction holds the only write
    lock anyway.
    """
    with connection.cursor() as cursor:
        lock = " FOR NO KEY UPDATE" if connection.features.has_select_for_update else ""
        cursor.execute(READ_NUMBER + lock, [team_id])
        row = cursor.fetchone()
    if row is None or row[0] != version:
        raise Moved


def take_into_use(rows: Iterable[StoredRow], now: datetime) -> None:
    """Count one use of each rule, in the order of their keys; raises Moved for one that applies no more."""
    targets = []
    for row in sorted(rows, key=lambda row: row.pk):
        if isinstance(row, WhitelistTarget):
            targets.append(row.pk)
        elif not (use(row, now) or (make_counters([row]) and use(row, now))):
            raise Moved
    if targets and still_applying(WhitelistTarget.objects.filter(pk__in=targets), now).count() != len(
        targets
    ):
        raise Moved


def use(row: WhitelistAction, now: datetime) -> bool:
    """The limit is compared on the counter's own row, which the UPDATE locks: nobody counts past it."""
    rules = WhitelistAction.objects.filter(pk=OuterRef("pk"), version=row.version)
    counter = RuleUse.objects.filter(Exists(still_applying(rules, now)), pk=row.pk)
    if row.max_uses is not None:
        counter = counter.filter(uses__lt=row.max_uses)
    return bool(counter.update(uses=F("uses") + 1, last_hit_at=now))


def still_applying(rules: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    unexpired = Q(expires_at=None) | Q(expires_at__gt=now)
    return rules.filter(unexpired, state=RuleState.ACTIVE, mode=RuleMode.ENFORCE)


def count(rows: Iterable[StoredRow], counter: str, now: datetime) -> None:
    """Rules that did not decide, but had their part: what was observed, and what asked for people."""
    keys = sorted(row.pk for row in rows if isinstance(row, WhitelistAction))
    for key in keys:
        values = {counter: F(counter) + 1, "last_hit_at": now}
        if not RuleUse.objects.filter(pk=key).update(**values):
            RuleUse.objects.bulk_create([RuleUse(pk=key)], ignore_conflicts=True)
            RuleUse.objects.filter(pk=key).update(**values)


def make_counters(rows: Iterable[WhitelistAction]) -> bool:
    """For rules that never decided anything; False when they have theirs, so that is not what was missing."""
    missing = [row.pk for row in rows if not RuleUse.objects.filter(pk=row.pk).exists()]
    RuleUse.objects.bulk_create([RuleUse(pk=key) for key in missing], ignore_conflicts=True)
    return bool(missing)


# Ending the request --------------------------------------------------------------------------------------


DECIDED = (
    *("state", "decided_at", "decided_by_kind", "decided_by_id", "decided_by_label"),
    *("decision_door", "decision_message", "rule_id"),
)


def end_request(
    change: Change, request: PermissionRequest, weighing: Weighing, decider: Decider, now: datetime
) -> PermissionRequest:
    """The request as it has ended; raises Moved when it had already."""
    request = copy(request)
    is_allowed = weighing.verdict is not None and weighing.verdict.effect is Effect.ALLOW
    state = RequestState.APPROVED if is_allowed else RequestState.DENIED
    message = "" if is_allowed else decider.message or DENIED_BY_RULE
    label = decider.name[:200]
    said = (state, now, ActorKind.RULE, decider.id, label, Door.RULE, message, decider.id)
    values = dict(zip(DECIDED, said, strict=True))
    if not END.run(decider.version, request_id=request.pk, at=now, fingerprint=request.fingerprint, **values):
        raise Moved
    for name, value in values.items():
        setattr(request, name, value)
    request.rule_version = decider.version
    change.audit(
        f"permission_request.{'approve' if is_allowed else 'deny'}",
        request.subject,
        before={"state": RequestState.PENDING},
        after={
            "state": state,
            "fingerprint": request.fingerprint,
            "rule": decider.id,
            "rule_version": decider.version,
            "rules": [f"{row.pk} {row.version}" for row in weighing.counted],
            "rules_number": weighing.books.version,
        },
    )
    announce_request(change, request, state.value, rule=decider.name[:120])
    queue_reply(change, request, reply=Reply.ONCE if is_allowed else Reply.REJECT, message=message)
    return request


def build_end(
    rule_version: int, *, request_id: Any, at: Any, fingerprint: Any, **values: Any
) -> tuple[QuerySet[PermissionRequest], dict[str, Any]]:
    rows = PermissionRequest.objects.filter(
        pk=request_id,
        state=RequestState.PENDING,
        sealed_at__isnull=False,
        expires_at__gt=at,
        fingerprint=fingerprint,
    )
    return rows, {**values, "rule_version": rule_version}


END = PreparedUpdate(build_end)
