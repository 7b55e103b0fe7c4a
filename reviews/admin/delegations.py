"""Who stands in for whom: a list, a form, and a button that ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin.base import Button, PortalModelAdmin, get_principal, post_action
from accounts.admin.display import format_moment, render_pill
from accounts.admin.forms import PLAIN, PlainForm
from accounts.models import Team, User
from accounts.principal import Principal
from accounts.queries import list_teams
from events.errors import Invalid
from reviews.admin.states import describe_delegation
from reviews.domain.delegations import MAX_LENGTH, Window, create_delegation, revoke_delegation
from reviews.models import Delegation
from reviews.policies import can_delegate_somewhere, can_revoke_delegation, can_see_delegation
from reviews.queries import list_delegations
from reviews.registry import label_kind, list_kinds

MINUTES = "%Y-%m-%dT%H:%M"


class MomentField(forms.DateTimeField):
    """A browser's own picker; what it says is UTC, as everywhere on these pages."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES)


class DelegationForm(PlainForm):
    team = forms.ModelChoiceField(queryset=Team.objects.none(), empty_label=None)
    delegate = forms.CharField(
        max_length=63,
        label="Who stands in for you",
        help_text="The username of another person of the team.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    starts_at = MomentField(label="From (UTC)")
    ends_at = MomentField(label="To (UTC)", help_text=f"At most {MAX_LENGTH.days} days.")
    kinds = forms.MultipleChoiceField(
        choices=[],
        required=False,
        label="For which reviews",
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked are all of them.",
    )
    reason = forms.CharField(max_length=1000, widget=forms.Textarea(attrs={"rows": 2}), label="Why")

    def __init__(self, *args: Any, teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team: Any = self.fields["team"]
        team.queryset = teams
        kinds: Any = self.fields["kinds"]
        kinds.choices = list(list_kinds().items())

    def find_delegate(self) -> User:
        """Raises Invalid when nobody has the name."""
        user = User.objects.filter(username=self.cleaned_data["delegate"].strip(), is_active=True).first()
        if user is None:
            raise Invalid("There is no active person of this name.", field="delegate")
        return user

    def read_window(self) -> Window:
        values = self.cleaned_data
        return Window(values["starts_at"], values["ends_at"], values["kinds"])


@admin.register(Delegation)
class DelegationAdmin(PortalModelAdmin):
    subject_kind = "delegation"
    list_display = ("who", "state", "team_name", "window", "about", "reason_line")
    ordering = ("-created_at", "-id")
    sortable_by = ()
    list_description = (
        "Who votes in reviews for whom, and until when. It is never passed on, and helps nobody to review "
        "what they or the person they stand in for asked for."
    )
    empty_text = "Nobody stands in for anybody."
    fieldsets = (
        (None, {"fields": ("who", "state", "team_name", "about")}),
        ("Time", {"fields": ("window", "created", "revoked")}),
        ("Why", {"fields": ("reason_line",)}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[Delegation]:
        return list_delegations(principal)

    def can_see(self, principal: Principal, obj: Delegation) -> bool:
        return can_see_delegation(principal, obj)

    def can_add(self, principal: Principal) -> bool:
        return can_delegate_somewhere(principal)

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="who")
    def who(self, delegation: Delegation) -> str:
        return f"{delegation.delegate} for {delegation.delegator}"

    @admin.display(description="state")
    def state(self, delegation: Delegation) -> SafeString:
        return render_pill(describe_delegation(delegation, timezone.now()))

    @admin.display(description="team")
    def team_name(self, delegation: Delegation) -> str:
        return delegation.team.name

    @admin.display(description="from, to")
    def window(self, delegation: Delegation) -> str:
        return f"{format_moment(delegation.starts_at)} to {format_moment(delegation.ends_at)}"

    @admin.display(description="reviews")
    def about(self, delegation: Delegation) -> str:
        return ", ".join(label_kind(kind) for kind in delegation.kinds) or "all"

    @admin.display(description="why")
    def reason_line(self, delegation: Delegation) -> str:
        return delegation.reason

    @admin.display(description="made")
    def created(self, delegation: Delegation) -> str:
        return format_moment(delegation.created_at)

    @admin.display(description="revoked")
    def revoked(self, delegation: Delegation) -> str:
        if delegation.revoked_at is None:
            return "–"
        return f"{format_moment(delegation.revoked_at)} by {delegation.revoked_by_label}"

    # Adding and ending ----------------------------------------------------------------------------

    def make_add_form(self, request: HttpRequest) -> forms.Form:
        teams = list_own_teams(get_principal(request))
        data = request.POST if request.method == "POST" else None
        now = timezone.now()
        initial = {
            "team": teams.first(),
            "starts_at": now.strftime(MINUTES),
            "ends_at": (now + timedelta(days=7)).strftime(MINUTES),
        }
        return DelegationForm(data, teams=teams, initial=initial)

    def submit_add_form(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        if not isinstance(form, DelegationForm):
            raise TypeError("a delegation is made from a DelegationForm")
        delegation = create_delegation(
            principal=get_principal(request),
            team=form.cleaned_data["team"],
            delegate=form.find_delegate(),
            window=form.read_window(),
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, f"{delegation.delegate} stands in for you then.")
        return HttpResponseRedirect(self.url_of(delegation))

    def action_urls(self) -> list[URLPattern]:
        return [self.action_path("<path:object_id>/revoke/", self.revoke)]

    def object_buttons(self, request: HttpRequest, obj: Delegation) -> list[Button]:
        has_ended = obj.revoked_at is not None or obj.ends_at <= timezone.now()
        if has_ended or not can_revoke_delegation(get_principal(request), obj):
            return []
        hint = "Votes given under it that have not led to a decision count no more."
        return [Button(self.url_of(obj, "revoke"), "Revoke", "bad", hint)]

    @post_action
    def revoke(self, request: HttpRequest, obj: Delegation) -> HttpResponse:
        revoke_delegation(principal=get_principal(request), delegation_id=obj.pk)
        messages.success(request, "It is over.")
        return self.redirect_to(obj)


def list_own_teams(principal: Principal) -> QuerySet[Team]:
    """Those the person is a member of, also for an owner."""
    return list_teams(principal).filter(pk__in=principal.team_ids).order_by("name")
