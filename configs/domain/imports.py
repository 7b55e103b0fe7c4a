"""Files become drafts: new objects, or new versions of what is there, never a move of a label.

All of the files or none; the same files twice make nothing new. The text is kept as it came.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from accounts.models import Team
from accounts.principal import Principal
from configs.catalogue_queries import build_model, find_in_catalogue, find_newest
from configs.content import AgentContent, Content, ContentError, ModelContent
from configs.differences import FieldDifference, compare_contents
from configs.domain.objects import save_object
from configs.enums import ConfigKind
from configs.formats.drafts import Draft, Fate, Finding, Parsed, label_draft
from configs.formats.limits import MAX_BUNDLE_BYTES, FormatError
from configs.formats.registry import FORMATS, parse_file
from configs.kinds import KINDS
from configs.models import Configured, ImportedFile
from configs.policies import explain_not_editing
from configs.queries import list_usable, read_content
from events.changes import Change, changes
from events.encryption import seal
from events.errors import Conflict, DomainError, Invalid, Refused, TooLarge
from events.text import make_visible

MAX_FILES = 100
MAX_DRAFTS = 1000
# Whose families agents of other programs name without saying so.
ALIAS_PROVIDER = "anthropic"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`name` may have folders in front; they only help to tell the format."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a draft became. `state`: "new", "changed" (a new version), "same" (nothing to do)."""

    file: str
    kind: str
    name: str
    object_id: str
    number: int
    state: str
    differences: tuple[FieldDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class FileReport:
    name: str
    format: str
    findings: tuple[Finding, ...]

    @property
    def label(self) -> str:
        return FORMATS[self.format].label

    def list_fates(self, *fates: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.fate in fates]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """`is_dry_run`: nothing was written, and ids and numbers are those that would have been."""

    files: tuple[FileReport, ...]
    outcomes: tuple[Outcome, ...]
    is_dry_run: bool

    @property
    def is_changed(self) -> bool:
        return any(outcome.state != "same" for outcome in self.outcomes)

    def count(self, state: str) -> int:
        return sum(outcome.state == state for outcome in self.outcomes)

    @property
    def fingerprint(self) -> str:
        """Of what is made of which versions: the same for a look and for what follows it.

        Without the differences, which hold ids of what was not there at the look.
        """
        said = [[item.kind, item.name, item.number, item.state] for item in self.outcomes]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


class DryRun(Exception):
    """Takes everything back but what would have come of it."""

    def __init__(self, result: ImportResult) -> None:
        super().__init__()
        self.result = result


@dataclass(slots=True)
class Importing:
    """One import as it goes on. `made` are the rows by (kind, key)."""

    principal: Principal
    team: Team | None
    note: str
    made: dict[tuple[str, str], Any] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    more: dict[str, list[Finding]] = field(default_factory=dict)


def import_files(
    *,
    principal: Principal,
    team: Team | None,
    files: Sequence[SourceFile],
    format_name: str = "",
    dry_run: bool = False,
    fingerprint: str = "",
) -> ImportResult:
    """Make drafts of the files for this team, None for everybody.

    `format_name` "" tells each format from the file. With `dry_run` everything is done and taken back;
    `fingerprint` is that of the result that was shown. Raises TooLarge, Refused, Invalid (naming the file) or
    Conflict (a name of everybody's; `stale`: it would be another result by now); nothing is made.
    """
    if refusal := explain_not_editing(principal, team.pk if team else None):
        raise Refused(refusal, subject_kind="imported_file", subject_id="")
    parsed = parse_files(files, format_name)
    drafts = merge_drafts(parsed)
    names = ", ".join(make_visible(name) for name in list(parsed)[:3])
    going = Importing(principal, team, f"Imported from {names}."[:1000])
    try:
        with changes(principal.actor) as change:
            for name, draft in drafts:
                save_draft(going, name, draft)
            result = build_result(going, parsed, dry_run=dry_run)
            take_back(result)
            if fingerprint and fingerprint != result.fingerprint:
                raise Conflict("What is there has changed since this was shown. Look again.", code="stale")
            record_files(change, going, files, result)
    except DryRun as stopped:
        return stopped.result
    return result


def take_back(result: ImportResult) -> None:
    if result.is_dry_run:
        raise DryRun(result)


def parse_files(files: Sequence[SourceFile], format_name: str) -> dict[str, Parsed]:
    if not files:
        raise Invalid("file: nothing was given.", field="file")
    if len(files) > MAX_FILES:
        raise TooLarge(f"At most {MAX_FILES} files at once.")
    if sum(len(file.data) for file in files) > MAX_BUNDLE_BYTES:
        raise TooLarge(f"At most {MAX_BUNDLE_BYTES // 1024 // 1024} MB at once.")
    found: dict[str, Parsed] = {}
    for file in files:
        try:
            parsed = parse_file(file.data, file.name, format_name)
        except (FormatError, ContentError) as error:
            raise Invalid(f"{make_visible(file.name)[:80]}: {error}", field="file") from None
        if file.name in found:
            raise Invalid(f"{make_visible(file.name)[:80]}: this file was given twice.", field="file")
        found[file.name] = parsed
    if sum(len(parsed.drafts) for parsed in found.values()) > MAX_DRAFTS:
        raise TooLarge(f"At most {MAX_DRAFTS} objects at once.")
    return found


def merge_drafts(parsed: dict[str, Parsed]) -> list[tuple[str, Draft]]:
    """(file, draft) of all files in the order in which one can refer to the other; equal ones once.

    Raises Invalid for two drafts of one name that differ.
    """
    found: dict[str, tuple[str, Draft]] = {}
    for name, said in parsed.items():
        for draft in said.drafts:
            earlier = found.setdefault(draft.label, (name, draft))
            if earlier[1] != draft:
                raise Invalid(
                    f"{make_visible(name)[:80]}: the {draft.label} stands in {make_visible(earlier[0])[:80]} "
                    "too, and says something else.",
                    field="file",
                )
    order = list(KINDS)
    return sorted(found.values(), key=lambda item: order.index(item[1].kind))


def save_draft(going: Importing, name: str, draft: Draft) -> None:
    try:
        content = resolve(going, name, draft)
        save_content(going, name, draft.kind, content, draft.keeps)
    except DomainError as error:
        error.message = f"{make_visible(name)[:80]}: {draft.label}: {error.message}"
        raise


def save_content(going: Importing, name: str, kind: str, content: Content, keeps: Iterable[str]) -> Any:
    """The row that says it: everybody's when that says the same, else the team's own."""
    rows = list_usable(kind, going.team.pk if going.team else None).select_related("latest", "team")
    there = [
        row for row in rows.filter(key=content.key) if row.team_id == (going.team.pk if going.team else None)
    ]
    shared = [row for row in rows.filter(key=content.key, team=None) if row not in there]
    row = next(iter(there or shared), None)
    before = read_content(row) if row else None
    if before is not None:
        content = replace(content, **{field: getattr(before, field) for field in keeps})
    if row is not None and before == content:
        return record_outcome(going, Outcome(name, kind, content.key, row.pk, row.version, "same"), row)
    saved = save_object(
        principal=going.principal,
        kind=kind,
        team=going.team,
        content=content,
        object_id=there[0].pk if there else None,
        expected_version=there[0].version if there else None,
        note=going.note,
    )
    state = "new" if saved.is_new else "changed"
    differences = tuple(compare_contents(before if there else None, content))
    number = saved.version.number
    outcome = Outcome(name, kind, content.key, saved.row.pk, number, state, differences)
    return record_outcome(going, outcome, saved.row)


def record_outcome(going: Importing, outcome: Outcome, row: Configured) -> Configured:
    going.made[outcome.kind, outcome.name] = row
    going.outcomes.append(outcome)
    return row


# References -----------------------------------------------------------------------------------------


def resolve(going: Importing, name: str, draft: Draft) -> Content:
    """The draft's content with ids for the names in it."""
    if not isinstance(draft.content, AgentContent):
        return draft.content
    return replace(
        draft.content, prompt=find_prompt(going, name, draft), model=find_model(going, name, draft)
    )


def find_prompt(going: Importing, name: str, draft: Draft) -> str:
    if not draft.prompt:
        return ""
    row = find_row(going, ConfigKind.PROMPT, draft.prompt)
    if row is None:
        raise Invalid(f"there is no prompt {make_visible(draft.prompt)!r}, neither here nor in the file.")
    others = [agent.name for agent in row.agents.filter(retired_at=None).exclude(name=draft.content.name)[:4]]
    if others:
        sentence = f"Its prompt is also that of {', '.join(others)}: they change with it."
        warn(going, name, draft, "prompt", sentence)
    return str(row.pk)


def find_model(going: Importing, name: str, draft: Draft) -> str:
    """The model named; one that the team has not becomes a draft, prefilled from the catalogue."""
    key = draft.model or find_alias(going, name, draft)
    if not key:
        return ""
    row = find_row(going, ConfigKind.MODEL, key)
    if row is None:
        row = save_content(going, name, ConfigKind.MODEL, draft_model(going, name, draft, key), ())
    return str(row.pk)


def find_alias(going: Importing, name: str, draft: Draft) -> str:
    if not draft.model_alias:
        return ""
    known = find_newest(ALIAS_PROVIDER, draft.model_alias)
    if known is None:
        warn(going, name, draft, "model", f"The catalogue has no model of the family {draft.model_alias}.")
    return known.key if known else ""


def draft_model(going: Importing, name: str, draft: Draft, key: str) -> ModelContent:
    known = find_in_catalogue(key)
    if known is not None:
        if known.missing_since:
            warn(going, name, draft, "model", f"Engines no longer know the model {key}.")
        return build_model(known)
    warn(
        going, name, draft, "model", f"The catalogue has no model {key}; its limits and prices are not known."
    )
    provider, _, identifier = key.partition("/")
    try:
        return ModelContent.read({"provider": provider, "identifier": identifier})
    except ContentError as error:
        raise Invalid(f"model {make_visible(key)[:80]}: {error}", field="file") from None


def find_row(going: Importing, kind: str, key: str) -> Any:
    if (kind, key) in going.made:
        return going.made[kind, key]
    team_id = going.team.pk if going.team else None
    rows = list(list_usable(kind, team_id).filter(key=key))
    return next((row for row in rows if row.team_id == team_id), next(iter(rows), None))


def warn(going: Importing, name: str, draft: Draft, key: str, sentence: str) -> None:
    finding = Finding(Fate.RISKY, label_draft(draft.kind, draft.content.key), key, key, "", sentence)
    going.more.setdefault(name, []).append(finding)


# Afterwards -----------------------------------------------------------------------------------------


def build_result(going: Importing, parsed: dict[str, Parsed], *, dry_run: bool) -> ImportResult:
    files = tuple(
        FileReport(name, said.format, (*said.findings, *going.more.get(name, ())))
        for name, said in parsed.items()
    )
    return ImportResult(files, tuple(going.outcomes), dry_run)


def record_files(change: Change, going: Importing, files: Sequence[SourceFile], result: ImportResult) -> None:
    """Keep each file once, as long as it makes something or is new here."""
    reports = {report.name: report for report in result.files}
    for file in files:
        made = [outcome for outcome in result.outcomes if outcome.file == file.name]
        sha256 = hashlib.sha256(file.data).hexdigest()
        known = ImportedFile.objects.filter(team=going.team, sha256=sha256, name=file.name)
        if known.exists() and all(outcome.state == "same" for outcome in made):
            continue
        record_file(change, going, file, reports[file.name], made, sha256)


def record_file(
    change: Change, going: Importing, file: SourceFile, report: FileReport, made: list[Outcome], sha256: str
) -> None:
    actor = going.principal.actor
    row = ImportedFile(
        team=going.team,
        name=file.name,
        format=report.format,
        size_bytes=len(file.data),
        sha256=sha256,
        findings=[asdict(finding) for finding in report.findings],
        outcomes=[
            {"kind": item.kind, "name": item.name, "object_id": item.object_id}
            | {"number": item.number, "state": item.state}
            for item in made
        ],
        author_kind=actor.kind,
        author_id=actor.id,
        author_label=actor.label[:200],
        door=actor.door,
    )
    seal(row, "original", file.data.decode("utf-8"))
    row.save(force_insert=True)
    after = {"team": row.team_id, "name": row.name, "format": row.format, "sha256": sha256}
    change.audit("config.import", row.subject, after=after | {"made": len(made)})
