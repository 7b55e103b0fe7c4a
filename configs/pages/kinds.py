"""What differs between the pages of the kinds: words, columns, filters, forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.admin.display import Pill, render_pill
from configs.enums import ConfigKind, ModelStatus
from configs.models import Configured
from configs.pages.forms.agents import AgentForm
from configs.pages.forms.base import ContentForm
from configs.pages.forms.models import ModelForm, ProviderForm
from configs.pages.forms.texts import InstructionForm, PromptForm
from configs.pages.forms.tool_rules import ToolRulesForm
from events.text import make_visible

EVERYBODY = "everybody"
Cell = Callable[[Any], SafeString | str]
# (title, parameter, choices, query of a chosen value)
Filter = tuple[str, str, tuple[tuple[str, str], ...], Callable[[str], Q]]


@dataclass(frozen=True, slots=True)
class KindPage:
    kind: str
    slug: str
    singular: str
    plural: str
    icon: str
    description: str
    empty: str
    form_class: type[ContentForm]
    columns: tuple[tuple[str, Cell], ...] = ()
    filters: tuple[Filter, ...] = ()
    prepare: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows
    # A quieter line under a row's name.
    note: Callable[[Any], str] = lambda _: ""
    has_body: bool = False
    shows_uses: bool = False


def show_text(text: str) -> SafeString:
    return format_html("{}", make_visible(text)) if text else mark_safe('<span class="quiet">–</span>')


def show_tags(row: Any) -> SafeString:
    verbs = format_html_join(" ", '<span class="verb">{}</span>', ((make_visible(tag),) for tag in row.tags))
    return verbs or show_text("")


def show_agents(row: Any) -> str:
    return f"{row.use_count} agent{'' if row.use_count == 1 else 's'}" if row.use_count else "nothing"


def show_mode(row: Any) -> str:
    return {"primary": "primary", "subagent": "subagent", "all": "primary and subagent"}[row.mode]


def show_standing(row: Any) -> SafeString:
    pills = []
    if row.is_disabled:
        pills.append(Pill("disabled", "off", ""))
    if row.is_hidden:
        pills.append(Pill("hidden", "eye", ""))
    return mark_safe(" ".join(render_pill(pill) for pill in pills)) or show_text("")  # noqa: S308 - pills alone


def show_enabled(row: Any) -> SafeString:
    return render_pill(Pill("enabled", "check", "ok") if row.is_enabled else Pill("off", "off", ""))


def show_status(row: Any) -> SafeString | str:
    return (
        render_pill(Pill("deprecated", "warning", "warn"))
        if row.status == ModelStatus.DEPRECATED
        else str(row.status)
    )


def count_uses(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.annotate(use_count=Count("agents", filter=Q(agents__retired_at=None), distinct=True))


def with_references(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.select_related("prompt", "model")


PAGES = (
    KindPage(
        ConfigKind.AGENT,
        "agents",
        "agent",
        "agents",
        "spark",
        "Who works for the team: a prompt, a model, and what it may do unasked.",
        "No agent yet. The engine's own ones work on its default model until then.",
        AgentForm,
        (
            ("mode", show_mode),
            ("prompt", lambda row: show_text(row.prompt.name if row.prompt else "")),
            ("model", lambda row: show_text(row.model.key if row.model else "")),
            ("standing", show_standing),
        ),
        (
            (
                "mode",
                "mode",
                (("primary", "primary"), ("subagent", "subagent"), ("all", "both")),
                lambda value: Q(mode=value),
            ),
        ),
        with_references,
        lambda row: row.description.split("\n")[0][:120],
        shows_uses=True,
    ),
    KindPage(
        ConfigKind.PROMPT,
        "prompts",
        "prompt",
        "prompts",
        "chat",
        "What agents are told. Several agents may share one, each with its own values for the variables.",
        "No prompt yet: agents have the engine's own.",
        PromptForm,
        (("tags", show_tags), ("used by", show_agents)),
        (),
        count_uses,
        has_body=True,
        shows_uses=True,
    ),
    KindPage(
        ConfigKind.INSTRUCTION,
        "instructions",
        "instruction file",
        "instructions",
        "eye",
        "Files that every agent of the team reads besides its own prompt.",
        "No instructions yet.",
        InstructionForm,
        (("tags", show_tags),),
        has_body=True,
    ),
    KindPage(
        ConfigKind.MODEL,
        "models",
        "model",
        "models",
        "machine",
        "What agents run on: limits, prices and abilities, each with where it is known from.",
        "No model yet. An import brings those that an engine knows.",
        ModelForm,
        (
            ("identifier", lambda row: format_html('<code class="mono">{}</code>', make_visible(row.key))),
            ("enabled", show_enabled),
            ("status", show_status),
            ("used by", show_agents),
        ),
        (
            (
                "enabled",
                "enabled",
                (("yes", "enabled"), ("no", "off")),
                lambda value: Q(is_enabled=value == "yes"),
            ),
            (
                "status",
                "status",
                tuple((value, str(value)) for value in ModelStatus.values),
                lambda value: Q(status=value),
            ),
        ),
        count_uses,
        shows_uses=True,
    ),
    KindPage(
        ConfigKind.PROVIDER,
        "providers",
        "provider",
        "providers",
        "key",
        "Where models come from. Keys stay on the engine's host; here stands the variable's name.",
        "No provider yet: engines use those that they know themselves.",
        ProviderForm,
        (("name", lambda row: show_text(row.display_name)),),
        shows_uses=True,
    ),
    KindPage(
        ConfigKind.TOOL_RULES,
        "tool-rules",
        "list of rules",
        "rules for every agent",
        "hand",
        "What every agent may do unasked, and what none may. An agent's own rules can only be stricter.",
        "No rules yet: every tool is asked about.",
        ToolRulesForm,
        (("rules", lambda row: str(row.rule_count)),),
    ),
)
KINDS: Mapping[str, KindPage] = {page.kind: page for page in PAGES}
SLUGS: Mapping[str, KindPage] = {page.slug: page for page in PAGES}


def name_owner(row: Configured) -> str:
    return row.team.name if row.team else EVERYBODY
