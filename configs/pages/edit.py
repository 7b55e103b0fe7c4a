"""The form of one thing: opened, previewed, saved; an edit that somebody overtook is shown beside theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse

from accounts.admin.base import answer_refusal, get_principal, perform, refuse_method
from accounts.principal import Principal
from configs.content import RULE_ACTIONS, THEME_COLORS, AgentContent, Content, PromptContent
from configs.domain.objects import Saved, save_object
from configs.enums import ConfigKind
from configs.pages.desk import Desk, Owner, list_owners
from configs.pages.diffs import FieldDiff, diff_contents
from configs.pages.forms.base import ContentForm
from configs.pages.forms.rule_rows import PERMISSIONS
from configs.pages.forms.variable_rows import VariableRow
from configs.pages.names import read_names
from configs.pages.offers import build_offers
from configs.pages.previews import Preview, build_preview
from configs.pages.uses import Use, list_uses
from configs.policies import can_read_config, explain_not_editing
from configs.queries import get_version, read_content
from events.errors import Conflict, DomainError, Refused

MAX_BODY_CHARACTERS = 512 * 1024
ROW_ACTS = ("rule:", "variable:", "declare")


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody saved `number` while this one was written: theirs beside what was typed."""

    number: int
    opened: int
    author: str
    note: str
    changed: list[str]
    diffs: list[FieldDiff]
    theirs_url: str

    @property
    def next_number(self) -> int:
        return self.number + 1

    @property
    def left_title(self) -> str:
        return f"Version {self.number}, saved"


def answer_add(desk: Desk, request: HttpRequest) -> HttpResponse:
    """`?team=` says for whom, where there is a choice."""
    owners = list_owners(get_principal(request))
    wanted = request.POST.get("team", "") or request.GET.get("team", "")
    return answer_form(desk, request, None, pick_owner(owners, wanted), owners)


def pick_owner(owners: list[Owner], wanted: str) -> Owner:
    """The first of those that this person may add for, when the address names none."""
    found = [owner for owner in owners if owner.value == wanted] if wanted else owners
    if not found:
        raise PermissionDenied("You may not add anything here.")
    return found[0]


def answer_edit(desk: Desk, request: HttpRequest, object_id: str) -> HttpResponse:
    """Whoever reads it may look at its form; saving is the domain's to refuse."""
    row = desk.get_row(request, object_id)
    if not can_read_config(get_principal(request), row):
        return answer_refusal(request, "Only members of its team read what it says.")
    return answer_form(desk, request, row, Owner(row.team), [])


def answer_form(
    desk: Desk, request: HttpRequest, row: Any, owner: Owner, owners: list[Owner]
) -> HttpResponse:
    if request.method not in {"GET", "HEAD", "POST"}:
        return refuse_method(request, "GET", "HEAD", "POST")
    form = make_form(desk, request, row, owner)
    act = request.POST.get("act", "")
    if request.method != "POST":
        return render_form(desk, request, form, row, owner, owners)
    is_valid = form.is_valid()
    if act == "preview" or act.startswith(ROW_ACTS):
        return render_form(desk, request, form, row, owner, owners)
    if not is_valid:
        return render_form(desk, request, form, row, owner, owners, status=400)
    try:
        saved = perform(request, lambda: save(get_principal(request), desk, form, row, owner))
    except Refused as error:
        return answer_refusal(request, error.message)
    except Conflict as error:
        return answer_conflict(desk, request, form, row, owner, owners, error)
    except DomainError as error:
        show_error(form, error)
        return render_form(desk, request, form, row, owner, owners, status=error.status)
    if saved.is_changed:
        messages.success(
            request, f"Saved as version {saved.version.number}. Engines run what is labelled production."
        )
    else:
        messages.info(request, "It says so already: no new version.")
    return HttpResponseRedirect(desk.url("show", saved.row.pk))


def save(principal: Principal, desk: Desk, form: ContentForm, row: Any, owner: Owner) -> Saved:
    return save_object(
        principal=principal,
        kind=desk.page.kind,
        team=owner.team,
        content=form.get_content(),
        object_id=row.pk if row else None,
        expected_version=form.cleaned_data["version"],
        note=form.cleaned_data["note"],
    )


def make_form(desk: Desk, request: HttpRequest, row: Any, owner: Owner) -> ContentForm:
    base = read_content(row) if row else None
    data = request.POST.copy() if request.method == "POST" else None
    form = desk.page.form_class(
        data,
        offers=build_offers(desk.page.kind, owner.team_id, find_prompt(data, base)),
        base=base,
        initial={"version": row.version if row else None},
    )
    if data is not None and data.get("act") == "declare":
        declare_variables(form, data)
    return form


def find_prompt(data: QueryDict | None, base: Content | None) -> str:
    """The prompt that an agent's form has chosen."""
    if data is not None:
        return data.get("prompt", "")
    return base.prompt if isinstance(base, AgentContent) else ""


