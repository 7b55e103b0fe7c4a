"""The page of one thing: its latest version, its labels, what the engine reads of it, where it is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import Button, get_principal, refuse_method
from accounts.admin.display import Pill, render_age
from accounts.principal import Principal
from configs.content import AgentContent, Content, ModelContent, PromptContent, ProviderContent
from configs.domain.label_changes import list_waiting
from configs.enums import KnownLabel
from configs.models import ConfigLabel, ConfigVersion
from configs.pages.desk import Desk, list_owners
from configs.pages.kinds import EVERYBODY, name_owner, show_tags
from configs.pages.lists import make_label_pill
from configs.pages.previews import Preview, build_preview
from configs.pages.uses import list_uses
from configs.policies import can_read_config, explain_not_editing
from configs.queries import list_label_names, list_protected, list_versions, read_content
from events.text import make_visible

MAX_VERSIONS = 30


@dataclass(frozen=True, slots=True)
class LabelLine:
    name: str
    number: int
    pill: Pill
    behind: int
    moved_by: str = ""
    moved_at: Any = None
    drop_url: str = ""


@dataclass(frozen=True, slots=True)
class VersionLine:
    version: ConfigVersion
    author: str
    labels: list[Pill]
    diff_url: str
    restores: bool


@dataclass(frozen=True, slots=True)
class Choice:
    number: int
    words: str


@dataclass(frozen=True, slots=True)
class Waiting:
    title: str
    url: str


def answer_show(desk: Desk, request: HttpRequest, object_id: str) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return refuse_method(request, "GET", "HEAD")
    row = desk.get_row(request, object_id)
    principal = get_principal(request)
    return desk.render(request, "configs/show.html", build_page(desk, principal, row))


def build_page(desk: Desk, principal: Principal, row: Any) -> dict[str, Any]:
    may_edit = not explain_not_editing(principal, row.team_id)
    may_read = can_read_config(principal, row)
    is_live = row.retired_at is None
    content = read_content(row) if may_read else None
    preview = build_preview(row.kind, row.team_id, row.pk, content) if content and is_live else Preview()
    labels = list(ConfigLabel.objects.filter(kind=row.kind, object_id=row.pk).order_by("name"))
    versions = list(list_versions(row)[: MAX_VERSIONS + 1])
    protected = list_protected(row.team_id)
    return {
        "title": make_visible(row.name),
        "row": row,
        "owner_words": describe_owner(row),
        "may_edit": may_edit,
        "may_read": may_read,
        "edit_url": desk.url("edit", row.pk),
        "history_url": desk.url("history", row.pk),
        "buttons": list_buttons(desk, row) if may_edit else [],
        "waiting": list(find_waiting(row)),
        "problems": [*preview.general, *preview.problems],
        "facts": list(list_facts(row, content)),
        "labels": list(build_labels(desk, row, labels, may_edit=may_edit and is_live)),
        "may_move": may_edit and is_live,
        "move_url": desk.url("move-label", row.pk),
        "choices": [Choice(version.number, describe_version(version)) for version in versions[:MAX_VERSIONS]],
        "known_labels": [name for name in list_label_names(row.team_id) if name != KnownLabel.DRAFT],
        "protected": sorted(protected),
        "files": preview.files,
        "shows_uses": desk.page.shows_uses,
        "uses": list_uses(desk.door, row, principal) if desk.page.shows_uses else [],
        "versions": list(build_versions(desk, row, versions, labels, may_edit=may_edit, may_read=may_read)),
        "more_versions": row.version - MAX_VERSIONS if len(versions) > MAX_VERSIONS else 0,
        "versions_url": desk.url("versions", row.pk),
        "restore_url": desk.url("restore", row.pk),
        **build_copy(desk, principal, row, may_read=may_read),
    }


def describe_owner(row: Any) -> str:
    return (
        f"Belongs to {name_owner(row)}" if row.team_id else "Everybody's: all teams read it, owners edit it"
    )


def list_buttons(desk: Desk, row: Any) -> list[Button]:
    if row.retired_at:
        hint = "It can be used again; its labels are set anew."
        return [Button(desk.url("unretire", row.pk), "Take back", "ok", hint)]
    hint = "It takes part in nothing new; its versions stay."
    return [Button(f"{desk.url('retire', row.pk)}?version={row.version}", "Retire", "bad", hint)]


def find_waiting(row: Any) -> Iterator[Waiting]:
    for wanted in list_waiting(row.team_id):
        if any(move["object_id"] == row.pk for move in wanted.moves):
            yield Waiting(
                wanted.review.title, reverse("admin:reviews_review_change", args=[wanted.review.pk])
            )


def build_labels(desk: Desk, row: Any, labels: list[ConfigLabel], *, may_edit: bool) -> Iterator[LabelLine]:
    yield LabelLine(KnownLabel.DRAFT, row.version, make_pill(KnownLabel.DRAFT, row.version, row.version), 0)
    for label in labels:
        yield LabelLine(
            label.name,
            label.number,
            make_pill(label.name, label.number, row.version),
            row.version - label.number,
            label.moved_by_label or label.moved_by_id,
            label.moved_at,
            desk.url("drop-label", row.pk) if may_edit else "",
        )


def make_pill(name: str, number: int, latest: int) -> Pill:
    pill = make_label_pill(name, number, latest)
    return Pill(name, pill.icon, pill.tone)


def describe_version(version: ConfigVersion) -> str:
    note = f": {version.note.splitlines()[0][:40]}" if version.note.strip() else ""
    return make_visible(f"version {version.number}{note}")


def build_versions(
    desk: Desk,
    row: Any,
    versions: list[ConfigVersion],
    labels: list[ConfigLabel],
    *,
    may_edit: bool,
    may_read: bool,
) -> Iterator[VersionLine]:
    for version in versions[:MAX_VERSIONS]:
        pills = [
            make_pill(label.name, label.number, row.version)
            for label in labels
            if label.number == version.number
        ]
        if version.number == row.version:
            pills.insert(0, make_pill(KnownLabel.DRAFT, row.version, row.version))
        compares = may_read and version.number > 1
        url = f"{desk.url('versions', row.pk)}?from={version.number - 1}&to={version.number}"
        restores = may_edit and may_read and not row.retired_at and version.number != row.version
        author = version.author_label or version.author_id
        yield VersionLine(version, author, pills, url if compares else "", restores)


def list_facts(row: Any, content: Content | None) -> Iterator[tuple[str, SafeString | str]]:
    latest = row.latest
    yield "version", str(row.version)
    if latest.note:
        yield "note", format_html("{}", make_visible(latest.note))
    saved_by = make_visible(latest.author_label or latest.author_id)
    yield "saved", format_html("{}, {} ago", saved_by, render_age(latest.created_at))
    if content is None:
        yield "says", "what only members of its team read"
    elif isinstance(content, AgentContent):
        yield from list_agent_facts(row, content)
    elif isinstance(content, ModelContent):
        yield from list_model_facts(content)
    elif isinstance(content, ProviderContent):
        yield "package", content.package or "the engine's own"
        yield "address", content.base_url or "the provider's own"
        yield "key", content.api_key_env or "the engine's own way"
    elif hasattr(row, "tags"):
        yield "tags", show_tags(row)
        if isinstance(content, PromptContent) and content.description:
            yield "description", format_html("{}", make_visible(content.description))
    yield "SHA-256", format_html('<code class="mono">{}</code>', latest.content_hash[:16])


def list_agent_facts(row: Any, agent: AgentContent) -> Iterator[tuple[str, SafeString | str]]:
    yield "mode", row.get_mode_display()
    yield "prompt", make_visible(row.prompt.name) if row.prompt else "the engine's own"
    yield "model", make_visible(row.model.key) if row.model else "the engine's default"
    for name, value in (
        ("variant", agent.variant),
        ("temperature", agent.temperature),
        ("top p", agent.top_p),
    ):
        if value:
            yield name, value
    if agent.steps:
        yield "steps", str(agent.steps)
    yield "rules", str(len(agent.rules)) if agent.rules else "those for every agent alone"
    if agent.subagents is not None:
        yield "subagents", ", ".join(agent.subagents) or "none"


def list_model_facts(model: ModelContent) -> Iterator[tuple[str, SafeString | str]]:
    yield "identifier", format_html('<code class="mono">{}</code>', make_visible(model.key))
    yield "status", f"{model.status}, {'enabled' if model.is_enabled else 'off'}"
    for name, tokens in (("context", model.context_limit_tokens), ("output", model.output_limit_tokens)):
        if tokens is not None:
            yield name, f"{tokens:,} tokens"
    prices = (model.price_input_usd_per_million, model.price_output_usd_per_million)
    if any(prices):
        yield "price", f"in {prices[0] or '?'} $, out {prices[1] or '?'} $ per million tokens"


def build_copy(desk: Desk, principal: Principal, row: Any, *, may_read: bool) -> dict[str, Any]:
    """Where a duplicate could go; none of what stands once in a team."""
    owners = list_owners(principal) if may_read else []
    values = [owner.value for owner in owners]
    own = row.team_id or EVERYBODY
    return {
        "copy_targets": [(owner.value, owner.words) for owner in owners],
        "copy_team": own if own in values else (values[0] if values else ""),
        "copy_name": f"{row.name}-copy"[:64],
        "copy_url": desk.url("copy", row.pk),
    }
