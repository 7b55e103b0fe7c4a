"""Forms of the procedures' pages. They check shapes; rules are the domain's."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.admin.forms import PLAIN, PlainForm
from accounts.models import Team
from accounts.principal import Principal
from events.errors import NotFound
from procedures.drafts import MAX_CONTENT_BYTES, ProposalDraft
from procedures.enums import Area, SopState
from procedures.models import Proposal, ProposalRevision, Sop
from procedures.models.sop import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, MAX_SLUG_LENGTH
from procedures.policies import WRITERS, can_read_sop
from procedures.queries import get_sop, get_sop_version

OUTLINE = "## Purpose\n\n\n\n## Steps\n\n1. \n"
DATE = {"type": "date"}


def list_writable_teams(principal: Principal) -> Any:
    teams = [team_id for team_id, role in principal.roles.items() if role in WRITERS]
    return Team.objects.filter(pk__in=teams, retired_at=None).order_by("name")


class ProposalForm(PlainForm):
    """`number` is the revision that was shown; empty for a new proposal."""

    number = forms.IntegerField(widget=forms.HiddenInput, required=False)
    team = forms.ModelChoiceField(queryset=Team.objects.none(), empty_label=None)
    slug = forms.CharField(
        max_length=MAX_SLUG_LENGTH,
        help_text="Its name for agents and in addresses: small letters, digits, hyphens. It never changes.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    name = forms.CharField(max_length=MAX_NAME_LENGTH, help_text="What people read.")
    description = forms.CharField(
        max_length=MAX_DESCRIPTION_LENGTH,
        required=False,
        help_text="When it is to be used, in one line: agents choose what they read by it.",
    )
    area = forms.ChoiceField(choices=Area.choices, initial=Area.GENERAL)
    supersedes = forms.ModelChoiceField(
        queryset=Sop.objects.none(), required=False, empty_label="nothing: it is new"
    )
    effective_from = forms.DateField(
        required=False,
        help_text="It holds from the beginning of this day, UTC; left empty, once it is approved.",
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
    )
    review_by = forms.DateField(
        required=False,
        help_text="The team is reminded two weeks before, and on the day.",
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
    )
    content = forms.CharField(
        max_length=MAX_CONTENT_BYTES,
        strip=False,
        label="Text",
        help_text="Markdown. Which headings it must have depends on the area; the page says what is missing.",
        widget=forms.Textarea(attrs={"rows": 24, "class": "mono", "spellcheck": "true"}),
    )
    note = forms.CharField(
        max_length=4000,
        required=False,
        label="Why",
        help_text="For whoever reviews it, and for its history.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self, *args: Any, principal: Principal, proposal: Proposal | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        teams = list_writable_teams(principal)
        sops = Sop.objects.filter(state=SopState.LIVE).order_by("slug")
        self.proposal = proposal
        if proposal is not None:
            del self.fields["team"], self.fields["slug"]
            sops = sops.filter(team_id=proposal.team_id)
        else:
            team: Any = self.fields["team"]
            team.queryset = teams
            sops = sops.filter(team__in=teams)
        supersedes: Any = self.fields["supersedes"]
        supersedes.queryset = sops
        supersedes.label_from_instance = lambda sop: f"{sop.slug}, version {sop.version}"

    @property
    def chosen_team(self) -> Team:
        team: Team = self.proposal.team if self.proposal else self.cleaned_data["team"]
        return team

    def read_draft(self) -> ProposalDraft:
        values = self.cleaned_data
        day = values["effective_from"]
        return ProposalDraft(
            slug=self.proposal.slug if self.proposal else values["slug"],
            name=values["name"],
            content=values["content"],
            description=values["description"],
            area=values["area"],
            supersedes_id=values["supersedes"].pk if values["supersedes"] else "",
            effective_from=datetime.combine(day, time(), tzinfo=UTC) if day else None,
            review_by=values["review_by"],
        )


def read_initial(revision: ProposalRevision) -> dict[str, Any]:
    """What the form of an existing proposal shows."""
    return {
        "number": revision.number,
        "name": revision.name,
        "description": revision.description,
        "area": revision.area,
        "supersedes": revision.supersedes_id,
        "effective_from": revision.effective_from.astimezone(UTC).date() if revision.effective_from else None,
        "review_by": revision.review_by,
        "content": revision.content,
    }


def read_start(request: HttpRequest, principal: Principal) -> dict[str, Any]:
    """What the form of a new one begins with: an outline, or the next version of a procedure."""
    try:
        sop = get_sop(principal, request.GET.get("supersedes", ""))
    except NotFound:
        return {"content": OUTLINE}
    if not sop.is_live or not can_read_sop(principal, sop):
        return {"content": OUTLINE}
    version = get_sop_version(sop)
    return {
        "team": sop.team_id,
        "slug": sop.slug,
        "name": version.name,
        "description": version.description,
        "area": version.area,
        "supersedes": sop.pk,
        "content": version.content,
    }


class ReasonForm(PlainForm):
    reason = forms.CharField(max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class ChangesForm(ReasonForm):
    fingerprint = forms.CharField(max_length=64, widget=forms.HiddenInput)
