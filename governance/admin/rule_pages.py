"""What the pages of both kinds of rule share: a page, its buttons, a form that tries what it saves."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin.base import (
    Button,
    PortalModelAdmin,
    answer_refusal,
    get_principal,
    perform,
    post_action,
    refuse_method,
)
from accounts.admin.display import render_age, render_pill
from accounts.principal import Principal
from events.errors import DomainError, Invalid, NotFound, Refused
from events.text import make_visible
from governance.admin.replay_page import build_replay
from governance.admin.replays import begin, show_replay
from governance.admin.rule_forms import (
    VERBS,
    StoredRuleForm,
    read_initial,
    split_lines,
)
from governance.admin.rule_page import build_page
from governance.admin.rule_states import (
    describe_effect,
    describe_end,
    describe_state,
    list_limits,
)
from governance.admin.rule_tries import Reading, read_draft_aloud
from governance.domain.rules import (
    restore_version,
    retire_rule,
    switch_off,
    switch_on,
)
from governance.enums import RuleState, StoredRuleKind
from governance.matching.calls import PATH_VERBS
from governance.models import RuleReplay
from governance.policies import RULE_WRITERS, can_list_rules, can_see_rule, explain_not_editing_rules
from governance.rule_drafts import Draft, StoredRow, read_draft
from governance.rule_queries import list_writable_teams
from governance.rule_starts import read_start

Start = tuple[Draft, RuleReplay]
# Fields of the domain under the names that the form has for them.
FIELD_NAMES = {"engine_id": "engine", "user_id": "user", "chat_id": "chat", "team_id": "team"}
FORM_TEMPLATE = "admin/governance/rules/form.html"


class StoredRuleAdmin(PortalModelAdmin):
    """What the two kinds of rule share."""

    kind: ClassVar[str]
    form_class: ClassVar[type[StoredRuleForm]]
    change_list_template = "admin/governance/rules/list.html"
    change_form_template = "admin/governance/rules/page.html"
    ordering = ("-changed_at", "-id")
    sortable_by = ()

    def can_see(self, principal: Principal, obj: Any) -> bool:
        return can_see_rule(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return can_list_rules(principal) and bool(principal.team_ids)

    def can_add(self, principal: Principal) -> bool:
        """Asked for the menu of every page: from the roles, which are read once for a request."""
        return any(role in RULE_WRITERS for role in principal.roles.values())

    def save(self, request: HttpRequest, form: StoredRuleForm, row: StoredRow | None) -> StoredRow:
        raise NotImplementedError

    # Columns and facts ------------------------------------------------------------------------------

    @admin.display(description="state")
    def state_pill(self, row: StoredRow) -> SafeString:
        return render_pill(describe_state(row, timezone.now()))

    @admin.display(description="effect")
    def effect_pill(self, row: StoredRow) -> SafeString:
        return render_pill(describe_effect(row))

    @admin.display(description="limited to")
    def limits(self, row: StoredRow) -> str:
        return "; ".join(list_limits(row)) or "everything of the team"

    @admin.display(description="ends")
    def ends(self, row: StoredRow) -> str:
        return describe_end(row, timezone.now())

    @admin.display(description="changed")
    def changed(self, row: StoredRow) -> SafeString:
        return render_age(row.changed_at)

    @admin.display(description="written by")
    def author(self, row: StoredRow) -> str:
        return str(row.created_by)

    @admin.display(description="team")
    def team_name(self, row: StoredRow) -> str:
        return row.team.name

    # The page ---------------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: StoredRow) -> dict[str, Any]:
        principal = get_principal(request)
        return {
            **build_page(principal, obj),
            "title": make_visible(obj.name),
            "edit_url": self.url_of(obj, "edit"),
            "restore_url": self.url_of(obj, "restore"),
            "may_edit": obj.state != RuleState.RETIRED
            and not explain_not_editing_rules(principal, obj.team_id),
        }

    def object_buttons(self, request: HttpRequest, obj: StoredRow) -> list[Button]:
        if obj.state == RuleState.RETIRED or explain_not_editing_rules(get_principal(request), obj.team_id):
            return []
        retire = Button(self.url_of(obj, "retire"), "Retire", "bad", "It ends for good; its history stays.")
        if obj.state in {RuleState.ACTIVE, RuleState.IN_REVIEW}:
            hint = "It applies to nothing any more, from this moment, in every process."
            return [Button(self.url_of(obj, "switch-off"), "Switch off", "", hint), retire]
        # What is switched on is the version that was on the page.
        url = f"{self.url_of(obj, 'switch-on')}?version={obj.version}"
        return [Button(url, "Switch on", "ok", "It applies from now on."), retire]

    # Addresses --------------------------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("try/", self.try_draft),
            self.action_path("<path:object_id>/edit/", self.edit),
            self.action_path("<path:object_id>/switch-on/", self.switch_on),
            self.action_path("<path:object_id>/switch-off/", self.switch_off),
            self.action_path("<path:object_id>/retire/", self.retire),
            self.action_path("<path:object_id>/restore/", self.restore),
        ]

    @post_action
    def switch_on(self, request: HttpRequest, obj: StoredRow) -> HttpResponse:
        version = read_number(request.GET.get("version", ""))
        row = switch_on(principal=get_principal(request), rule_id=obj.pk, version=version, kind=self.kind)
        messages.success(request, describe_activation(row))
        return self.redirect_to(obj)

    @post_action
    def switch_off(self, request: HttpRequest, obj: StoredRow) -> HttpResponse:
        switch_off(principal=get_principal(request), rule_id=obj.pk, kind=self.kind)
        messages.success(request, "It is off: it applies to nothing any more.")
        return self.redirect_to(obj)

    @post_action
    def retire(self, request: HttpRequest, obj: StoredRow) -> HttpResponse:
        retire_rule(principal=get_principal(request), rule_id=obj.pk, kind=self.kind)
        messages.success(request, "It is retired.")
        return self.redirect_to(obj)

    @post_action
    def restore(self, request: HttpRequest, obj: StoredRow) -> HttpResponse:
        row = restore_version(
            principal=get_principal(request),
            rule_id=obj.pk,
            restored=read_number(request.POST.get("restored", "")),
            version=read_number(request.POST.get("version", "")),
            kind=self.kind,
        )
        messages.success(request, f"Restored as version {row.version}. {describe_standing(row)}")
        return self.redirect_to(obj)

    # Writing ----------------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self.answer_form(request, None)

    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Whoever sees a rule may try it here; saving is the domain's to refuse."""
        return self.answer_form(request, self.get_visible(request, object_id))

    def answer_form(self, request: HttpRequest, row: StoredRow | None) -> HttpResponse:
        if request.method not in {"GET", "HEAD", "POST"}:
            return refuse_method(request, "GET", "HEAD", "POST")
        started = find_start(request, self.kind, row)
        form = self.make_form(request, row, started)
        if request.method != "POST":
            draft = started[0] if started else read_draft(row) if row else None
            return self.render_form(request, form, row, draft, started)
        if not form.is_valid():
            return self.render_form(request, form, row, None, started, status=400)
        draft = form.read_draft()
        if request.POST.get("act") == "try":
            return self.render_form(request, form, row, draft, started)
        try:
            if request.POST.get("act") == "replay":
                rule_id = row.pk if row else ""
                return show_replay(begin(request, team=form.team, draft=draft, rule_id=rule_id))
            saved = perform(request, lambda: self.save(request, form, row))
        except Refused as error:
            return answer_refusal(request, error.message)
        except DomainError as error:
            show_error(form, error)
            return self.render_form(request, form, row, draft, started, status=error.status)
        messages.success(request, f"Saved as version {saved.version}. {describe_standing(saved)}")
        return HttpResponseRedirect(self.url_of(saved))

    def make_form(
        self, request: HttpRequest, row: StoredRow | None, started: Start | None = None
    ) -> StoredRuleForm:
        draft = started[0] if started else read_draft(row) if row else None
        initial = read_initial(draft, version=row.version if row else None) if draft else {}
        if started:
            initial["team"] = started[1].team_id
        return self.form_class(
            request.POST if request.method == "POST" else None,
            teams=list_writable_teams(get_principal(request)),
            team=row.team if row else None,
            initial=initial,
        )

    def try_draft(self, request: HttpRequest) -> HttpResponse:
        """For the page's script: what the form says as it is typed, as a piece of the page."""
        if request.method != "POST":
            return refuse_method(request, "POST")
        object_id = request.POST.get("rule", "")
        row = self.get_visible(request, object_id) if object_id else None
        if row is None and not self.has_add_permission(request):
            raise PermissionDenied
        form = self.make_form(request, row)
        reading = self.read_form(request, form, row, form.read_draft()) if form.is_valid() else None
        context = {"reading": reading, "problems": form.errors}
        return TemplateResponse(request, "admin/governance/rules/reading.html", context)

    def read_form(
        self, request: HttpRequest, form: StoredRuleForm, row: StoredRow | None, draft: Draft
    ) -> Reading:
        return read_draft_aloud(
            draft,
            team_id=row.team_id if row else form.team.pk,
            lines=split_lines(request.POST.get("try_lines", "")),
            verb=request.POST.get("try_verb", ""),
            replaced_id=row.pk if row else "",
        )

    def render_form(
        self,
        request: HttpRequest,
        form: StoredRuleForm,
        row: StoredRow | None,
        draft: Draft | None,
        started: Start | None = None,
        *,
        status: int = 200,
    ) -> TemplateResponse:
        """`started`: the draft that was replayed, and the replay, which is shown below."""
        may_read = draft is not None and (row is not None or form.is_bound)
        reading = self.read_form(request, form, row, draft) if may_read and draft else None
        principal = get_principal(request)
        refusal = explain_not_editing_rules(principal, row.team_id) if row else ""
        context = {
            **self.admin_site.each_context(request),
            **self.names(),
            "title": f"Edit {make_visible(row.name)}" if row else f"Add {self.names()['singular']}",
            "form": form,
            "row": row,
            "sections": form.list_sections(),
            "reading": reading,
            "problems": form.errors,
            "refusal": refusal or ("It is retired." if row and row.state == RuleState.RETIRED else ""),
            "is_on": bool(row and row.state in {RuleState.ACTIVE, RuleState.IN_REVIEW}),
            "try_url": f"{self.list_url()}try/",
            "back_url": self.url_of(row) if row else self.list_url(),
            "try_lines": request.POST.get("try_lines", ""),
            "try_verb": request.POST.get("try_verb", ""),
            "path_verbs": sorted(PATH_VERBS) if self.kind == StoredRuleKind.TARGET else [],
            "verbs": VERBS,
            "opts": self.opts,
            **(build_replay(principal, started[1]) if started else {}),
        }
        return TemplateResponse(request, FORM_TEMPLATE, context, status=status)


