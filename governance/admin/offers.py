"""From a request or a proposal to a rule: the ladder, how far, how long, and what it would have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.admin.base import get_principal
from accounts.admin.display import Pill
from accounts.admin.forms import PLAIN, PlainForm
from accounts.models import Team
from accounts.principal import Principal
from events.errors import Invalid, NotFound
from events.text import make_visible
from governance.admin.replay_page import build_replay
from governance.admin.rule_states import EFFECTS
from governance.domain.reading import read_content
from governance.enums import RuleEffect, RuleKind
from governance.matching.ladder import Shape
from governance.models import PermissionRequest, RuleProposal, RuleReplay, WhitelistAction
from governance.offered_parts import Part, explain_still_asked, list_parts
from governance.policies import can_read_full, explain_not_activating_rules, explain_not_editing_rules
from governance.rule_drafts import RuleDraft
from governance.rule_offers import (
    Choices,
    OfferExpiry,
    Place,
    Rung,
    build_draft,
    build_rungs,
    end_of,
    find_place,
    list_offered_shapes,
    place_proposal,
)
from governance.rule_starts import read_start
from governance.rulebooks import build_context


@dataclass(frozen=True, slots=True)
class Offer:
    """What a rule can be made of. `chosen`: the rung that is ticked when nobody has chosen yet.

    parts: of a command that is several; `part` is the one that the rungs are of, None without one.
    still_asked: why rules for all parts would not let the whole through, "" when they would.
    """

    team: Team
    place: Place
    rungs: list[Rung]
    chosen: int = 0
    asked: PermissionRequest | None = None
    proposal: RuleProposal | None = None
    parts: Sequence[Part] = ()
    part: Part | None = None
    still_asked: str = ""

    @property
    def next_part(self) -> Part | None:
        """The one to make a rule of after this."""
        return next((part for part in self.parts if part.shapes and part is not self.part), None)


def offer_request(principal: Principal, asked: PermissionRequest, number: str = "") -> Offer:
    """`number`: which part of a command that is several; without one that needs a rule, the first that does.

    Raises Refused for who may not read it, and NotFound when there is no such part.
    """
    content = read_content(principal=principal, request=asked)
    can_stand = asked.is_sealed and asked.arguments_known
    context = build_context(asked, content)
    parts = list_parts(context, content) if can_stand else []
    part = choose_part(parts, number)
    shapes = list_offered_shapes(content) if can_stand and not parts else part.shapes if part else ()
    return Offer(
        asked.team,
        find_place(asked, content),
        build_rungs(content.permission, shapes),
        asked=asked,
        parts=parts,
        part=part,
        still_asked=explain_still_asked(context, content, parts) if parts else "",
    )


def choose_part(parts: Sequence[Part], number: str) -> Part | None:
    found = next((part for part in parts if str(part.number) == number), None)
    if number and found is None:
        raise NotFound("The command has no such part.")
    if found is not None and found.shapes:
        return found
    return next((part for part in parts if part.shapes), None)


def offer_proposal(principal: Principal, proposal: RuleProposal) -> Offer:
    """The ladder of its newest example; without one, the proposed rung alone."""
    own = Shape(proposal.pattern, proposal.is_strict, proposal.rung)
    shapes = read_example_shapes(principal, proposal)
    if own not in shapes:
        shapes = [own]
    rungs = build_rungs(proposal.permission, shapes)
    return Offer(proposal.team, place_proposal(proposal), rungs, shapes.index(own), proposal=proposal)


def read_example_shapes(principal: Principal, proposal: RuleProposal) -> list[Shape]:
    ids = proposal.evidence.get("requests", [])[:1]
    example = PermissionRequest.objects.filter(pk__in=ids, team_id=proposal.team_id).first()
    if example is None or not can_read_full(principal, example):
        return []
    return list_offered_shapes(read_content(principal=principal, request=example))


class OfferForm(PlainForm):
    """The choices of one offer; a limit that the request does not know is left out."""

    rung = forms.ChoiceField(widget=forms.RadioSelect)
    in_directory = forms.BooleanField(required=False)
    by_agent = forms.BooleanField(required=False)
    on_engine = forms.BooleanField(required=False)
    for_user = forms.BooleanField(required=False)
    expiry = forms.ChoiceField(
        choices=OfferExpiry.choices, label="Applies for", help_text="Counted from when the rule is saved."
    )
    until = forms.DateField(
        required=False,
        label="Until the end of",
        help_text="Only with “until a date”; in UTC.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    max_uses = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=1_000_000,
        label="At most so many times",
        help_text="Used up, it applies no more.",
    )
    name = forms.CharField(
        required=False,
        max_length=120,
        label="Name",
        help_text="Everybody of the team reads it. Empty: the pattern itself.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    rule_reason = forms.CharField(
        required=False, max_length=4000, label="Why it exists", widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, offer: Offer, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.offer = offer
        ladder: Any = self.fields["rung"]
        ladder.choices = [(str(index), rung.words) for index, rung in enumerate(offer.rungs)]
        place = offer.place
        for name, value in (
            ("in_directory", place.directory),
            ("by_agent", place.agent),
            ("on_engine", place.engine_id),
            ("for_user", place.user_id),
        ):
            if not value:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if (
            cleaned.get("expiry") == OfferExpiry.DATE
            and not cleaned.get("until")
            and "until" not in self.errors
        ):
            self.add_error("until", "Say until when.")
        return cleaned

    def read_draft(self, now: datetime) -> RuleDraft:
        """Of valid choices."""
        values = self.cleaned_data
        rung = int(values["rung"])
        until = values["until"]
        ends = timezone.make_aware(datetime.combine(until, time(23, 59, 59))) if until else None
        choices = Choices(
            rung=rung,
            in_directory=values.get("in_directory", False),
            by_agent=values.get("by_agent", False),
            on_engine=values.get("on_engine", False),
            for_user=values.get("for_user", False),
            expires_at=end_of(OfferExpiry(values["expiry"]), ends, now),
            max_uses=values["max_uses"],
            name=values["name"],
            reason=values["rule_reason"].replace("\r\n", "\n"),
        )
        return build_draft(self.offer.rungs[rung].shape, self.offer.place, choices)


def build_initial(offer: Offer, start: RuleDraft | None, query: Mapping[str, str]) -> dict[str, Any]:
    """What the form shows at first: narrow and for a week; after a replay what was replayed."""
    known = {name: query[name] for name in ("expiry", "until", "max_uses") if query.get(name)}
    if start is None:
        return {
            "rung": str(offer.chosen),
            "in_directory": True,
            "by_agent": True,
            "expiry": OfferExpiry.WEEK,
            **known,
        }
    shapes = [rung.shape for rung in offer.rungs]
    same = [
        index
        for index, shape in enumerate(shapes)
        if (shape.pattern, shape.is_strict) == (start.value, start.kind == RuleKind.STRICT)
    ]
    return {
        "rung": str(same[0] if same else offer.chosen),
        "in_directory": bool(start.directory),
        "by_agent": bool(start.agent),
        "on_engine": bool(start.engine_id),
        "for_user": bool(start.user_id),
        "expiry": OfferExpiry.WEEK,
        "max_uses": start.max_uses,
        "name": start.name,
        "rule_reason": start.reason,
        **known,
    }


def make_form(request: HttpRequest, offer: Offer) -> tuple[OfferForm, RuleReplay | None]:
    """The form as it is opened, and the replay its address names. Raises NotFound."""
    started = read_start(get_principal(request), request.GET)
    draft, replay = started or (None, None)
    start = draft if isinstance(draft, RuleDraft) else None
    return OfferForm(offer, initial=build_initial(offer, start, request.GET)), replay


def build_offer_page(
    request: HttpRequest, offer: Offer, form: OfferForm, replay: RuleReplay | None
) -> dict[str, Any]:
    """The template's context."""
    principal = get_principal(request)
    return {
        "offer": offer,
        "form": form,
        "ladder": list(zip(form["rung"], offer.rungs, strict=True)) if offer.rungs else [],
        "parts": list_part_lines(offer),
        "still_asked": make_visible(offer.still_asked),
        "limits": build_limits(offer, form),
        "refusal": explain_not_editing_rules(principal, offer.team.pk),
        "asks_others": explain_not_activating_rules(principal, offer.team),
        "plain_fields": [form[name] for name in ("expiry", "until", "max_uses", "name", "rule_reason")],
        "full_form_url": find_full_form(replay),
        **(build_replay(principal, replay) if replay else {}),
    }


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part of a command that is several. `url`: its own ladder, "" where no rule could let it through."""

    pill: Pill
    text: str
    reason: str
    url: str
    is_chosen: bool


def list_part_lines(offer: Offer) -> list[PartLine]:
    return [
        PartLine(
            EFFECTS[RuleEffect(part.effect.value)],
            make_visible(part.text),
            make_visible(part.reason),
            f"?{urlencode({'part': part.number})}" if part.shapes else "",
            part is offer.part,
        )
        for part in offer.parts
    ]


def find_full_form(replay: RuleReplay | None) -> str:
    """The form of rules, with the replayed draft filled in."""
    query = urlencode({"replay": replay.pk}) if replay else ""
    return f"{reverse('admin:governance_whitelistaction_add')}?{query}"


@dataclass(frozen=True, slots=True)
class Limit:
    """One thing the rule can be limited to; `wide` says what follows from leaving it open."""

    field: Any
    label: str
    value: str
    wide: str = ""


LIMITS = (
    ("in_directory", "Only in this project", "Left open, a second person has to approve the rule."),
    ("by_agent", "Only for this agent", ""),
    ("on_engine", "Only on this engine", ""),
    ("for_user", "Only in chats of this person", ""),
)


def build_limits(offer: Offer, form: OfferForm) -> list[Limit]:
    values = describe_place(offer)
    return [
        Limit(form[name], label, values[name], wide) for name, label, wide in LIMITS if name in form.fields
    ]


def describe_place(offer: Offer) -> dict[str, str]:
    asked = offer.asked
    chat = asked.chat if asked else None
    return {
        "in_directory": offer.place.directory,
        "by_agent": offer.place.agent,
        "on_engine": asked.engine.name if asked and asked.engine else "",
        "for_user": str(chat.user) if chat and chat.user else "",
    }


def describe_saved(rule: WhitelistAction) -> str:
    if rule.is_active:
        return f"The rule “{rule.name}” is on."
    return f"The rule “{rule.name}” waits for a second person."


def read_offered_draft(form: OfferForm) -> RuleDraft:
    """Raises Invalid for choices that are none."""
    if not form.is_valid():
        raise Invalid("Something is missing or wrong below.")
    return form.read_draft(timezone.now())
