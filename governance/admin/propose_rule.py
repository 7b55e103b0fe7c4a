"""From a request's page to a rule: the same approval as there, and the rule with it; or the rule alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from accounts.admin.base import answer_refusal, get_principal, perform, refuse_method
from accounts.reauthentication import ask_for_password
from events.errors import DomainError, NotFound, Refused
from governance.admin.bulk import BulkActs
from governance.admin.confirmations import read_confirmations, read_typed, require_page_read
from governance.admin.offers import (
    Offer,
    OfferForm,
    build_offer_page,
    describe_saved,
    make_form,
    offer_request,
    read_offered_draft,
)
from governance.admin.outcomes import describe_approval
from governance.admin.replays import begin
from governance.admin.request_page import build_page
from governance.domain.rule_workshop import approve_with_rule, save_replayed
from governance.enums import Confirmation
from governance.models import PermissionRequest, RuleReplay
from governance.rule_drafts import RuleDraft
from governance.rule_starts import read_start

TEMPLATE = "admin/governance/permissionrequest/propose_rule.html"
APPROVE, SAVE, REPLAY = "approve", "save", "replay"
# What of the choices the replay does not keep.
KEPT = ("expiry", "until", "max_uses")


class ProposeRule(BulkActs):
    """One address: GET shows the ladder; POST replays, approves with the rule, or saves the rule alone."""

    def propose_rule(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if request.method not in {"GET", "HEAD", "POST"}:
            return refuse_method(request, "GET", "HEAD", "POST")
        asked = self.get_visible(request, object_id)
        try:
            offer = offer_request(get_principal(request), asked)
        except Refused as error:
            return answer_refusal(request, error.message)
        form = OfferForm(offer, request.POST) if request.method == "POST" else None
        try:
            if form is None:
                return self.render_offer(request, offer, *make_form(request, offer))
            return self.act_on_offer(request, offer, read_offered_draft(form))
        except Refused as error:
            return answer_refusal(request, error.message)
        except NotFound as error:
            raise Http404(error.message) from error
        except DomainError as error:
            return self.answer_offer_error(request, offer, form or OfferForm(offer), error)

    def act_on_offer(self, request: HttpRequest, offer: Offer, draft: RuleDraft) -> HttpResponse:
        asked: Any = offer.asked
        act = request.POST.get("act")
        if act == APPROVE:
            return self.approve_offered(request, asked, offer, draft)
        if act == SAVE:
            principal = get_principal(request)
            rule = perform(request, lambda: save_replayed(principal=principal, team=offer.team, draft=draft))
            messages.success(request, describe_saved(rule))
            return HttpResponseRedirect(reverse("admin:governance_whitelistaction_change", args=[rule.pk]))
        replay = begin(request, team=offer.team, draft=draft, asked=asked)
        return HttpResponseRedirect(f"{request.path}?{list_choices(request, replay)}")

    def approve_offered(
        self, request: HttpRequest, asked: PermissionRequest, offer: Offer, draft: RuleDraft
    ) -> HttpResponse:
        """The approval is the one of the request's page: opened, confirmed, with a recent password."""
        require_page_read(request, asked)
        confirmed = read_confirmations(request, asked)
        question = ask_for_password(request) if Confirmation.HIGH_RISK in confirmed else None
        if question is not None:
            return question
        outcome, rule = perform(
            request,
            lambda: approve_with_rule(
                principal=get_principal(request),
                team=offer.team,
                draft=draft,
                request_id=asked.pk,
                fingerprint=request.POST.get("fingerprint", ""),
                reason=read_typed(request, "reason"),
                confirmed=confirmed,
            ),
        )
        messages.success(request, f"{describe_approval(outcome)} {describe_saved(rule)}")
        return self.redirect_to(asked)

    def answer_offer_error(
        self, request: HttpRequest, offer: Offer, form: OfferForm, error: DomainError
    ) -> HttpResponse:
        asked: Any = offer.asked
        current = replace(offer, asked=self.get_visible(request, asked.pk))
        context = {"pause": error.message} if error.code == "pause_needed" else {}
        if not context:
            messages.error(request, error.message)
        started = read_start(get_principal(request), request.GET)
        replay = started[1] if started else None
        return self.render_offer(request, current, form, replay, status=error.status, **context)

    def render_offer(
        self,
        request: HttpRequest,
        offer: Offer,
        form: OfferForm,
        replay: RuleReplay | None,
        *,
        status: int = 200,
        **extra: Any,
    ) -> TemplateResponse:
        asked: Any = offer.asked
        context = {
            **self.admin_site.each_context(request),
            **build_page(request, asked),
            **build_offer_page(request, offer, form, replay),
            "title": "A rule from this request",
            "opts": self.opts,
            "typed": {"reason": read_typed(request, "reason")},
            **extra,
        }
        return TemplateResponse(request, TEMPLATE, context, status=status)


def list_choices(request: HttpRequest, replay: RuleReplay) -> str:
    """The address's query after a replay: its id, and the choices that stand nowhere else."""
    return urlencode(
        {"replay": replay.pk, **{name: request.POST[name] for name in KEPT if request.POST.get(name)}}
    )
