"""A draft is read: each value checked alone, then against the team. Raises Invalid, naming the field."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from accounts.models import Membership, Team
from engines.models import Chat, Engine
from events.errors import Invalid
from events.identifiers import is_record_id
from events.masking import mask_secrets
from events.text import is_storable, list_deceptions, read_line, read_lines
from governance.enums import RuleEffect, RuleKind, RuleMode, TargetEffect
from governance.matching.calls import BASH, FETCH, PATH_VERBS, REPEATED, TASK
from governance.matching.width import explain_unreadable, explain_unreadable_target
from governance.models.whitelist import MAX_DIRECTORY_LENGTH, MAX_PATTERN_LENGTH
from governance.rule_drafts import Draft, RuleDraft, TargetDraft, build_rule, build_target
from governance.rule_examples import find_failed_examples

MAX_NAME_LENGTH = 120
MAX_TEXT_LENGTH = 4000
MAX_MESSAGE_LENGTH = 1000
MAX_EXAMPLES = 50
MAX_CONDITIONS = 20
MAX_USES = 1_000_000
PERMISSION = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9_.:-]*\*?")
WILDCARDS = re.compile(r"[*?]")


def check_draft(draft: Draft, *, team: Team, now: datetime) -> Draft:
    """The draft as it is stored."""
    checked = check_rule(draft) if isinstance(draft, RuleDraft) else check_target(draft)
    checked = check_shared(checked, now=now)
    check_scope(checked, team)
    check_examples(checked)
    return checked


def check_shared(draft: Draft, *, now: datetime) -> Draft:
    if draft.expires_at is not None and draft.expires_at <= now:
        raise Invalid("expires_at: this moment has passed; a rule ends in the future.", field="expires_at")
    return replace(
        draft,
        # By the second, as the form shows it.
        expires_at=draft.expires_at and draft.expires_at.replace(microsecond=0),
        name=read_line(draft.name, field="name", max_length=MAX_NAME_LENGTH, is_required=True),
        reason=read_lines(draft.reason, field="reason", max_length=MAX_TEXT_LENGTH),
        agent=read_line(draft.agent, field="agent", max_length=80),
        directory=read_directory(draft.directory),
        mode=read_choice(draft.mode, RuleMode, "mode"),
        should_match=read_examples(draft.should_match, "should_match"),
        must_not_match=read_examples(draft.must_not_match, "must_not_match"),
    )


def check_rule(draft: RuleDraft) -> RuleDraft:
    permission = read_line(draft.permission, field="permission", max_length=MAX_NAME_LENGTH, is_required=True)
    if not PERMISSION.fullmatch(permission):
        raise Invalid("permission: one verb, such as bash, read or server_tool.", field="permission")
    if permission == REPEATED:
        raise Invalid("permission: the engine's alarm about loops is always asked about.", field="permission")
    if draft.max_uses is not None and not 1 <= draft.max_uses <= MAX_USES:
        raise Invalid(f"max_uses: from 1 to {MAX_USES}, or none.", field="max_uses")
    checked = replace(
        draft,
        permission=permission,
        kind=read_choice(draft.kind, RuleKind, "kind"),
        effect=read_choice(draft.effect, RuleEffect, "effect"),
        value=read_pattern(draft.value, "value"),
        message=read_lines(draft.message, field="message", max_length=MAX_MESSAGE_LENGTH),
        conditions=read_conditions(draft.conditions),
    )
    if checked.conditions and permission in {BASH, FETCH, TASK, *PATH_VERBS}:
        raise Invalid("conditions: only tools of MCP servers have arguments.", field="conditions")
    # What the matcher can't read would silently never match.
    if problem := explain_unreadable(build_rule(checked)):
        raise Invalid(f"value: {problem}", field="value")
    if checked.allows_redirects and permission != BASH:
        raise Invalid("allows_redirects: only commands have redirects.", field="allows_redirects")
    return checked


def check_target(draft: TargetDraft) -> TargetDraft:
    unknown = sorted(set(draft.verbs) - PATH_VERBS)
    if unknown:
        raise Invalid(f"verbs: {unknown[0]!r} takes no paths.", field="verbs")
    checked = replace(
        draft,
        pattern=read_pattern(draft.pattern, "pattern"),
        effect=read_choice(draft.effect, TargetEffect, "effect"),
        verbs=tuple(sorted(set(draft.verbs))),
    )
    if problem := explain_unreadable_target(build_target(checked)):
        raise Invalid(f"pattern: {problem}", field="pattern")
    return checked


def check_scope(draft: Draft, team: Team) -> None:
    """What it is limited to must be the team's own."""
    if draft.engine_id and not has_row(Engine, draft.engine_id, team=team, retired_at=None):
        raise Invalid("engine_id: the team has no such engine.", field="engine_id")
    if isinstance(draft, TargetDraft):
        return
    if draft.chat_id and not has_row(Chat, draft.chat_id, team=team):
        raise Invalid("chat_id: the team has no such chat.", field="chat_id")
    members = Membership.objects.filter(team=team, ended_at=None, user__is_active=True)
    is_key = is_record_id(draft.user_id)
    if draft.user_id and not (is_key and members.filter(user_id=draft.user_id).exists()):
        raise Invalid("user_id: the team has no such member.", field="user_id")


