"""The page that turns a request or a proposal into a rule: shown, replayed, and what goes wrong is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.http import urlencode

from accounts.admin.base import PortalModelAdmin, answer_refusal, get_principal, refuse_method
from events.errors import DomainError, NotFound, Refused
from governance.admin.offers import Offer, OfferForm, build_offer_page, make_form, read_offered_draft
from governance.models import RuleReplay
from governance.rule_drafts import RuleDraft
from governance.rule_starts import read_start

# What of the choices the replay does not keep.
KEPT = ("expiry", "until", "max_uses")


class OfferPages(PortalModelAdmin):
    """For the pages of what a rule can be made of."""

    offer_template = ""
    offer_title = ""

    def answer_offer(self, request: HttpRequest, find_offer: Callable[[], Offer]) -> HttpResponse:
        """GET shows the ladder; POST does what was chosen, or says on the same page why it can't be done."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return refuse_method(request, "GET", "HEAD", "POST")
        try:
            offer = find_offer()
            form = OfferForm(offer, request.POST) if request.method == "POST" else None
            try:
                if form is None:
                    return self.render_offer(request, offer, *make_form(request, offer))
                return self.act_on_offer(request, offer, read_offered_draft(form))
            except (Refused, NotFound):
                raise
            except DomainError as error:
                return self.answer_offer_error(request, offer, form or OfferForm(offer), error)
        except Refused as error:
            return answer_refusal(request, error.message)
        except NotFound as error:
            raise Http404(error.message) from error

    def act_on_offer(self, request: HttpRequest, offer: Offer, draft: RuleDraft) -> HttpResponse:
        raise NotImplementedError

    def describe_offer(self, request: HttpRequest, offer: Offer) -> dict[str, Any]:
        """What the template needs besides the choices."""
        raise NotImplementedError

    def answer_offer_error(
        self, request: HttpRequest, offer: Offer, form: OfferForm, error: DomainError, **extra: Any
    ) -> HttpResponse:
        if not extra:
            messages.error(request, error.message)
        started = read_start(get_principal(request), request.GET)
        replay = started[1] if started else None
        return self.render_offer(request, offer, form, replay, status=error.status, **extra)

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
        context = {
            **self.admin_site.each_context(request),
            **self.describe_offer(request, offer),
            **build_offer_page(request, offer, form, replay),
            "title": self.offer_title,
            "opts": self.opts,
            **extra,
        }
        return TemplateResponse(request, self.offer_template, context, status=status)


def show_replayed(request: HttpRequest, offer: Offer, replay: RuleReplay) -> HttpResponseRedirect:
    """The same page with the replay, and the choices that stand nowhere else."""
    kept = {name: request.POST[name] for name in KEPT if request.POST.get(name)}
    if offer.part is not None:
        kept["part"] = str(offer.part.number)
    return HttpResponseRedirect(f"{request.path}?{urlencode({'replay': replay.pk, **kept})}")
