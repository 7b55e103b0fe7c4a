"""Publications: what was put on its way to which engine, how far it is, how it ended."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.display import render_age, render_pill
from accounts.principal import Principal
from events.text import make_visible, make_visible_lines
from releases.admin.by_hand import list_steps_by_hand
from releases.admin.states import describe_publication, list_way
from releases.domain.publications import cancel_publication, publish
from releases.enums import PublicationState
from releases.models import Publication
from releases.policies import can_see_publication, explain_not_publishing
from releases.queries import list_publications


@admin.register(Publication)
class PublicationAdmin(PortalModelAdmin):
    subject_kind = "publication"
    singular, plural, list_name = "publication", "publications", "Publications"
    list_description = "Releases on their way to their engines, and how each of them ended."
    empty_text = "Nothing has been published yet. The button stands on a release's page."
    list_display = ("release_text", "state_pill", "by", "started", "took")
    ordering = ("-created_at", "-id")
    sortable_by = ()
    fieldsets = ((None, {"fields": ("release_link", "engine_link", "state_pill", "by", "started", "took")}),)
    change_form_template = "admin/releases/publication/change_form.html"

    def list_visible(self, principal: Principal) -> QuerySet[Publication]:
        return list_publications(principal)

    def can_see(self, principal: Principal, obj: Publication) -> bool:
        return can_see_publication(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return bool(principal.team_ids)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="release")
    def release_text(self, publication: Publication) -> str:
        word = " (rollback)" if publication.is_rollback else ""
        return make_visible(f"{publication.release}{word}")

    @admin.display(description="release")
    def release_link(self, publication: Publication) -> SafeString:
        url = reverse("admin:releases_release_change", args=[publication.release_id])
        return format_html('<a href="{}">{}</a>', url, self.release_text(publication))

    @admin.display(description="engine")
    def engine_link(self, publication: Publication) -> SafeString:
        url = reverse("admin:engines_engine_change", args=[publication.engine_id])
        return format_html('<a href="{}">{}</a>', url, make_visible(publication.engine.name))

    @admin.display(description="state")
    def state_pill(self, publication: Publication) -> SafeString:
        return render_pill(describe_publication(publication))

    @admin.display(description="by")
    def by(self, publication: Publication) -> str:
        return make_visible(publication.requested_by_label or publication.requested_by_id)

    @admin.display(description="started")
    def started(self, publication: Publication) -> SafeString:
        return format_html("{} ago", render_age(publication.created_at))

    @admin.display(description="took")
    def took(self, publication: Publication) -> str:
        if publication.ended_at is None:
            return "–"
        return f"{(publication.ended_at - publication.created_at).total_seconds():.1f} s"

    # The page -------------------------------------------------------------------------------------

    def object_context(self, request: HttpRequest, obj: Publication) -> dict[str, Any]:
        return {
            "publication": obj,
            "pill": describe_publication(obj),
            "way": list_way(obj),
            "error": make_visible_lines(obj.error),
            "trial": make_visible(str(obj.details.get("trial", ""))),
            "steps_by_hand": list_steps_by_hand(obj.release) if needs_hand(obj) else [],
            # The state goes on while the page is open, and stands below.
            "title": self.release_text(obj),
            "subtitle": None,
        }

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("<path:object_id>/cancel/", self.cancel),
            self.action_path("<path:object_id>/force/", self.force),
        ]

    def object_buttons(self, request: HttpRequest, obj: Publication) -> list[Button]:
        if obj.is_finished or explain_not_publishing(get_principal(request), obj.engine):
            return []
        buttons = []
        if not obj.is_forced and obj.state != PublicationState.BY_HAND:
            buttons.append(Button(self.url_of(obj, "force"), "Do not wait…"))
        if obj.can_be_cancelled:
            hint = "The engine has seen nothing of it and goes on with what it has."
            buttons.append(Button(self.url_of(obj, "cancel"), "Cancel", "bad", hint))
        return buttons

    @post_action
    def cancel(self, request: HttpRequest, obj: Publication) -> HttpResponse:
        cancel_publication(principal=get_principal(request), publication=obj)
        messages.success(request, "Cancelled. The engine goes on with what it has.")
        return self.redirect_to(obj)

    @post_action
    def force(self, request: HttpRequest, obj: Publication) -> HttpResponse:
        if not is_confirmed(request):
            return show_confirmation(
                self,
                request,
                obj,
                title="Publish without waiting?",
                sentences=[
                    "Turns that run in the engine are cut off, and its open requests close unanswered.",
                    "The people who work in it see that their agent stopped.",
                ],
                label="Do not wait",
                tone="bad",
            )
        found = publish(principal=get_principal(request), release=obj.release, force=True)
        messages.success(request, "It no longer waits.")
        return self.redirect_to(found)


def needs_hand(publication: Publication) -> bool:
    return publication.state == PublicationState.BY_HAND