def declare_variables(form: Any, data: QueryDict) -> None:
    """Add a row for each variable of the text that has none."""
    body = data.get("body", "")[:MAX_BODY_CHARACTERS]
    known = {row.name for row in form.rows.rows}
    found = PromptContent(name="", body=body).placeholders
    form.rows.rows += [VariableRow(name, has_default=False) for name in found if name not in known]


def show_error(form: ContentForm, error: DomainError) -> None:
    """The domain's sentence at the field it names, which stands in front of it."""
    field = str(error.facts.get("field", ""))
    form.add_problem(field, error.message.removeprefix(f"{field}: "))


def answer_conflict(
    desk: Desk,
    request: HttpRequest,
    form: ContentForm,
    row: Any,
    owner: Owner,
    owners: list[Owner],
    error: Conflict,
) -> HttpResponse:
    """Shown, not overwritten; saving again from this page is on top of theirs, knowingly."""
    if error.code != "stale_version" or row is None:
        show_error(form, error)
        return render_form(desk, request, form, row, owner, owners, status=error.status)
    fresh = desk.get_row(request, row.pk)
    conflict = build_conflict(desk, fresh, form)
    form.data = set_version(request.POST, fresh.version)
    return render_form(desk, request, form, fresh, owner, owners, conflict=conflict, status=error.status)


def set_version(data: QueryDict, number: int) -> QueryDict:
    copied = data.copy()
    copied["version"] = str(number)
    return copied


def build_conflict(desk: Desk, fresh: Any, form: ContentForm) -> Overtaken:
    opened = form.cleaned_data["version"] or 0
    theirs, mine = read_content(fresh), form.content
    base = read_content(fresh, opened) if 0 < opened < fresh.version else None
    version = get_version(fresh, fresh.version)
    names = read_names([theirs, mine, base])
    return Overtaken(
        number=fresh.version,
        opened=opened,
        author=version.author_label or version.author_id,
        note=version.note,
        changed=[field.label for field in diff_contents(base, theirs, names)],
        diffs=diff_contents(theirs, mine, names),
        theirs_url=desk.url("edit", fresh.pk),
    )


def answer_preview(desk: Desk, request: HttpRequest) -> HttpResponse:
    """For the page's script: the preview of what stands in the form, as a piece of the page."""
    if request.method != "POST":
        return refuse_method(request, "POST")
    object_id = request.POST.get("object", "")
    if object_id:
        row = desk.get_row(request, object_id)
        if not can_read_config(get_principal(request), row):
            return answer_refusal(request, "Only members of its team read what it says.")
        owner = Owner(row.team)
    else:
        row = None
        owner = pick_owner(list_owners(get_principal(request)), request.POST.get("team", ""))
    form = make_form(desk, request, row, owner)
    context = {
        "form": form,
        "preview": read_preview(desk, form, row, owner),
        "uses": find_uses(desk, request, row),
        "shows_values": desk.page.kind == ConfigKind.AGENT,
    }
    return TemplateResponse(request, "configs/preview_piece.html", context)


def read_preview(desk: Desk, form: ContentForm, row: Any, owner: Owner) -> Preview | None:
    """None while the form can't be read."""
    content: Content | None = form.content if form.is_bound and form.is_valid() else None
    if content is None and not form.is_bound:
        content = form.base
    if content is None:
        return None
    return build_preview(desk.page.kind, owner.team_id, row.pk if row else "", content)


def find_uses(desk: Desk, request: HttpRequest, row: Any) -> list[Use]:
    return list_uses(desk.door, row, get_principal(request)) if row and desk.page.shows_uses else []


def render_form(
    desk: Desk,
    request: HttpRequest,
    form: ContentForm,
    row: Any,
    owner: Owner,
    owners: list[Owner],
    *,
    conflict: Overtaken | None = None,
    status: int = 200,
) -> TemplateResponse:
    refusal = explain_not_editing(get_principal(request), owner.team_id) if row else ""
    if row and row.retired_at:
        refusal = "It is retired: take it back first."
    context = {
        "title": f"Edit {row.name}" if row else f"Add {desk.page.singular}",
        "form": form,
        "row": row,
        "owner": owner,
        "owners": owners if len(owners) > 1 else [],
        "conflict": conflict,
        "refusal": refusal,
        "next_number": row.version + 1 if row else 1,
        "preview": read_preview(desk, form, row, owner),
        "preview_url": desk.url("preview"),
        "uses": find_uses(desk, request, row),
        "back_url": desk.url("show", row.pk) if row else desk.url("list"),
        "is_unsaved": form.is_bound,
        **RULE_WORDS[desk.page.kind == ConfigKind.TOOL_RULES],
        "colours": THEME_COLORS,
    }
    return desk.render(request, "configs/form.html", context, status=status)


RULE_CHOICES: Mapping[str, Any] = {"permissions": PERMISSIONS, "rule_actions": RULE_ACTIONS}
RULE_WORDS: Mapping[bool, Mapping[str, Any]] = {
    True: {**RULE_CHOICES, "rules_empty": "No rules: every agent is asked about every tool."},
    False: {**RULE_CHOICES, "rules_empty": "No rules of its own: those for every agent bind it."},
}
