"""What a procedure's page shows: one version's text and seal, the others, and what differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.admin.base import get_principal
from accounts.admin.display import Pill
from accounts.models import User
from events.errors import NotFound
from events.markdown import render_markdown
from procedures.admin.proposal_page import list_texts, read_number
from procedures.admin.states import describe_seal
from procedures.admin.texts import diff_fields, show_text
from procedures.domain.seals import SealChecker, write_proof
from procedures.models import Sop, SopVersion
from procedures.policies import can_read_sop
from procedures.queries import find_effective_version, get_sop_version

MAX_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class ShownVersion:
    version: SopVersion
    seal: Pill
    is_effective: bool
    approvers: list[str]
    proposal_url: str


def build_page(request: HttpRequest, sop: Sop) -> dict[str, Any]:
    if not can_read_sop(get_principal(request), sop):
        return {"may_read": False, "sop": sop}
    shown = pick_version(sop, request.GET.get("version", ""))
    effective = find_effective_version(sop, timezone.now())
    versions = list(sop.versions.order_by("-number")[:MAX_VERSIONS])
    checker, names = SealChecker(), read_names(versions)
    base = pick_base(sop, shown, request.GET.get("from", ""))
    proof = write_proof(shown)
    return {
        "may_read": True,
        "sop": sop,
        "version": shown,
        "is_latest": shown.number == sop.version,
        "is_effective": effective == shown,
        "effective": effective,
        "text": show_text(shown.content),
        "seal": describe_seal(checker.explain_broken(shown)),
        "proof": proof,
        "approvers": [names.get(person["id"], person["id"]) for person in shown.approvers],
        "versions": [show_version(version, checker, names, effective) for version in versions],
        "base": base,
        "version_choices": [version for version in versions if version.number != shown.number],
        "left_title": f"Version {base.number}" if base else "",
        "right_title": f"Version {shown.number}",
        "diffs": diff_fields(list_texts(base), list_texts(shown)) if base else [],
        "is_unified": request.GET.get("view") == "unified",
        "revoked_reason": render_markdown(sop.revoked_reason) if sop.revoked_reason else "",
    }


def pick_version(sop: Sop, asked: str) -> SopVersion:
    """The one that is asked for; the latest for anything else."""
    try:
        return get_sop_version(sop, read_number(asked))
    except NotFound:
        return get_sop_version(sop)


def pick_base(sop: Sop, shown: SopVersion, asked: str) -> SopVersion | None:
    """What the shown version is compared with: the one before, or another that is asked for."""
    number = read_number(asked) or shown.number - 1
    return pick_version(sop, str(number)) if number >= 1 and sop.version > 1 else None


def read_names(versions: list[SopVersion]) -> dict[str, str]:
    """{user id: name} of everybody who approved one of them."""
    ids = {person["id"] for version in versions for person in version.approvers}
    return {key: str(user) for key, user in User.objects.in_bulk(ids).items()}


def show_version(
    version: SopVersion, checker: SealChecker, names: dict[str, str], effective: SopVersion | None
) -> ShownVersion:
    return ShownVersion(
        version=version,
        seal=describe_seal(checker.explain_broken(version)),
        is_effective=effective is not None and effective.pk == version.pk,
        approvers=[names.get(person["id"], person["id"]) for person in version.approvers],
        proposal_url=reverse("admin:procedures_proposal_change", args=[version.proposal_id]),
    )
