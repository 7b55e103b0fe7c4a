"""From a request's page to a rule: the same approval as there, and the rule with it; or the rule alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.admin.base import get_principal, perform
from accounts.reauthentication import ask_for_password
from events.errors import DomainError
from governance.admin.bulk import BulkActs
from governance.admin.confirmations import read_confirmations, read_typed, require_page_read
from governance.admin.offer_pages import OfferPages, show_replayed
from governance.admin.offers import Offer, OfferForm, describe_saved, offer_request
from governance.admin.outcomes import describe_approval
from governance.admin.replays import begin
from governance.admin.request_page import build_page
from governance.domain.rule_workshop import approve_with_rule, save_replayed
from governance.enums import Confirmation
from governance.models import PermissionRequest
from governance.rule_drafts import RuleDraft

APPROVE, SAVE, REPLAY = "approve", "save", "replay"


class ProposeRule(OfferPages, BulkActs):
    """One address: GET shows the ladder; POST replays, approves with the rule, or saves the rule alone.

    Of a command that is several, `?part=N` says which part the ladder is of.
    """

    offer_template = "admin/governance/permissionrequest/propose_rule.html"
    offer_title = "A rule from this request"

    def propose_rule(self, request: HttpRequest, object_id: str) -> HttpResponse:
        asked = self.get_visible(request, object_id)
        part = request.GET.get("part", "")
        return self.answer_offer(request, lambda: offer_request(get_principal(request), asked, part))

    def act_on_offer(self, request: HttpRequest, offer: Offer, draft: RuleDraft) -> HttpResponse:
        asked: Any = offer.asked
        act = request.POST.get("act")
        if act == APPROVE:
            return self.approve_offered(request, asked, offer, draft)
        if act == SAVE:
            return self.save_offered(request, offer, draft)
        return show_replayed(request, offer, begin(request, team=offer.team, draft=draft, asked=asked))

    def save_offered(self, request: HttpRequest, offer: Offer, draft: RuleDraft) -> HttpResponse:
        """Then the next part that needs a rule, if there is one."""
        principal = get_principal(request)
        rule = perform(request, lambda: save_replayed(principal=principal, team=offer.team, draft=draft))
        messages.success(request, describe_saved(rule))
        if offer.next_part is not None:
            return HttpResponseRedirect(f"{request.path}?{urlencode({'part': offer.next_part.number})}")
        return HttpResponseRedirect(reverse("admin:governance_whitelistaction_change", args=[rule.pk]))

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
        self, request: HttpRequest, offer: Offer, form: OfferForm, error: DomainError, **extra: Any
    ) -> HttpResponse:
        asked: Any = offer.asked
        current = replace(offer, asked=self.get_visible(request, asked.pk))
        pause = {"pause": error.message} if error.code == "pause_needed" else {}
        return super().answer_offer_error(request, current, form, error, **pause, **extra)

    def describe_offer(self, request: HttpRequest, offer: Offer) -> dict[str, Any]:
        asked: Any = offer.asked
        return {**build_page(request, asked), "typed": {"reason": read_typed(request, "reason")}}
