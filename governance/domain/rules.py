"""People write rules, switch them on and off, and retire them. Every door comes through here.

A row changes by a conditional UPDATE on the version and state that were read: of two editors the second gets
a Conflict. Each save of other content makes a `RuleVersion`; each change of what applies moves the team's
number in the same transaction, so that every process goes on with what is true now.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from events.changes import Change, changes, lock_rows
from events.errors import Conflict, Invalid, Refused
from events.text import read_lines
from governance.domain.replay import find_replay
from governance.domain.rule_log import announce_rule, describe_row
from governance.domain.rule_reviews import request_second_person, withdraw_second_person
from governance.domain.team_rules import bump_rules
from governance.enums import RuleEffect, RuleState, StoredRuleKind
from governance.models import RuleUse, RuleVersion, WhitelistAction, WhitelistTarget
from governance.policies import explain_not_activating_rules, explain_not_editing_rules
from governance.rule_checks import MAX_TEXT_LENGTH, check_draft
from governance.rule_drafts import (
    Draft,
    RuleDraft,
    StoredRow,
    TargetDraft,
    hash_content,
    list_columns,
    read_content,
    read_draft,
    write_content,
)
from governance.rule_queries import MODELS, get_stored, get_version, list_stored
from governance.rule_width import is_second_person_missing


def save_rule(
    *,
    principal: Principal,
    team: Team,
    draft: RuleDraft,
    rule_id: str = "",
    version: int | None = None,
    activate: bool = False,
    note: str = "",
    replay: dict[str, Any] | None = None,
) -> WhitelistAction:
    """Write a new rule, or another version of one.

    `version` is the one that was edited: None for a new rule. A rule that is on stays on when it may;
    `activate` switches it on, or asks for the second person it needs. `note` says why, for its history;
    `replay` is what was shown of the past, without secrets.

    Raises NotFound, Refused, Invalid (a value, an example: nothing is saved) or Conflict (changed meanwhile).
    """
    row: WhitelistAction = save_stored(
        principal, StoredRuleKind.ACTION, team, draft, rule_id, version, activate, note, replay
    )
    return row


def save_target(
    *,
    principal: Principal,
    team: Team,
    draft: TargetDraft,
    target_id: str = "",
    version: int | None = None,
    activate: bool = False,
    note: str = "",
) -> WhitelistTarget:
    """As `save_rule`, for a rule about paths."""
    row: WhitelistTarget = save_stored(
        principal, StoredRuleKind.TARGET, team, draft, target_id, version, activate, note, None
    )
    return row


def save_stored(
    principal: Principal,
    kind: str,
    team: Team,
    draft: Draft,
    rule_id: str,
    version: int | None,
    activate: bool,
    note: str,
    replay: dict[str, Any] | None,
) -> Any:
    note = read_lines(note, field="note", max_length=MAX_TEXT_LENGTH)
    now = timezone.now()
    with changes(principal.actor) as change:
        refuse(explain_not_editing_rules(principal, team.pk), kind, rule_id)
        row = hold_row(principal, kind, rule_id) if rule_id else None
        if row is None:
            draft = check_draft(draft, team=team, now=now)
            row = insert_row(principal, team, draft, now)
        else:
            if row.team_id != team.pk:
                raise Invalid("team_id: a rule stays with its team.", field="team_id")
            require_shown(row, version)
            if row.is_active:
                refuse(explain_not_activating_rules(principal, row.team), kind, row.pk)
            if write_content(draft) == write_content(read_draft(row)):
                return switch_on_row(change, principal, row, now) if activate and not row.is_active else row
            draft = check_draft(draft, team=team, now=now)
            update_row(row, draft, now)
        shown = replay or find_replay(team_id=row.team_id, draft=draft, rule_id=rule_id)
        record_version(principal, row, note, shown, now)
        change.audit("whitelist_rule.save", row.subject, after=describe_row(row))
        settle_state(change, principal, row, activate, now)
        announce_rule(change, row, "saved")
        bump_rules(change, row.team_id)
    return row


def hold_row(principal: Principal, kind: str, rule_id: str) -> Any:
    """As `get_stored`, the row held until the commit: a rule before its review, whoever comes first."""
    get_stored(principal, kind, rule_id)
    [row] = lock_rows(list_stored(principal, kind).filter(pk=rule_id))
    return row


def insert_row(principal: Principal, team: Team, draft: Draft, now: datetime) -> StoredRow:
    kind = StoredRuleKind.ACTION if isinstance(draft, RuleDraft) else StoredRuleKind.TARGET
    row: StoredRow = MODELS[kind](
        team=team, created_by=principal.user, created_at=now, changed_at=now, **list_columns(draft)
    )
    row.save(force_insert=True)
    if isinstance(row, WhitelistAction):
        RuleUse.objects.create(rule=row)
    return row


def update_row(row: StoredRow, draft: Draft, now: datetime) -> None:
    """Raises Conflict when the row is no longer the one that was read."""
    values = {**list_columns(draft), "version": row.version + 1, "changed_at": now}
    move_row(row, values)


def move_row(row: StoredRow, values: dict[str, Any]) -> None:
    """The conditional UPDATE of every change; sets the values on `row` too."""
    rows = type(row)._default_manager.filter(pk=row.pk, version=row.version, state=row.state)
    if not rows.update(**values):
        raise explain_conflict(type(row)._default_manager.get(pk=row.pk))
    for name, value in values.items():
        setattr(row, name, value)


def require_shown(row: StoredRow, version: int | None) -> None:
    """What is changed must be what was shown."""
    if row.state == RuleState.RETIRED or version != row.version:
        raise explain_conflict(row)


def explain_conflict(row: StoredRow) -> Conflict:
    facts = {"state": row.state, "version": row.version}
    if row.state == RuleState.RETIRED:
        return Conflict("It is retired; nothing of it changes any more.", code="retired", **facts)
    return Conflict(
        f"It was changed meanwhile: it is {row.get_state_display()}, at version {row.version}. "
        "Look at it again.",
        code="stale_version",
        **facts,
    )


def refuse_again(row: StoredRow) -> Conflict:
    facts = {"state": row.state, "version": row.version}
    return Conflict(f"Nothing to do: it is {row.get_state_display()}.", code="already", **facts)


def record_version(
    principal: Principal, row: StoredRow, note: str, replay: dict[str, Any] | None, now: datetime
) -> None:
    content = write_content(read_draft(row))
    RuleVersion.objects.create(
        rule_kind=row.rule_kind,
        rule_id=row.pk,
        version=row.version,
        content=content,
        content_hash=hash_content(content),
        author=principal.user,
        note=note,
        replay=replay,
        created_at=now,
    )


def settle_state(change: Change, principal: Principal, row: StoredRow, activate: bool, now: datetime) -> None:
    """After a save: what was on stays on if it may, what waits goes on waiting, `activate` asks for it."""
    if activate or row.is_active:
        make_apply(change, principal, row, now)
    elif row.state == RuleState.IN_REVIEW:
        submit(change, principal, row, now)


def make_apply(change: Change, principal: Principal, row: StoredRow, now: datetime) -> None:
    """Switch it on, or put it before the second person it needs; until then it applies to nothing."""
    if is_second_person_missing(row) or explain_not_activating_rules(principal, row.team):
        submit(change, principal, row, now)
        return
    before, on = row.state, {"state": RuleState.ACTIVE, "review_id": "", "changed_at": now}
    move_row(row, {**on, "activated_by": principal.user, "activated_at": now})
    if before == RuleState.IN_REVIEW:
        withdraw_second_person(change, row, "It no longer needs a second person.")
    if before != RuleState.ACTIVE:
        change.audit(
            "whitelist_rule.activate", row.subject, before={"state": before}, after=describe_row(row)
        )
        announce_rule(change, row, "activated")


def submit(change: Change, principal: Principal, row: StoredRow, now: datetime) -> None:
    before, review_id = row.state, request_second_person(change, principal, row)
    move_row(row, {"state": RuleState.IN_REVIEW, "review_id": review_id, "changed_at": now})
    if before != RuleState.IN_REVIEW:
        after = {**describe_row(row), "review": review_id}
        change.audit("whitelist_rule.submit", row.subject, before={"state": before}, after=after)
        announce_rule(change, row, "submitted")


def switch_on(*, principal: Principal, rule_id: str, version: int, kind: str = StoredRuleKind.ACTION) -> Any:
    """Let the version that was shown apply, or ask for the second person it needs.

    Raises NotFound, Refused, Invalid (its time has run out) or Conflict (on already, or changed meanwhile).
    """
    now = timezone.now()
    with changes(principal.actor) as change:
        row = hold_row(principal, kind, rule_id)
        refuse(explain_not_editing_rules(principal, row.team_id), kind, row.pk)
        require_shown(row, version)
        if row.state in {RuleState.ACTIVE, RuleState.IN_REVIEW}:
            raise refuse_again(row)
        switch_on_row(change, principal, row, now)
    return row


def switch_on_row(change: Change, principal: Principal, row: StoredRow, now: datetime) -> StoredRow:
    check_draft(read_draft(row), team=row.team, now=now)
    make_apply(change, principal, row, now)
    bump_rules(change, row.team_id)
    return row


def switch_off(*, principal: Principal, rule_id: str, kind: str = StoredRuleKind.ACTION) -> Any:
    """It applies to nothing any more, from this moment and in every process; no version is asked for.

    What lets something through any writer of rules switches off; what stops or asks only who may switch on.
    Raises NotFound, Refused, or Conflict when it is not on and waits for nobody.
    """
    now = timezone.now()
    with changes(principal.actor) as change:
        row = hold_row(principal, kind, rule_id)
        refuse(explain_not_stopping(principal, row), kind, row.pk)
        if row.state not in {RuleState.ACTIVE, RuleState.IN_REVIEW}:
            raise refuse_again(row)
        before = row.state
        move_row(row, {"state": RuleState.OFF, "review_id": "", "changed_at": now})
        withdraw_second_person(change, row, "It was switched off.")
        change.audit(
            "whitelist_rule.switch_off", row.subject, before={"state": before}, after=describe_row(row)
        )
        announce_rule(change, row, "switched_off")
        bump_rules(change, row.team_id)
    return row


def retire_rule(*, principal: Principal, rule_id: str, kind: str = StoredRuleKind.ACTION) -> Any:
    """End it for good; it stays in the history. Raises NotFound, Refused, or Conflict when it is retired."""
    now = timezone.now()
    with changes(principal.actor) as change:
        row = hold_row(principal, kind, rule_id)
        refuse(explain_not_stopping(principal, row), kind, row.pk)
        if row.state == RuleState.RETIRED:
            raise explain_conflict(row)
        before = row.state
        move_row(row, {"state": RuleState.RETIRED, "review_id": "", "changed_at": now})
        withdraw_second_person(change, row, "It was retired.")
        change.audit("whitelist_rule.retire", row.subject, before={"state": before}, after=describe_row(row))
        announce_rule(change, row, "retired")
        bump_rules(change, row.team_id)
    return row


def restore_version(
    *, principal: Principal, rule_id: str, restored: int, version: int, kind: str = StoredRuleKind.ACTION
) -> Any:
    """Save what an older version said as the newest one. Raises as `save_rule`.

    Restoring an end that has passed is Invalid: without it the rule would apply for longer than it ever did.
    """
    row = get_stored(principal, kind, rule_id)
    made = RuleDraft if kind == StoredRuleKind.ACTION else TargetDraft
    draft = read_content(get_version(row, restored).content, made)
    note = f"Restored version {restored}."
    return save_stored(principal, kind, row.team, draft, row.pk, version, False, note, None)


def explain_not_stopping(principal: Principal, row: StoredRow) -> str:
    """Without an allowing rule a person is asked; without a denial something else may let it through."""
    if row.effect == RuleEffect.ALLOW or not row.is_active:
        return explain_not_editing_rules(principal, row.team_id)
    return explain_not_activating_rules(principal, row.team)


def refuse(refusal: str, kind: str, rule_id: str) -> None:
    if refusal:
        subject_kind = MODELS[kind](pk=rule_id).subject.kind
        raise Refused(refusal, subject_kind=subject_kind, subject_id=rule_id)
