"""What a rule says, apart from where it is stored: what doors hand in and what a version keeps."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from events.canonical import canonical_json
from governance.enums import RuleEffect, RuleKind, RuleMode, TargetEffect
from governance.matching.rules import Effect, Rule
from governance.matching.targets import Target
from governance.models import WhitelistAction, WhitelistTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDraft:
    """What both kinds of rule have. `engine_id` is "" for every engine."""

    name: str
    reason: str = ""
    agent: str = ""
    engine_id: str = ""
    directory: str = ""
    expires_at: datetime | None = None
    should_match: tuple[str, ...] = ()
    must_not_match: tuple[str, ...] = ()
    mode: str = RuleMode.ENFORCE


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft(SharedDraft):
    """A rule about calls. `conditions`: ((JSON path, pattern), …) over an MCP tool's arguments."""

    value: str
    effect: str
    permission: str = "bash"
    kind: str = RuleKind.PATTERN
    conditions: tuple[tuple[str, str], ...] = ()
    message: str = ""
    user_id: str = ""
    chat_id: str = ""
    max_uses: int | None = None
    allows_redirects: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDraft(SharedDraft):
    """A rule about paths. `verbs` empty means every verb that takes paths."""

    pattern: str
    effect: str
    verbs: tuple[str, ...] = ()


Draft = RuleDraft | TargetDraft
StoredRow = WhitelistAction | WhitelistTarget


def read_draft(row: StoredRow) -> Draft:
    """What a stored row says."""
    made: type[Draft] = RuleDraft if isinstance(row, WhitelistAction) else TargetDraft
    values: dict[str, Any] = {field.name: read_value(getattr(row, field.name)) for field in fields(made)}
    keys = {name: values[name] or "" for name in values if name.endswith("_id")}
    return made(**{**values, **keys})


def read_value(value: Any) -> Any:
    """A value as a draft holds it: lists are tuples."""
    if isinstance(value, list):
        return tuple(read_value(item) for item in value)
    return value


def list_columns(draft: Draft) -> dict[str, Any]:
    """The columns of the row that says this."""
    columns = {field.name: write_value(getattr(draft, field.name)) for field in fields(draft)}
    return {name: (value or None) if name.endswith("_id") else value for name, value in columns.items()}


def write_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [write_value(item) for item in value]
    return value


def write_content(draft: Draft) -> dict[str, Any]:
    """The canonical content of a version: text, integers, booleans, null and lists only."""
    content = {name: write_value(value) for name, value in asdict(draft).items()}
    content["expires_at"] = write_moment(draft.expires_at)
    return content


def read_content(content: dict[str, Any], made: type[Draft]) -> Draft:
    """The draft that a version's content says."""
    known = {field.name for field in fields(made)}
    values = {name: read_value(value) for name, value in content.items() if name in known}
    values["expires_at"] = read_moment(content.get("expires_at"))
    return made(**values)


def write_moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def read_moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def hash_content(content: dict[str, Any]) -> str:
    """SHA-256, hex, over the canonical text."""
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def hash_draft(draft: Draft) -> str:
    """The `content_hash` of the version that this draft would become."""
    return hash_content(write_content(draft))


def build_rule(source: WhitelistAction | RuleDraft, *, rule_id: str = "", version: int = 0) -> Rule:
    """The rule as the matcher knows it; a row brings its own id and version."""
    if isinstance(source, WhitelistAction):
        rule_id, version = source.pk, source.version
    return Rule(
        pattern=source.value,
        effect=Effect(RuleEffect(source.effect).value),
        permission=source.permission,
        id=rule_id,
        version=version,
        is_strict=source.kind == RuleKind.STRICT,
        allows_redirects=source.allows_redirects,
        message=source.message,
        name=source.name,
        conditions=tuple((path, pattern) for path, pattern in source.conditions),
    )


def build_target(source: WhitelistTarget | TargetDraft, *, rule_id: str = "", version: int = 0) -> Target:
    """The path rule as the matcher knows it."""
    if isinstance(source, WhitelistTarget):
        rule_id, version = source.pk, source.version
    return Target(
        pattern=source.pattern,
        effect=Effect(TargetEffect(source.effect).value),
        id=rule_id,
        version=version,
        verbs=tuple(source.verbs),
        name=source.name,
    )
