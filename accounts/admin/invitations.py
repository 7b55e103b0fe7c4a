"""Inviting people: a form, the link shown once, and the list of what is still open."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action, recent_post_action
from accounts.admin.display import Pill, format_moment, render_age, render_pill
from accounts.admin.forms import InvitationForm, issue_once, take_once
from accounts.domain.invitations import invite_person, renew_invitation, revoke_invitation
from accounts.models import Invitation, LoginLink
from accounts.policies import can_invite_somewhere, can_manage_invitation
from accounts.principal import Principal
from accounts.queries import list_invitations, list_managed_teams

LINK_SENTENCE = (
    "Nothing is mailed: copy the link and pass it on. It works once, within 7 days, and leads to "
    "setting a password."
)


class InvitationStateFilter(admin.SimpleListFilter):
    """Open ones unless another is asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("accepted", "Accepted"), ("revoked", "Revoked"), ("every", "All")]

    def choices(self, changelist: Any) -> Any:
        """The unfiltered list is that of the open ones."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "Open"} if number == 0 else choice

    def queryset(self, request: Any, queryset: QuerySet[Invitation]) -> QuerySet[Invitation]:
        if self.value() == "accepted":
            return queryset.exclude(accepted_at=None)
        if self.value() == "revoked":
            return queryset.exclude(revoked_at=None)
        if self.value() == "every":
            return queryset
        return queryset.filter(accepted_at=None, revoked_at=None)


@admin.register(Invitation)
class InvitationAdmin(PortalModelAdmin):
    subject_kind = "user"
    singular = "invitation"
    list_display = ("person", "username", "state", "into", "inviter", "created", "link_ends")
    list_filter = (InvitationStateFilter,)
    ordering = ("-created_at", "-id")
    sortable_by = ()
    list_description = (
        "People asked in who have not set a password yet. Nothing is mailed: whoever invites passes the "
        "link on."
    )
    empty_text = "No invitation is open."
    adds_secret = True
    fieldsets = (
        (None, {"fields": ("person", "username", "state", "into")}),
        ("Link", {"fields": ("inviter", "created", "link_ends")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[Invitation]:
        links = LoginLink.objects.filter(user=OuterRef("user"), used_at=None).order_by("-created_at")
        return list_invitations(principal).annotate(ends_at=Subquery(links.values("expires_at")[:1]))

    def can_see(self, principal: Principal, obj: Invitation) -> bool:
        return list_invitations(principal).filter(pk=obj.pk).exists()

    def can_list(self, principal: Principal) -> bool:
        return can_invite_somewhere(principal)

    def can_add(self, principal: Principal) -> bool:
        return can_invite_somewhere(principal)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="person")
    def person(self, invitation: Invitation) -> str:
        return str(invitation.user)

    @admin.display(description="username")
    def username(self, invitation: Invitation) -> str:
        return invitation.user.username

    @admin.display(description="state")
    def state(self, invitation: Invitation) -> SafeString:
        if invitation.accepted_at is not None:
            return render_pill(Pill("accepted", "check", "ok"))
        if invitation.revoked_at is not None:
            return render_pill(Pill("revoked", "off", "quiet"))
        ends_at = invitation.ends_at  # type: ignore[attr-defined]  # annotated
        if ends_at is None or ends_at <= timezone.now():
            return render_pill(Pill("link expired", "clock", "warn"))
        return render_pill(Pill("open", "clock", "wait"))

    @admin.display(description="into")
    def into(self, invitation: Invitation) -> str:
        words = [f"{invitation.team} ({invitation.get_role_display()})"] if invitation.team else []
        return (
            ", ".join([*words, *(["as an owner"] if invitation.user.is_superuser else [])]) or "no team yet"
        )

    @admin.display(description="invited by")
    def inviter(self, invitation: Invitation) -> str:
        return str(invitation.invited_by)

    @admin.display(description="invited")
    def created(self, invitation: Invitation) -> SafeString:
        return render_age(invitation.created_at)

    @admin.display(description="link ends")
    def link_ends(self, invitation: Invitation) -> str:
        ends_at = invitation.ends_at  # type: ignore[attr-defined]  # annotated
        return format_moment(ends_at) if ends_at and invitation.is_open else "–"

    # Adding ---------------------------------------------------------------------------------------

    def make_add_form(self, request: HttpRequest) -> forms.Form:
        principal = get_principal(request)
        return InvitationForm(
            request.POST if request.method == "POST" else None,
            request=request,
            teams=list_managed_teams(principal),
            for_owner=principal.user.is_superuser,
            initial={"team": request.GET.get("team", "")},
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().add_view(request, form_url, {"title": "Invite a person", **(extra_context or {})})

    def submit_add_form(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        if not isinstance(form, InvitationForm):
            raise TypeError("people are invited with an InvitationForm")
        if form.is_spent:
            messages.warning(request, "That invitation was made already; its link is not shown again.")
            return HttpResponseRedirect(self.list_url())
        made = invite_person(principal=get_principal(request), **form.wishes())
        form.spend()
        return self.show_link(request, made.invitation, made.link.secret)

    def show_link(self, request: HttpRequest, invitation: Invitation, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Invitation of {invitation.user}",
            "secret": f"{settings.COUNTERSIGN_PUBLIC_URL}{reverse('login-link', args=[secret])}",
            "sentence": LINK_SENTENCE,
            "back_url": self.list_url(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/secret_once.html", context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        tools = [(reverse("admin:accounts_invitation_add"), "Invite a person")]
        return super().changelist_view(request, {"tools": tools, **(extra_context or {})})

    # Buttons --------------------------------------------------------------------------------------

    def action_urls(self) -> list[URLPattern]:
        return [
            self.action_path("<path:object_id>/new-link/", self.make_new_link),
            self.action_path("<path:object_id>/revoke/", self.revoke),
        ]

    def object_buttons(self, request: HttpRequest, obj: Invitation) -> list[Button]:
        if not obj.is_open or not can_manage_invitation(get_principal(request), obj):
            return []
        url = f"{self.url_of(obj, 'new-link')}?once={issue_once(request)}"
        return [
            Button(url, "Make a new link", hint="The link before it ends."),
            Button(self.url_of(obj, "revoke"), "Revoke", "bad", "The link ends, and the account with it."),
        ]

    @recent_post_action
    def make_new_link(self, request: HttpRequest, obj: Invitation) -> HttpResponse:
        if not take_once(request, request.GET.get("once", "")):
            messages.warning(request, "That link was made and shown already. Press the button for a new one.")
            return self.redirect_to(obj)
        made = renew_invitation(principal=get_principal(request), invitation=obj)
        return self.show_link(request, obj, made.secret)

    @post_action
    def revoke(self, request: HttpRequest, obj: Invitation) -> HttpResponse:
        revoke_invitation(principal=get_principal(request), invitation=obj)
        messages.success(request, f"The invitation of {obj.user} is revoked.")
        return HttpResponseRedirect(self.list_url())
