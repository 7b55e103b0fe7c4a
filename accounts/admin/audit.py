"""The audit chain, read-only, for owners. Everybody else reads the history of what they may see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.audit_diff import build_diff, shorten
from accounts.admin.audit_filters import AuditAddress, build_filters
from accounts.admin.base import PortalModelAdmin, answer_refusal, get_principal, refuse_method
from accounts.admin.display import format_moment, render_code
from accounts.policies import can_read_audit
from accounts.principal import Principal
from accounts.reauthentication import ask_for_password
from events.audit import verify_entry
from events.audit_checks import release_check, start_check, step_check
from events.audit_export import Export, ExportFormat, begin_export, iterate_export
from events.audit_reading import Selection, read_audit_page
from events.database_threads import DatabaseThread
from events.errors import Conflict, Refused
from events.models import GENESIS_HASH, AuditCheck, AuditEntry, LogHead
from events.refusals import record_refusal
from events.text import make_visible

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry of the list: what it says, and where its links lead."""

    entry: AuditEntry
    kind: str
    changes: str
    url: str
    actor_url: str
    subject_url: str


@admin.register(AuditEntry)
class AuditEntryAdmin(PortalModelAdmin):
    change_list_template = "admin/events/auditentry/change_list.html"
    change_form_template = "admin/events/auditentry/change_form.html"
    list_description = "Who did what, in the order of the chain."
    empty_text = "The chain has no entry yet."
    fieldsets = (
        (None, {"fields": ("time", "who", "actor", "act", "subject", "door")}),
        ("Chain", {"fields": ("number", "hash_code", "prev_hash_code")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.all() if can_read_audit(principal) else AuditEntry.objects.none()

    def can_see(self, principal: Principal, obj: AuditEntry) -> bool:
        return can_read_audit(principal)

    def can_list(self, principal: Principal) -> bool:
        return can_read_audit(principal)

    # The list -------------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return refuse_method(request, "GET", "HEAD")
        if not can_read_audit(get_principal(request)):
            return refuse(request, "Only owners read the audit chain.")
        address = AuditAddress.of(request)
        if address.number is not None and AuditEntry.objects.filter(n=address.number).exists():
            return HttpResponseRedirect(self.entry_url(address.number))
        selection = address.select(timezone.now())
        page = read_audit_page(selection, below=address.below, limit=PAGE_SIZE)
        context = {
            **self.admin_site.each_context(request),
            **self.names(),
            **build_filters(address),
            "title": self.names()["list_name"],
            "list_description": self.list_description,
            "opts": self.opts,
            "address": address,
            "search": address.get("q"),
            "hidden": address.hidden(),
            "hidden_without_search": address.hidden("q"),
            "hidden_without_days": address.hidden("within", "from", "to"),
            "rows": [self.build_row(address, entry) for entry in page.entries],
            "is_filtered": not selection.is_whole,
            "newest_url": address.url() if address.below is not None else "",
            "older_url": f"{address.url()}&below={page.next_below}" if page.next_below is not None else "",
            "looked_through": page.looked_through,
            "formats": ExportFormat.choices,
            "check": AuditCheck.objects.first(),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.change_list_template, context)

    def build_row(self, address: AuditAddress, entry: AuditEntry) -> AuditRow:
        return AuditRow(
            entry,
            make_visible(entry.subject_kind.replace("_", " ")),
            make_visible(shorten(entry.before, entry.after)),
            self.entry_url(entry.n),
            address.url(actor=entry.actor_id),
            address.url(subject=entry.subject_id),
        )

    def entry_url(self, n: int) -> str:
        return reverse("admin:events_auditentry_change", args=[n])

    # One entry ------------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: AuditEntry) -> dict[str, Any]:
        around = AuditEntry.objects.filter(n__in=[obj.n - 1, obj.n + 1]).values_list("n", "hash")
        neighbours = dict(around)
        is_first = obj.n == 1
        prev_hash = GENESIS_HASH if is_first else neighbours.get(obj.n - 1, "")
        return {
            "title": f"Entry {obj.n}",
            "entry": obj,
            "diff": build_diff(obj.before, obj.after),
            "problems": [finding.problem for finding in verify_entry(obj, prev_hash)],
            "subject_page": find_page(request, obj.subject_kind, obj.subject_id),
            "actor_page": find_page(request, "user", obj.actor_id),
            "older_url": self.entry_url(obj.n - 1) if obj.n - 1 in neighbours else "",
            "newer_url": self.entry_url(obj.n + 1) if obj.n + 1 in neighbours else "",
        }

    @admin.display(description="entry")
    def number(self, entry: AuditEntry) -> str:
        return str(entry.n)

    @admin.display(description="time")
    def time(self, entry: AuditEntry) -> SafeString:
        return format_html('<span class="nowrap">{}</span>', format_moment(entry.at))

    @admin.display(description="who")
    def who(self, entry: AuditEntry) -> str:
        return make_visible(entry.actor_label or entry.actor_id)

    @admin.display(description="actor")
    def actor(self, entry: AuditEntry) -> SafeString:
        return format_html("{} {}", entry.actor_kind, render_code(entry.actor_id))

    @admin.display(description="did")
    def act(self, entry: AuditEntry) -> SafeString:
        return render_code(entry.verb)

    @admin.display(description="to")
    def subject(self, entry: AuditEntry) -> SafeString:
        return format_html("{} {}", entry.subject_kind.replace("_", " "), render_code(entry.subject_id))

    @admin.display(description="hash")
    def hash_code(self, entry: AuditEntry) -> SafeString:
        return render_code(entry.hash)

    @admin.display(description="hash before it")
    def prev_hash_code(self, entry: AuditEntry) -> SafeString:
        return render_code(entry.prev_hash)

    # Checking and exporting -----------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        return [self.action_path("check/", self.check_page), self.action_path("export/", self.export)]

    def check_page(self, request: HttpRequest) -> HttpResponse:
        """GET: how the newest check stands; POST: begin one. A short chain is done at once."""
        principal = get_principal(request)
        if not can_read_audit(principal):
            return refuse(request, "Only owners check the audit chain.")
        if request.method == "POST":
            try:
                check = start_check(principal.actor)
                step_check(check)
                release_check(check)
            except Conflict as error:
                messages.warning(request, error.message)
            return HttpResponseRedirect(request.path)
        if request.method not in {"GET", "HEAD"}:
            return refuse_method(request, "GET", "HEAD", "POST")
        context = {
            **self.admin_site.each_context(request),
            **self.names(),
            "title": "Check of the audit chain",
            "opts": self.opts,
            "check": AuditCheck.objects.first(),
            "head": LogHead.objects.filter(pk=1).first(),
        }
        return TemplateResponse(request, "admin/events/auditentry/check.html", context)

    def export(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """The selected entries as a file; that they were taken out is an entry itself."""
        principal = get_principal(request)
        if request.method != "POST":
            return refuse_method(request, "POST")
        if not can_read_audit(principal):
            return refuse(request, "Only owners export the audit chain.")
        if asked := ask_for_password(request):
            return asked
        export_format = request.POST.get("format", "")
        if export_format not in ExportFormat.values:
            raise Http404
        selection: Selection = AuditAddress.read(request.POST).select(timezone.now())
        made = begin_export(principal.actor, selection, export_format)
        response = StreamingHttpResponse(
            stream_export(made, export_format), content_type=ExportFormat(export_format).content_type
        )
        response.headers["Content-Disposition"] = f'attachment; filename="{made.file_name}.{export_format}"'
        response.headers["Cache-Control"] = "no-store"
        return response


def refuse(request: HttpRequest, sentence: str) -> HttpResponse:
    """403, and an entry: somebody wanted to read the whole log."""
    record_refusal(get_principal(request).actor, Refused(sentence))
    return answer_refusal(request, sentence)


async def stream_export(export: Export, export_format: str) -> AsyncIterator[bytes]:
    """The file part by part, read on a thread of its own: the worker goes on with other requests."""
    thread = DatabaseThread("countersign-export")
    parts = iterate_export(export, export_format)
    try:
        while (part := await thread.run(next, parts, b"")) != b"":
            yield part
    finally:
        await thread.aclose()


def find_page(request: HttpRequest, kind: str, object_id: str) -> str:
    """The address of a thing's page for this reader; "" when it has none, or none for them."""
    named = {
        (str(model._meta.model_name) != kind.replace("_", ""), str(model._meta.label_lower)): model_admin
        for model, model_admin in admin.site._registry.items()  # noqa: SLF001 - Django has no public list
        if getattr(model_admin, "subject_kind", "") == kind
    }
    if not named:
        return ""
    found: Any = named[min(named)]
    try:
        return str(found.url_of(found.get_visible(request, object_id)))
    except (Http404, NoReverseMatch):
        return ""
