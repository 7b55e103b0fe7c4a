"""One label moved on many things of a team at once: what would change, chosen, then moved or asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from accounts.admin.base import get_principal, refuse_method
from accounts.principal import Principal
from configs.content import Content, read_content
from configs.domain.label_moves import Move
from configs.domain.labels import LABEL, move_labels
from configs.enums import ConfigKind, KnownLabel
from configs.kinds import KINDS as STORED
from configs.models import ConfigLabel, ConfigVersion
from configs.pages.acts import read_number, say_outcome
from configs.pages.desk import Owner, carry_out, list_owners
from configs.pages.diffs import FieldDiff, diff_contents
from configs.pages.doors import CONFIGURE_DOOR
from configs.pages.kinds import KINDS
from configs.pages.names import read_names
from configs.queries import list_label_names, list_protected

MAX_SHOWN = 200
TARGETS = (KnownLabel.PRODUCTION.value, KnownLabel.STAGING.value)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something whose label would move: from one version, or none, to another."""

    kind: str
    object_id: str
    name: str
    url: str
    before: int | None
    after: int
    diffs: list[FieldDiff] = field(default_factory=list)

    @property
    def value(self) -> str:
        return f"{self.kind}:{self.object_id}:{self.after}:{self.before or 0}"

    @property
    def word(self) -> str:
        return KINDS[self.kind].singular

    @property
    def before_title(self) -> str:
        return f"Version {self.before}" if self.before else "Nothing"

    @property
    def after_title(self) -> str:
        return f"Version {self.after}"


def answer_many(request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "HEAD", "POST"}:
        return refuse_method(request, "GET", "HEAD", "POST")
    owners = list_owners(get_principal(request))
    if not owners:
        raise PermissionDenied
    values = request.POST if request.method == "POST" else request.GET
    owner = next((owner for owner in owners if owner.value == values.get("team", "")), owners[0])
    names = list_label_names(owner.team_id)
    label = pick(values.get("label", ""), [name for name in names if name != KnownLabel.DRAFT])
    source = pick(values.get("source", ""), [name for name in names if name != label])
    if request.method == "POST":
        return move(request, owner, label, source)
    context = build_page(owner, label, source)
    frame = {**CONFIGURE_DOOR.context(request), "title": "Move many", "owners": owners, "labels": names}
    return TemplateResponse(request, "configs/many.html", {**frame, **context})


def pick(wanted: str, names: list[str]) -> str:
    """A label that there is, else the first sensible one."""
    if wanted in names:
        return wanted
    return next(
        (name for name in (*TARGETS, *names) if name in names and name == KnownLabel.PRODUCTION), names[0]
    )


def build_page(owner: Owner, label: str, source: str) -> dict[str, Any]:
    candidates = list(find_candidates(owner.team_id, label, source))
    return {
        "owner": owner,
        "label": label,
        "source": source,
        "is_protected": label in list_protected(owner.team_id),
        "candidates": add_diffs(candidates[:MAX_SHOWN]),
        "left_out": max(0, len(candidates) - MAX_SHOWN),
    }


def find_candidates(team_id: str | None, label: str, source: str) -> Iterator[Candidate]:
    """Every live thing of this owner of which the label stands elsewhere than the source."""
    labels = ConfigLabel.objects.filter(team_id=team_id, name__in=[label, source])
    found: dict[tuple[str, str], int] = {}
    for object_id, name, number in labels.values_list("object_id", "name", "number"):
        found[object_id, name] = number
    for kind in (ConfigKind.AGENT, ConfigKind.PROMPT, ConfigKind.INSTRUCTION, *OTHERS):
        rows = STORED[kind].model.objects.filter(team_id=team_id, retired_at=None).order_by("key")
        for pk, name, version in rows.values_list("pk", "name", "version"):
            before = found.get((pk, label))
            after = version if source == KnownLabel.DRAFT else found.get((pk, source))
            if after is not None and after != before:
                yield Candidate(kind, pk, name, CONFIGURE_DOOR.url(kind, "show", pk), before, after)


OTHERS = (ConfigKind.TOOL_RULES, ConfigKind.MODEL, ConfigKind.PROVIDER)


def add_diffs(candidates: list[Candidate]) -> list[Candidate]:
    """Each with its difference, their versions read in one query."""
    ids = [candidate.object_id for candidate in candidates]
    numbers = {number for candidate in candidates for number in (candidate.before, candidate.after) if number}
    versions = ConfigVersion.objects.filter(object_id__in=ids, number__in=numbers)
    wanted = {(one.object_id, number) for one in candidates for number in (one.before, one.after)}
    contents: dict[tuple[str, int | None], Content] = {
        (version.object_id, version.number): read_content(version.kind, version.content)
        for version in versions
        if (version.object_id, version.number) in wanted
    }
    names = read_names(contents.values())
    for one in candidates:
        before = contents.get((one.object_id, one.before))
        one.diffs.extend(diff_contents(before, contents[one.object_id, one.after], names))
    return candidates


def move(request: HttpRequest, owner: Owner, label: str, source: str) -> HttpResponse:
    query = urlencode({"team": owner.value, "label": label, "source": source})
    back = f"{reverse('configure:production')}?{query}"
    if label != request.POST.get("label", "") or not LABEL.fullmatch(label):
        messages.error(request, "There is no such label.")
        return HttpResponseRedirect(back)
    chosen = [read_move(value) for value in request.POST.getlist("move")[:500]]
    moves = [one for one in chosen if one is not None]
    if not moves or len(moves) < len(chosen):
        messages.error(
            request, "Choose at least one thing." if not chosen else "This form was changed on the way."
        )
        return HttpResponseRedirect(back)

    def work(principal: Principal) -> None:
        reason = request.POST.get("reason", "")
        outcome = move_labels(principal=principal, label=label, moves=moves, reason=reason)
        say_outcome(request, outcome, f"{label} moved on {len(moves)} thing{'' if len(moves) == 1 else 's'}.")

    return carry_out(request, back, work)


def read_move(value: str) -> Move | None:
    """`kind:id:to:from`; from 0: the label was on nothing, which the domain can't be told."""
    kind, _, rest = value.partition(":")
    object_id, _, numbers = rest.partition(":")
    after, _, before = numbers.partition(":")
    if kind not in KINDS or not read_number(after):
        return None
    return Move(
        kind=kind,
        object_id=object_id,
        number=read_number(after),
        expected_number=read_number(before) or None,
    )
