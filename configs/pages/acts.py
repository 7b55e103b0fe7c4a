"""What the buttons of a thing's page do: each one domain call, and where it leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from accounts.principal import Principal
from configs.domain.labels import ChangeRequested, Outcome, drop_label, move_label
from configs.domain.objects import copy_object, restore_version, retire_object, unretire_object
from configs.pages.desk import Desk, list_owners
from events.errors import Invalid

Act = Callable[[Desk, HttpRequest, Any, Principal], str | None]
MAX_DIGITS = 9


def answer_act(desk: Desk, request: HttpRequest, object_id: str, act: str) -> HttpResponse:
    """One of `ACTS` on one visible thing."""
    back = desk.url("show", object_id)
    if request.method == "POST":
        row = desk.get_row(request, object_id)
        return desk.carry_out(request, back, lambda principal: ACTS[act](desk, request, row, principal))
    return desk.carry_out(request, back, lambda _: None)


def restore(_: Desk, request: HttpRequest, row: Any, principal: Principal) -> None:
    number = read_number(request.POST.get("number", ""))
    saved = restore_version(
        principal=principal,
        kind=row.kind,
        object_id=row.pk,
        number=number,
        expected_version=read_number(request.POST.get("version", "")),
    )
    if saved.is_changed:
        messages.success(request, f"Version {number} says it again, as version {saved.version.number}.")
    else:
        messages.info(request, "The latest version says the same: nothing to restore.")


def retire(_: Desk, request: HttpRequest, row: Any, principal: Principal) -> None:
    expected = read_number(request.GET.get("version", "")) or None
    retire_object(principal=principal, kind=row.kind, object_id=row.pk, expected_version=expected)
    messages.success(request, "It is retired. Its versions stay, and it can be taken back.")


def unretire(_: Desk, request: HttpRequest, row: Any, principal: Principal) -> None:
    unretire_object(principal=principal, kind=row.kind, object_id=row.pk)
    messages.success(request, "It is back, without labels.")


def copy(desk: Desk, request: HttpRequest, row: Any, principal: Principal) -> str:
    wanted = request.POST.get("team", "")
    owner = next((owner for owner in list_owners(principal) if owner.value == wanted), None)
    if owner is None:
        raise Invalid("Say for which of your teams.", field="team")
    saved = copy_object(
        principal=principal,
        kind=row.kind,
        object_id=row.pk,
        team=owner.team,
        name=request.POST.get("name", "").strip(),
    )
    messages.success(request, f"Duplicated as {saved.row.name}.")
    return desk.url("edit", saved.row.pk)


def move(_: Desk, request: HttpRequest, row: Any, principal: Principal) -> None:
    label = request.POST.get("label", "").strip()
    expected = read_number(request.POST.get(f"expected-{label}", "")) or None
    number = read_number(request.POST.get("number", ""))
    outcome = move_label(
        principal=principal,
        kind=row.kind,
        object_id=row.pk,
        label=label,
        number=number,
        expected_number=expected,
        reason=request.POST.get("reason", ""),
    )
    say_outcome(request, outcome, f"{label} stands on version {number}.")


def drop(_: Desk, request: HttpRequest, row: Any, principal: Principal) -> None:
    label = request.POST.get("label", "")
    outcome = drop_label(
        principal=principal,
        kind=row.kind,
        object_id=row.pk,
        label=label,
        expected_number=read_number(request.POST.get("expected", "")) or None,
        reason=request.POST.get("reason", "") or f"Take {label} away.",
    )
    say_outcome(request, outcome, f"{label} is taken away.")


def say_outcome(request: HttpRequest, outcome: Outcome, moved: str) -> None:
    if isinstance(outcome, ChangeRequested):
        url = reverse("admin:reviews_review_change", args=[outcome.review_id])
        words = "waits" if outcome.is_new else "waits already"
        sentence = format_html(
            'Nothing moved yet: it {} for a second person. <a href="{}">Open the review</a>', words, url
        )
        messages.info(request, sentence)
    elif outcome.moved:
        messages.success(request, moved)
    else:
        messages.info(request, "It stood there already.")


def read_number(text: str) -> int:
    """0, which no version has, for what is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else 0


ACTS: dict[str, Act] = {
    "restore": restore,
    "retire": retire,
    "unretire": unretire,
    "copy": copy,
    "move-label": move,
    "drop-label": drop,
}