def find_start(request: HttpRequest, kind: str, row: StoredRow | None) -> Start | None:
    """What `?replay=ID` says to begin with; a replay of another rule is none of this one's."""
    try:
        started = read_start(get_principal(request), request.GET)
    except NotFound as error:
        raise Http404(error.message) from error
    if started is None or started[1].rule_kind != kind or started[1].rule_id != (row.pk if row else ""):
        return None
    return started


def describe_activation(row: StoredRow) -> str:
    if row.state == RuleState.IN_REVIEW:
        return "It waits for a second person and applies to nothing until then."
    return "It is on."


def describe_standing(row: StoredRow) -> str:
    if row.state in {RuleState.ACTIVE, RuleState.IN_REVIEW}:
        return describe_activation(row)
    return f"It is {row.get_state_display()} and applies to nothing."


def show_error(form: forms.Form, error: DomainError) -> None:
    """The domain's sentence at the field it names; every example that failed at its own field."""
    field = error.facts.get("field", "") if isinstance(error, Invalid) else ""
    name = FIELD_NAMES.get(field, field)
    examples = error.facts.get("examples", [])
    if examples:
        for item in examples:
            form.add_error(item["field"], f"“{make_visible(item['line'])}” {item['sentence']}")
        return
    form.add_error(name if name in form.fields else None, error.message)


def read_number(text: str) -> int:
    """0, which no version has, for what is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