def has_row(model: Any, row_id: str, **filters: Any) -> bool:
    return is_record_id(row_id) and model.objects.filter(pk=row_id, **filters).exists()


def check_examples(draft: Draft) -> None:
    failed = find_failed_examples(draft)
    if failed:
        first = failed[0]
        raise Invalid(
            f"{first.field}: “{first.line[:200]}” {first.sentence}",
            code="example_failed",
            field=first.field,
            examples=[{"field": item.field, "line": item.line, "sentence": item.sentence} for item in failed],
        )


def read_choice(value: str, choices: Any, field: str) -> str:
    if value not in choices.values:
        raise Invalid(f"{field}: one of {', '.join(choices.values)}.", field=field)
    return str(value)


def read_directory(directory: str) -> str:
    directory = directory.strip()
    if not directory:
        return ""
    if len(directory) > MAX_DIRECTORY_LENGTH or list_deceptions(directory) or not is_storable(directory):
        raise Invalid("directory: this can't be shown or is too long.", field="directory")
    if not directory.startswith("/") or directory.startswith("//") or ".." in directory.split("/"):
        raise Invalid("directory: the absolute path of one project.", field="directory")
    if WILDCARDS.search(directory):
        raise Invalid("directory: one project, without wildcards.", field="directory")
    return posixpath.normpath(directory)


def read_pattern(text: str, field: str) -> str:
    text = text.strip(" \n")
    if not text:
        raise Invalid(f"{field}: this may not be empty.", field=field)
    return read_shown_text(text, field)


def read_examples(lines: tuple[str, ...], field: str) -> tuple[str, ...]:
    if len(lines) > MAX_EXAMPLES:
        raise Invalid(f"{field}: at most {MAX_EXAMPLES} examples.", field=field)
    if any("\n" in line for line in lines):
        raise Invalid(f"{field}: each example is one line.", field=field)
    return tuple(read_shown_text(line, field) for line in lines if line.strip())


def read_conditions(conditions: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    if len(conditions) > MAX_CONDITIONS:
        raise Invalid(f"conditions: at most {MAX_CONDITIONS}.", field="conditions")
    if any(not path.strip() for path, _ in conditions):
        raise Invalid("conditions: each names an argument.", field="conditions")
    return tuple(
        (read_shown_text(path.strip(), "conditions"), read_shown_text(pattern, "conditions"))
        for path, pattern in conditions
    )


def read_shown_text(text: str, field: str) -> str:
    """What every member is shown, and what must look to them as it looks to the matcher."""
    if len(text) > MAX_PATTERN_LENGTH:
        raise Invalid(f"{field}: at most {MAX_PATTERN_LENGTH} characters.", field=field)
    if not is_storable(text) or list_deceptions(text):
        raise Invalid(f"{field}: this holds characters that can't be shown.", field=field)
    # A wildcard in the place of a secret is none.
    bare = WILDCARDS.sub("", text)
    if mask_secrets(bare) != bare:
        raise Invalid(
            f"{field}: this holds what looks like a secret; put a wildcard in its place.", field=field
        )
    return text
