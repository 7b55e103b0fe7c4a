"""Proposals: the list, the form, and the page where they are read, talked about and sent on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin.base import (
    Button,
    PortalModelAdmin,
    add_domain_error,
    answer_refusal,
    get_principal,
    perform,
    post_action,
    refuse_method,
)
from accounts.admin.confirm import is_confirmed, show_confirmation
from accounts.admin.display import render_age, render_code, render_pill
from accounts.principal import Principal
from events.errors import Conflict, DomainError, Refused
from events.text import make_visible
from procedures.admin.filters import AreaFilter, AuthorFilter, ProposalStateFilter
from procedures.admin.forms import ChangesForm, ProposalForm, read_initial, read_start
from procedures.admin.proposal_page import build_page, read_number
from procedures.admin.states import describe_author, describe_proposal
from procedures.domain.comments import comment_on_proposal, resolve_comment
from procedures.domain.proposals import (
    create_proposal,
    request_changes,
    revise_proposal,
    submit_proposal,
    withdraw_proposal,
)
from procedures.enums import ProposalState
from procedures.models import Proposal
from procedures.policies import (
    WRITERS,
    can_list_procedures,
    can_read_proposal,
    can_see_proposal,
    explain_not_revising,
    explain_not_withdrawing,
)
from procedures.queries import count_open_comments, get_proposal, get_revision, list_proposals
from reviews.seats import explain_not_voting


@admin.register(Proposal)
class ProposalAdmin(PortalModelAdmin):
    subject_kind = "proposal"
    singular, plural, list_name = "proposal", "proposals", "Proposals"
    list_description = (
        "What may become a standing operating procedure. People and agents write it; somebody else approves."
    )
    empty_text = "Nothing has been proposed yet."
    change_list_template = "admin/procedures/list.html"
    change_form_template = "admin/procedures/proposal/change_form.html"
    list_display = ("title", "state_pill", "slug_code", "area_name", "by", "team_name", "comments", "changed")
    list_display_links = ("title",)
    list_filter = (ProposalStateFilter, AuthorFilter, AreaFilter)
    search_fields = ("name", "slug")
    ordering = ("-changed_at", "-id")
    sortable_by = ()
    fieldsets = (
        (None, {"fields": ("state_pill", "slug_code", "description_text", "area_name", "team_name")}),
        ("Where it comes from", {"fields": ("by", "author", "source_text", "revision_text", "changed")}),
    )

    def list_visible(self, principal: Principal) -> QuerySet[Proposal]:
        return list_proposals(principal).select_related("review__team")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Proposal]:
        rows = super().get_queryset(request)
        match = request.resolver_match
        return rows if match is not None and "object_id" in match.kwargs else count_open_comments(rows)

    def can_see(self, principal: Principal, obj: Proposal) -> bool:
        return can_see_proposal(principal, obj)

    def can_list(self, principal: Principal) -> bool:
        return can_list_procedures(principal)

    def can_add(self, principal: Principal) -> bool:
        return any(role in WRITERS for role in principal.roles.values())

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="name")
    def title(self, proposal: Proposal) -> str:
        return make_visible(proposal.name)

    @admin.display(description="state")
    def state_pill(self, proposal: Proposal) -> SafeString:
        return render_pill(describe_proposal(proposal))

    @admin.display(description="slug")
    def slug_code(self, proposal: Proposal) -> SafeString:
        return render_code(proposal.slug)

    @admin.display(description="area")
    def area_name(self, proposal: Proposal) -> str:
        return proposal.get_area_display()

    @admin.display(description="written by")
    def by(self, proposal: Proposal) -> SafeString:
        return render_pill(describe_author(proposal))

    @admin.display(description="team")
    def team_name(self, proposal: Proposal) -> str:
        return proposal.team.name

    @admin.display(description="open comments")
    def comments(self, proposal: Proposal) -> str:
        return str(getattr(proposal, "open_comments", 0) or "–")

    @admin.display(description="changed")
    def changed(self, proposal: Proposal) -> SafeString:
        return render_age(proposal.changed_at)

    @admin.display(description="description")
    def description_text(self, proposal: Proposal) -> str:
        return make_visible(proposal.description) or "none"

    @admin.display(description="author")
    def author(self, proposal: Proposal) -> str:
        return make_visible(proposal.author_label or proposal.author_id)

    @admin.display(description="file")
    def source_text(self, proposal: Proposal) -> str:
        return make_visible(proposal.source) or "–"

    @admin.display(description="latest")
    def revision_text(self, proposal: Proposal) -> str:
        return f"revision {proposal.number}"

    # The page -------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Proposal | None = None) -> Any:
        """Owners who are no members see names and states alone."""
        if obj is None or can_read_proposal(get_principal(request), obj):
            return self.fieldsets
        return ((None, {"fields": ("state_pill", "slug_code", "area_name", "team_name", "by", "changed")}),)

    def object_context(self, request: HttpRequest, obj: Proposal) -> dict[str, Any]:
        return {**build_page(request, obj), "title": make_visible(obj.name)}

    def object_buttons(self, request: HttpRequest, obj: Proposal) -> list[Button]:
        principal, buttons = get_principal(request), []
        if obj.is_ended:
            return []
        if obj.state in ProposalState.submittable() and not explain_not_revising(principal, obj):
            hint = "Whoever may approve it is asked; nobody who wrote it may."
            buttons.append(Button(f"{self.url_of(obj, 'submit')}?number={obj.number}", "Submit", "ok", hint))
        review = obj.review if obj.state == ProposalState.SUBMITTED else None
        if review is not None and not explain_not_voting(principal, review, timezone.now()):
            buttons.append(Button(self.url_of(obj, "request-changes"), "Request changes…"))
        if not explain_not_withdrawing(principal, obj):
            buttons.append(Button(self.url_of(obj, "withdraw"), "Withdraw…", "bad"))
        return buttons

    def action_urls(self) -> list[URLPattern]:
        names = ("submit", "withdraw", "request-changes", "comment", "resolve", "edit")
        return [
            self.action_path(f"<path:object_id>/{name}/", getattr(self, name.replace("-", "_")))
            for name in names
        ]

    @post_action
    def submit(self, request: HttpRequest, obj: Proposal) -> HttpResponse:
        number = read_number(request.GET.get("number", ""))
        submit_proposal(principal=get_principal(request), proposal_id=obj.pk, expected_number=number)
        messages.success(request, "Submitted. Whoever may approve it finds it among the reviews.")
        return self.redirect_to(obj)

    @post_action
    def withdraw(self, request: HttpRequest, obj: Proposal) -> HttpResponse:
        if not is_confirmed(request) and not obj.is_ended:
            return show_confirmation(
                self,
                request,
                obj,
                title="Withdraw this proposal?",
                sentences=["It ends for good, and its review with it. Another one can be written."],
                label="Withdraw",
                tone="bad",
            )
        withdraw_proposal(principal=get_principal(request), proposal_id=obj.pk)
        messages.success(request, "Withdrawn.")
        return self.redirect_to(obj)

    @post_action
    def request_changes(self, request: HttpRequest, obj: Proposal) -> HttpResponse:
        form = ChangesForm(request.POST) if is_confirmed(request) else ChangesForm(initial=read_shown(obj))
        if not form.is_bound or not form.is_valid():
            return self.ask_for_changes(request, obj, form)
        request_changes(
            principal=get_principal(request),
            proposal_id=obj.pk,
            fingerprint=form.cleaned_data["fingerprint"],
            reason=form.cleaned_data["reason"].replace("\r\n", "\n"),
        )
        messages.success(request, "Sent back. Whoever wrote it reads why, revises it and submits it again.")
        return self.redirect_to(obj)

    def ask_for_changes(self, request: HttpRequest, obj: Proposal, form: forms.Form) -> HttpResponse:
        return show_confirmation(
            self,
            request,
            obj,
            title="Request changes",
            sentences=["It goes back to whoever wrote it. That is no rejection: it can be submitted again."],
            label="Request changes",
            tone="primary",
            form=form,
            status=400 if form.is_bound else 200,
        )

    @post_action
    def comment(self, request: HttpRequest, obj: Proposal) -> HttpResponse:
        comment_on_proposal(
            principal=get_principal(request),
            proposal_id=obj.pk,
            text=request.POST.get("text", "").replace("\r\n", "\n"),
            line=read_number(request.POST.get("line", "")),
            number=read_number(request.POST.get("number", "")),
        )
        return self.redirect_to(obj)

    @post_action
    def resolve(self, request: HttpRequest, obj: Proposal) -> HttpResponse:
        resolve_comment(
            principal=get_principal(request), proposal_id=obj.pk, comment_id=request.POST.get("comment", "")
        )
        return self.redirect_to(obj)

    # Writing --------------------------------------------------------------------------------------

    def make_add_form(self, request: HttpRequest) -> forms.Form:
        principal = get_principal(request)
        if request.method == "POST":
            return ProposalForm(request.POST, principal=principal)
        return ProposalForm(principal=principal, initial=read_start(request, principal))

    def submit_add_form(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        assert isinstance(form, ProposalForm)  # noqa: S101 - what make_add_form made
        proposal = create_proposal(
            principal=get_principal(request),
            team=form.chosen_team,
            draft=form.read_draft(),
            note=form.cleaned_data["note"],
        )
        messages.success(request, "A draft: read what the checks say, then submit it.")
        return self.redirect_to(proposal)

    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """For those who may revise it; the domain refuses others."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return refuse_method(request, "GET", "HEAD", "POST")
        obj, principal = self.get_visible(request, object_id), get_principal(request)
        if refusal := explain_not_revising(principal, obj) or explain_unreadable(principal, obj):
            return answer_refusal(request, refusal)
        if request.method != "POST":
            initial = read_initial(get_revision(obj))
            shown = ProposalForm(principal=principal, proposal=obj, initial=initial)
            return self.render_form(request, obj, shown)
        form = ProposalForm(request.POST, principal=principal, proposal=obj)
        if not form.is_valid():
            return self.render_form(request, obj, form, status=400)
        try:
            return perform(request, lambda: self.save(request, obj, form))
        except Refused as error:
            return answer_refusal(request, error.message)
        except DomainError as error:
            add_domain_error(form, error)
            return self.render_form(request, obj, form, status=error.status)

    def save(self, request: HttpRequest, obj: Proposal, form: ProposalForm) -> HttpResponse:
        number = form.cleaned_data["number"]
        if number is None:
            raise Conflict("The form does not say which revision was edited.", code="stale_revision")
        revised = revise_proposal(
            principal=get_principal(request),
            proposal_id=obj.pk,
            draft=form.read_draft(),
            expected_number=number,
            note=form.cleaned_data["note"],
        )
        words = (
            f"Saved as revision {revised.revision.number}." if revised.is_changed else "It says so already."
        )
        if obj.state == ProposalState.SUBMITTED and revised.is_changed:
            words += " Approvals of earlier revisions no longer count."
        messages.success(request, words)
        return self.redirect_to(get_proposal(get_principal(request), obj.pk))

    def render_form(
        self, request: HttpRequest, obj: Proposal, form: forms.Form, *, status: int = 200
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            **self.names(),
            "title": f"Revise {make_visible(obj.name)}",
            "form": form,
            "opts": self.opts,
            "back_url": self.url_of(obj),
        }
        return TemplateResponse(request, "admin/procedures/proposal/form.html", context, status=status)


def explain_unreadable(principal: Principal, proposal: Proposal) -> str:
    if can_read_proposal(principal, proposal):
        return ""
    return "Only members of its team read what it says."


def read_shown(proposal: Proposal) -> dict[str, str]:
    """What the page that asks for changes was opened on."""
    return {"fingerprint": proposal.review.content_hash if proposal.review else ""}
