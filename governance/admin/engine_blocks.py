"""Rules out to an engine's permission block, and such a block in as drafts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.text import slugify

from accounts.admin.base import add_domain_error, answer_refusal, get_principal, perform, refuse_method
from accounts.admin.forms import PLAIN, PlainForm
from accounts.models import Team
from accounts.principal import Principal
from engines.models import Engine
from events.errors import DomainError, Refused
from governance.admin.rule_pages import StoredRuleAdmin
from governance.domain.engine_blocks import MAX_BLOCK_BYTES, Import, export_rules, import_rules, read_import
from governance.policies import can_list_rules
from governance.rule_queries import list_writable_teams

MONO = {**PLAIN, "class": "mono"}


class ExportForm(PlainForm):
    """For which place; what is left open is any."""

    team = forms.ModelChoiceField(queryset=Team.objects.none(), empty_label=None)
    engine = forms.ModelChoiceField(
        queryset=Engine.objects.none(), required=False, label="For this engine", empty_label="any engine"
    )
    directory = forms.CharField(
        required=False,
        max_length=1000,
        label="For this project directory",
        widget=forms.TextInput(attrs=MONO),
    )
    agent = forms.CharField(
        required=False, max_length=80, label="For this agent", widget=forms.TextInput(attrs=PLAIN)
    )
    gate = forms.BooleanField(
        required=False,
        label="The engine is behind the gate",
        help_text="Then commands that are allowed word by word are handed over too.",
    )

    def __init__(self, principal: Principal, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        teams: Any = self.fields["team"]
        teams.queryset = Team.objects.filter(pk__in=principal.team_ids, retired_at=None).order_by("name")
        engines: Any = self.fields["engine"]
        engines.queryset = Engine.objects.filter(team_id__in=principal.team_ids, retired_at=None)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        engine, team = cleaned.get("engine"), cleaned.get("team")
        if engine and team and engine.team_id != team.pk:
            self.add_error("engine", "This engine belongs to another team.")
        return cleaned


class ImportForm(PlainForm):
    team = forms.ModelChoiceField(queryset=Team.objects.none(), empty_label=None)
    text = forms.CharField(
        required=False,
        strip=False,
        max_length=MAX_BLOCK_BYTES,
        label="Permission block",
        help_text="The object “permission” of an engine's configuration, or all of it, as JSON.",
        widget=forms.Textarea(attrs={**MONO, "rows": 12}),
    )
    file = forms.FileField(required=False, label="Or a file with it")
    directory = forms.CharField(
        required=False,
        max_length=1000,
        label="Only in this project directory",
        help_text="Absolute. What lets something through without one needs a second person.",
        widget=forms.TextInput(attrs=MONO),
    )

    def __init__(self, principal: Principal, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        teams: Any = self.fields["team"]
        teams.queryset = list_writable_teams(principal)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        file = cleaned.get("file")
        if file:
            if file.size > MAX_BLOCK_BYTES:
                raise forms.ValidationError("The file is larger than 256 KiB.")
            try:
                cleaned["text"] = file.read().decode()
            except UnicodeDecodeError as error:
                raise forms.ValidationError("The file is no text.") from error
        if not cleaned.get("text", "").strip():
            self.add_error("text", "Paste a block, or choose a file.")
        return cleaned


class EngineBlockPages(StoredRuleAdmin):
    """Two more addresses of the rules' list."""

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("export/", self.export),
            self.action_path("import/", self.import_block),
            *super().action_urls(),
        ]

    def export(self, request: HttpRequest) -> HttpResponse:
        """Reads only: the block on a page, or with `download` as a file."""
        if request.method not in {"GET", "HEAD"}:
            return refuse_method(request, "GET", "HEAD")
        principal = get_principal(request)
        if not can_list_rules(principal) or not principal.team_ids:
            return answer_refusal(request, "Only people of a team read its rules.")
        asked = request.GET if "team" in request.GET else None
        form = ExportForm(principal, asked)
        made = None
        if form.is_valid():
            values = form.cleaned_data
            made = export_rules(
                team=values["team"],
                engine_id=values["engine"].pk if values["engine"] else "",
                directory=values["directory"],
                agent=values["agent"],
                behind_gate=values["gate"],
            )
            if request.GET.get("download"):
                return attach(made.text, f"permission-{slugify(values['team'].name) or 'team'}.json")
        elif asked is not None and "team" in form.errors:
            raise Http404
        context = {
            "title": "Rules as an engine's permission block",
            "form": form,
            "made": made,
            "query": request.GET.urlencode(),
        }
        return self.render_block(request, "export.html", context, status=400 if form.errors else 200)

    def import_block(self, request: HttpRequest) -> HttpResponse:
        """POST shows what would be made of it, or makes the drafts."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return refuse_method(request, "GET", "HEAD", "POST")
        principal = get_principal(request)
        if not list_writable_teams(principal).exists():
            return answer_refusal(request, "Only editors, approvers and admins of a team write its rules.")
        is_sent = request.method == "POST"
        form = ImportForm(principal, request.POST if is_sent else None, request.FILES if is_sent else None)
        found: Import | None = None
        status = 200
        if is_sent and form.is_valid():
            try:
                found = self.read_or_make(request, form)
            except Refused as error:
                return answer_refusal(request, error.message)
            except DomainError as error:
                add_domain_error(form, error)
                status = error.status
            if found is not None and found.made and not found.problems:
                return HttpResponseRedirect(f"{self.list_url()}?state=draft")
        elif is_sent:
            status = 400
        context = {
            "title": "Rules from an engine's permission block",
            "form": form,
            "found": found,
            "text": form.cleaned_data.get("text", "") if is_sent and hasattr(form, "cleaned_data") else "",
        }
        return self.render_block(request, "import.html", context, status=status)

    def read_or_make(self, request: HttpRequest, form: ImportForm) -> Import:
        values = form.cleaned_data
        team, text, directory = values["team"], values["text"], values["directory"]
        if request.POST.get("act") != "import":
            return read_import(team=team, text=text, directory=directory)
        principal = get_principal(request)
        found = perform(
            request,
            lambda: import_rules(principal=principal, team=team, text=text, directory=directory),
        )
        count = len(found.made)
        messages.success(request, f"{count} draft{'' if count == 1 else 's'} made; none of them applies yet.")
        return found

    def render_block(
        self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int
    ) -> TemplateResponse:
        whole = {
            **self.admin_site.each_context(request),
            **self.names(),
            "opts": self.opts,
            **context,
        }
        return TemplateResponse(request, f"admin/governance/rules/{template}", whole, status=status)


def attach(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
