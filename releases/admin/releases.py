"""Releases: what was rendered for an engine, file by file, and the buttons that bring it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action, refuse_method
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.diff_lines import DiffView, build_diff
from accounts.admin.display import Pill, highlight_marks, render_age, render_code, render_pill
from accounts.principal import Principal
from engines.enums import EngineControl
from events.text import make_visible, make_visible_lines
from releases.admin.by_hand import list_steps_by_hand, pack_files
from releases.diffs import FileDiff, diff_releases
from releases.domain.publications import publish
from releases.domain.signing import explain_broken_seal
from releases.models import Publication, Release
from releases.policies import can_see_release, explain_not_publishing
from releases.queries import find_live_release, find_unfinished, list_releases, mark_live


@dataclass(frozen=True, slots=True)
class ShownDiff:
    path: str
    status: str
    view: DiffView


@dataclass(frozen=True, slots=True)
class ShownFile:
    path: str
    html: SafeString
    size: int


def show_diffs(diffs: list[FileDiff]) -> list[ShownDiff]:
    return [ShownDiff(make_visible(diff.path), diff.status, build_diff(diff.text)) for diff in diffs]


@admin.register(Release)
class ReleaseAdmin(PortalModelAdmin):
    subject_kind = "release"
    singular, plural, list_name = "release", "releases", "Releases"
    list_description = (
        "What engines run: everything labelled for production, rendered once, signed, never changed."
        " Build one on an engine's page."
    )
    empty_text = "Nothing has been built yet. The button stands on an engine's page."
    list_display = ("label", "live_pill", "note_text", "by", "when", "hash_code")
    list_display_links = ("label",)
    ordering = ("-created_at", "-id")
    sortable_by = ()
    fieldsets = (
        (None, {"fields": ("live_pill", "engine_link", "note_text", "by", "when")}),
        ("Contents", {"fields": ("inputs_text", "schema_text", "hash_code", "seal_pill")}),
    )
    change_form_template = "admin/releases/release/change_form.html"

    def list_visible(self, principal: Principal) -> QuerySet[Release]:
        return mark_live(list_releases(principal))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        """The list needs no file's text."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        return rows if match is not None and "object_id" in match.kwargs else rows.defer("files")

    def can_see(self, principal: Principal, obj: Release) -> bool:
        return can_see_release(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return bool(principal.team_ids)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="release")
    def label(self, release: Release) -> str:
        return make_visible(str(release))

    @admin.display(description="state")
    def live_pill(self, release: Release) -> SafeString:
        is_live = getattr(release, "live_id", None) == release.pk
        return render_pill(Pill("live", "check", "ok") if is_live else Pill("not live", "dot", "quiet"))

    @admin.display(description="engine")
    def engine_link(self, release: Release) -> SafeString:
        url = reverse("admin:engines_engine_change", args=[release.engine_id])
        return format_html('<a href="{}">{}</a>', url, make_visible(release.engine.name))

    @admin.display(description="note")
    def note_text(self, release: Release) -> str:
        return make_visible(release.note) or "–"

    @admin.display(description="built by")
    def by(self, release: Release) -> str:
        return make_visible(release.created_by_label or release.created_by_id)

    @admin.display(description="built")
    def when(self, release: Release) -> SafeString:
        return format_html("{} ago", render_age(release.created_at))

    @admin.display(description="hash")
    def hash_code(self, release: Release) -> SafeString:
        return render_code(release.content_hash[:12])

    @admin.display(description="made of")
    def inputs_text(self, release: Release) -> str:
        return f"{len(release.inputs['objects'])} objects in {len(release.files)} files"

    @admin.display(description="checked for")
    def schema_text(self, release: Release) -> str:
        return release.engine_schema

    @admin.display(description="signature")
    def seal_pill(self, release: Release) -> SafeString:
        broken = explain_broken_seal(release)
        return render_pill(Pill("broken", "cross", "bad", broken) if broken else Pill("valid", "check", "ok"))

    # The page -------------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: Release) -> dict[str, Any]:
        live = find_live_release(obj.engine)
        previous = Release.objects.filter(engine=obj.engine, number=obj.number - 1).first()
        return {
            "release": obj,
            "live": live,
            "is_live": live == obj,
            "against_live": show_diffs(diff_releases(live, obj)) if live != obj else [],
            "previous": previous,
            "against_previous": show_diffs(diff_releases(previous, obj)) if previous else [],
            "files": [
                ShownFile(make_visible(path), highlight_marks(make_visible_lines(text)), len(text.encode()))
                for path, text in obj.file_pairs
            ],
            "unfinished": find_unfinished(obj.engine),
            "download_url": self.url_of(obj, "files"),
            "steps_by_hand": list_steps_by_hand(obj) if obj.engine.control == EngineControl.NONE else [],
            "subtitle": None,
        }

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("<path:object_id>/publish/", self.publish),
            self.action_path("<path:object_id>/files/", self.files),
        ]

    def object_buttons(self, request: HttpRequest, obj: Release) -> list[Button]:
        if explain_not_publishing(get_principal(request), obj.engine):
            return []
        return [Button(self.url_of(obj, "publish"), "Publish…", "ok")]

    def files(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """All files as one archive, for those who copy them by hand."""
        if request.method not in {"GET", "HEAD"}:
            return refuse_method(request, "GET", "HEAD")
        release = self.get_visible(request, object_id)
        name = f"release-{release.content_hash[:12]}.zip"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(pack_files(release), content_type="application/zip", headers=disposition)

    @post_action
    def publish(self, request: HttpRequest, obj: Release) -> HttpResponse:
        if not is_confirmed(request):
            return self.confirm_publish(request, obj)
        publication = publish(principal=get_principal(request), release=obj)
        messages.success(request, f"Release #{obj.number} is on its way to {obj.engine}.")
        return show_publication(publication)

    def confirm_publish(self, request: HttpRequest, obj: Release) -> HttpResponse:
        live = find_live_release(obj.engine)
        return show_confirmation(
            self,
            request,
            obj,
            title=f"Publish release #{obj.number} to {obj.engine.name}?",
            sentences=[
                describe_changes(diff_releases(live, obj), live),
                "It is checked, tried on a throwaway engine where one is at hand, and laid down.",
                "Nothing happens in the engine before its sessions are idle and no request is open.",
                "Then the engine reads it and says what it runs. What it refuses is rolled back by itself.",
            ],
            label="Publish",
            tone="ok",
        )


def describe_changes(diffs: list[FileDiff], live: Release | None) -> str:
    if live is None:
        return f"It is the first release of this engine: {len(diffs)} files."
    if not diffs:
        return f"It holds the same files as release #{live.number}, which is live."
    shown = ", ".join(make_visible(diff.path) for diff in diffs[:8])
    more = f" and {len(diffs) - 8} more" if len(diffs) > 8 else ""
    files = "file" if len(diffs) == 1 else "files"
    return f"Against release #{live.number}, which is live, it changes {len(diffs)} {files}: {shown}{more}."


def show_publication(publication: Publication) -> HttpResponse:
    url = reverse("admin:releases_publication_change", args=[publication.pk])
    return HttpResponseRedirect(url)
