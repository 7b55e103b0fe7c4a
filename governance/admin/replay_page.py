"""What a replay's page shows: how far it is, what would change, and what people decided on that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from accounts.principal import Principal
from events.text import make_visible
from governance.admin.states import describe_request
from governance.domain.replay import SHOWN, read_replayed_draft
from governance.enums import StoredRuleKind
from governance.models import PermissionRequest, RuleReplay
from governance.policies import can_read_summary
from governance.rule_drafts import RuleDraft
from governance.rule_width import explain_second_person, list_warnings, read_in_words


@dataclass(frozen=True, slots=True)
class PastRequest:
    """One request that would have gone otherwise; `command` masked, "" where the reader may not see it."""

    request: PermissionRequest
    command: str
    pill: Any


@dataclass(frozen=True, slots=True)
class ChangedPart:
    """`warning`: what speaks against the draft, "" when nothing does."""

    title: str
    tone: str
    icon: str
    count: int
    sentence: str
    warning: str
    rows: list[PastRequest]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


# key, title, tone, icon, what it means.
PARTS = (
    ("newly_allowed", "Newly allowed", "ok", "check", "Nobody would have been asked about these."),
    ("newly_denied", "Newly denied", "bad", "cross", "The agent would have been refused at once."),
    ("newly_asked", "Newly asked", "wait", "hand", "A person would have been asked about these."),
)


def build_replay(principal: Principal, replay: RuleReplay) -> dict[str, Any]:
    """The context of the replay's page, and of `summary.html` wherever it is included."""
    draft = read_replayed_draft(replay)
    return {
        "replay": replay,
        "draft": draft,
        "covers": make_visible(draft.value if isinstance(draft, RuleDraft) else draft.pattern),
        "words": read_in_words(draft),
        "warnings": list_warnings(draft),
        "second_person": explain_second_person(draft),
        "parts": build_parts(principal, replay) if replay.result else [],
        "draft_form_url": find_form(replay),
    }


def build_parts(principal: Principal, replay: RuleReplay) -> list[ChangedPart]:
    ids = [key for name, *_ in PARTS for key in replay.result[name]["examples"]]
    past = PermissionRequest.objects.filter(team_id=replay.team_id).defer("content").in_bulk(ids)
    return [
        ChangedPart(
            title=title,
            tone=tone,
            icon=icon,
            count=replay.result[name]["count"],
            sentence=describe_decisions(replay.result[name], meaning),
            warning=explain_contradiction(name, replay.result[name]),
            rows=[
                show_request(principal, past[key])
                for key in replay.result[name]["examples"][:SHOWN]
                if key in past
            ],
        )
        for name, title, tone, icon, meaning in PARTS
    ]


def describe_decisions(found: dict[str, Any], meaning: str) -> str:
    if not found["count"]:
        return "None."
    approved, denied = found["approved"], found["denied"]
    return f"{meaning} People approved {approved} of them and denied {denied}."


def explain_contradiction(name: str, found: dict[str, Any]) -> str:
    """What people decided otherwise than the draft would."""
    if name == "newly_allowed" and found["denied"]:
        return f"People denied {found['denied']} of what it would allow."
    if name == "newly_denied" and found["approved"]:
        return f"People approved {found['approved']} of what it would deny."
    return ""


def show_request(principal: Principal, request: PermissionRequest) -> PastRequest:
    command = request.summary if can_read_summary(principal, request) else ""
    return PastRequest(request, command, describe_request(request, None))


def find_form(replay: RuleReplay) -> str:
    """Where the draft came from, with what was tried filled in."""
    query = urlencode({"replay": replay.pk})
    if replay.request_id:
        url = reverse("admin:governance_permissionrequest_propose-rule", args=[replay.request_id])
    elif replay.proposal_id:
        url = reverse("admin:governance_ruleproposal_make-rule", args=[replay.proposal_id])
    else:
        model = "whitelistaction" if replay.rule_kind == StoredRuleKind.ACTION else "whitelisttarget"
        view, args = ("edit", [replay.rule_id]) if replay.rule_id else ("add", [])
        url = reverse(f"admin:governance_{model}_{view}", args=args)
    return f"{url}?{query}"
