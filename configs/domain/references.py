"""What something configured needs around it: a name that is free, and the prompt and model that it names."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import Team
from configs.content import AgentContent, Content
from configs.enums import ConfigKind
from configs.kinds import KINDS
from configs.models import Configured
from configs.queries import find_uses, list_usable
from events.changes import lock_rows
from events.errors import Conflict, Invalid

MAX_NAMED = 3


def require_free_key(*, kind: str, team: Team | None, content: Content, except_id: str = "") -> None:
    """Raises Conflict (`name_taken`), also when a team's thing would repeat everybody's or the reverse.

    Holds the teams concerned until the commit, so that of two at once the second sees the first.
    """
    teams = Team.objects.filter(pk=team.pk) if team else Team.objects.all()
    lock_rows(teams)
    rows = KINDS[kind].model.objects.filter(key=content.key, retired_at=None).exclude(pk=except_id)
    if KINDS[kind].is_shadowed:
        rows = rows.filter(team=team)
    elif team is not None:
        rows = rows.filter(Q(team=team) | Q(team=None))
    taken = rows.select_related("team").order_by("team__name", "pk").first()
    if taken is not None:
        whose = f"the team {taken.team}" if taken.team else "everybody"
        raise Conflict(
            f"There is {KINDS[kind].label} {content.key} of {whose} already.",
            code="name_taken",
            field="name",
        )


def list_taken_keys(kind: str, team: Team | None) -> set[str]:
    rows = KINDS[kind].model.objects.filter(retired_at=None)
    if team is not None:
        rows = rows.filter(Q(team=team) | Q(team=None))
    return set(rows.values_list("key", flat=True))


def require_references(*, team: Team | None, content: Content) -> None:
    """Raises Invalid for a prompt or model that is not there, retired, or another team's.

    Holds them until the commit: nobody retires them meanwhile.
    """
    if not isinstance(content, AgentContent):
        return
    named = ((ConfigKind.MODEL, content.model), (ConfigKind.PROMPT, content.prompt))
    for kind, object_id in named:
        usable: Any = list_usable(kind, team.pk if team else None)
        if object_id and not lock_rows(usable.filter(pk=object_id)):
            whose = "the team's or everybody's" if team else "everybody's"
            raise Invalid(f"{kind}: there is no such {kind.label} among {whose}.", field=kind.value)


def require_unused(row: Configured) -> None:
    """Raises Conflict (`in_use`) naming some of what uses it."""
    if row.kind not in {ConfigKind.PROMPT, ConfigKind.MODEL}:
        return
    uses = find_uses(row)
    if uses:
        names = ", ".join(used.name for used in uses[:MAX_NAMED])
        more = f" and {len(uses) - MAX_NAMED} more" if len(uses) > MAX_NAMED else ""
        raise Conflict(f"It is used by {names}{more}.", code="in_use")
