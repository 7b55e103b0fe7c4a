"""Proposing standing operating procedures, and reading those that hold."""

from __future__ import annotations

from django.utils import timezone

from accounts.api.serializers import Integer, Text, WriteSerializer
from accounts.enums import Scope
from accounts.principal import Principal
from events.changes import changes
from events.errors import Conflict, NotFound
from mcp_door.callers import find_team
from mcp_door.tools import Arguments, Shown, Tool, key_field, team_field
from procedures.api.proposal_serializers import MAX_LINE, ProposalTextSerializer
from procedures.api.proposals import build_draft
from procedures.domain.proposals import create_proposal, revise_proposal, submit_proposal
from procedures.domain.seals import explain_broken_seal
from procedures.enums import ProposalState
from procedures.models import Proposal
from procedures.models.sop import MAX_SLUG_LENGTH
from procedures.queries import (
    EffectiveSop,
    find_effective_version,
    find_sop,
    get_proposal,
    get_sop_version,
    list_effective_sops,
)


class SubmittedProposalSerializer(ProposalTextSerializer):
    """As the API's. Who wrote it is the token's account, and can't be said here."""

    slug = Text(max_length=MAX_SLUG_LENGTH, help_text="Small letters, digits, single hyphens between them.")
    proposal = Text(
        max_length=15,
        required=False,
        default="",
        help_text="The id of one's own earlier proposal, to submit a better text of it.",
    )
    reason = Text(
        max_length=4000, allow_blank=True, required=False, default="", help_text="For who reviews it."
    )
    team = team_field()
    idempotency_key = key_field()


class SopListSerializer(WriteSerializer):
    team = team_field()


class SopWishSerializer(WriteSerializer):
    slug = Text(max_length=MAX_SLUG_LENGTH)
    version = Integer(
        min_value=1, max_value=MAX_LINE, required=False, help_text="Left out: the one that holds now."
    )
    team = team_field()


def submit(principal: Principal, values: Arguments) -> Shown:
    """Written and submitted, or neither."""
    proposal_id, reason, note = values.pop("proposal"), values.pop("reason"), values.pop("note")
    team_id, draft = values.pop("team", None), build_draft(values)
    with changes(principal.actor):
        if proposal_id:
            proposal = revise_proposal(
                principal=principal, proposal_id=proposal_id, draft=draft, expected_number=None, note=note
            ).proposal
        else:
            team = find_team(principal, team_id)
            proposal = create_proposal(principal=principal, team=team, draft=draft, note=note)
        if proposal.state in ProposalState.submittable():
            submit_proposal(principal=principal, proposal_id=proposal.pk, reason=reason)
    return show_proposal(get_proposal(principal, proposal.pk))


def show_proposal(proposal: Proposal) -> Shown:
    return {
        "id": proposal.pk,
        "slug": proposal.slug,
        "state": proposal.state,
        "revision": proposal.number,
        "next": "People decide. It holds for nobody before they approve it.",
    }


def list_sops(principal: Principal, values: Arguments) -> Shown:
    team = find_team(principal, values.get("team"))
    return {"sops": [show_effective(found) for found in list_effective_sops(team, timezone.now())]}


def show_effective(found: EffectiveSop) -> Shown:
    version = found.version
    return {
        "id": found.sop.pk,
        "slug": version.slug,
        "name": version.name,
        "description": version.description,
        "area": version.area,
        "version": version.number,
        "content_hash": version.content_hash,
        "effective_from": version.effective_from,
        "seal_problem": found.broken,
    }


def read_sop(principal: Principal, values: Arguments) -> Shown:
    """Never the text of one whose seal is broken: nobody approved it."""
    sop = find_sop(principal, values["slug"], team_id=find_team(principal, values.get("team")).pk)
    held = find_effective_version(sop, timezone.now())
    number = values.get("version")
    version = held if number is None else get_sop_version(sop, number)
    if version is None:
        raise NotFound("No version of this procedure holds now.")
    if broken := explain_broken_seal(version):
        raise Conflict(f"Do not follow it. {broken}", code="seal_broken")
    return {
        "slug": version.slug,
        "name": version.name,
        "description": version.description,
        "version": version.number,
        "holds_now": held is not None and held.pk == version.pk,
        "content": version.content,
        "content_hash": version.content_hash,
        "effective_from": version.effective_from,
        "review_by": version.review_by,
        "key_id": version.key_id,
        "signature": version.signature,
    }


SUBMIT_PROPOSAL = Tool(
    name="submit_proposal",
    title="Propose a procedure",
    description=(
        "Propose a standing operating procedure, or a better text of one's own proposal, to the team. "
        "People decide; it holds for nobody before that. To change a live procedure, use its slug and name "
        "its id in `supersedes`."
    ),
    arguments=SubmittedProposalSerializer,
    scopes=(Scope.PROCEDURES_WRITE,),
    act=submit,
)
LIST_SOPS = Tool(
    name="list_sops",
    title="List procedures",
    description="The standing operating procedures that hold for the team now, without their texts.",
    arguments=SopListSerializer,
    scopes=(Scope.PROCEDURES_READ,),
    act=list_sops,
    is_reading=True,
)
READ_SOP = Tool(
    name="read_sop",
    title="Read a procedure",
    description=(
        "The approved text of a standing operating procedure, with its hash and signature. Follow it only "
        "when holds_now is true."
    ),
    arguments=SopWishSerializer,
    scopes=(Scope.PROCEDURES_READ,),
    act=read_sop,
    is_reading=True,
)

PROCEDURE_TOOLS = (SUBMIT_PROPOSAL, LIST_SOPS, READ_SOP)
